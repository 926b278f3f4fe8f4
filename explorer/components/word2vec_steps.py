"""Steps of word2vec on vectors of two numbers: the words of a text, and its vectors as points that move."""

from collections.abc import Callable, Sequence
from typing import TypedDict

import numpy as np
import streamlit as st

from explorer.components import register

_component = register("word2vec_steps", shared=("made", "labels"))


class RunningWord(TypedDict):
    """A word of the text by its number; `ends` where its sentence ends."""

    word: int
    ends: bool


class Arrow(TypedDict):
    """What the next step does to one vector; `kind` is "t" or "c"."""

    kind: str
    word: int
    by: tuple[float, float]
    role: str  # "centre", "positive", "negative"


class Frame(TypedDict):
    """All points after so many steps: the targets' x and y, then the contexts'."""

    step: int
    points: list[float]


def word2vec_steps(
    words: Sequence[str],
    running: Sequence[RunningWord],
    frames: Sequence[Frame],
    arrows: Sequence[Arrow],
    *,
    at: int,
    place: int,
    window: Sequence[int],
    version: str,
    colours: tuple[str, str],
    mark: str,
    key: str,
    on_place: Callable[[int], None],
    on_stop: Callable[[int], None],
) -> None:
    """Mounts the picture. It plays the frames that are newer than what it showed, if they are of the same `version`.

    Args:
        words: the vocabulary.
        running: the words of the text.
        frames: in order, the last one is the present.
        arrows: of the next step.
        at: how many steps are done.
        place: of the next step's centre word in the text.
        window: the places of its neighbours.
        version: of what was begun with.
        colours: of targets and contexts.
        mark: colour of the centre word.
        key: of the component.
        on_place: is called with the place of the word that the reader chose.
        on_stop: is called with the number of steps that were done when the reader stopped the play.
    """

    def placed() -> None:
        chosen = st.session_state[key].place
        if isinstance(chosen, int) and 0 <= chosen < len(running):
            on_place(chosen)

    def stopped() -> None:
        step = st.session_state[key].stop
        if isinstance(step, int) and 0 <= step <= at:
            on_stop(step)

    data = {
        "words": list(words),
        "running": list(running),
        "frames": list(frames),
        "arrows": list(arrows),
        "at": at,
        "place": place,
        "window": list(window),
        "version": version,
        "colours": list(colours),
        "mark": mark,
    }
    _component(key=key, data=data, on_place_change=placed, on_stop_change=stopped, height="content")


def frame(step: int, target: np.ndarray, context: np.ndarray) -> Frame:
    """A frame of vectors, shape (vocab, 2) each."""
    points = np.concatenate([target.ravel(), context.ravel()])
    return {"step": step, "points": np.round(points.astype(np.float64), 4).tolist()}
