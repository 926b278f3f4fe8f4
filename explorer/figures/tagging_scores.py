"""How good taggers are: F1 of each on each test set, with precision and recall."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from explorer import style
from explorer.figures import FONT, LEGEND, axis, made
from explorer.numbers import percent


class Score(NamedTuple):
    """One bar."""

    name: str
    f1: float
    precision: float | None  # None: of others, who published F1 alone
    recall: float | None


def f1_bars(groups: Sequence[tuple[str, Sequence[Score]]]) -> go.Figure:
    """For each test set a bar for each tagger, and on it the precision and the recall.

    Args:
        groups: test sets, each with its name and its bars from above.
    """
    rows, heads, place = list[tuple[float, Score]](), list[tuple[float, str]](), 0.0
    for title, scores in groups:
        heads.append((place, title))
        rows += [(place + i + 1, score) for i, score in enumerate(scores)]
        place += len(scores) + 1.4
    ours = [row for row in rows if row[1].precision is not None]
    bars = {
        "type": "bar",
        "orientation": "h",
        "name": "F1",
        "y": np.array([y for y, _ in rows], dtype=np.float32),
        "x": np.array([score.f1 for _, score in rows], dtype=np.float32),
        "marker": {"color": [style.REMOVED if score.precision is None else style.PROBABILITY for _, score in rows]},
        "hovertext": [style.figure_text(score.name) for _, score in rows],
        "hovertemplate": "%{hovertext}: F1 %{x:.1%}<extra></extra>",
        "width": 0.8,
    }
    marks = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "y": np.array([y for y, _ in ours], dtype=np.float32),
            "x": np.array([getattr(score, name) for _, score in ours], dtype=np.float32),
            "marker": {"symbol": symbol, "size": 11, "color": colour, "line": {"width": 1, "color": "#FFFFFF"}},
            "hovertemplate": f"{name} %{{x:.1%}}<extra></extra>",
        }
        for name, symbol, colour in (("precision", "diamond", style.DECIDES), ("recall", "circle", style.RUNNING))
    ]
    layout = {
        "height": round(27 * place) + 100,
        "dragmode": False,
        "showlegend": True,
        "legend": LEGEND,
        "annotations": [
            {
                "text": f"<b>{style.figure_text(title)}</b>",
                "x": 0,
                "y": y,
                "xref": "x",
                "xanchor": "left",
                "showarrow": False,
                "font": FONT,
            }
            for y, title in heads
        ],
        "xaxis": axis("share") | {"range": [0, 1], "tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1]},
        "yaxis": {
            "tickmode": "array",
            "tickvals": [y for y, _ in rows],
            "ticktext": [f"{style.figure_text(score.name)}  {percent(score.f1)}" for _, score in rows],
            "tickfont": FONT,
            "showgrid": False,
            "fixedrange": True,
            "range": [place - 0.6, -0.8],
        },
    }
    return made([bars, *marks], layout)
