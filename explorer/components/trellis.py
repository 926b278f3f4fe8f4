"""A trellis: states as rows, positions as columns; stepped through in the browser, with the sum behind each circle."""

from typing import TypedDict

from explorer.components import register

_component = register("trellis")


class Sum(TypedDict):
    """How a number comes about."""

    formula: str
    head: list[str]
    rows: list[list[str]]
    marked: int  # the row that decides; -1: none
    total: str


class Cell(TypedDict):
    """One circle."""

    value: str
    share: float  # how dark it is, from 0 to 1
    comes_from: list[float]  # how much of it comes from each state before, from 0 to 1
    sum: Sum


class Trellis(TypedDict):
    """All steps."""

    states: list[str]
    words: list[str]
    cells: list[list[Cell]]  # a list a position
    steps: list[list[bool]]  # whether a state can follow another: from before to
    pointers: list[list[int]]  # the best state before, of each position but the first; -1: none; empty: not drawn
    path: list[int]  # is lit at the end; empty: none
    begins: list[int]  # of each position the state whose sum is shown at first
    read_back: bool  # whether later words count too: then nothing waits to be read
    end: Sum | None  # a last step


def trellis(data: Trellis, *, colour: str, path_colour: str, key: str) -> None:
    """Mounts the trellis.

    Args:
        data: all steps; one that differs begins at its last step.
        colour: of a circle whose share is 1.
        path_colour: of the path.
        key: of the component.
    """
    _component(key=key, data={**data, "colour": colour, "path_colour": path_colour}, height="content")
