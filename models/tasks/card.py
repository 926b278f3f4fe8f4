"""What is known of a model of a task before its weights are loaded, and how good it is beside others."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class TaskCard:
    """Facts about one model of a task, shown wherever its results are shown."""

    name: str
    title: str
    family: str  # the cell, or what else it is: it has that colour on all pages
    corpus: str
    training: str  # how long, on what
    licence: str
    source: str  # the command that rebuilds it
    precision: str
    parameters: int
    sha256: str
    held_out: str  # what the scores were measured on
    scores: Mapping[str, float]  # by what was measured
    published: Mapping[str, float]  # of others, by who; and by what, where that is not what `scores` begins with


def read_task_cards(path: Path) -> dict[str, TaskCard]:
    """The cards of a file by their names; none where it is not there yet."""
    if not path.is_file():
        return {}
    return {facts["name"]: TaskCard(**facts) for facts in json.loads(path.read_text(encoding="utf-8"))}


def write_task_card(path: Path, card: TaskCard) -> None:
    """Puts a card in the place of that of the same name, else behind the others."""
    cards = read_task_cards(path) | {card.name: card}
    facts = [asdict(one) for one in cards.values()]
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
