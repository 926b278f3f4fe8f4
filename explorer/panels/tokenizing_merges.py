"""Byte-pair encoding, learned merge by merge: the pairs that competed, and the text as it is cut after each."""

from collections.abc import Sequence

import streamlit as st

from explorer import address, loading, style
from explorer.components.merge_steps import CutWord, MergeStep, merge_steps
from explorer.downloads import Columns, downloads
from models.tokens.bpe import Merge, joins
from models.tokens.visible import visible

MOST_MERGES = 100
FIRST_MERGES = 20
_MOST_SHOWN = 1_200  # characters of the text


def merges_done(slug: str) -> int:
    """How many merges the reader wants."""
    return address.parsed(f"{slug}_merges", FIRST_MERGES, int, lambda number: 0 <= number <= MOST_MERGES)


def merges_panel(slug: str, corpus: str) -> None:
    """The merges that are learned on a text, stepped in the browser; where the reader stays goes into the URL."""
    merges = loading.learned(corpus, MOST_MERGES)
    st.subheader("Byte-pair encoding, merge by merge", anchor=False)
    shown = corpus[:_MOST_SHOWN]
    pairs = [one.pair for one in merges]
    words: list[CutWord] = [
        {"letters": [_seen(letter) for letter in word], "closed": closed} for word, closed in joins(shown, pairs)
    ]

    def step(number: int) -> None:
        address.set_values(**{f"{slug}_merges": None if number == FIRST_MERGES else str(number)})

    merge_steps(
        words, _steps(merges), min(merges_done(slug), len(merges)), colour=style.DECIDES, key="merges", on_step=step
    )
    st.caption(
        "The text from which the vocabularies are learned is cut at its spaces, then into characters; the most "
        "frequent pair of neighbours becomes one piece, again and again. Of equally frequent pairs the one with the "
        "older pieces is taken." + (" Below is its beginning." if len(corpus) > _MOST_SHOWN else "")
    )
    downloads("merges", None, None, lambda: _columns(merges), "Merges of byte-pair encoding")


def _steps(merges: Sequence[Merge]) -> list[MergeStep]:
    return [
        {"pairs": [(_seen(a), _seen(b), count) for (a, b), count in [(one.pair, one.count), *one.runners_up]]}
        for one in merges
    ]


def _seen(piece: str) -> str:
    return visible(piece.encode(errors="surrogatepass"))


def _columns(merges: Sequence[Merge]) -> Columns:
    return {
        "merge": range(1, len(merges) + 1),
        "left": [one.pair[0] for one in merges],
        "right": [one.pair[1] for one in merges],
        "count": [one.count for one in merges],
        "next best": ["".join(one.runners_up[0][0]) if one.runners_up else "" for one in merges],
        "its count": [one.runners_up[0][1] if one.runners_up else 0 for one in merges],
    }
