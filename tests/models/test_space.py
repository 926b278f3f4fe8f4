import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ModelError
from models.tokens.space import WordVectors, analogy, look_up, nearest, neighbours, similar, target


def made(words, n_embd=12, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(len(words), n_embd)).astype(np.float32)
    return WordVectors("test", tuple(words), vectors)


@pytest.fixture(scope="module")
def space():
    return made([f"w{i}" for i in range(400)], 30)


@pytest.fixture(scope="module")
def gensim_space(space):
    found = KeyedVectors(30)
    found.add_vectors(list(space.words), space.vectors)
    return found


@pytest.mark.parametrize(("word", "most"), [("w0", 1), ("w7", 10), ("w399", 399)])
def test_neighbours_are_gensims(space, gensim_space, word, most):
    ours, theirs = neighbours(space, word, most), gensim_space.most_similar(word, topn=most)
    assert [one for one, _ in ours] == [one for one, _ in theirs]
    assert [score for _, score in ours] == pytest.approx([score for _, score in theirs], abs=1e-6)


@pytest.mark.parametrize("words", [("w1", "w2", "w3"), ("w10", "w3", "w250"), ("w399", "w5", "w6")])
def test_analogies_are_gensims_by_both_methods(space, gensim_space, words):
    a, b, c = words
    for method, theirs in (("add", gensim_space.most_similar), ("mul", gensim_space.most_similar_cosmul)):
        ours = analogy(space, a, b, c, 8, method)
        expected = theirs(positive=[a, c], negative=[b], topn=8)
        assert [one for one, _ in ours] == [one for one, _ in expected]
        assert [score for _, score in ours] == pytest.approx([score for _, score in expected], rel=1e-4)


def test_with_inputs_a_word_of_the_question_may_be_nearest():
    space = WordVectors(
        "test",
        ("king", "man", "woman", "queen"),
        np.array([[5, 1, 0], [1, 1, 0], [1, 1, 0.3], [4, 1, 3]], dtype=np.float32),
    )
    assert analogy(space, "king", "man", "woman", 4, with_inputs=True)[0].word == "king"
    assert [word for word, _ in analogy(space, "king", "man", "woman", 4)] == ["queen"]


@given(st.integers(0, 2**31), st.integers(2, 30), st.integers(1, 30))
def test_nearest_is_brute_force(seed, count, most):
    space = made([str(i) for i in range(count)], 5, seed)
    query = np.random.default_rng(seed + 1).normal(size=5).astype(np.float32)
    cosines = {
        word: float(v @ query / np.linalg.norm(v) / np.linalg.norm(query))
        for word, v in zip(space.words, space.vectors)
    }
    left = {word: score for word, score in cosines.items() if word != "0"}
    expected = sorted(left, key=left.__getitem__, reverse=True)[:most]
    found = nearest(space, query, most, ("0",))
    assert [word for word, _ in found] == expected
    assert [score for _, score in found] == pytest.approx([cosines[word] for word in expected], abs=1e-5)


def test_equal_words_come_in_order_of_frequency():
    space = WordVectors("test", tuple("abcdef"), np.ones((6, 3), dtype=np.float32))
    assert [word for word, _ in neighbours(space, "c", 3)] == ["a", "b", "d"]


def test_the_target_adds_vectors_of_length_one(space):
    unit = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(target(space, "w1", "w2", "w3"), unit[1] - unit[2] + unit[3], atol=1e-6)


def test_nothing_of_a_space_can_be_changed(space):
    for array in (space.vectors, space.unit):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


def test_a_zero_vector_has_no_direction():
    space = WordVectors("test", ("zero", "one"), np.array([[0, 0], [1, 0]], dtype=np.float32))
    assert not space.unit[0].any()
    with pytest.raises(ModelError, match="no direction"):
        neighbours(space, "zero", 1)
    assert analogy(space, "one", "zero", "one", 1, "mul", with_inputs=True)


def test_huge_and_tiny_vectors_have_length_one():
    space = WordVectors("test", ("huge", "tiny"), np.array([[3e30, 4e30], [3e-30, 4e-30]], dtype=np.float32))
    np.testing.assert_allclose(space.unit, [[0.6, 0.8]] * 2, rtol=1e-6)


def test_a_word_is_found_in_another_case():
    lower, cased = made(["paris", "rome"]), made(["Paris", "paris", "Rome", "USA"])
    assert look_up(lower, "Paris") == look_up(lower, " PARIS ") == 0
    assert (look_up(cased, "Paris"), look_up(cased, "paris"), look_up(cased, "rome"), look_up(cased, "usa")) == (
        0,
        1,
        2,
        3,
    )


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("qeen", "'qeen' is not in the vocabulary. Did you mean 'queen'?"),
        ("parsi", "Did you mean 'paris'?"),
        ("xyzzy", "Try a more common word."),
        ("", "type one"),
        ("  ", "type one"),
        ("a" * 100_000, "…' is not in the vocabulary"),
        ("<b>", "'<b>' is not"),
    ],
)
def test_an_unknown_word_gets_suggestions(word, said):
    with pytest.raises(ModelError) as error:
        look_up(made(["queen", "paris", "mouse"]), word)
    assert said in str(error.value)
    assert len(str(error.value)) < 200


def test_similar_words_keep_their_case():
    assert similar(made(["Queen", "Paris"]), "qeen") == ["Queen"]


@given(st.lists(st.text("abAB", min_size=1, max_size=4), min_size=1, unique=True), st.text("abAB", max_size=3))
def test_suggestions_are_the_most_frequent_words_that_begin_so(words, start):
    expected = [word for word in words if word.lower().startswith(start.lower())][:3]
    assert made(words).beginning_with(start, 3) == expected


def test_words_and_vectors_must_be_as_many():
    with pytest.raises(ValueError, match="2 words need as many vectors"):
        WordVectors("test", ("a", "b"), np.zeros((3, 2), dtype=np.float32))


def test_the_key_tells_vectors_and_words_apart():
    words = ["a", "b", "c"]
    assert made(words).key == made(words).key
    assert len({made(words).key, made(words, seed=1).key, made(["a", "b", "d"]).key}) == 3
