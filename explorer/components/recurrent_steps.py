"""A recurrent network, or two side by side, that reads a text; its steps are gone through in the browser."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

import streamlit as st

from explorer import style
from explorer.components import register

_component = register("recurrent_steps", shared=("made", "player", "heat"))


class Steps(TypedDict):
    """One network over the whole text."""

    title: str
    cell: str
    fields: Mapping[str, str]  # name: numbers of `encoded`, a row a step; "before x" is the pre-activation of x
    shown: list[str]  # the fields that can be drawn, and Δh
    next: list[
        list[tuple[str, float, str, bool]]
    ]  # after each step: token, share of the longest bar, number, whether it came


def recurrent_steps(
    tokens: Sequence[str],
    networks: Sequence[Steps],
    meanings: Mapping[str, str],
    *,
    version: str,
    at: int | None,
    key: str,
    on_step: Callable[[int], None],
) -> None:
    """Mounts the networks.

    Args:
        tokens: what is read, a step each.
        networks: one or two.
        meanings: of the fields, in a few words.
        version: what the numbers belong to; another one begins at `at`.
        at: the step at which it begins; None: the last.
        key: of the component.
        on_step: is called with a step at which the reader stays.
    """

    def stepped() -> None:
        step = st.session_state[key].step
        if isinstance(step, int) and 0 <= step < len(tokens):
            on_step(step)

    data = {
        "tokens": list(tokens),
        "networks": list(networks),
        "meanings": dict(meanings),
        "version": version,
        "at": at,
        "colours": [style.PROBABILITY, style.SURPRISAL],
        "mark": style.DECIDES,
    }
    _component(key=key, data=data, on_step_change=stepped, height="content")
