import itertools
import math

import pytest
import torch

from explorer.texts import LETTERS
from models.errors import ModelError
from models.mixers.hmm import HMM, padded
from models.mixers.hmm_learning import MOST_LETTERS, VOWELS, Learning, Letters, found, letters_of, restarts


def words(letters):
    return ["".join(letters.symbols[i] for i in sequence) for sequence in letters.sequences]


@pytest.mark.parametrize(
    ("way", "wanted"),
    [("once", ["to", "be", "or", "not"]),
     ("running", ["to", "be", "or", "not", "to", "be"] * 3),
     ("spaced", ["to be or not to be to be or not to be to be or not to be"])],
)  # fmt: skip
def test_letters_are_read_word_by_word_or_through(way, wanted):
    text = "To be, or not -- to be? " * 3
    if way == "once":
        with pytest.raises(ModelError, match="9 letters"):
            letters_of(text, way)
        text += " Abcdefghijk lmnop"
        wanted = [*wanted, "abcdefghijk", "lmnop"]
    assert words(letters_of(text, way)) == wanted


def test_a_long_text_is_cut_and_that_is_told():
    letters = letters_of("ab " * MOST_LETTERS, "running")
    assert letters.count == MOST_LETTERS
    assert letters.left_out == MOST_LETTERS
    assert max(map(len, letters_of("a" * 100 + "b", "running").sequences)) < 20


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "0 letters"), ("12 345 ... !", "0 letters"), ("a" * 100, "too little"),
     ("".join(map(chr, range(0x4E00, 0x4E64))), "100 different letters")],
)  # fmt: skip
def test_what_can_not_be_learnt_is_explained(text, said):
    with pytest.raises(ModelError, match=said):
        letters_of(text, "running")


@pytest.mark.slow
def test_each_restart_climbs_and_says_the_likelihood_of_its_model():
    letters = letters_of(LETTERS, "once")
    rounds = list(restarts(letters, 2, 2, 12, seed=5))
    assert {one.restart for one in rounds} == {0, 1}
    for _, of_one in itertools.groupby(rounds, lambda one: one.restart):
        values = [one.log_likelihood for one in of_one]
        assert all(after >= before - 1e-9 for before, after in itertools.pairwise(values))
    observed = padded(letters.sequences)
    for one in rounds[::7]:
        assert float(one.hmm.log_likelihood(observed).sum()) == pytest.approx(one.log_likelihood)


def test_one_that_has_settled_ends():
    letters = Letters(("a", "b"), ((0, 1, 0, 1),) * 20, 0)
    assert len(list(restarts(letters, 2, 1, 10_000))) < 1_000


@pytest.mark.slow
def test_vowels_are_found_by_the_most_probable_model():
    letters = letters_of(LETTERS, "once")
    learning = Learning(letters, restarts(letters, 2, 5, 100))
    while not learning.go_on(0.05):
        pass
    assert learning.best.log_likelihood == max(max(curve) for curve in learning.curves)
    one = found(learning.best.hmm, letters)
    assert sorted(one.is_vowel) == [False, True]
    assert all(one.agreeing)
    of_vowels = {letter for letter, state in zip(letters.symbols, one.best.tolist()) if one.is_vowel[state]}
    assert of_vowels == set("aeiouy") == set(VOWELS) & set("abcdefghijklmnopqrstuvwxyz")


@pytest.mark.slow
def test_what_a_slice_did_not_reach_the_next_one_does():
    letters = letters_of(LETTERS, "once")
    whole = [one.log_likelihood for one in restarts(letters, 2, 2, 5)]
    learning = Learning(letters, restarts(letters, 2, 2, 5))
    while not learning.go_on(1e-9):
        pass
    assert [value for curve in learning.curves for value in curve] == whole


def test_expected_letters_are_added_up_from_every_path():
    letters = Letters(("a", "b"), ((0, 1, 0), (1,)), 0)
    hmm = HMM.random(2, 2, 3)
    pi, a, b = (table.exp().tolist() for table in (hmm.log_initial, hmm.log_transition, hmm.log_emission))
    wanted = torch.zeros(2, 2)
    for sequence in letters.sequences:
        weights = {
            path: pi[path[0]] * math.prod(a[i][j] for i, j in itertools.pairwise(path))
            * math.prod(b[state][symbol] for state, symbol in zip(path, sequence))
            for path in itertools.product(range(2), repeat=len(sequence))
        }  # fmt: skip
        for path, weight in weights.items():
            for state, symbol in zip(path, sequence):
                wanted[symbol, state] += weight / sum(weights.values())
    assert found(hmm, letters).expected.numpy() == pytest.approx(wanted.numpy(), abs=1e-6)
