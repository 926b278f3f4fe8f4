import itertools

import numpy as np
import pytest

from models.errors import ModelError
from models.tokens.relations import PAIRS, RELATIONS, known, parallel, read_pairs
from models.tokens.space import WordVectors


def made(vectors):
    rows = np.array(vectors, dtype=np.float32)
    return WordVectors("test", tuple(f"w{i}" for i in range(len(rows))), rows)


def test_the_mean_cosine_is_that_of_all_pairs_of_steps():
    space = made(np.random.default_rng(0).normal(size=(40, 9)))
    pairs = [(i, i + 1) for i in range(0, 16, 2)]
    steps = [space.unit[one] - space.unit[other] for one, other in pairs]
    cosines = [float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in itertools.combinations(steps, 2)]
    assert parallel(space, pairs).mean_cosine == pytest.approx(np.mean(cosines), abs=1e-5)


def test_parallel_steps_have_cosine_one_and_random_ones_none():
    # On the sphere: a turn by the same angle in the same plane.
    angles = np.linspace(0, 0.02, 6)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    others = np.random.default_rng(1).normal(size=(500, 60))
    space = made(np.vstack([np.pad(circle, ((0, 0), (0, 58))), others]))
    found = parallel(space, [(1, 0), (3, 2), (5, 4)])
    assert found.mean_cosine == pytest.approx(1, abs=1e-2)
    assert min(found.of_each) > 0.99
    assert abs(found.random) < 0.05


def test_a_step_against_the_others_is_seen():
    space = made([[1, 0.0], [1, 0.1], [1, 0.2], [1, 0.3], [1, 0.5], [1, 0.4]])
    found = parallel(space, [(1, 0), (3, 2), (5, 4)])
    assert np.sign(found.of_each).tolist() == [1, 1, -1] or found.of_each[2] == min(found.of_each) < 0


@pytest.mark.parametrize("text", ["a b, c d", "a b\nc d", "a:b; c=d,", " a : b ,, c  d "])
def test_pairs_are_read_from_text(text):
    assert read_pairs(text) == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "from two pairs on"),
        ("a b", "from two pairs on"),
        ("a b c, d e", "'a b c' is no pair"),
        ("a b, " + "c" * 100_000, "is no pair"),
        ("a b," * 41, "41 pairs are too many"),
    ],
)
def test_what_is_no_pair_is_explained(text, said):
    with pytest.raises(ModelError) as error:
        read_pairs(text)
    assert said in str(error.value)
    assert len(str(error.value)) < 300


def test_our_own_relations_are_pairs():
    assert PAIRS.keys() == RELATIONS.keys()
    for text in PAIRS.values():
        pairs = read_pairs(text)
        assert len(pairs) == 12
        assert len(set(pairs)) == 12


def test_unknown_words_are_named_and_left_out():
    space = made(np.eye(4))
    assert known(space, [("w0", "w1"), ("w2", "nowhere"), ("W3", "w0"), ("w1", "w1")]) == (
        [(0, 1), (3, 0)],
        ["nowhere"],
    )
    with pytest.raises(ModelError, match="Fewer than two"):
        parallel(space, [(0, 1)])
