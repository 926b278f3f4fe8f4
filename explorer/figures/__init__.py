"""Pure functions: arrays in, a plotly figure out."""

import unicodedata
from collections.abc import Sequence
from typing import Any

import pandas as pd  # noqa: F401 - whole before plotly looks for it: another session may just be importing it
import plotly.graph_objects as go

from explorer import style

FONT = {"size": style.FONT_SIZE}
LETTER = 0.6 * style.FONT_SIZE  # pixels of a monospace character
PROSE_LETTER = 0.5 * style.FONT_SIZE  # of a letter of a name or a title, rather more than on average
# Of an axis with known room for its labels. Else plotly draws the figure, measures them one by one, and draws it anew.
AT_ONCE = {"automargin": False, "ticklabeloverflow": "allow"}
LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": FONT}  # above the figure


def axis(title: str) -> dict[str, Any]:
    """An axis that stays where it is."""
    return {"title": {"text": title, "font": FONT}, "tickfont": FONT, "fixedrange": True}


def with_legend(height: int, x: str, y: str) -> dict[str, Any]:
    """A layout of lines or bars that are named above them."""
    return {
        "height": height,
        "dragmode": False,
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": axis(x),
        "yaxis": axis(y),
    }


def cells(text: str) -> int:
    """How many monospace cells a text takes: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def fitted(text: str, most: int) -> str:
    """A text that takes at most so many monospace cells.

    >>> fitted("word", 4), fitted("words", 4)
    ('word', 'wor…')
    """
    if cells(text) <= most:
        return text
    start = text[: most - 1]
    while cells(start) >= most:
        start = start[:-1]
    return start + "…"


def word_ticks(words: Sequence[str], every: int, most: int) -> tuple[dict[str, Any], float]:
    """Of an axis: a name for each word or for every few, and how many pixels the longest of these names takes.

    Args:
        words: at 0, 1, and so on.
        every: how many words share a name.
        most: monospace cells of a name.
    """
    names = [fitted(word, most) for word in words[::every]]
    ticks = {
        "showgrid": False,
        "tickmode": "array",
        "tickvals": list(range(0, len(words), every)),
        "ticktext": [style.figure_text(name) for name in names],
        "tickfont": FONT | {"family": style.MONOSPACE},
    }
    return ticks, LETTER * max(map(cells, names), default=0)


def made(data: list[dict[str, Any]], layout: dict[str, Any]) -> go.Figure:
    """A figure in the house's style.

    In one piece and unchecked: plotly's checks take five times as long as all the rest, at every rerun. The tests check
    every figure instead.
    """
    return go.Figure(
        data=data, layout={"template": style.TEMPLATE, "hoverlabel": style.HOVER} | layout, _validate=False
    )
