"""Words as points that one drags, zooms and clicks: tens of thousands, drawn by ourselves on a canvas.

The points are one message that stays the same, so Streamlit sends it once. What changes with a click, the marked words,
is a second component of a few bytes, which tells the map.
"""

import base64
from collections.abc import Callable, Sequence
from typing import TypedDict

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from explorer.components import register

_component = register("word_map")
_marks = register("word_marks", css=False)
_FULL = 32_000  # of 16 bits


class Legend(TypedDict):
    """A colour and what it stands for."""

    colour: str
    words: str


def word_map(
    words: Sequence[str],
    points: ArrayLike,
    shades: ArrayLike,
    legend: Sequence[Legend],
    *,
    chosen: int | None,
    near: Sequence[int],
    said: str,
    ends: Sequence[str],
    mark: str,
    alt: str,
    key: str,
    on_choice: Callable[[int], None],
) -> None:
    """Mounts the map.

    Args:
        words: of the points, those first that are to be named first.
        points: shape (word, 2).
        shades: of each word its place in `legend`.
        legend: the colours.
        chosen: the word that is marked.
        near: words that are marked with it.
        said: which words these are, read aloud.
        ends: what is at the left, right, bottom and top; empty: nothing is said.
        mark: colour of the marked words.
        alt: what the picture shows, read aloud.
        key: of the component.
        on_choice: is called with a clicked word.
    """
    places = np.asarray(points, dtype=np.float32)
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    half = max(float(np.ptp(places, axis=0).max()) / 2, 1e-9)
    small = ((places - middle) / half * _FULL).astype("<i2")
    data = {
        "words": "\n".join(word.replace("\n", " ") for word in words),
        "points": base64.b64encode(small.tobytes()).decode(),
        "shades": base64.b64encode(np.asarray(shades, dtype=np.uint8).tobytes()).decode(),
        "legend": list(legend),
        "ends": list(ends),
        "mark": mark,
        "alt": alt,
    }

    def clicked() -> None:
        place = st.session_state[key].chosen
        if isinstance(place, int) and 0 <= place < len(words):
            on_choice(place)

    _marks(key=f"{key}_marks", data={"map": key, "chosen": chosen, "near": list(near), "said": said}, height=1)
    _component(key=key, data=data | {"map": key}, on_chosen_change=clicked, height="content")
