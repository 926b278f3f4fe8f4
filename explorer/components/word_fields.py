"""Boxes for single words, side by side, that suggest words of a vocabulary while one types."""

from collections.abc import Callable, Sequence
from typing import Any, NotRequired, TypedDict

import streamlit as st

from explorer.components import register

MOST_LETTERS = 100
_component = register("word_fields")


class WordField(TypedDict):
    """One box; `before` is what stands at its left."""

    label: str
    word: str
    before: NotRequired[str]


def word_fields(
    fields: Sequence[WordField],
    *,
    label: str,
    key: str,
    suggest: Callable[[str], Sequence[str]],
    on_words: Callable[[list[str]], None],
) -> None:
    """Mounts the boxes; call it in a fragment, since it asks for suggestions at each key.

    Args:
        fields: the boxes from the left.
        label: what they are together, read aloud.
        key: of the component.
        suggest: gives words that begin as what has been typed.
        on_words: is called with the words of all boxes when one was changed.
    """

    def changed() -> None:
        words = st.session_state[key].words
        if _are_words(words, len(fields)):
            on_words([word.strip()[:MOST_LETTERS] for word in words])

    typed = getattr(st.session_state.get(key), "typed", None)
    asked = typed if _is_asked(typed) else None
    suggestions = {"typed": asked, "words": list(suggest(asked)) if asked else []}
    _component(
        key=key,
        data={"fields": list(fields), "label": label, "suggestions": suggestions},
        on_words_change=changed,
        on_typed_change=lambda: None,
        height="content",
    )


def _is_asked(typed: Any) -> bool:
    return isinstance(typed, str) and 0 < len(typed) <= MOST_LETTERS


def _are_words(words: Any, count: int) -> bool:
    return isinstance(words, list) and len(words) == count and all(isinstance(word, str) for word in words)
