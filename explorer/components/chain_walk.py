"""A random walk over a Markov chain, stepped in the browser: its graph, the way so far, the time in each state."""

from collections.abc import Sequence
from typing import TypedDict

from explorer.components import register

_component = register("chain_walk", shared=("made", "player"))


class WalkState(TypedDict):
    """A state, its colour, and its share of time in the long run."""

    name: str
    colour: str
    stationary: float


class Edge(TypedDict):
    """An arrow from one state to another, as wide as its probability; `label` is that in words."""

    start: int
    end: int
    p: float
    label: str


def chain_walk(
    states: Sequence[WalkState],
    edges: Sequence[Edge],
    walk: Sequence[int],
    shown: Sequence[int],
    *,
    colour: str,
    mark: str,
    key: str,
) -> None:
    """Mounts the walk.

    Args:
        states: all states.
        edges: of the graph; empty: there is none, as for chains of many states.
        walk: the numbers of the states from the first on; it begins anew where it changes.
        shown: the states whose shares of time are shown.
        colour: of the arrows.
        mark: colour of the arrow that was taken last.
        key: of the component.
    """
    data = {
        "states": list(states),
        "edges": list(edges),
        "walk": list(walk),
        "shown": list(shown),
        "colour": colour,
        "mark": mark,
    }
    _component(key=key, data=data, height="content")
