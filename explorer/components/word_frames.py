"""Words on a plane that move while their vectors are learned, frame by frame, smoothly in between."""

import base64
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike

from explorer.components import register

_component = register("word_frames", shared=("made", "labels", "player"))
_FULL = 32_767


def word_frames(
    words: Sequence[str],
    planes: Sequence[ArrayLike],
    said: Sequence[str],
    *,
    version: str,
    marked: Sequence[int],
    live: bool,
    kinds: Mapping[str, str],
    colours: Sequence[str],
    mark: str,
    key: str,
    on_pick: Callable[[int], None],
) -> None:
    """Mounts the picture; it plays the frames that are new since it was drawn last.

    Args:
        words: their names, the most frequent first.
        planes: for each frame the points, shape (word, 2).
        said: a few words about each frame.
        version: of what is learned; another one begins anew.
        marked: the words that are always named.
        live: whether more frames will come.
        kinds: of words, if they have any: their name.
        colours: of the kinds in turn; the first one of words that have none.
        mark: colour of the marked ones.
        key: of the component.
        on_pick: is called with the number of a clicked word.
    """

    def picked() -> None:
        word = st.session_state[key].pick
        if isinstance(word, int) and 0 <= word < len(words):
            on_pick(word)

    names = list(dict.fromkeys(kinds.values()))
    data = {
        "words": list(words),
        "frames": encoded(planes),
        "count": len(planes),
        "said": list(said),
        "version": version,
        "marked": list(marked),
        "live": live,
        "kinds": names,
        "kind": [names.index(kinds[word]) if word in kinds else 0 for word in words],
        "colours": list(colours),
        "mark": mark,
    }
    _component(key=key, data=data, on_pick_change=picked, height="content")


def encoded(planes: Sequence[ArrayLike]) -> str:
    """All points as 16-bit numbers in base64, each frame by its own scale: its farthest coordinate is 32,767."""
    frames = []
    for plane in planes:
        points = np.asarray(plane, dtype=np.float64)
        largest = float(np.abs(points).max(initial=0.0)) or 1.0
        frames.append(np.round(points / largest * _FULL).astype("<i2"))
    return base64.b64encode(b"".join(frame.tobytes() for frame in frames)).decode()
