"""A text whose tokens look at each other: arcs from the token that is chosen to those that it looks at."""

from collections.abc import Callable, Sequence

import streamlit as st
from numpy.typing import ArrayLike

from explorer import style
from explorer.components import encoded, register

_component = register("attention_arcs", shared=("made", "heat"))


def attention_arcs(
    tokens: Sequence[str], weights: ArrayLike, reading: int, *, key: str, on_choice: Callable[[int], None]
) -> None:
    """Mounts the text.

    Args:
        tokens: of the text.
        weights: shape (query, key); every row sums to 1.
        reading: the token whose arcs are shown.
        key: of the component.
        on_choice: is called with a token at which the reader stays.
    """

    def heard() -> None:
        choice = st.session_state[key].choice
        if isinstance(choice, int) and 0 <= choice < len(tokens):
            on_choice(choice)

    data = {
        "tokens": list(tokens),
        "weights": encoded(weights),
        "reading": reading,
        "colour": style.PROBABILITY,
        "mark": style.DECIDES,
    }
    _component(key=key, data=data, on_choice_change=heard, height="content")
