"""Perplexity of texts that are longer than those a model learned from."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer import style
from explorer.figures import FONT, axis, made
from explorer.figures.training import Line, spread

_PERPLEXITY = "perplexity"
_HIGHEST = 4.0  # times the lowest perplexity: what goes higher leaves the figure at its top
_APART = 0.075  # of the height, that a label takes
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "star")
_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)  # of a decade


def by_length(lengths: Sequence[int], lines: Sequence[Line], trained: int) -> go.Figure:
    """Perplexity against how many tokens are read at once, both axes logarithmic.

    Args:
        lengths: in tokens, from the shortest.
        lines: of each model its perplexity at each length.
        trained: the length that the models learned from; a mark stands there.
    """
    names = [f"{length:,} tokens at once" for length in lengths]
    ticks = [length for length in lengths if math.log2(length).is_integer()]
    return _figure(lengths, names, lines, trained, f"trained on {trained}", ticks, ("tokens read at once", _PERPLEXITY))


def by_place(places: Sequence[int], lines: Sequence[Line], trained: int, title: str = _PERPLEXITY) -> go.Figure:
    """Perplexity against the place in the text; each point is a group of places.

    Args:
        places: where the groups begin, and where the last one ends.
        lines: of each model its perplexity in each group, or what it is against another.
        trained: how many places were trained; a mark stands behind them.
        title: of what is drawn.
    """
    groups = list(itertools.pairwise(places))
    names = [f"places {first} to {stop - 1}" for first, stop in groups]
    # Counted from 1, since the axis is logarithmic: the middle of 1 to 16 is 4.
    middles = [math.sqrt((first + 1) * stop) for first, stop in groups]
    ticks = [2**power for power in range(2, int(math.log2(places[-1])) + 1, 2)]
    return _figure(middles, names, lines, trained, f"trained up to {trained}", ticks, ("place in the text", title))


def _figure(
    x: Sequence[float],
    names: Sequence[str],
    lines: Sequence[Line],
    trained: int,
    mark: str,
    ticks: Sequence[int],
    titles: tuple[str, str],
) -> go.Figure:
    for one in lines:
        if np.shape(one.y) != (len(x),):
            raise ValueError(f"{one.name}: {len(x)} points need as many perplexities, not {np.shape(one.y)}")
    every = np.log10([np.asarray(one.y, dtype=np.float64) for one in lines])
    low = float(every.min())
    high = min(float(every.max()), low + math.log10(_HIGHEST))
    low, high = low - 0.02 - 0.04 * (high - low), high + 0.02 + 0.14 * (high - low)  # room for the mark's words
    left, right = math.log10(x[0]), math.log10(x[-1])
    label = right + 0.05 * max(right - left, 0.1)
    ends = [min(float(logs[-1]), high) for logs in every]
    heights = spread(ends, _APART * (high - low), low, high)
    data = list[dict[str, Any]]()
    for one, logs, height in zip(lines, every, heights, strict=True):
        colour = style.CATEGORIES[one.category]
        data += [_leader((right, float(logs[-1])), (label, height), colour), _line(one, x, names, colour)]
    return made(
        data=data,
        layout={
            "height": 400,
            "dragmode": False,
            "margin": style.MARGIN | {"r": 118},
            "shapes": [
                {
                    "type": "line", "xref": "x", "yref": "paper", "x0": trained, "x1": trained, "y0": 0, "y1": 1,
                    "layer": "below", "line": {"color": style.DECIDES, "width": 2, "dash": "dot"},
                }
            ],
            "annotations": [
                {
                    "x": math.log10(trained), "xref": "x", "y": 1, "yref": "paper", "yanchor": "top",
                    "xanchor": "right", "xshift": -6, "text": mark, "font": FONT, "showarrow": False,
                },
                *(_name(one, end > high, label, height) for one, end, height in zip(lines, every[:, -1], heights)),
            ],
            "xaxis": axis(titles[0])
            | {
                "type": "log",
                "range": [left - 0.04 * max(right - left, 0.1), label],
                "tickmode": "array",
                "tickvals": list(ticks),
                "ticktext": [f"{tick:,}" for tick in ticks],
                "tickangle": 0,
            },
            "yaxis": axis(titles[1]) | {"type": "log", "range": [low, high], "tickmode": "array"} | _grid(low, high),
        },
    )  # fmt: skip


def _line(one: Line, x: Sequence[float], names: Sequence[str], colour: str) -> dict[str, Any]:
    name = style.figure_text(one.name)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": np.asarray(x, dtype=np.float64),
        "y": np.asarray(one.y, dtype=np.float64),
        "line": {"color": colour, "width": 2.5, "dash": one.dash},
        "marker": {"color": colour, "size": 8, "symbol": _SYMBOLS[one.category]},
        "hovertext": list(names),
        "hovertemplate": f"<b>{name}</b>, %{{hovertext}}: %{{y:,.4~r}}<extra></extra>",
    }


def _leader(end: tuple[float, float], label: tuple[float, float], colour: str) -> dict[str, Any]:
    """A thin line from the last point of a line to its name; both given as logarithms."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.power(10.0, [end[0], label[0]]),
        "y": np.power(10.0, [end[1], label[1]]),
        "hoverinfo": "skip",
        "line": {"color": style.faded(colour, 0.7), "width": 1.5, "dash": "dot"},
    }


def _name(one: Line, is_outside: bool, x: float, y: float) -> dict[str, Any]:
    last = f" ↑ {float(f'{np.asarray(one.y)[-1]:.3g}'):,.12g}" if is_outside else ""
    return {
        "x": x, "y": y, "text": style.figure_text(one.name) + last, "font": FONT, "showarrow": False,
        "xanchor": "left", "yanchor": "middle", "xshift": 2,
    }  # fmt: skip


def _grid(low: float, high: float) -> dict[str, Any]:
    """Round numbers between two powers of ten, at most eight."""
    found = [
        step * 10.0**power
        for power in range(math.floor(low), math.ceil(high) + 1)
        for step in _STEPS
        if low <= math.log10(step) + power <= high
    ]
    shown = found[:: -(-len(found) // 8)] if found else [10**low]
    return {"tickvals": shown, "ticktext": [f"{value:,.12g}" for value in shown]}
