"""Words as vectors: one-hot, of which one entry is 1, and dense."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made

_SHADES = [[0, style.faded(style.REMOVED, 0.15)], [1, style.PROBABILITY]]


def one_hot(words: Sequence[str], places: Sequence[int], vocab_size: int) -> go.Figure:
    """Each row is a word's vector in R^|V|: dark where it is 1.

    Args:
        words: the rows.
        places: of each word its number in the vocabulary: where the 1 stands.
        vocab_size: |V|.
    """
    if len(words) != len(places):
        raise ValueError(f"{len(words)} words need as many places, not {len(places)}")
    table = np.zeros((len(words), vocab_size), dtype=np.float32)
    table[np.arange(len(words)), list(places)] = 1.0
    data = {"z": table, "zmin": 0.0, "zmax": 1.0, "colorscale": _SHADES}
    return _rows(words, data, "number of the word in the vocabulary")


def dense(words: Sequence[str], table: ArrayLike) -> go.Figure:
    """Each row is a word's dense vector: blue above 0, orange below.

    Args:
        words: the rows.
        table: shape (word, dimension); a row of NaN is left empty.
    """
    numbers = np.asarray(table, dtype=np.float32)
    if numbers.ndim != 2 or len(numbers) != len(words):
        raise ValueError(f"{len(words)} words need as many rows, not a table of shape {numbers.shape}")
    known = numbers[np.isfinite(numbers)]
    most = float(np.abs(known).max(initial=1e-6))
    return _rows(words, {"z": numbers, "zmin": -most, "zmax": most, "colorscale": style.SIGNED}, "dimension")


def _rows(words: Sequence[str], data: dict[str, Any], title: str) -> go.Figure:
    """A heat map with a row for each word."""
    rows = np.arange(len(words), dtype=np.float32)
    font = {"size": style.FONT_SIZE}
    return made(
        data=[
            {
                "type": "heatmap",
                "y": rows,
                "showscale": False,
                "xgap": 1,
                "ygap": 3,
                "hoverongaps": False,
                "hovertemplate": "%{x}: %{z:.4g}<extra></extra>",
                **data,
            }
        ],
        layout={
            "height": 90 + 30 * len(words),
            "dragmode": False,
            "xaxis": {"title": {"text": title, "font": font}, "tickfont": font, "showgrid": False, "fixedrange": True},
            "yaxis": {
                "tickmode": "array",
                "tickvals": rows,
                "ticktext": [style.figure_text(word) for word in words],
                "tickfont": font | {"family": style.MONOSPACE},
                "autorange": "reversed",
                "showgrid": False,
                "fixedrange": True,
            },
        },
    )
