"""Hidden Markov models: what depends on what, what is believed of the hidden states, and how a model is learned."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made
from explorer.numbers import percent

_FONT = {"size": style.FONT_SIZE}
_MONOSPACE = {"family": style.MONOSPACE, "size": style.FONT_SIZE}
_SCALE = [[0, style.faded(style.PROBABILITY, 0.04)], [1, style.PROBABILITY]]


def dependencies() -> go.Figure:
    """The hidden chain above, what is seen below it; an arrow means that one depends on the other."""
    steps = ("t−1", "t", "t+1")
    hidden, seen = [(i, 1.0) for i in range(3)], [(i, 0.0) for i in range(3)]
    arrows = [((-0.75, 1.0), hidden[0]), *itertools.pairwise(hidden), (hidden[2], (2.75, 1.0)), *zip(hidden, seen)]
    data = [_arrow(start, end) for start, end in arrows]
    for places, sign, symbol, fill in ((hidden, "h", "circle", 0.35), (seen, "w", "square", 0.12)):
        data.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": [x for x, _ in places],
                "y": [y for _, y in places],
                "text": [f"<i>{sign}</i><sub>{step}</sub>" for step in steps],
                "textfont": {"size": style.FONT_SIZE + 4},
                "marker": {
                    "symbol": symbol,
                    "size": 44,
                    "color": style.faded(style.PROBABILITY, fill),
                    "line": {"color": style.REMOVED, "width": 1.5},
                },
                "hoverinfo": "skip",
            }
        )
    nowhere = {"visible": False, "fixedrange": True}
    return made(
        data=data,
        layout={
            "height": 230,
            "dragmode": False,
            "xaxis": nowhere | {"range": [-0.9, 2.9]},
            "yaxis": nowhere | {"range": [-0.4, 1.4]},
        },
    )


def beliefs(words: Sequence[str], states: Sequence[str], so_far: ArrayLike, whole: ArrayLike) -> go.Figure:
    """Two bars a word: the state as the words up to it tell, and as the whole text tells.

    Args:
        words: in order.
        states: at most as many as there are colours.
        so_far: P(h_t | w_1 ... w_t), shape (word, state).
        whole: P(h_t | all words), of the same shape.
    """
    tables = [np.asarray(table, dtype=np.float32) for table in (so_far, whole)]
    shape = (len(words), len(states))
    if any(table.shape != shape for table in tables) or len(states) > len(style.CATEGORIES):
        raise ValueError(f"two tables of shape {shape} are wanted, not {tables[0].shape} and {tables[1].shape}")
    places = np.arange(len(words), dtype=np.float32)
    x = np.concatenate([places - 0.21, places + 0.21])
    data: list[dict[str, Any]] = []
    for i, state in enumerate(states):
        name, y = style.figure_text(state), np.concatenate([table[:, i] for table in tables])
        data.append(
            {
                "type": "bar",
                "name": name,
                "x": x,
                "y": y,
                "width": 0.38,
                "marker": {
                    "color": style.CATEGORIES[i],
                    "pattern": _pattern(["/"] * len(words) + [""] * len(words)),
                },
                "text": [
                    f"{style.figure_text(word)}: {name} {percent(float(p))}, {said}"
                    for said, table in zip(("as read so far", "of the whole text"), tables, strict=True)
                    for word, p in zip(words, table[:, i], strict=True)
                ],
                "textposition": "none",
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    return made(
        data=data,
        layout={
            "barmode": "stack",
            "height": 300,
            "dragmode": False,
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "font": _FONT, "traceorder": "normal"},
            "xaxis": _ticks(words) | {"range": [-0.6, len(words) - 0.4]},
            "yaxis": {
                "title": {"text": "probability of the state", "font": _FONT},
                "tickfont": _FONT,
                "range": [0, 1],
                "tickformat": ".0%",
                "fixedrange": True,
            },
        },
    )


def likelihood_curves(curves: Sequence[ArrayLike], best: int) -> go.Figure:
    """The logarithm of the likelihood after each round of each restart; the best is drawn strongly.

    Args:
        curves: one of each restart, in nats a letter, of any lengths.
        best: the restart that reached the highest.
    """
    data: list[dict[str, Any]] = []
    for i, curve in sorted(enumerate(curves), key=lambda pair: pair[0] == best):
        values = np.asarray(curve, dtype=np.float32)
        if values.ndim != 1 or not len(values):
            raise ValueError(f"a curve has shape (round,), not {values.shape}")
        colour = style.PROBABILITY if i == best else style.REMOVED
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": np.arange(len(values), dtype=np.float32),
                "y": values,
                "line": {"color": colour, "width": 4 if i == best else 1.5},
                "marker": {"size": [0] * (len(values) - 1) + [9 if i == best else 5], "color": colour},
                "hovertemplate": f"restart {i + 1}, round %{{x}}<br>%{{y:.5f}} nats a letter<extra></extra>",
            }
        )
    ends = [float(np.asarray(curve)[-1]) for curve in curves]
    starts = [float(np.asarray(curve)[min(1, len(np.asarray(curve)) - 1)]) for curve in curves]
    top, low = max(ends), min(starts)
    room = max(top - low, 1e-3)
    return made(
        data=data,
        layout={
            "height": 300,
            "dragmode": False,
            "xaxis": {"title": {"text": "round", "font": _FONT}, "tickfont": _FONT, "fixedrange": True},
            "yaxis": {
                "title": {"text": "ln P, nats a letter", "font": _FONT},
                "tickfont": _FONT,
                "range": [low - 0.05 * room, top + 0.08 * room],
                "fixedrange": True,
            },
        },
    )


def letters_by_state(letters: Sequence[str], expected: ArrayLike, states: Sequence[str]) -> go.Figure:
    """One full bar a letter, coloured by the states that it is emitted from; grouped by its most probable state.

    Args:
        letters: the symbols.
        expected: how often each is expected to come from each state, shape (letter, state).
        states: what they are called.
    """
    table = np.asarray(expected, dtype=np.float32)
    if table.shape != (len(letters), len(states)):
        raise ValueError(f"a table of shape {(len(letters), len(states))} is wanted, not {table.shape}")
    shares = table / np.maximum(table.sum(1, keepdims=True), 1e-12)
    order = sorted(range(len(letters)), key=lambda i: (int(shares[i].argmax()), letters[i]))
    shown = [letters[i] if letters[i].strip() else "␣" for i in order]
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": style.figure_text(state),
            "x": np.arange(len(order), dtype=np.float32),
            "y": shares[order, j],
            "width": 0.86,
            "marker": {"color": style.CATEGORIES[j], "pattern": _pattern(("", "/", "x", ".")[j])},
            "text": [
                f"{style.figure_text(letter)}: {percent(float(shares[i, j]))} of {table[i].sum():.0f} from {state}"
                for i, letter in zip(order, shown, strict=True)
            ],
            "textposition": "none",
            "hovertemplate": "%{text}<extra></extra>",
        }
        for j, state in enumerate(states)
    ]
    return made(
        data=data,
        layout={
            "barmode": "stack",
            "height": 300,
            "dragmode": False,
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "font": _FONT, "traceorder": "normal"},
            "xaxis": _ticks(shown) | {"range": [-0.6, len(shown) - 0.4], "tickangle": 0},
            "yaxis": {
                "title": {"text": "P(state | letter)", "font": _FONT},
                "tickfont": _FONT,
                "range": [0, 1],
                "tickformat": ".0%",
                "fixedrange": True,
            },
        },
    )


def belief_map(
    words: Sequence[str], states: Sequence[str], belief: ArrayLike, first: Sequence[tuple[str, float]]
) -> go.Figure:
    """Heat map of the belief after each word: each row is a state, each column what has been read so far.

    Args:
        words: of the columns, the last word read.
        states: what the rows are called, from above.
        belief: shape (column, state); every row sums to 1.
        first: of each column the most probable next word, and its probability.
    """
    table = np.asarray(belief, dtype=np.float32)
    if table.shape != (len(words), len(states)) or len(first) != len(words):
        raise ValueError(f"{len(words)} words need {(len(words), len(states))} and as many firsts, not {table.shape}")
    shown = [style.figure_text(state) for state in states]
    columns = np.arange(len(words), dtype=np.float32)
    rows = np.arange(len(states), dtype=np.float32)
    hover = [
        [
            f"after {style.figure_text(word)}<br>{state}: {percent(float(p))}<br>"
            f"first choice: {style.figure_text(best)} {percent(best_p)}"
            for word, p, (best, best_p) in zip(words, row, first, strict=True)
        ]
        for state, row in zip(shown, table.T, strict=True)
    ]
    return made(
        data=[
            {
                "type": "heatmap",
                "z": table.T,
                "x": columns,
                "y": rows,
                "zmin": 0.0,
                "zmax": 1.0,
                "colorscale": _SCALE,
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "text": hover,
                "hovertemplate": "%{text}<extra></extra>",
            },
            {  # an axis is drawn only where it has something on it
                "type": "scatter",
                "mode": "markers",
                "xaxis": "x2",
                "x": columns,
                "y": np.full(len(words), len(states) - 1, dtype=np.float32),
                "marker": {"opacity": 0},
                "hoverinfo": "skip",
            },
        ],
        layout={
            "height": 170 + 32 * len(states),
            "dragmode": False,
            "xaxis": _ticks([_short(word) for word in words]) | {"side": "top", "range": [-0.5, len(words) - 0.5]},
            "xaxis2": _ticks([_short(word) for word, _ in first])
            | {
                "overlaying": "x",
                "side": "bottom",
                "range": [-0.5, len(words) - 0.5],
                "title": {"text": "the model's first choice<br>for the next word", "font": _FONT},
            },
            "yaxis": {
                "tickmode": "array",
                "tickvals": rows,
                "ticktext": shown,
                "tickfont": _FONT,
                "range": [len(states) - 0.5, -0.5],
                "showgrid": False,
                "fixedrange": True,
            },
        },
    )


def _ticks(words: Sequence[str]) -> dict[str, Any]:
    return {
        "tickmode": "array",
        "tickvals": np.arange(len(words), dtype=np.float32),
        "ticktext": [style.figure_text(word) for word in words],
        "tickfont": _MONOSPACE,
        "showgrid": False,
        "fixedrange": True,
    }


def _pattern(shape: str | list[str]) -> dict[str, Any]:
    """Lines over a colour, for eyes that do not tell the colours apart."""
    return {"shape": shape, "fgcolor": "rgba(255, 255, 255, 0.65)", "fillmode": "overlay", "size": 7}


def _short(word: str, most: int = 10) -> str:
    return word if len(word) <= most else word[: most - 1] + "…"


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    """From one rim to another."""
    (x0, y0), (x1, y1) = start, end
    across, down = 0.37 * (x1 != x0), 0.3 * (y1 != y0)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": np.array([x0 + across * (x0 >= 0), x1 - across * (x1 <= 2)], dtype=np.float32),
        "y": np.array([y0 - down, y1 + down], dtype=np.float32),
        "line": {"color": style.REMOVED, "width": 2},
        "marker": {"symbol": "arrow", "angleref": "previous", "size": [0, 14], "color": style.REMOVED},
        "hoverinfo": "skip",
    }
