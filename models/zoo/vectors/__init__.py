"""The vectors of words that ship: word2vec and GloVe. `python -m models.zoo.vectors` rebuilds them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from safetensors.numpy import load_file

from models.errors import ModelError
from models.packing import unpacked
from models.tokens.space import WordVectors
from models.tokens.word2vec import Vectors

FOLDER = Path(__file__).parent
NAMES = ("word2vec", "glove")
VOCAB_SIZE = 30_000
_CARDS = FOLDER / "cards.json"
_WORDS = FOLDER / "words.txt"


@dataclass(frozen=True)
class Measured:
    """What vectors know, as `models.tokens.questions` asks it."""

    sections: Mapping[str, tuple[int, int, int]]  # kind of question: right by 3CosAdd, by 3CosMul, asked
    wordsim353: float  # Spearman's ρ
    simlex999: float  # Spearman's ρ


@dataclass(frozen=True, kw_only=True)
class VectorCard:
    """Facts about vectors that ship."""

    name: str
    title: str
    corpus: str
    words: int
    n_embd: int
    parts: tuple[str, ...]  # of PARTS, those that ship; the first is meant where none is named
    licence: str
    source: str
    precision: str
    training: str
    sha256: str
    measured: Mapping[str, Measured]  # by part; and what it is compared with, by what that is called


def load(name: str, part: str = "sum") -> WordVectors:
    """The vectors of that name.

    Args:
        name: one of NAMES.
        part: which vector of a word: one of the card's parts.

    Raises:
        ModelError: there are no such vectors.
    """
    card = cards().get(name)
    if card is None:
        raise ModelError(f"There are no vectors {name!r}: use {' or '.join(NAMES)}.")
    if part not in card.parts:
        raise ModelError(f"{card.title} ships as {' or '.join(card.parts)}, not as {part!r}.")
    lines = [line.split("\t") for line in _WORDS.read_text(encoding="utf-8").splitlines()]
    words, counts = zip(*((word, int(number)) for word, number in lines), strict=True)
    return WordVectors(card.title, words, part_of(load_file(FOLDER / f"{name}.safetensors"), part), np.array(counts))


def cards() -> dict[str, VectorCard]:
    """The card of each."""
    found = {}
    for facts in json.loads(_CARDS.read_text(encoding="utf-8")):
        measured = {
            of: Measured({kind: tuple(row) for kind, row in one.pop("sections").items()}, **one)
            for of, one in facts.pop("measured").items()
        }
        found[facts["name"]] = VectorCard(**facts | {"parts": tuple(facts["parts"])}, measured=measured)
    return found


def write_card(card: VectorCard) -> None:
    """Puts a card in the place of that of the same name."""
    others = cards() if _CARDS.exists() else {}
    rows = [asdict(one) for one in ({**others, card.name: card}).values()]
    _CARDS.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_words(words: tuple[str, ...], counts: np.ndarray) -> None:
    """The words that all vectors share, the most frequent first."""
    lines = (f"{word}\t{number}\n" for word, number in zip(words, counts.tolist(), strict=True))
    _WORDS.write_text("".join(lines), encoding="utf-8")


def part_of(tensors: Mapping[str, np.ndarray], part: str) -> Float[np.ndarray, "vocab n_embd"]:
    """A part of what is in a file, or made of what is."""
    if part in tensors:
        return unpacked(tensors, part)
    return Vectors(unpacked(tensors, "target"), unpacked(tensors, "context")).word_vectors(part)
