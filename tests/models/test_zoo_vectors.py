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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "part"), [(name, part) for name in vectors.NAMES for part in vectors.cards()[name].parts]
)
def test_the_cards_numbers_are_what_the_vectors_score(name: str, part: str) -> None:
    data = {kind: file.read_bytes() for kind in questions.FILES if (file := questions.gensim_file(kind))}
    measured, words = vectors.cards()[name].measured[part], vectors.load(name, part)
    asked = [
        section
        for section in questions.read_questions(data["analogies"])
        if section.name in ("family", "gram5-present-participle")
    ]
    for result in questions.answered(words, asked):
        assert (result.right["add"], result.right["mul"], result.asked) == measured.sections[result.name]
    for kind in ("wordsim353", "simlex999"):
        rho = questions.agreement(words, questions.read_pairs(data[kind])).rho
        assert rho == pytest.approx(getattr(measured, kind), abs=1e-3)


def test_the_readme_says_what_the_cards_say() -> None:
    readme = (vectors.FOLDER.parent / "README.md").read_text(encoding="utf-8")
    cards = vectors.cards()
    rows = {
        "word2vec, both in a row": cards["word2vec"].measured["concatenation"],
        "word2vec, sum": cards["word2vec"].measured["sum"],
        "word2vec, target": cards["word2vec"].measured["target"],
        "gensim 4.4.0, the same text and settings": cards["word2vec"].measured[
            "gensim 4.4.0, the same text and settings"
        ],
        "GloVe, sum (window 10, x_max 10, 15 epochs)": cards["glove"].measured["sum"],
    }
    for title, measured in rows.items():
        [line] = [line for line in readme.splitlines() if line.startswith(f"| {title} |")]
        semantic, syntactic = (
            [row for kind, row in measured.sections.items() if kind.startswith("gram") is of_grammar]
            for of_grammar in (False, True)
        )
        shares = [
            f"{sum(row[0] for row in kind) / sum(row[2] for row in kind):.1%}".replace("%", " %")
            for kind in (semantic + syntactic, semantic, syntactic, [measured.sections["family"]])
        ]
        said = [cell.strip() for cell in line.split("|")[3:-1]]
        assert said == [*shares, f"{measured.wordsim353:.3f}", f"{measured.simlex999:.3f}"]


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
