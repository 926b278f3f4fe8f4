"""What all benchmarks share: rows of results, a table of them, and measuring two things side by side."""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Prepare = Callable[[int], Callable[[], object]]  # turn -> what is measured; the preparing itself is not


@dataclass(frozen=True)
class Row:
    """One result. The goal is a limit of the ratio where there is a peer, else of our own number: at most so much.

    Where more is better (accuracy, F1, BLEU), it is: at least so much.
    """

    name: str
    ours: float
    unit: str
    peer: float | None = None
    goal: float | None = None
    more_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's."""
        return None if self.peer is None else self.ours / self.peer

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        judged = self.ours if self.ratio is None else self.ratio
        if self.goal is None:
            return None
        return judged >= self.goal if self.more_is_better else judged <= self.goal


def parser(module_doc: str | None) -> argparse.ArgumentParser:
    """Command-line options with those that every benchmark has."""
    options = argparse.ArgumentParser(description=(module_doc or "").partition("\n")[0])
    options.add_argument("--json", action="store_true", help="one JSON object a line, not a table")
    return options


def note(words: str) -> None:
    """Tells the person who waits what goes on; results alone go to standard output."""
    print(words, file=sys.stderr, flush=True)


def show(rows: Iterable[Row], *, as_json: bool) -> None:
    """Prints results: JSON as each one comes in, the table at the end, also when something failed on the way."""
    shown: list[Row] = []
    try:
        for row in rows:
            shown.append(row)
            if as_json:
                print(json.dumps(_fields(row), ensure_ascii=False), flush=True)
    finally:
        if not as_json:
            _table(shown)


def medians_in_alternation(ours: Prepare, peer: Prepare, turns: int) -> tuple[float, float]:
    """Median milliseconds of each. They take turns in going first, so that a busy neighbour slows both alike."""
    seconds: dict[Prepare, list[float]] = {ours: [], peer: []}
    for turn in range(-2, turns):  # two turns to warm up
        for prepare in (ours, peer) if turn % 2 else (peer, ours):
            measured = prepare(turn)
            before = time.perf_counter()
            measured()
            after = time.perf_counter()
            if turn >= 0:
                seconds[prepare].append(after - before)
    return statistics.median(seconds[ours]) * 1000, statistics.median(seconds[peer]) * 1000


def p95(numbers: Iterable[float]) -> float:
    """The number that 95 of 100 do not exceed."""
    ordered = sorted(numbers)
    return ordered[-(-len(ordered) * 95 // 100) - 1]


def _table(rows: list[Row]) -> None:
    cells = [("", "ours", "peer", "unit", "ratio", "goal", "met"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for name, *others in cells:
        print(name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)))


def _fields(row: Row) -> dict[str, object]:
    return {
        "name": row.name,
        "ours": round(row.ours, 3),
        "peer": None if row.peer is None else round(row.peer, 3),
        "unit": row.unit,
        "ratio": None if row.ratio is None else round(row.ratio, 3),
        "goal": row.goal,
        "met": row.met,
    }


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    peer = "" if row.peer is None else f"{row.peer:,.1f}"
    limit = "" if row.goal is None else f"{row.goal:,g} {'times' if ratio else row.unit}"
    return row.name, f"{row.ours:,.1f}", peer, row.unit, ratio, limit, {True: "yes", False: "NO", None: ""}[row.met]
