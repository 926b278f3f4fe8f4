"""The most probable next tokens as a short list of bars; a click on one chooses it."""

from collections.abc import Callable
from typing import TypedDict

import streamlit as st

from explorer.components import register

_component = register("framework")


class Prediction(TypedDict):
    """One bar; `share` is its length, from 0 to 1."""

    id: int | None  # None: can't be chosen
    token: str
    percent: str
    share: float


def predictions(rows: list[Prediction], *, colour: str, key: str, on_choice: Callable[[int], None]) -> None:
    """Mounts the list.

    Args:
        rows: the bars from above; as many in every run.
        colour: of the bars.
        key: of the component.
        on_choice: is called with the id of a clicked token.
    """
    ids = {row["id"] for row in rows}

    def chosen() -> None:
        token_id = st.session_state[key].chosen
        if isinstance(token_id, int) and token_id in ids:
            on_choice(token_id)

    _component(key=key, data={"rows": rows, "colour": colour}, on_chosen_change=chosen, height="content")
