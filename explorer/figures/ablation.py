"""What the next token is, before and after something was changed; and where two texts come apart."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import FONT, LEGEND, axis, made
from explorer.figures.next_token import linear_ticks
from explorer.numbers import percent

_ROW = 30  # pixels
_ROOM = 0.45  # of the width, at the right, for the numbers


def paired_bars(
    tokens: Sequence[str], before: ArrayLike, after: ArrayLike | None, others: int, names: tuple[str, str]
) -> go.Figure:
    """Two bars for each token, and for all other tokens together.

    Args:
        tokens: visible forms, from above.
        before: their probabilities, and last that of all others.
        after: the same after the change; None: there is none.
        others: how many these are.
        names: of the two.
    """
    first = np.asarray(before, dtype=np.float32)
    second = first if after is None else np.asarray(after, dtype=np.float32)
    if not first.shape == second.shape == (len(tokens) + 1,):
        raise ValueError(f"{len(tokens)} tokens and the others need as many numbers, not {first.shape}, {second.shape}")
    rows, longest = np.arange(len(first), dtype=np.float32), np.maximum(first, second)
    words = [f"{others:,} others", *map(style.figure_text, tokens)]
    labels = [*words[1:], words[0]]
    hover = [
        f"<b>{label}</b><br>{names[0]} {one:.6g}"
        + ("" if after is None else f"<br>{names[1]} {other:.6g}<br>Δ {other - one:+.6g}")
        for label, one, other in zip(labels, first.tolist(), second.tolist(), strict=True)
    ]
    bar = {"type": "bar", "orientation": "h", "hovertemplate": "%{hovertext}<extra></extra>", "hovertext": hover}
    if after is None:
        bars = [bar | {"x": first, "y": rows, "width": 0.8, "marker": {"color": style.PROBABILITY}, "name": names[0]}]
    else:
        bars = [
            bar | {"x": x, "y": rows + shift, "width": 0.38, "marker": {"color": colour}, "name": name}
            for x, shift, colour, name in (
                (first, -0.2, style.REMOVED, names[0]),
                (second, 0.2, style.PROBABILITY, names[1]),
            )
        ]
    numbers = {
        "type": "scatter",
        "mode": "text",
        "x": longest,
        "y": rows,
        "text": ["\u2009" + _said(one, other, after is None) for one, other in zip(first.tolist(), second.tolist())],
        "textposition": "middle right",
        "textfont": FONT,
        "hoverinfo": "skip",
        "cliponaxis": False,
        "showlegend": False,
    }
    most = float(longest.max()) or 1.0
    ticks = linear_ticks(most)[::2]
    layout = {
        "height": _ROW * len(rows) + 84,
        "dragmode": False,
        "barmode": "overlay",
        "showlegend": after is not None,
        "legend": LEGEND,
        "yaxis": {
            "tickmode": "array",
            "tickvals": rows,
            "ticktext": labels,
            "tickfont": {"family": style.MONOSPACE, "size": style.FONT_SIZE},
            "range": [len(rows) - 0.5, -0.5],
            "showgrid": False,
            "fixedrange": True,
        },
        "xaxis": axis("probability")
        | {
            "range": [0, most / (1 - _ROOM)],
            "tickmode": "array",
            "tickvals": ticks,
            "tickangle": 0,
            "ticktext": [f"{100 * tick:g} %" for tick in ticks],
        },
    }
    return made([*bars, numbers], layout)


def _said(before: float, after: float, is_alone: bool) -> str:
    if is_alone:
        return percent(before)
    return f"{percent(before)} → {percent(after)}"


def distances(lines: Sequence[tuple[str, ArrayLike]]) -> go.Figure:
    """How far two residual streams are apart, before the first layer and after each.

    Args:
        lines: a name and the distances, relative to the length of the stream.
    """
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": style.figure_text(name),
            "x": np.arange(len(np.asarray(values))),
            "y": np.asarray(values, dtype=np.float32),
            "line": {"color": colour, "width": 2.5, "dash": dash},
            "marker": {"color": colour, "size": 6},
            "hovertemplate": "after layer %{x}: %{y:.3f}<extra></extra>",
        }
        for (name, values), colour, dash in zip(
            lines, (style.PROBABILITY, style.REMOVED), ("solid", "dot"), strict=False
        )
    ]
    layout = {
        "height": 320,
        "dragmode": False,
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": axis("after so many layers") | {"tickformat": "d"},
        "yaxis": axis("distance, relative") | {"rangemode": "tozero"},
    }
    return made(data, layout)
