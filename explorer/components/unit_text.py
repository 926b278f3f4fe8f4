"""A text coloured by one unit's activation, in which the reader marks a span."""

from collections.abc import Callable, Sequence

import streamlit as st
from numpy.typing import ArrayLike

from explorer import style
from explorer.components import encoded, register

_component = register("unit_text", shared=("made", "heat"))


def unit_text(
    text: str,
    values: ArrayLike,
    name: str,
    *,
    span: tuple[int, int] | None,
    places: Sequence[int],
    key: str,
    on_span: Callable[[int, int], None],
) -> None:
    """Mounts the text.

    Args:
        text: its characters.
        values: a number for each: blue above 0, orange below.
        name: of the number.
        span: first and last character of what is marked.
        places: characters that are framed.
        key: of the component.
        on_span: is called with the first and last character that the reader marked; one if it was a click.
    """

    def marked() -> None:
        chosen = st.session_state[key].span
        if not isinstance(chosen, list) or len(chosen) != 2 or not all(isinstance(i, int) for i in chosen):
            return
        if 0 <= chosen[0] <= chosen[1] < len(text):
            on_span(*chosen)

    data = {
        "text": text,
        "values": encoded(values),
        "name": name,
        "span": span,
        "places": list(places),
        "colours": [style.PROBABILITY, style.SURPRISAL],
        "mark": style.DECIDES,
    }
    _component(key=key, data=data, on_span_change=marked, height="content")
