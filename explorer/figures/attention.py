"""What a head looks at, as a map: a row for each token that looks, a column for each that it may look at."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import FONT, axis, made
from explorer.numbers import minus

_ROW = 26  # pixels a token, at most
_LOWEST, _HIGHEST = 240, 500
_WRITTEN = 12  # tokens up to which numbers stand in the cells
_LARGE = 8  # and up to which they have the size of other text; else they are as small as they must be
_LONGEST = 13  # letters of a token beside the map
_MOST_ROWS, _MOST_COLUMNS = 25, 16  # tokens that are named
# Above the map, which on a phone has no room beside it.
_SCALE = {
    "orientation": "h",
    "thickness": 10,
    "x": 0.5,
    "y": 1.01,
    "yanchor": "bottom",
    "tickfont": FONT,
    "ticklabelposition": "outside top",
    "outlinewidth": 0,
    "nticks": 6,
}
_SHARES = [[0, style.faded(style.PROBABILITY, 0.04)], [1, style.PROBABILITY]]


def attention_map(tokens: Sequence[str], values: ArrayLike, reading: int, *, weights: bool) -> go.Figure:
    """The map of one head, or of an average; what is no number stays blank.

    Args:
        tokens: of the text.
        values: shape (query, key).
        reading: the query whose row is framed.
        weights: whether they are shares, from 0 to 1; else they are scores, of either sign.
    """
    table, count = np.asarray(values, dtype=np.float32), len(tokens)
    if table.shape != (count, count):
        raise ValueError(f"{count} tokens need a map of shape {(count, count)}, not {table.shape}")
    table = np.where(np.isfinite(table), table, np.nan)
    most = 1.0 if weights else float(np.nanmax(np.abs(table))) or 1.0
    written, gap = count <= _WRITTEN, int(count <= _MOST_ROWS)
    places = np.arange(count, dtype=np.float32)
    heat = {
        "type": "heatmap",
        "z": table,
        "x": places,
        "y": places,
        "zmin": 0.0 if weights else -most,
        "zmax": most,
        "colorscale": _SHARES if weights else style.SIGNED,
        "text": _numbers(table, ".2f" if weights else ".1f") if written else None,
        "texttemplate": "%{text}" if written else None,
        "textfont": FONT if count <= _LARGE else None,
        "xgap": gap,
        "ygap": gap,
        "hoverongaps": False,
        "hovertext": _said(tokens, table),
        "hoverinfo": "text",
        "showscale": not written,
        "colorbar": _SCALE,
    }
    frame = {
        "type": "rect",
        "x0": -0.5,
        "x1": count - 0.5,
        "y0": reading - 0.5,
        "y1": reading + 0.5,
        "line": {"color": style.DECIDES, "width": 2},
    }
    layout = {
        "height": min(_HIGHEST, max(_LOWEST, _ROW * count)) + (110 if written else 150),
        "dragmode": False,
        "shapes": [frame],
        "xaxis": _named("looked at", tokens, _MOST_COLUMNS) | {"tickangle": -90},
        "yaxis": _named("reading", tokens, _MOST_ROWS) | {"autorange": "reversed"},
    }
    return made([heat], layout)


def _named(title: str, tokens: Sequence[str], most: int) -> dict[str, object]:
    """An axis that names every token, or every few of many."""
    every = -(-len(tokens) // most)
    return axis(title) | {
        "showgrid": False,
        "tickmode": "array",
        "tickvals": list(range(0, len(tokens), every)),
        "ticktext": [style.figure_text(_cut(token)) for token in tokens[::every]],
        "tickfont": FONT | {"family": style.MONOSPACE},
    }


def _cut(token: str) -> str:
    return token if len(token) <= _LONGEST else token[: _LONGEST - 1] + "…"


def _numbers(table: np.ndarray, digits: str) -> list[list[str]]:
    """Those of the cells that have one; a weight of 0 is no more than the mask."""
    return [[minus(f"{value:{digits}}") if np.isfinite(value) and value else "" for value in row] for row in table]


def _said(tokens: Sequence[str], table: np.ndarray) -> list[list[str]]:
    """Each cell in words."""
    names = [f"“{style.figure_text(token)}” ({place})" for place, token in enumerate(tokens)]
    return [
        [f"{query} at {key}: {minus(f'{value:.4f}')}" for key, value in zip(names, row, strict=True)]
        for query, row in zip(names, table.tolist(), strict=True)
    ]
