"""Two translators that write word by word: what of the source each word comes from, gone through in the browser."""

from collections.abc import Callable, Sequence
from typing import TypedDict

import streamlit as st

from explorer import style
from explorer.components import register

_component = register("translation_steps", shared=("made", "player", "heat"))


class Writer(TypedDict):
    """One translator."""

    title: str
    words: list[str]  # that it wrote, the end among them
    attention: str  # of `encoded`, a row a word, a column a source word; "": all comes through one vector
    vector: str  # what that is called
    next: list[
        list[tuple[str, float, str, bool]]
    ]  # at each word: word, share of the longest bar, number, whether taken


def translation_steps(
    source: Sequence[str],
    unknown: Sequence[int],
    writers: Sequence[Writer],
    *,
    version: str,
    at: int,
    key: str,
    on_step: Callable[[int], None],
) -> None:
    """Mounts the translators.

    Args:
        source: the words that were read, as typed.
        unknown: places of those that are unknown.
        writers: from above.
        version: what the numbers belong to; another one begins at `at`.
        at: the word at which it begins.
        key: of the component.
        on_step: is called with a word at which the reader stays.
    """
    last = max(len(writer["words"]) for writer in writers) - 1

    def stepped() -> None:
        step = st.session_state[key].step
        if isinstance(step, int) and 0 <= step <= last:
            on_step(step)

    data = {
        "source": list(source),
        "unknown": list(unknown),
        "writers": list(writers),
        "last": last,
        "version": version,
        "at": at,
        "colour": style.PROBABILITY,
        "mark": style.DECIDES,
    }
    _component(key=key, data=data, on_step_change=stepped, height="content")
