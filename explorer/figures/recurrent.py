"""The states of a recurrent network over a text."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import FONT, made, with_legend

_MOST_LABELS = 40
_ROOM = 0.16, 0.07  # of the picture, for a name


def state_map(tokens: Sequence[str], states: ArrayLike) -> go.Figure:
    """Each column a step, each row a unit: blue above 0, orange below.

    Args:
        tokens: what was read at each step.
        states: shape (step, unit).
    """
    values = np.asarray(states, dtype=np.float32)
    if values.ndim != 2 or len(values) != len(tokens):
        raise ValueError(f"{len(tokens)} tokens need as many states, not a table of shape {values.shape}")
    most = float(np.abs(values).max(initial=1e-6))
    every = -(-len(tokens) // _MOST_LABELS)
    places = np.arange(len(tokens), dtype=np.float32)
    return made(
        data=[
            {
                "type": "heatmap",
                "x": places,
                "y": np.arange(1, values.shape[1] + 1, dtype=np.float32),
                "z": np.ascontiguousarray(values.T),
                "zmin": -most,
                "zmax": most,
                "colorscale": style.SIGNED,
                "hovertemplate": "step %{x:.0f}, unit %{y:.0f}: %{z:.4g}<extra></extra>",
            }
        ],
        layout={
            "height": 480,
            "xaxis": {
                "tickmode": "array",
                "tickvals": places[::every],
                "ticktext": [style.figure_text(token) for token in tokens[::every]],
                "tickfont": FONT | {"family": style.MONOSPACE},
            },
            "yaxis": {"title": {"text": "unit", "font": FONT}, "tickfont": FONT},
        },
    )


def unit_bars(units: Sequence[int], r: ArrayLike, chosen: int) -> go.Figure:
    """The correlation of a few units with something, blue above 0, orange below; the chosen one is framed.

    Args:
        units: their numbers, counted from 0.
        r: of each, shape (unit,).
        chosen: the number of a unit.
    """
    values = np.asarray(r, dtype=np.float32)
    if values.shape != (len(units),):
        raise ValueError(f"{len(units)} units need as many correlations, not an array of shape {values.shape}")
    rows = np.arange(len(units), dtype=np.float32)
    return made(
        data=[
            {
                "type": "bar",
                "orientation": "h",
                "x": values,
                "y": rows,
                "marker": {
                    "color": [style.PROBABILITY if value >= 0 else style.SURPRISAL for value in values],
                    "line": {"color": style.DECIDES, "width": [4 if unit == chosen else 0 for unit in units]},
                },
                "hovertext": [f"unit {unit + 1}" for unit in units],
                "hovertemplate": "<b>%{hovertext}</b>: r = %{x:.4f}<extra></extra>",
            }
        ],
        layout={
            "height": 90 + 22 * len(units),
            "dragmode": False,
            "xaxis": {
                "title": {"text": "correlation r", "font": FONT},
                "range": [-1.08, 1.08],
                "tickvals": [-1, -0.5, 0, 0.5, 1],
                "tickfont": FONT,
                "fixedrange": True,
            },
            "yaxis": {
                "tickmode": "array",
                "tickvals": rows,
                "ticktext": [f"unit {unit + 1}" for unit in units],
                "tickfont": FONT,
                "range": [len(rows) - 0.5, -0.5],
                "showgrid": False,
                "fixedrange": True,
            },
        },
    )


def trajectory(tokens: Sequence[str], points: ArrayLike, shown: int) -> go.Figure:
    """The states of a text as a path on a plane; what comes later is darker.

    Args:
        tokens: what was read at each step.
        points: shape (step, 2).
        shown: how many steps, from the first; the plane does not move with them.
    """
    places = np.asarray(points, dtype=np.float32)
    if places.shape != (len(tokens), 2):
        raise ValueError(f"{len(tokens)} tokens need points of shape {(len(tokens), 2)}, not {places.shape}")
    path, names = places[:shown], [style.figure_text(token) for token in tokens[:shown]]
    newest = [i == shown - 1 for i in range(shown)]
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": np.ascontiguousarray(path[:, 0]),
            "y": np.ascontiguousarray(path[:, 1]),
            "line": {"color": style.REMOVED, "width": 2},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": np.ascontiguousarray(path[:, 0]),
            "y": np.ascontiguousarray(path[:, 1]),
            "text": [name if shows else "" for name, shows in zip(names, apart(path), strict=True)],
            "hovertext": names,
            "textposition": "top center",
            "textfont": FONT,
            "marker": {
                "size": [14 if one else 9 for one in newest],
                "color": [style.DECIDES if one else style.PROBABILITY for one in newest],
                "opacity": [0.35 + 0.65 * (i + 1) / shown for i in range(shown)],
            },
            "hovertemplate": "%{hovertext}: (%{x:.3f}, %{y:.3f})<extra></extra>",
            "cliponaxis": False,
        },
    ]
    ranges = [around(places[:, axis]) for axis in (0, 1)]
    axis = {"zeroline": True, "zerolinecolor": style.GRID, "fixedrange": True, "tickfont": FONT}
    return made(
        data=data,
        layout={
            "height": 400,
            "dragmode": False,
            "xaxis": axis | {"range": ranges[0], "title": {"text": "first component", "font": FONT}},
            "yaxis": axis | {"range": ranges[1], "title": {"text": "second component", "font": FONT}},
        },
    )


def remembering(scores: Mapping[str, Sequence[float]], baseline: Sequence[float]) -> go.Figure:
    """How often the token of k steps ago is told from the state, against k.

    Args:
        scores: of each network a share for each k from 0 on.
        baseline: the same for who always names the most frequent token.
    """
    steps = np.arange(len(baseline), dtype=np.float32)
    data: list[dict[str, Any]] = []
    for name, values in scores.items():
        if len(values) != len(baseline):
            raise ValueError(f"{name}: {len(baseline)} steps need as many shares, not {len(values)}")
        colour = style.FAMILIES.get(name.partition(",")[0].lower(), style.REMOVED)
        line = {"color": colour, "width": 2, "dash": "dash" if "," in name else "solid"}
        data.append(_shares(name, steps, values, line))
    data.append(_shares("most frequent", steps, baseline, {"color": style.REMOVED, "width": 2, "dash": "dot"}))
    layout = with_legend(400, "k, steps back", "told rightly")
    return made(
        data=data,
        layout=layout | {"yaxis": layout["yaxis"] | {"tickformat": ".0%", "range": [0, 1.02]}},
    )


def _shares(name: str, steps: np.ndarray, values: Sequence[float], line: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": steps,
        "y": np.asarray(values, dtype=np.float32),
        "line": line,
        "marker": {"size": 6},
        "hovertemplate": f"{name}, %{{x:.0f}} back: %{{y:.1%}}<extra></extra>",
    }


def apart(path: np.ndarray) -> list[bool]:
    """Which points have room for a name, the newest first."""
    size = np.maximum(np.ptp(path, axis=0), 1e-9)
    named = list[int]()
    for i in reversed(range(len(path))):
        away = np.abs(path[named] - path[i]) / size
        if not ((away[:, 0] < _ROOM[0]) & (away[:, 1] < _ROOM[1])).any():
            named.append(i)
    return [i in named for i in range(len(path))]


def around(values: np.ndarray) -> list[float]:
    """A range with room for names."""
    low, high = float(values.min()), float(values.max())
    room = 0.12 * ((high - low) or 1.0)
    return [low - room, high + room]
