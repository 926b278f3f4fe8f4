"""How the loss of word vectors falls while they are learned."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made

_FONT = {"size": style.FONT_SIZE}


def steps_curve(steps: ArrayLike, losses: ArrayLike, negatives: int) -> go.Figure:
    """Mean loss of a pair against steps, and what it is for vectors that know nothing.

    Args:
        steps: after which the losses are told, shape (n,).
        losses: nats a pair, shape (n,).
        negatives: K; a pair and K drawn words, all with σ = 1/2, cost (K + 1) ln 2.
    """
    x, y = _curve(steps, losses)
    nothing = (negatives + 1) * math.log(2)
    end = max(20.0, float(x[-1]))
    return made(
        data=[
            _line(np.array([0, end], dtype=np.float32), np.full(2, nothing, np.float32), style.REMOVED, dash="dot"),
            _line(x, y, style.CATEGORIES[0]),
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": x[-1:],
                "y": y[-1:],
                "text": [f"{y[-1]:.3f}"],
                "textposition": "bottom left" if x[-1] > end / 2 else "bottom right",
                "textfont": _FONT,
                "marker": {"size": 9, "color": style.CATEGORIES[0]},
                "hoverinfo": "skip",
                "cliponaxis": False,
            },
        ],
        layout={
            "height": 260,
            "dragmode": False,
            "xaxis": _axis("steps", [0, end * 1.02]),
            "yaxis": _axis("loss, nats a pair", [0, 1.12 * max(nothing, float(np.nanmax(y, initial=0.0)))]),
            "annotations": [
                {
                    "x": end,
                    "y": nothing,
                    "text": f"all σ = ½: {nothing:.2f}",
                    "showarrow": False,
                    "xanchor": "right",
                    "yanchor": "bottom",
                    "font": _FONT,
                }
            ],
        },
    )


def training_curves(epochs: ArrayLike, learned: ArrayLike, held_out: ArrayLike, unit: str) -> go.Figure:
    """The loss of the text that is learned and of the held-out one, against epochs.

    Args:
        epochs: done at each moment, shape (n,).
        learned: the loss then, shape (n,); NaN where it is not known yet.
        held_out: the same of the held-out text.
        unit: of the loss.
    """
    data: list[dict[str, Any]] = []
    highest = 0.0
    for values, name, colour, dash in (
        (held_out, "held out", style.CATEGORIES[1], "dash"),
        (learned, "learned", style.CATEGORIES[0], "solid"),
    ):
        x, y = _curve(epochs, values)
        data.append(
            _line(x, y, colour, dash=dash) | {"name": name, "hovertemplate": f"{name}: %{{y:.4f}}<extra></extra>"}
        )
        known = np.flatnonzero(np.isfinite(y))
        if len(known):
            highest = max(highest, float(y[known].max()))
            data.append(_end(float(x[known[-1]]), float(y[known[-1]]), f"{name} {y[known[-1]]:.3f}", colour))
    _apart(data, highest)
    layout = {
        "height": 260,
        "dragmode": False,
        "hovermode": "x",
        "margin": style.MARGIN | {"r": 130},
        "xaxis": _axis("epochs", [0, float(np.max(x, initial=1.0))]),
        "yaxis": _axis(f"loss, {unit}", [0, 1.1 * highest or 1.0]),
    }
    return made(data=data, layout=layout)


def _apart(data: list[dict[str, Any]], highest: float) -> None:
    """Moves the two words at the ends of the lines apart where they would lie upon each other."""
    ends = sorted((part for part in data if "text" in part), key=lambda part: float(part["y"][0]))
    if len(ends) == 2 and ends[1]["y"][0] - ends[0]["y"][0] < 0.1 * highest:
        ends[0]["textposition"], ends[1]["textposition"] = "bottom right", "top right"


def _curve(steps: ArrayLike, losses: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(steps, dtype=np.float32), np.asarray(losses, dtype=np.float32)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"losses of shape {y.shape} do not fit steps of shape {x.shape}")
    return x, y


def _line(x: np.ndarray, y: np.ndarray, colour: str, dash: str = "solid") -> dict[str, Any]:
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": {"color": colour, "width": 2, "dash": dash}}


def _end(x: float, y: float, words: str, colour: str) -> dict[str, Any]:
    """The newest point of a line, and its name."""
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": np.array([x], dtype=np.float32),
        "y": np.array([y], dtype=np.float32),
        "text": [f" {words}"],
        "textposition": "middle right",
        "textfont": _FONT,
        "marker": {"size": 8, "color": colour},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _axis(title: str, between: Sequence[float]) -> dict[str, Any]:
    return {"title": {"text": title, "font": _FONT}, "range": list(between), "fixedrange": True}


def words_plane(words: Sequence[str], points: ArrayLike, title: str, contexts: ArrayLike | None = None) -> go.Figure:
    """Words as points on a plane where a step is as long in every direction.

    Args:
        words: their names.
        points: one each, shape (word, 2).
        title: of both axes.
        contexts: second points of the same words, if they have any, of the same shape.
    """
    places = np.asarray(points, dtype=np.float32)
    if places.shape != (len(words), 2):
        raise ValueError(f"{len(words)} words need points of shape {(len(words), 2)}, not {places.shape}")
    data = [_dots(words, places, "t", style.CATEGORIES[0], "circle")]
    if contexts is not None:
        others = np.asarray(contexts, dtype=np.float32)
        if others.shape != places.shape:
            raise ValueError(f"contexts of shape {others.shape} do not fit points of shape {places.shape}")
        data.append(_dots(words, others, "c", style.CATEGORIES[1], "diamond-open"))
    axis = {"title": {"text": title, "font": _FONT}, "zeroline": True, "zerolinecolor": style.GRID}
    return made(data=data, layout={"height": 520, "xaxis": axis, "yaxis": axis | {"scaleanchor": "x"}})


def _dots(words: Sequence[str], points: np.ndarray, kind: str, colour: str, symbol: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": np.ascontiguousarray(points[:, 0]),
        "y": np.ascontiguousarray(points[:, 1]),
        "text": [style.figure_text(word) for word in words],
        "textposition": "middle right",
        "textfont": _FONT,
        "marker": {"size": 8, "color": colour, "symbol": symbol},
        "hovertemplate": f"{kind} of %{{text}}: (%{{x:.3f}}, %{{y:.3f}})<extra></extra>",
        "cliponaxis": False,
    }
