"""A Markov chain as a graph, as a table, and on its way to its stationary distribution."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made
from explorer.numbers import percent

MOST_IN_GRAPH = 6


def chain_graph(states: Sequence[str], transition: ArrayLike, here: int | None = None) -> go.Figure:
    """States on a circle; an arrow is as wide as its probability, which stands beside it.

    Args:
        states: at most `MOST_IN_GRAPH`.
        transition: row i holds P(next | state i), shape (from, to).
        here: the state that is marked.
    """
    table = np.asarray(transition, dtype=np.float64)
    if table.shape != (len(states), len(states)):
        raise ValueError(f"{len(states)} states need a table of shape {(len(states),) * 2}, not {table.shape}")
    angles = [math.pi - 2 * math.pi * i / len(states) for i in range(len(states))]
    places = np.array([(math.cos(angle), 0.72 * math.sin(angle)) for angle in angles])
    arrows, labels = [], []
    for i, start in enumerate(places):
        for j, end in enumerate(places):
            p = float(table[i, j])
            if p == 0:
                continue
            path, middle = _loop(start) if i == j else _bend(start, end)
            arrows.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "x": path[:, 0],
                    "y": path[:, 1],
                    "line": {"color": style.faded(style.PROBABILITY, 0.75), "width": 1 + 7 * p, "shape": "spline"},
                    "marker": {
                        "symbol": "arrow",
                        "angleref": "previous",
                        "size": [0] * (len(path) - 1) + [10 + 8 * p],
                        "color": style.PROBABILITY,
                    },
                    "hoverinfo": "skip",
                }
            )
            labels.append((middle, percent(p)))
    nodes = {
        "type": "scatter",
        "mode": "markers+text",
        "x": places[:, 0],
        "y": places[:, 1],
        "text": [f"<b>{style.figure_text(state)}</b>" for state in states],
        "textfont": {"size": style.FONT_SIZE + 2},
        "marker": {
            "size": 84,
            "color": style.faded(style.REMOVED, 0.35),
            "line": {
                "color": [style.DECIDES if i == here else style.REMOVED for i in range(len(states))],
                "width": [4 if i == here else 1 for i in range(len(states))],
            },
        },
        "hoverinfo": "skip",
    }
    words = {
        "type": "scatter",
        "mode": "text",
        "x": [middle[0] for middle, _ in labels],
        "y": [middle[1] for middle, _ in labels],
        "text": [label for _, label in labels],
        "textfont": {"size": style.FONT_SIZE},
        "hoverinfo": "skip",
    }
    hidden = {"visible": False, "fixedrange": True}
    return made(
        data=[*arrows, nodes, words],
        layout={
            "height": 400,
            "dragmode": False,
            "xaxis": hidden | {"range": [-1.6, 1.6]},
            "yaxis": hidden | {"range": [-1.55, 1.55]},
        },
    )


def transition_table(states: Sequence[str], transition: ArrayLike) -> go.Figure:
    """Heatmap: each row is the state from which the chain goes, each column the one to which.

    The probabilities stand in the cells as long as there is room.
    """
    table = np.asarray(transition, dtype=np.float32)
    if table.shape != (len(states), len(states)):
        raise ValueError(f"{len(states)} states need a table of shape {(len(states),) * 2}, not {table.shape}")
    shown = [style.figure_text(state) for state in states]
    positions = np.arange(len(states), dtype=np.float32)
    ticks = {"tickmode": "array", "tickvals": positions, "ticktext": shown, "fixedrange": True, "showgrid": False}
    font = {"family": style.MONOSPACE, "size": style.FONT_SIZE}
    return made(
        data=[
            {
                "type": "heatmap",
                "z": table,
                "x": positions,
                "y": positions,
                "zmin": 0.0,
                "zmax": 1.0,
                "colorscale": [[0, style.faded(style.PROBABILITY, 0.04)], [1, style.PROBABILITY]],
                "showscale": False,
                "xgap": 1,
                "ygap": 1,
                "text": [
                    [f"{shown[i]} → {shown[j]}: {percent(float(p))}" for j, p in enumerate(row)]
                    for i, row in enumerate(table)
                ],
                "hovertemplate": "%{text}<extra></extra>",
                "texttemplate": "%{z:.3f}" if len(states) <= MOST_IN_GRAPH else "",
                "textfont": {"size": style.FONT_SIZE},
            }
        ],
        layout={
            "height": 90 + max(220, 22 * len(states)),
            "dragmode": False,
            "xaxis": ticks
            | {
                "side": "top",
                "tickangle": 0 if sum(map(len, states)) + len(states) < 36 else -90,
                "title": {"text": "to", "font": {"size": 14}},
                "tickfont": font,
            },
            "yaxis": ticks
            | {"autorange": "reversed", "title": {"text": "from", "font": {"size": 14}}, "tickfont": font},
        },
    )


def mixing(distances: ArrayLike, here: int, mixed: float) -> go.Figure:
    """How far the chain is from its stationary distribution after 0, 1, 2, ... steps, from the worst start.

    Args:
        distances: total variation, shape (step,).
        here: the step that is marked.
        mixed: the distance from which on a chain counts as mixed, a dotted line.
    """
    far = np.asarray(distances, dtype=np.float32)
    if far.ndim != 1 or not 0 <= here < len(far):
        raise ValueError(f"step {here} is not among distances of shape {far.shape}")
    steps = np.arange(len(far), dtype=np.float32)
    font = {"size": style.FONT_SIZE}
    return made(
        data=[
            {
                "type": "scatter",
                "mode": "lines",
                "x": steps[[0, -1]],
                "y": np.full(2, mixed, dtype=np.float32),
                "line": {"color": style.REMOVED, "dash": "dot"},
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": steps,
                "y": far,
                "line": {"color": style.RUNNING},
                "marker": {"size": 5},
                "hovertemplate": "after %{x} steps: %{y:.4g}<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": steps[[here]],
                "y": far[[here]],
                "marker": {"size": 14, "color": style.DECIDES},
                "text": [f"k = {here}: {far[here]:.3f}"],
                "textposition": "top left" if here > 0.6 * len(far) else "top right",
                "textfont": font,
                "hoverinfo": "skip",
            },
        ],
        layout={
            "height": 310,
            "dragmode": False,
            "xaxis": {"title": {"text": "steps k", "font": font}, "tickfont": font, "fixedrange": True},
            "yaxis": {
                "title": {"text": "distance (total variation)", "font": font},
                "tickfont": font,
                "fixedrange": True,
                "range": [-0.03, 1.12],
                "tickvals": np.array([0.0, 0.25, 0.5, 0.75, 1.0]),
            },
        },
    )


def convergence(states: Sequence[str], distributions: ArrayLike, stationary: ArrayLike) -> go.Figure:
    """The probability of each state after 0, 1, 2, ... steps, and where it ends.

    Args:
        states: those that are drawn.
        distributions: shape (step, state).
        stationary: shape (state,), as dotted lines.
    """
    rows, ends = np.asarray(distributions, dtype=np.float32), np.asarray(stationary, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != len(states) or ends.shape != (len(states),):
        raise ValueError(f"{len(states)} states need shapes (step, {len(states)}), not {rows.shape} and {ends.shape}")
    steps = np.arange(len(rows), dtype=np.float32)
    font = {"size": style.FONT_SIZE}
    data: list[dict[str, Any]] = []
    for i, state in enumerate(states):
        colour = style.CATEGORIES[i % len(style.CATEGORIES)]
        name = style.figure_text(state)
        data += [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": steps,
                "y": rows[:, i],
                "line": {"color": colour},
                "hovertemplate": f"<b>{name}</b><br>after %{{x}} steps %{{y:.4f}}<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "lines",
                "x": steps[[0, -1]],
                "y": ends[[i, i]],
                "line": {"color": colour, "dash": "dot"},
                "hoverinfo": "skip",
            },
        ]
    most = float(max(rows.max(initial=0.0), ends.max(initial=0.0))) * 1.05
    names = {
        "type": "scatter",
        "mode": "text",
        "x": np.full(len(states), steps[-1]),
        "y": _apart(ends, most / 14),
        "text": [f" {style.figure_text(state)} {percent(float(end))}" for state, end in zip(states, ends, strict=True)],
        "textposition": "middle right",
        "textfont": font,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    return made(
        data=[*data, names],
        layout={
            "height": 330,
            "dragmode": False,
            "margin": style.MARGIN | {"r": 150},
            "xaxis": {
                "title": {"text": "steps", "font": font},
                "tickfont": font,
                "fixedrange": True,
                "dtick": max(1, len(rows) // 8),
            },
            "yaxis": {
                "title": {"text": "probability of the state", "font": font},
                "tickfont": font,
                "fixedrange": True,
                "range": [-0.02 * most, most],
            },
        },
    )


def _bend(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curve from one node's rim to another's, to the left of its way, so that there and back stand apart."""
    way = end - start
    left = np.array([-way[1], way[0]])
    middle = (start + end) / 2 + 0.22 * left
    shorten = 0.36 / max(float(np.hypot(*way)), 1e-9)
    return np.stack(
        [start + shorten * way + 0.08 * left, middle, end - shorten * way + 0.08 * left]
    ), middle + 0.1 * left


def _loop(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A loop above a node, or below one of the lower half: upwards the figure has room on any screen."""
    up = 1.0 if place[1] > -0.1 else -1.0
    points = [(0.14, 0.3), (0.1, 0.52), (-0.1, 0.52), (-0.14, 0.3)]
    turns = place + np.array([(x, up * y) for x, y in points])
    return turns, place + np.array([0.0, up * 0.66])


def _apart(values: np.ndarray, gap: float) -> np.ndarray:
    """The values moved upwards where they stand closer than `gap`, so that their labels can be read."""
    moved = np.array(values, dtype=np.float64)
    order = np.argsort(moved, kind="stable")
    for before, after in itertools.pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    return moved
