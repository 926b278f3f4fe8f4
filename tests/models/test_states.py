import string
from collections import Counter
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ModelError
from models.mixers.states import (
    CLASSES,
    MOST_ROWS,
    MOST_STATES,
    REST,
    in_classes,
    letters_and_words,
    typed_chain,
)
from models.zoo import onegin


def test_letters_and_words_are_states_and_the_rare_ones_share_one():
    found = letters_and_words("A rose, a", "letters")
    assert (found.states, found.names) == ([0, 1, 2, 3, 4, 0], ["a", "r", "o", "s", "e"])
    assert letters_and_words("A rose is a rose.", "words").states[:5] == [0, 1, 2, 0, 1]
    many = " ".join(f"w{i} w{i}" for i in range(MOST_STATES)) + " rare once"
    found = letters_and_words(many, "words")
    assert len(found.names) == MOST_STATES + 1
    assert [found.names[i] for i in found.states[-2:]] == [REST, REST]


@given(st.text(string.printable, max_size=80))
def test_every_letter_is_in_its_class(text):
    found = in_classes(text, "Vowel: a, e, i, o, u; digit: 0123456789; other")
    wanted = [
        "Vowel" if letter in "aeiou" else "digit" if letter.isdigit() else "other"
        for letter in text.lower()
        if letter.isalnum()
    ]
    assert [found.names[i] for i in found.states] == wanted
    assert found.left_out == 0


def test_letters_with_accents_go_with_their_plain_ones_unless_listed():
    found = in_classes("Éàüñ e\u0301", "e: e; u: uü; other")
    assert [found.names[i] for i in found.states] == ["e", "other", "u", "other", "e"]
    found = in_classes("éè", "first: é; second: e")
    assert found.states == [0, 1]


def test_the_default_classes_are_markovs():
    """й, written in one sign, is a vowel, as he counted it."""
    letters = "мой дядя самых честных правил когда не в шутку занемог"
    assert [not i for i in in_classes(letters).states] == onegin.vowels("Мой дядя" + letters[8:]).tolist()
    assert in_classes("Καλημέρα", CLASSES).states == [1, 0, 1, 0, 1, 0, 1, 0]


def test_without_a_class_for_all_others_they_are_left_out():
    found = in_classes("banana split", "a: a; n: n")
    assert found.left_out == len("bsplit")
    assert Counter(found.states) == {0: 3, 1: 2}


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ("", "needs 2 to"),
        ("vowel: aeiou", "here is 1"),
        (";".join(f"c{i}: {letter}" for i, letter in enumerate(string.ascii_lowercase)), "here is 26"),
        ("vowel: aeiou; liquid: la", "'a' is in two classes, 'vowel' and 'liquid'"),
        ("vowel; other", "only one class can take all others"),
        ("vowel: ; other", "no letters after its colon"),
        (": aeiou; other", "A name is missing"),
        ("a: a; a: b", "stands there twice"),
        ("x" * 31 + ": a; other", "longer than 30"),
    ],
)
def test_classes_that_cannot_be_read_are_explained(classes, said):
    with pytest.raises(ModelError, match=said):
        in_classes("text", classes)


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any), min_size=3, max_size=3))
def test_a_typed_matrix_is_what_was_typed_divided_by_its_sums(rows):
    text = "\n".join(f"{name}: {' '.join(map(str, row))}" for name, row in zip("abc", rows, strict=True))
    found = typed_chain(text)
    assert found.chain.states == ("a", "b", "c")
    assert found.chain.transition == pytest.approx(np.array([np.array(row) / sum(row) for row in rows]))
    assert found.scaled == tuple(name for name, row in zip("abc", rows, strict=True) if sum(row) != 1)


def test_fractions_commas_and_lines_without_names():
    found = typed_chain("1/4, 3/4\n 0.5\t5e-1 ")
    assert found.chain.states == ("1", "2")
    assert found.chain.transition.tolist() == [[0.25, 0.75], [0.5, 0.5]]
    assert found.scaled == ()
    assert typed_chain("a:b: 1").chain.states == ("a:b",)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ("", f"1 to {MOST_ROWS} lines"),
        ("1\n" * (MOST_ROWS + 1), f"1 to {MOST_ROWS} lines"),
        ("a: 0.5 0.5\nb: 1", "'b' has 1 numbers, but there are 2 states"),
        ("a: 0,8 0,2\nb: 1 0", "'a' has 4 numbers.*with a point for decimals"),
        ("a: 0.5 half\nb: 1 0", "'half' in the line of 'a' is no probability"),
        ("a: -0.5 1.5\nb: 1 0", "'-0.5' in the line of 'a' is no probability"),
        ("a: nan 1\nb: 1 0", "'nan' in the line of 'a'"),
        ("a: 1/0 1\nb: 1 0", "'1/0' in the line of 'a' is no number"),
        ("a: 1.2.3 1\nb: 1 0", "'1.2.3' in the line of 'a' is no number"),
        ("a: 0 0\nb: 1 0", "'a' goes nowhere"),
        ("a:\nb: 1 0", "'a' has no numbers"),
        ("a: 1 0\na: 1 0", "stands there twice"),
        ("a: 1 1e-12\nb: 1 0", "at least 1e-09"),
        ("a: 1e99 1\nb: 1 0", "at least 1e-09"),
    ],
)
def test_a_matrix_that_is_no_chain_is_explained(matrix, said):
    with pytest.raises(ModelError, match=said):
        typed_chain(matrix)


@given(st.text("abc:;,./0123456789e- \n", max_size=60))
def test_whatever_is_typed_is_a_chain_or_a_word_why_not(text):
    for read in (typed_chain, lambda words: in_classes("some text", words)):
        try:
            found = read(text)
        except ModelError:
            continue  # any other error fails
        chain = getattr(found, "chain", None)
        if chain is not None:
            assert chain.stationary() @ chain.transition == pytest.approx(chain.stationary())
            assert not [name for name, same in groupby(sorted(chain.states)) if len(list(same)) > 1]
