"""What is known of a model before its weights are loaded."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """Facts about one model, shown wherever its numbers are shown.

    A fact that only the loaded weights can tell (a hash, the size of an unknown model) is None until then.
    """

    name: str
    title: str
    family: str
    corpus: str
    licence: str
    source: str
    precision: str
    training: str | None = None  # how long, on what machine
    parameters: int | None = None
    vocab_size: int | None = None
    block_size: int | None = None
    start_token: str | None = None
    end_token: str | None = None
    perplexity: float | None = None  # per token, on `held_out`
    bits_per_character: float | None = None  # on `held_out`
    held_out: str | None = None
    sha256: str | None = None
    can: frozenset[str] = frozenset()


def read_cards(path: Path) -> list[ModelCard]:
    """The cards of a file that `write_cards` wrote."""
    return [ModelCard(**facts | {"can": frozenset(facts["can"])}) for facts in json.loads(path.read_text("utf-8"))]


def write_cards(path: Path, cards: list[ModelCard]) -> None:
    """Writes cards as JSON."""
    facts = [asdict(card) | {"can": sorted(card.can)} for card in cards]
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
