"""What happens while a recurrent network learns or writes: losses, gradients, and how varied its texts are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import FONT, LEGEND, axis, made

_MOST_LABELS = 24  # so many fit a phone
_FEW_LABELS = 12  # beside the names of lines
_LABEL_SHARE = 0.085  # of the height of a plot, that a label takes
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "star")
TRUTH, OWN = style.CATEGORIES[0], style.CATEGORIES[3]  # runs that read the truth, and their own tokens


@dataclass(frozen=True)
class Line:
    """One line of a figure."""

    name: str
    y: ArrayLike
    category: int  # its colour
    dash: str = "solid"


def runs(
    tokens: Sequence[str],
    forced: ArrayLike,
    own: ArrayLike,
    is_own: Sequence[bool],
    distances: ArrayLike,
    first_error: int | None,
) -> go.Figure:
    """Above the losses of two runs over one text, below how far their states are apart.

    Args:
        tokens: what is to be predicted, visible forms.
        forced: loss of each with teacher forcing, in bits.
        own: the same in the other run.
        is_own: where that run read its own token.
        distances: between both hidden states.
        first_error: the first step that reads a false token of its own.
    """
    parts = [np.asarray(part, dtype=np.float64) for part in (forced, own, distances)]
    if any(part.shape != (len(tokens),) for part in (*parts, np.asarray(is_own))):
        raise ValueError(f"{len(tokens)} tokens need as many numbers, not {[part.shape for part in parts]}")
    places = np.arange(len(tokens), dtype=np.float32)
    names = [style.figure_text(token) for token in tokens]
    line = {"type": "scatter", "mode": "lines+markers", "x": places, "hovertext": names, "cliponaxis": False}
    hover = "<b>%{hovertext}</b><br>"
    symbols = ["diamond" if read else "circle" for read in is_own]
    data: list[dict[str, Any]] = [
        line
        | {
            "name": "Teacher forcing",
            "y": parts[0],
            "line": {"color": TRUTH, "width": 2},
            "marker": {"size": 7, "color": TRUTH},
            "hovertemplate": hover + "teacher forcing: %{y:.2f} bits<extra></extra>",
        },
        line
        | {
            "name": "Own tokens",
            "y": parts[1],
            "line": {"color": OWN, "width": 2},
            "marker": {
                "size": [11 if read else 7 for read in is_own],
                "color": OWN,
                "symbol": symbols,
                "opacity": 1,  # plotly's default for sizes that differ is less
                "line": {"width": 0},
            },
            "hovertemplate": hover + "own tokens: %{y:.2f} bits<extra></extra>",
        },
        line
        | {
            "y": parts[2],
            "yaxis": "y2",
            "showlegend": False,
            "line": {"color": OWN, "width": 2},
            "marker": {"size": 7, "color": OWN, "symbol": symbols},
            "fill": "tozeroy",
            "fillcolor": style.faded(OWN, 0.15),
            "hovertemplate": hover + "states apart: %{y:.3f}<extra></extra>",
        },
    ]
    marks: dict[str, Any] = {}
    if first_error is not None:
        stroke = {"color": style.DECIDES, "width": 2, "dash": "dot"}
        place = float(first_error)
        is_late = first_error > len(tokens) / 2
        marks = {
            "shapes": [{"type": "line", "xref": "x", "yref": "paper", "x0": place, "x1": place, "y0": 0, "y1": 1}],
            "annotations": [
                {
                    "x": place, "xref": "x", "y": 0.36, "yref": "paper", "yanchor": "middle", "showarrow": False,
                    "text": "first own error", "font": FONT,
                    "xanchor": "right" if is_late else "left", "xshift": -6 if is_late else 6,
                }
            ],
        }  # fmt: skip
        marks["shapes"][0] |= {"line": stroke, "layer": "below"}
    every = -(-len(tokens) // _MOST_LABELS)
    return made(
        data=data,
        layout={
            "height": 460,
            "dragmode": False,
            "showlegend": True,
            "legend": LEGEND,
            "xaxis": {
                "anchor": "y2",
                "range": [-0.6, len(tokens) - 0.4],
                "tickmode": "array",
                "tickvals": places[::every],
                "ticktext": names[::every],
                "autotickangles": [0, -50, -90],
                "tickfont": FONT | {"family": style.MONOSPACE},
                "showgrid": False,
                "fixedrange": True,
            },
            "yaxis": axis("loss, bits") | {"domain": [0.42, 1], "rangemode": "tozero"},
            "yaxis2": axis("|h − h′|") | {"domain": [0, 0.3], "rangemode": "tozero"},
        }
        | marks,
    )


def gradients(tokens: Sequence[str], lines: Sequence[Line], bounds: Sequence[Line] = ()) -> go.Figure:
    """Lengths of gradients at every step, on a logarithmic axis; each line is named where it begins.

    Args:
        tokens: what is read, visible forms.
        lines: a length for each.
        bounds: likewise; they may leave the figure at its top.
    """
    for one in (*lines, *bounds):
        if np.shape(one.y) != (len(tokens),):
            raise ValueError(f"{len(tokens)} tokens need as many lengths, not {np.shape(one.y)}")
    places = np.arange(len(tokens), dtype=np.float32)
    known = np.concatenate([np.asarray(one.y, dtype=np.float64) for one in lines])
    known = np.log10(known[known > 0])
    low, high = (math.floor(known.min() - 0.2), math.ceil(known.max() + 0.2)) if known.size else (-1, 1)
    names = [style.figure_text(token) for token in tokens]
    shown = [one for one in (*lines, *bounds) if np.asarray(one.y)[0] > 0]
    begins = [min(math.log10(np.asarray(one.y)[0]), high) for one in shown]
    labels = spread(begins, _LABEL_SHARE * (high - low), low, high)
    left = -0.05 * len(tokens)
    data = [_gradient(one, places, names) for one in (*lines, *bounds)]
    data.extend(
        {
            "type": "scatter", "mode": "lines", "x": np.array([0, left], dtype=np.float32),
            "y": np.array([10.0**begin, 10.0**label]), "hoverinfo": "skip",
            "line": {"color": style.CATEGORIES[one.category], "width": 1.5, "dash": one.dash},
        }
        for one, begin, label in zip(shown, begins, labels, strict=True)
    )  # fmt: skip
    texts = [style.figure_text(one.name) + " ↑" * bool(np.asarray(one.y)[0] > 10.0**high) for one in shown]
    every = -(-len(tokens) // _FEW_LABELS)
    last = (len(tokens) - 1) % every  # the last token has a label: its loss it is
    return made(
        data=data,
        layout={
            "height": 420,
            "dragmode": False,
            "margin": style.MARGIN | {"l": 104},
            "annotations": [
                {
                    "x": left, "y": label, "text": words, "font": FONT, "showarrow": False,
                    "xanchor": "right", "yanchor": "middle", "xshift": -4,
                }
                for label, words in zip(labels, texts, strict=True)
            ],
            "xaxis": {
                "title": {"text": "token read", "font": FONT},
                "range": [left, len(tokens) - 0.5],
                "tickmode": "array",
                "tickvals": places[last::every],
                "ticktext": names[last::every],
                "autotickangles": [0, -50, -90],
                "tickfont": FONT | {"family": style.MONOSPACE},
                "showgrid": False,
                "fixedrange": True,
            },
            "yaxis": axis("length of the gradient")
            | {
                "type": "log",
                "side": "right",
                "range": [low, high],
                "dtick": max(1, math.ceil((high - low) / 7)),
                "exponentformat": "power",
            },
        },
    )  # fmt: skip


def _gradient(one: Line, places: ArrayLike, names: Sequence[str]) -> dict[str, Any]:
    y = np.asarray(one.y, dtype=np.float64)
    name = style.figure_text(one.name)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": places,
        "y": np.where(y > 0, y, np.nan),
        "hovertext": names,
        "hovertemplate": f"<b>%{{hovertext}}</b><br>{name}: %{{y:.3g}}<extra></extra>",
        "line": {"color": style.CATEGORIES[one.category], "width": 2.5, "dash": one.dash},
    }


def spread(places: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Places of labels, in the same order, at least `apart` from each other and as near to theirs as that allows.

    >>> spread([1.0, 1.1, 5.0], 1.0, 0.0, 10.0)
    [0.55, 1.55, 5.0]
    """
    groups = list[tuple[float, list[int]]]()  # middle and members, from below
    for i in sorted(range(len(places)), key=places.__getitem__):
        groups.append((places[i], [i]))
        while True:
            middle, members = groups[-1]
            half = apart * (len(members) - 1) / 2
            middle = min(max(middle, low + half), high - half)
            groups[-1] = (middle, members)
            if len(groups) < 2:
                break
            under, others = groups[-2]
            if middle - under >= apart * (len(members) + len(others)) / 2 - 1e-9:
                break
            both = others + members
            groups[-2:] = [(sum(places[j] for j in both) / len(both), both)]
    found = [0.0] * len(places)
    for middle, members in groups:
        for k, i in enumerate(members):
            found[i] = middle + apart * (k - (len(members) - 1) / 2)
    return found


def by_setting(x: Sequence[float], lines: Sequence[Line], x_title: str, y_title: str) -> go.Figure:
    """Shares of several models against a setting of decoding."""
    data: list[dict[str, Any]] = []
    for i, one in enumerate(lines):
        if np.shape(one.y) != (len(x),):
            raise ValueError(f"{one.name}: {len(x)} settings need as many shares, not {np.shape(one.y)}")
        name, colour = style.figure_text(one.name), style.CATEGORIES[one.category]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": np.asarray(x, dtype=np.float64),
                "y": np.asarray(one.y, dtype=np.float64),
                "line": {"color": colour, "width": 2},
                "marker": {"size": 8, "color": colour, "symbol": _SYMBOLS[i % len(_SYMBOLS)]},
                "hovertemplate": f"{name}, {x_title} %{{x}}: %{{y:.1%}}<extra></extra>",
                "cliponaxis": False,
            }
        )
    return made(
        data=data,
        layout={
            "height": 360,
            "dragmode": False,
            "showlegend": True,
            "legend": LEGEND,
            "margin": style.MARGIN | {"r": 20},
            "xaxis": axis(x_title) | {"range": [min(x) - 0.03, max(x)]},
            "yaxis": axis(y_title) | {"range": [0, 1], "tickformat": ".0%"},
        },
    )
