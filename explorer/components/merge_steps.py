"""Byte-pair encoding merge by merge, stepped in the browser: the text as it is cut, and the pairs that competed."""

from collections.abc import Callable, Sequence
from typing import TypedDict

import streamlit as st

from explorer.components import register

_component = register("merge_steps", shared=("made", "player"))


class MergeStep(TypedDict):
    """One merge: the pairs that competed, the chosen one first, as (left, right, count)."""

    pairs: list[tuple[str, str, int]]


class CutWord(TypedDict):
    """A word as visible letters, and for each gap between two the number of the merge that closes it; None: none."""

    letters: list[str]
    closed: list[int | None]


def merge_steps(
    words: Sequence[CutWord],
    steps: Sequence[MergeStep],
    at: int,
    *,
    colour: str,
    key: str,
    on_step: Callable[[int], None],
) -> None:
    """Mounts the steps.

    Args:
        words: the text.
        steps: the merges in order.
        at: how many merges are done at first.
        colour: of the newest piece.
        key: of the component.
        on_step: is called with the number of merges where the reader stays for a moment.
    """

    def stepped() -> None:
        step = st.session_state[key].step
        if isinstance(step, int) and 0 <= step <= len(steps):
            on_step(step)

    data = {"words": list(words), "steps": list(steps), "at": at, "colour": colour}
    _component(key=key, data=data, on_step_change=stepped, height="content")
