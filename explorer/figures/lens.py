"""What a transformer would say after each layer."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer import style
from explorer.figures import FONT, axis, made, with_legend

_ROW = 25  # pixels a layer
_LONGEST = 9  # characters of a token in a cell
_SCALE = [[0.0, style.faded(style.PROBABILITY, 0.04)], [1.0, style.faded(style.PROBABILITY, 0.8)]]
LINES = (style.CATEGORIES[0], style.CATEGORIES[1])  # of two candidates


def best_guesses(tokens: Sequence[str], guesses: Sequence[Sequence[str]], probs: np.ndarray, chosen: int) -> go.Figure:
    """Layers from bottom to top, tokens of the text from left to right; in each cell the best guess of what follows.

    Args:
        tokens: of the text, as many as there are columns.
        guesses: for each depth, from before the first layer to after the last, a guess a token.
        probs: of the guesses, of shape (depth, token).
        chosen: the column that the figures below are about.
    """
    shown = [[_short(guess) for guess in row] for row in guesses]
    columns = list(range(len(tokens)))
    heat = {
        "type": "heatmap",
        "z": probs.astype(np.float32),
        "x": columns,
        "y": [str(depth) for depth in range(len(probs))],
        "zmin": 0,
        "zmax": 1,
        "colorscale": _SCALE,
        "text": shown,
        "customdata": [[style.figure_text(guess) for guess in row] for row in guesses],
        "texttemplate": "%{text}",
        "textfont": FONT | {"family": style.MONOSPACE},
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "after layer %{y}: %{customdata}, probability %{z:.2%}<extra></extra>",
        "colorbar": {
            "title": {"text": "probability", "font": FONT, "side": "right"},
            "thickness": 12,
            "tickformat": ".0%",
            "tickfont": FONT,
            "outlinewidth": 0,
        },
    }
    ticks = {"tickvals": columns, "ticktext": [_short(token) for token in tokens], "side": "top"}
    layout = {
        "height": _ROW * len(probs) + 90,
        "dragmode": False,
        "xaxis": axis("") | ticks | {"showgrid": False, "tickfont": FONT | {"family": style.MONOSPACE}},
        "yaxis": axis("after layer") | {"type": "category", "showgrid": False},
        "shapes": [
            {
                "type": "rect",
                "x0": chosen - 0.5,
                "x1": chosen + 0.5,
                "y0": -0.5,
                "y1": len(probs) - 0.5,
                "line": {"color": style.DECIDES, "width": 2},
            }
        ],
    }
    return made([heat], layout)


def _short(token: str) -> str:
    return style.figure_text(token if len(token) <= _LONGEST else token[: _LONGEST - 1] + "…")


def candidate_ranks(found: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> go.Figure:
    """The rank of each candidate after each layer; the best is on top.

    Args:
        found: of each candidate its ranks and its probabilities, a number a depth.
    """
    lines = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": style.figure_text(name),
            "x": list(range(len(ranks))),
            "y": ranks.astype(np.int32),
            "customdata": probs.astype(np.float32),
            "line": {"color": colour, "width": 2.5, "dash": dash},
            "marker": {"symbol": symbol, "size": 7},
            "hovertemplate": "after layer %{x}: rank %{y:,}, probability %{customdata:.3%}",
        }
        for (name, (ranks, probs)), colour, dash, symbol in zip(
            found.items(), LINES, ("solid", "dash"), ("circle", "diamond"), strict=False
        )
    ]
    layout = with_legend(320, "after layer", "rank (1: best guess)")
    layout["xaxis"] |= _whole(max(len(ranks) for ranks, _ in found.values()))
    worst = max(int(ranks.max()) for ranks, _ in found.values())
    decades = [10**power for power in range(len(str(worst)) + 1)]
    layout["yaxis"] |= {
        "type": "log",
        "range": [np.log10(max(worst, 10)) + 0.15, -0.15],
        "tickvals": decades,
        "ticktext": [f"{decade:,}" for decade in decades],
    }
    layout["legend"] = layout["legend"] | {"font": FONT | {"family": style.MONOSPACE}}
    return made(lines, layout)


def _whole(depths: int) -> dict[str, Any]:
    """Ticks at whole layers, the last one among them."""
    step = max(1, round((depths - 1) / 6))
    return {"tick0": (depths - 1) % step, "dtick": step, "range": [-0.02 * depths, 1.02 * depths - 1]}


def stream_lengths(tokens: Sequence[str], lengths: np.ndarray, chosen: int) -> go.Figure:
    """How long the residual stream is after each layer: of the chosen token, of the first, of the others together.

    Args:
        tokens: of the text.
        lengths: of shape (depth, token).
        chosen: the place of a token.
    """
    depths = list(range(len(lengths)))
    named = {
        f"“{tokens[chosen]}”": (lengths[:, chosen], style.CATEGORIES[0], "solid"),
        **({f"“{tokens[0]}”, the first": (lengths[:, 0], style.CATEGORIES[1], "dash")} if chosen else {}),
    }
    if len(tokens) > 2:
        others = np.median(lengths[:, 1:], axis=1)
        named["median of all but the first"] = (others, style.REMOVED, "dot")
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": style.figure_text(name),
            "x": depths,
            "y": values.astype(np.float32),
            "line": {"color": colour, "width": 2.5, "dash": dash},
            "hovertemplate": "after layer %{x}: %{y:.4g}",
        }
        for name, (values, colour, dash) in named.items()
    ]
    layout = with_legend(300, "after layer", "length of the residual stream")
    layout["xaxis"] |= _whole(len(lengths))
    layout["yaxis"] |= {"type": "log", "dtick": 1}
    return made(lines, layout)
