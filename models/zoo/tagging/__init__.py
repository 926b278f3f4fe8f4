"""The taggers that ship. `python -m models.zoo.tagging` rebuilds them."""

from functools import cache
from pathlib import Path

from models.errors import ModelError
from models.tasks import tagging_hmm, tagging_models
from models.tasks.card import read_task_cards
from models.tasks.embedding import Vocabulary
from models.tasks.tagging_models import Tagger

FOLDER = Path(__file__).parent
CARDS = FOLDER / "cards.json"
NAMES = ("hmm", "lstm", "bilstm", "bilstm-crf")
WORDS = FOLDER / "words.txt"  # the networks' own words, the most frequent first


def weights(name: str) -> Path:
    """The file of a tagger."""
    return FOLDER / f"{name}.safetensors"


def load(name: str) -> Tagger:
    """The tagger of that name.

    Raises:
        ModelError: there is none.
    """
    if name not in NAMES:
        raise ModelError(f"There is no tagger {name!r}: use {', '.join(NAMES)}.")
    card = read_task_cards(CARDS)[name]
    if name == "hmm":
        return tagging_hmm.load(weights(name), card)
    return tagging_models.load(weights(name), vocabulary(), card)


@cache
def vocabulary() -> Vocabulary:
    """That of all networks: the words that they learned a vector of, and those that have one already."""
    return Vocabulary(WORDS.read_text(encoding="utf-8").rstrip("\n").split("\n"))
