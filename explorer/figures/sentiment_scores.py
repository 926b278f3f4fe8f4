"""How good classifiers of stars are: accuracies beside published ones, confusions, and how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import FONT, LEGEND, axis, made
from explorer.figures.sentiment import named
from explorer.numbers import percent

_SHARES = [[0, style.faded(style.PROBABILITY, 0.04)], [1, style.PROBABILITY]]


@dataclass(frozen=True)
class Scored:
    """A classifier and its accuracy."""

    name: str
    accuracy: float
    is_ours: bool


def accuracy_dots(scored: Sequence[Scored]) -> go.Figure:
    """One row a classifier, the best above: ours filled, others as rings."""
    ordered = sorted(scored, key=lambda one: one.accuracy)
    rows = np.arange(len(ordered), dtype=np.float32)
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": title,
            "x": [one.accuracy for one in ordered if one.is_ours is ours],
            "y": [float(row) for row, one in zip(rows, ordered) if one.is_ours is ours],
            "hovertext": [style.figure_text(one.name) for one in ordered if one.is_ours is ours],
            "hovertemplate": "%{hovertext}: %{x:.1%}<extra></extra>",
            "marker": {
                "size": 13,
                "symbol": "circle" if ours else "circle-open",
                "color": style.PROBABILITY if ours else style.REMOVED,
                "line": {"width": 2},
            },
            "cliponaxis": False,
        }
        for ours, title in ((True, "these models"), (False, "others, published"))
    ]
    names = [f"{style.figure_text(one.name)}  {percent(one.accuracy)}" for one in ordered]
    low = min([0.27, *(one.accuracy for one in ordered)])
    high = max([0.4, *(one.accuracy for one in ordered)])
    layout = {
        "height": 100 + 30 * len(ordered),
        "dragmode": False,
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": axis("accuracy")
        | {"tickformat": ".0%", "range": [low - 0.02, high + 0.03], "nticks": 4, "tickangle": 0},
        "yaxis": axis("")
        | {
            "tickmode": "array",
            "tickvals": rows,
            "ticktext": [f"<b>{name}</b>" if one.is_ours else name for name, one in zip(names, ordered)],
            "range": [-0.6, len(ordered) - 0.4],
        },
    }
    return made(data, layout)


def confusion_map(table: ArrayLike) -> go.Figure:
    """Each row the sentences to which people gave so many stars, each column what the classifier gave.

    Args:
        table: counts, shape (label, verdict).
    """
    counts = np.asarray(table, dtype=np.int64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"a confusion table is square, not of shape {counts.shape}")
    shares = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).astype(np.float32)
    names = [named(k + 1) for k in range(len(counts))]
    places = np.arange(len(counts), dtype=np.float32)
    ticks = {"tickmode": "array", "tickvals": places, "showgrid": False}
    heat = {
        "type": "heatmap",
        "x": places,
        "y": places,
        "z": shares,
        "zmin": 0.0,
        "zmax": 1.0,
        "colorscale": _SHARES,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "text": [[f"{share:.0%}<br>{count:,}" for share, count in zip(*rows)] for rows in zip(shares, counts)],
        "texttemplate": "%{text}",
        "textfont": FONT,
        "hovertext": [[f"people: {one}, model: {other}" for other in names] for one in names],
        "hovertemplate": "%{hovertext}: %{z:.1%} of the row<extra></extra>",
    }
    layout = {
        "height": 420,
        "dragmode": False,
        "xaxis": axis("given by the model") | ticks | {"ticktext": [f"{k + 1}" for k in range(len(counts))]},
        "yaxis": axis("given by people") | ticks | {"ticktext": names, "autorange": "reversed"},
    }
    return made([heat], layout)


def calibration_line(confidence: ArrayLike, right: ArrayLike, counts: Sequence[int]) -> go.Figure:
    """How often verdicts are right against how sure they are; the dotted line is where both are equal.

    Args:
        confidence: mean probability of the verdicts of each bin, shape (bin,).
        right: share of them that is right, shape (bin,).
        counts: how many they are.
    """
    sure, share = np.asarray(confidence, dtype=np.float32), np.asarray(right, dtype=np.float32)
    if sure.shape != (len(counts),) or share.shape != sure.shape:
        raise ValueError(f"{len(counts)} bins do not fit numbers of shape {sure.shape} and {share.shape}")
    largest = max([1, *counts])
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [0, 1],
            "y": [0, 1],
            "line": {"color": style.REMOVED, "dash": "dot", "width": 2},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": sure,
            "y": share,
            "line": {"color": style.PROBABILITY, "width": 2},
            "marker": {"size": [6 + 18 * (count / largest) ** 0.5 for count in counts], "color": style.PROBABILITY},
            "customdata": list(counts),
            "hovertemplate": "%{customdata:,} verdicts, %{x:.1%} sure: %{y:.1%} right<extra></extra>",
        },
    ]
    layout = {
        "height": 420,
        "dragmode": False,
        "xaxis": axis("probability of the verdict") | {"range": [0, 1.02], "tickformat": ".0%", "nticks": 6},
        "yaxis": axis("verdicts that are right") | {"range": [0, 1.02], "tickformat": ".0%", "nticks": 6},
    }
    return made(data, layout)
