"""Many small buttons, in a table or in a row, each of which switches something off and on again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import streamlit as st

from explorer import style
from explorer.components import register

_component = register("switches")
_NONE: Mapping[str, Sequence[str]] = {}


class Switch(TypedDict):
    """One button."""

    name: str  # what it is known by
    text: str  # what stands on it
    said: str  # what it is, read aloud, and shown where the pointer is


def switches(
    rows: Sequence[tuple[str, Sequence[Switch]]],
    columns: Sequence[str],
    off: Sequence[str],
    *,
    label: str,
    key: str,
    on_change: Callable[[list[str]], None],
    covers: Mapping[str, Sequence[str]] = _NONE,
) -> None:
    """Mounts the buttons.

    Args:
        rows: each with its name, from above.
        columns: their names; none: the buttons stand one after the other.
        off: names of those that are off.
        label: what they are together, read aloud.
        key: of the component.
        on_change: is called with the names of all that are off now.
        covers: which others are as good as off while one is.
    """
    turn = f"{key}_turn"
    names = [switch["name"] for _, row in rows for switch in row]

    def changed() -> None:
        state = st.session_state[key].state
        if _is_state(state):
            st.session_state[turn] = state["turn"]
            on_change([name for name in names if name in state["off"]])

    data = {
        "rows": [{"name": name, "switches": list(row)} for name, row in rows],
        "columns": list(columns),
        "off": list(off),
        "label": label,
        "covers": {name: list(covered) for name, covered in covers.items()},
        "turn": st.session_state.get(turn, 0),
        "colours": [style.PROBABILITY, style.SURPRISAL],
    }
    _component(key=key, data=data, on_state_change=changed, height="content")


def _is_state(state: Any) -> bool:
    return (
        isinstance(state, dict)
        and isinstance(state.get("turn"), int)
        and isinstance(state.get("off"), list)
        and all(isinstance(name, str) for name in state["off"])
    )
