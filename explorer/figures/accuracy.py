"""What vectors know: right answers by kind of question, and cosines beside people's judgements."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made
from explorer.numbers import percent

_FONT = {"size": style.FONT_SIZE}
_COLOURS = (style.CATEGORIES[0], style.CATEGORIES[4])


def accuracy_bars(kinds: Sequence[str], asked: Sequence[int], shares: ArrayLike, methods: Sequence[str]) -> go.Figure:
    """For each kind of question a bar for each method: the share that was answered right.

    Args:
        kinds: of questions, from above.
        asked: how many questions of each kind.
        shares: shape (method, kind); NaN where no question was asked.
        methods: their names, two at most.
    """
    table = np.asarray(shares, dtype=np.float32)
    if table.shape != (len(methods), len(kinds)) or len(asked) != len(kinds):
        raise ValueError(f"{len(methods)} methods and {len(kinds)} kinds do not fit shares of shape {table.shape}")
    rows = np.arange(len(kinds), dtype=np.float32)
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": method,
            "y": rows,
            "x": row,
            "marker": {"color": colour},
            "text": ["" if np.isnan(share) else percent(float(share)) for share in row],
            "textposition": "outside",
            "textfont": _FONT,
            "constraintext": "none",
            "cliponaxis": False,
            "customdata": list(asked),
            "hovertemplate": f"{method}: %{{x:.1%}} of %{{customdata:,}}<extra></extra>",
        }
        for method, row, colour in zip(methods, table, _COLOURS)
    ]
    labels = [f"{style.figure_text(kind)}  {count:,}" for kind, count in zip(kinds, asked)]
    ticks = {"tickmode": "array", "tickvals": rows, "ticktext": labels, "tickfont": _FONT, "showgrid": False}
    most = float(np.nan_to_num(table).max(initial=0.1))
    return made(
        data=data,
        layout={
            "height": 40 * len(kinds) + 90,
            "barmode": "group",
            "bargap": 0.25,
            "dragmode": False,
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": _FONT, "traceorder": "normal"},
            "margin": style.MARGIN | {"t": 30},
            "yaxis": ticks | {"range": [len(kinds) - 0.5, -0.5], "fixedrange": True},
            "xaxis": {
                "title": {"text": "answered right", "font": _FONT},
                "range": [0, most * 1.3],
                "nticks": 5,
                "tickangle": 0,
                "tickformat": ".0%",
                "tickfont": _FONT,
                "fixedrange": True,
            },
        },
    )


def judged_pairs(pairs: Sequence[tuple[str, str]], human: ArrayLike, cosine: ArrayLike) -> go.Figure:
    """Pairs of words: how similar people say they are, and the cosine of their vectors.

    Args:
        pairs: the words.
        human: shape (pair,).
        cosine: shape (pair,).
    """
    said, found = np.asarray(human, dtype=np.float32), np.asarray(cosine, dtype=np.float32)
    if said.shape != (len(pairs),) or found.shape != said.shape:
        raise ValueError(f"{len(pairs)} pairs do not fit numbers of shape {said.shape} and {found.shape}")
    axis = {"tickfont": _FONT, "fixedrange": True}
    return made(
        data=[
            {
                "type": "scatter",
                "mode": "markers",
                "x": said,
                "y": found,
                "marker": {"size": 8, "color": style.PROBABILITY, "opacity": 0.6},
                "text": [f"{style.figure_text(one)}, {style.figure_text(other)}" for one, other in pairs],
                "hovertemplate": "%{text}<br>people %{x:.2f}, cosine %{y:.3f}<extra></extra>",
            }
        ],
        layout={
            "height": 400,
            "dragmode": False,
            "xaxis": axis | {"title": {"text": "similarity as people judge it", "font": _FONT}},
            "yaxis": axis | {"title": {"text": "cosine", "font": _FONT}},
        },
    )
