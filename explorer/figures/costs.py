"""What layers cost against their size: power laws are straight lines on logarithmic axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer import style
from explorer.figures import made
from explorer.figures.training import spread

_FONT = {"size": style.FONT_SIZE}
_SYMBOLS = ("circle", "diamond", "square", "cross", "x", "triangle-up")
_LABEL_SHARE = 0.075  # of the height of a plot, that a label takes
_TIMES = {-9: "1 ns", -8: "10 ns", -7: "100 ns", -6: "1 µs", -5: "10 µs", -4: "100 µs"}
_TIMES |= {-3: "1 ms", -2: "10 ms", -1: "0.1 s", 0: "1 s", 1: "10 s", 2: "100 s"}
_SIZES = {0: "1 byte", 1: "10 bytes", 2: "100 bytes", 3: "1 kB", 4: "10 kB", 5: "100 kB"}
_SIZES |= {6: "1 MB", 7: "10 MB", 8: "100 MB", 9: "1 GB", 10: "10 GB"}
UNITS = {"seconds": _TIMES, "bytes": _SIZES}


@dataclass(frozen=True)
class Line:
    """What one family costs."""

    name: str
    category: int  # its colour and its mark
    x: Sequence[int]
    y: Sequence[float]  # over 0
    exponent: str  # of the power law, as it is shown; "" if it is not known


def power_laws(
    lines: Sequence[Line], ticks: Sequence[int], x_title: str, symbol: str, title: str, unit: str
) -> go.Figure:
    """A line for each family, named at its right end.

    Args:
        lines: may be none.
        ticks: sizes that are measured, from the smallest to the largest.
        x_title: of the size.
        symbol: of the size, in the exponents.
        title: of what is measured.
        unit: "seconds" or "bytes".
    """
    for one in lines:
        if not len(one.x) == len(one.y) > 0 or min(one.y) <= 0:
            raise ValueError(f"{one.name}: {len(one.x)} sizes need as many numbers over 0, not {list(one.y)}")
    known = [math.log10(value) for one in lines for value in one.y]
    low, high = (min(known) - 0.3, max(known) + 0.3) if known else (-5.5, 0.5) if unit == "seconds" else (2.5, 6.5)
    left, right = math.log10(ticks[0]), math.log10(ticks[-1])
    label_x = right + 0.05 * (right - left)
    ends = [math.log10(one.y[-1]) for one in lines]
    margin = _LABEL_SHARE * (high - low) / 2
    places = spread(ends, 2 * margin, low + margin, high - margin)
    data: list[dict[str, Any]] = []
    for one, place in zip(lines, places, strict=True):
        colour = style.CATEGORIES[one.category]
        leader = {
            "type": "scatter", "mode": "lines", "x": np.array([one.x[-1], 10**label_x]),
            "y": np.array([one.y[-1], 10**place]), "hoverinfo": "skip",
            "line": {"color": style.faded(colour, 0.7), "width": 1.5, "dash": "dot"},
        }  # fmt: skip
        data += [leader, _line(one, colour, symbol, unit)]
    powers = [power for power in range(math.ceil(low), math.floor(high) + 1) if power in UNITS[unit]]
    every = 2 if len(powers) > 7 else 1
    return made(
        data=data,
        layout={
            "height": 400,
            "dragmode": False,
            "margin": style.MARGIN | {"r": 128},
            "annotations": [
                {
                    "x": label_x, "y": place, "text": style.figure_text(one.name) + _power(symbol, one.exponent),
                    "font": _FONT, "showarrow": False, "xanchor": "left", "yanchor": "middle", "xshift": 2,
                }
                for one, place in zip(lines, places, strict=True)
            ],
            "xaxis": {
                "type": "log",
                "title": {"text": x_title, "font": _FONT},
                "range": [left - 0.04 * (right - left), label_x],
                "tickmode": "array",
                "tickvals": list(ticks),
                "ticktext": [f"{tick:,}" if i % 2 == 0 else "" for i, tick in enumerate(ticks)],
                "tickangle": 0,
                "tickfont": _FONT,
                "fixedrange": True,
            },
            "yaxis": {
                "type": "log",
                "title": {"text": title, "font": _FONT},
                "range": [low, high],
                "tickmode": "array",
                "tickvals": [10.0**power for power in powers[::every]],
                "ticktext": [UNITS[unit][power] for power in powers[::every]],
                "tickfont": _FONT,
                "fixedrange": True,
            },
        },
    )  # fmt: skip


def _line(one: Line, colour: str, symbol: str, unit: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": style.figure_text(one.name),
        "x": np.asarray(one.x, dtype=np.float64),
        "y": np.asarray(one.y, dtype=np.float64),
        "line": {"color": colour, "width": 2.5},
        "marker": {"color": colour, "size": 9, "symbol": _SYMBOLS[one.category]},
        "hovertemplate": f"<b>{style.figure_text(one.name)}</b>, {symbol} = %{{x:,.0f}}<br>%{{y:,.4~s}} "
        f"{unit}<extra></extra>",
        "cliponaxis": False,
    }


def _power(symbol: str, exponent: str) -> str:
    return f"  {symbol}<sup>{exponent}</sup>" if exponent else ""
