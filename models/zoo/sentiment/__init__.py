"""The classifiers of stars that ship. `python -m models.zoo.sentiment` rebuilds them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from models import packing
from models.errors import ModelError
from models.tasks.card import TaskCard, read_task_cards
from models.tasks.embedding import Vocabulary
from models.tasks.sentiment import SentimentConfig, SentimentNetwork
from models.tasks.sentiment_bag import Bag
from models.tasks.sentiment_classifier import BagClassifier, Classifier, NetworkClassifier
from models.tasks.sentiment_scores import Calibration
from models.tasks.sentiment_words import Words, cut

FOLDER = Path(__file__).parent
CARDS = FOLDER / "cards.json"
NAMES = ("lstm", "bilstm", "gru", "rnn", "bag")
WORDS = FOLDER / "words.txt"  # that all of them learned from, the most frequent first
_MEASURED = FOLDER / "measured.json"


@dataclass(frozen=True)
class Measured:
    """What a classifier said of the test sentences."""

    confusion: Sequence[Sequence[int]]  # rows: stars that people gave, columns: that it gave
    calibration: Calibration
    variance: Sequence[float]  # shares of the plane's two directions in that of the states on dev; of a bag none


def weights(name: str) -> Path:
    """The file of a classifier."""
    return FOLDER / f"{name}.safetensors"


def load(name: str) -> Classifier:
    """The classifier of that name.

    Raises:
        ModelError: there is none.
    """
    if name not in NAMES:
        raise ModelError(f"There is no classifier {name!r}: use {', '.join(NAMES)}.")
    facts, tensors = packing.opened(weights(name))
    card = cards()[name]
    if name == "bag":
        return BagClassifier(card, bag_of(tensors))
    network = SentimentNetwork(config_of(facts), vocabulary())
    packing.fill(network, tensors)
    network.embedding.shipped = _shipped()
    return NetworkClassifier(card, network.eval().requires_grad_(False), vocabulary())


def config_of(facts: Mapping[str, str]) -> SentimentConfig:
    """The shape of a network that is told in its file."""
    return SentimentConfig(**json.loads(facts["config"]))


def bag_of(tensors: Mapping[str, np.ndarray]) -> Bag:
    """The linear model in a file: of each feature the places of its words in the list of words."""
    words = (*own_words(), "")
    names = (" ".join(words[place] for place in pair).rstrip() for pair in tensors["features"].tolist())
    table = packing.unpacked(tensors, "weights").astype(np.float64)
    return Bag({name: row for row, name in enumerate(names)}, table, tensors["bias"].astype(np.float64))


def cards() -> dict[str, TaskCard]:
    """The card of each that is there, in the order of NAMES."""
    known = read_task_cards(CARDS)
    return {name: known[name] for name in NAMES if name in known}


def own_words() -> list[str]:
    """The words that the classifiers learned from."""
    return WORDS.read_text(encoding="utf-8").rstrip("\n").split("\n")


@cache
def vocabulary() -> Vocabulary:
    """These, and all others that have a shipped vector."""
    return Vocabulary(own_words())


def words_of(text: str) -> Words:
    """A text, cut as all of these classifiers read it.

    Raises:
        TextTooLong: it has too many words.
    """
    known = vocabulary().known
    return cut(text, lambda piece: known(piece) != "unknown")


def measured(name: str) -> Measured:
    """What was measured of a classifier, beyond its card."""
    facts = _all_measured()[name]
    return Measured(facts["confusion"], Calibration(**facts["calibration"]), facts["variance"])


def write_measured(name: str, facts: Mapping[str, Any]) -> None:
    """Puts what was measured in the place of what was."""
    others = _all_measured() if _MEASURED.is_file() else {}
    known = others | {name: dict(facts)}
    lines = (f" {json.dumps(one)}: {json.dumps(known[one])}" for one in NAMES if one in known)
    _MEASURED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _all_measured() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_MEASURED.read_text(encoding="utf-8"))
    return found


@cache
def _shipped() -> Tensor:
    """The vectors that ship, as networks read them: one table for all, which have the same vocabulary."""
    return SentimentNetwork(SentimentConfig(cell="rnn", n_hidden=1, rank=1), vocabulary()).embedding.shipped
