"""A text as its tokens: each coloured by a number, with what the model would have said in its place."""

from collections.abc import Callable
from typing import TypedDict

import streamlit as st

from explorer.components import register

_component = register("token_strip")


class StripToken(TypedDict):
    """What is shown of one token; `shade` is the strength of the colour, from 0 to 1."""

    token: str
    label: str
    shade: float
    facts: list[str]  # one line each, first for the eye, all for the ear
    instead: list[tuple[str, str]]  # what else was likely: token, probability


def token_strip(
    tokens: list[StripToken], *, start: str, unit: str, colour: str, key: str, on_cut: Callable[[int], None]
) -> None:
    """Mounts the strip.

    Args:
        tokens: the tokens in order.
        start: the token that silently begins the text.
        unit: what the labels are.
        colour: of a token whose shade is 1.
        key: of the component.
        on_cut: is called with the position of a clicked token.
    """

    def cut() -> None:
        position = st.session_state[key].cut
        if isinstance(position, int) and 0 <= position < len(tokens):
            on_cut(position)

    _component(
        key=key,
        data={"tokens": tokens, "start": start, "unit": unit, "colour": colour},
        on_cut_change=cut,
        height="content",
    )
