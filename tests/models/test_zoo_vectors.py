"""The vectors that ship: what is in the files is what the cards say."""

import numpy as np
import pytest

from models.checkpoints import sha256
from models.errors import ModelError
from models.tokens import questions, space
from models.zoo import vectors


@pytest.mark.parametrize("name", vectors.NAMES)
def test_vectors_that_ship_are_what_their_card_says(name: str) -> None:
    card = vectors.cards()[name]
    assert sha256(vectors.FOLDER / f"{name}.safetensors") == card.sha256
    for part in card.parts:
        words = vectors.load(name, part)
        width = card.n_embd * (2 if part == "concatenation" else 1)
        assert words.vectors.shape == (card.words, width)
        assert words.vectors.dtype == np.float32
        assert len(set(words.words)) == len(words.words)
        assert words.counts is not None
        assert (np.diff(words.counts) <= 0).all()
        assert set(card.measured[part].sections) >= {"family", "gram8-plural"}


@pytest.mark.parametrize("name", vectors.NAMES)
def test_the_cards_numbers_are_what_the_vectors_score(name: str) -> None:
    files = {kind: questions.gensim_file(kind) for kind in questions.FILES}
    assert all(files.values())
    card, words = vectors.cards()[name], vectors.load(name)
    asked = [
        section
        for section in questions.read_questions(files["analogies"].read_bytes())  # type: ignore[union-attr]
        if section.name in ("family", "gram5-present-participle")
    ]
    for result in questions.answered(words, asked):
        right, by_product, of = card.measured["sum"].sections[result.name]
        assert (result.right["add"], result.right["mul"], result.asked) == (right, by_product, of)
    pairs = questions.read_pairs(files["wordsim353"].read_bytes())  # type: ignore[union-attr]
    assert questions.agreement(words, pairs).rho == pytest.approx(card.measured["sum"].wordsim353, abs=1e-3)


@pytest.mark.parametrize("name", vectors.NAMES)
def test_a_king_is_to_a_man_as_a_queen_to_a_woman(name: str) -> None:
    assert "queen" in [answer.word for answer in space.analogy(vectors.load(name), "king", "man", "woman", 3)]


def test_the_sum_is_that_of_target_and_context() -> None:
    target, context, both, row = (
        vectors.load("word2vec", part).vectors for part in ("target", "context", "sum", "concatenation")
    )
    np.testing.assert_allclose(both, target + context, atol=1e-6)
    np.testing.assert_allclose(row, np.hstack([target, context]))


def test_what_does_not_ship_is_refused() -> None:
    with pytest.raises(ModelError, match="no vectors 'fasttext'"):
        vectors.load("fasttext")
    with pytest.raises(ModelError, match="ships as sum"):
        vectors.load("glove", "target")
