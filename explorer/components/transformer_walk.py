"""A transformer as a lane of stations, from the tokens to the next one; a click on a box opens it."""

from collections.abc import Callable, Sequence
from typing import Literal, TypedDict

import streamlit as st

from explorer import style
from explorer.components import register

_component = register("transformer_walk")


class Box(TypedDict):
    """A station."""

    id: str
    name: str
    shape: str  # in the network's own numbers
    said: str  # what it does, in a few words


class Part(TypedDict):
    """A piece of the lane: on the residual stream, beside it, or of layers that are left out."""

    kind: Literal["stream", "branch", "skip"]
    title: str
    rows: list[list[Box]]


def transformer_walk(
    parts: Sequence[Part],
    bars: Sequence[tuple[str, float, str, bool]],
    *,
    station: str,
    after: str,
    map_key: str,
    key: str,
    on_station: Callable[[str], None],
    on_cell: Callable[[int, int], None],
) -> None:
    """Mounts the lane.

    Args:
        parts: from the text to the probabilities.
        bars: of the next token: name, share of the longest, number, whether it is marked.
        station: the one that is open.
        after: the token that the bars follow.
        map_key: of the heat map on the page whose cells can be clicked.
        key: of the component.
        on_station: is called with the id of a clicked box.
        on_cell: is called with row and column of a clicked cell.
    """
    known = {box["id"] for part in parts for row in part["rows"] for box in row}

    def opened() -> None:
        if (wanted := st.session_state[key].station) in known:
            on_station(wanted)

    def pointed() -> None:
        cell = st.session_state[key].cell
        if isinstance(cell, list) and len(cell) == 2 and all(type(one) is int and one >= 0 for one in cell):
            on_cell(*cell)

    data = {
        "parts": list(parts),
        "bars": list(bars),
        "station": station,
        "after": after,
        "map": map_key,
        "colour": style.PROBABILITY,
        "mark": style.DECIDES,
    }
    _component(key=key, data=data, on_station_change=opened, on_cell_change=pointed, height="content")
