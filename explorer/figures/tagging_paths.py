"""What taggers said as the sentence grew, and the scores by which a CRF goes from tag to tag."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import AT_ONCE, FONT, axis, made
from explorer.figures.tagging import COLOURS, NONE, cut, words_axis
from explorer.numbers import minus

_WRITTEN = 16  # words up to which the kinds stand in the cells


def triangle(words: Sequence[str], said: Sequence[Sequence[str]], changed: Sequence[tuple[int, int]]) -> go.Figure:
    """What a tagger says of each word, a column, when it has read so many, a row each from above.

    Args:
        words: of the sentence.
        said: row i holds a kind of name, or "", for each of the first i + 1 words.
        changed: (row, column) of what the row before said otherwise.
    """
    if [len(row) for row in said] != list(range(1, len(words) + 1)):
        raise ValueError(
            f"{len(words)} words need rows of 1 to {len(words)} kinds, not of {[len(row) for row in said]}"
        )
    kinds = ["", *COLOURS]
    table = np.full((len(words), len(words)), np.nan, dtype=np.float32)
    for i, row in enumerate(said):
        table[i, : len(row)] = [kinds.index(kind) for kind in row]
    colours = [style.faded(NONE, 0.25), *COLOURS.values()]
    steps = np.arange(len(kinds) + 1) / len(kinds)
    scale = [[float(edge), colour] for i, colour in enumerate(colours) for edge in steps[i : i + 2]]
    written = len(words) <= _WRITTEN
    heat = {
        "type": "heatmap",
        "x": np.arange(len(words), dtype=np.float32),
        "y": np.arange(len(words), dtype=np.float32),
        "z": table,
        "zmin": -0.5,
        "zmax": len(kinds) - 0.5,
        "colorscale": scale,
        "opacity": 0.75,
        # Cells that touch are one small image, which is quickly drawn.
        "xgap": 2 if written else 0,
        "ygap": 2 if written else 0,
        "hoverongaps": False,
        "hovertext": [
            [f"{i + 1} read, {style.figure_text(cut(word))}: {kind or 'no name'}" for word, kind in zip(words, row)]
            + [""] * (len(words) - len(row))
            for i, row in enumerate(said)
        ],
        "hoverinfo": "text",
        "text": [[*row, *[""] * (len(words) - len(row))] for row in said] if written else None,
        "texttemplate": "%{text}" if written else None,
        "showscale": False,
    }
    marks = {
        "type": "scatter",
        "mode": "markers",
        "x": np.array([column for _, column in changed], dtype=np.float32),
        "y": np.array([row for row, _ in changed], dtype=np.float32),
        "marker": {
            "symbol": "square-open",
            "size": max(7, min(22, 420 // len(words))),
            "color": style.DECIDES,
            "line": {"width": 3},
        },
        "hoverinfo": "skip",
    }
    named, above = words_axis(words)
    layout = {
        "height": min(530, max(110, 26 * len(words))) + above + style.MARGIN["b"],
        "margin": style.MARGIN | {"l": 58, "t": above},
        "dragmode": False,
        "xaxis": named | {"side": "top"},
        "yaxis": axis("words read")
        | AT_ONCE
        | {"range": [len(words) - 0.5, -0.5], "showgrid": False}
        | {"tickvals": list(range(0, len(words), every := -(-len(words) // 15)))}
        | {"ticktext": [str(i + 1) for i in range(0, len(words), every)]},
    }
    return made([heat, marks], layout)


def transition_map(before: Sequence[str], after: Sequence[str], scores: ArrayLike) -> go.Figure:
    """What a CRF adds to a path's score for each step: from before, a row, to, a column.

    Args:
        before: names of the rows, from above.
        after: names of the columns.
        scores: shape (before, after); NaN where there is none.
    """
    table = np.asarray(scores, dtype=np.float32)
    if table.shape != (len(before), len(after)):
        raise ValueError(f"{len(before)} rows and {len(after)} columns do not fit scores of shape {table.shape}")
    most = float(np.nanmax(np.abs(table), initial=1e-6))
    heat = {
        "type": "heatmap",
        "x": np.arange(len(after), dtype=np.float32),
        "y": np.arange(len(before), dtype=np.float32),
        "z": table,
        "zmin": -most,
        "zmax": most,
        "colorscale": style.SIGNED,
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        "hovertext": [
            [minus(f"{one} → {other}: {value:.2f}") for other, value in zip(after, row)]
            for one, row in zip(before, table.tolist())
        ],
        "hoverinfo": "text",
        "colorbar": {
            "orientation": "h",
            "thickness": 10,
            "y": 1.01,
            "yanchor": "bottom",
            "outlinewidth": 0,
            "tickfont": FONT,
            "ticklabelposition": "outside top",
            "nticks": 6,
        },
    }
    ticks = {"tickmode": "array", "tickfont": FONT, "showgrid": False}
    layout = {
        "height": 26 * len(before) + 150,
        "dragmode": False,
        "xaxis": axis("to")
        | ticks
        | {"title": {"text": "to", "font": FONT, "standoff": 50}}
        | {"tickvals": list(range(len(after))), "ticktext": list(after), "tickangle": -90},
        "yaxis": axis("from")
        | ticks
        | {"tickvals": list(range(len(before))), "ticktext": list(before), "range": [len(before) - 0.5, -0.5]},
    }
    return made([heat], layout)
