"""The translators that ship, English to French. `python -m models.zoo.translation` rebuilds them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from models import packing
from models.errors import ModelError
from models.tasks.card import TaskCard, read_task_cards
from models.tasks.embedding import Vocabulary
from models.tasks.translation import TranslationConfig, Translator
from models.tasks.translation_text import Translation
from models.tasks.translation_words import FrenchVocabulary

FOLDER = Path(__file__).parent
NAMES = ("encoder-decoder", "attention")
CARDS = FOLDER / "cards.json"
LENGTHS = FOLDER / "lengths.json"


def weights(name: str) -> Path:
    """The file of a model."""
    return FOLDER / f"{name}.safetensors"


def words(language: str) -> Path:
    """The list of words that both models know of a language, the most frequent first."""
    return FOLDER / f"{language}.txt"


def cards() -> dict[str, TaskCard]:
    """The card of each."""
    return read_task_cards(CARDS)


@cache
def lengths() -> Mapping[str, list[tuple[str, int, float]]]:
    """By model: source length in words and signs, sentences of that length in the test part, and their BLEU."""
    return {name: [tuple(row) for row in rows] for name, rows in json.loads(LENGTHS.read_text("utf-8")).items()}


def write_lengths(name: str, rows: list[tuple[str, int, float]]) -> None:
    """Puts the lengths of a model in the place of those that were there."""
    others = json.loads(LENGTHS.read_text("utf-8")) if LENGTHS.is_file() else {}
    LENGTHS.write_text(json.dumps(others | {name: rows}, ensure_ascii=False, indent=1) + "\n", "utf-8")


def load(name: str, card: TaskCard | None = None) -> Translation:
    """The model of that name.

    Args:
        name: one of NAMES.
        card: in place of the one that ships.

    Raises:
        ModelError: there is none.
    """
    if name not in NAMES:
        raise ModelError(f"There is no translator {name!r}: use {' or '.join(NAMES)}.")
    facts, tensors = packing.opened(weights(name))
    config = TranslationConfig(**{size: int(number) for size, number in facts.items()})
    network = Translator(config, english_vocabulary())
    packing.fill(network, tensors)
    return Translation(
        network.eval().requires_grad_(False), english_vocabulary(), french_vocabulary(), card or cards()[name]
    )


@cache
def english_vocabulary() -> Vocabulary:
    """The words that both models read."""
    return Vocabulary(words("english").read_text(encoding="utf-8").splitlines())


@cache
def french_vocabulary() -> FrenchVocabulary:
    """The words that both models write."""
    return FrenchVocabulary(words("french").read_text(encoding="utf-8").splitlines())
