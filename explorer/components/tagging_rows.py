"""A sentence and what several taggers say of it, a row each, aligned with the words; it may be stepped through."""

from collections.abc import Callable, Sequence
from typing import TypedDict

import streamlit as st

from explorer.components import register

_component = register("tagging_rows", shared=("made", "player"))


class Frame(TypedDict):
    """What the rows say at one step: a tag for each word, the places in the tags' list; -1: not read yet."""

    said: str  # where one stands
    rows: list[list[int]]
    marked: list[list[int]]  # of each row the words that are marked


class Kind(TypedDict):
    """A kind of names. Those with tag 2i + 1 begin one of kind i, those with tag 2i + 2 go on with it; 0 is no name."""

    name: str
    colour: str


def tagging_rows(
    tokens: Sequence[str],
    names: Sequence[str],
    frames: Sequence[Frame],
    kinds: Sequence[Kind],
    *,
    differ: Sequence[int],
    chosen: int | None,
    mark: str,
    key: str,
    on_token: Callable[[int], None] | None = None,
) -> None:
    """Mounts the rows.

    Args:
        tokens: the words as they are shown.
        names: of the rows.
        frames: steps; a single one is not stepped through.
        kinds: of names.
        differ: words that get a mark beneath all rows.
        chosen: a word that is framed.
        mark: colour of marks.
        key: of the component.
        on_token: is called with the place of a word that was clicked; None: words can't be clicked.
    """

    def clicked() -> None:
        place = st.session_state[key].token
        if on_token is not None and isinstance(place, int) and 0 <= place < len(tokens):
            on_token(place)

    data = {
        "tokens": list(tokens),
        "names": list(names),
        "frames": list(frames),
        "kinds": list(kinds),
        "differ": list(differ),
        "chosen": chosen,
        "mark": mark,
        "clicks": on_token is not None,
    }
    _component(key=key, data=data, on_token_change=clicked, height="content")
