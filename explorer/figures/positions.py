"""Codes of positions: as a map, as waves, by their products, and as hands of clocks."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import FONT, LEGEND, axis, made, with_legend

_EACH = 12  # dimensions up to which each has a tick


def code_map(table: ArrayLike, used: int | None = None) -> go.Figure:
    """Each column a position, each row a dimension: blue above 0, orange below.

    Args:
        table: shape (position, dimension).
        used: how many of the first positions training used, of a code that was learned; a line stands after them.
    """
    values = np.asarray(table, dtype=np.float32)
    if values.ndim != 2:
        raise ValueError(f"a table of positions and dimensions is needed, not an array of shape {values.shape}")
    most = float(np.abs(values).max(initial=1e-6))
    return made(
        data=[
            {
                "type": "heatmap",
                "z": np.ascontiguousarray(values.T),
                "zmin": -most,
                "zmax": most,
                "colorscale": style.SIGNED,
                "showscale": False,
                "hovertemplate": "position %{x}, dimension %{y}: %{z:.4f}<extra></extra>",
            }
        ],
        layout={
            "height": 360,
            "dragmode": False,
            "xaxis": axis("position t"),
            "yaxis": axis("dimension i")
            | {"autorange": "reversed"}
            | ({"dtick": 1} if np.shape(values)[1] <= _EACH else {}),
            "shapes": [] if used is None or used >= len(values) else [_line_after(used)],
        },
    )


def _line_after(used: int) -> dict[str, Any]:
    return {
        "type": "line",
        "yref": "paper",
        "x0": used - 0.5,
        "x1": used - 0.5,
        "y0": 0,
        "y1": 1,
        "line": {"color": style.DECIDES, "width": 3, "dash": "dash"},
    }


def alike(table: ArrayLike, title: str) -> go.Figure:
    """What is measured between each position and each other one, as a square: blue above 0, orange below.

    Args:
        table: shape (position, position).
        title: of what is measured.
    """
    values = np.asarray(table, dtype=np.float32)
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise ValueError(f"a square table is needed, not an array of shape {values.shape}")
    most = float(np.abs(values).max(initial=1e-6))
    return made(
        data=[
            {
                "type": "heatmap",
                "z": values,
                "zmin": -most,
                "zmax": most,
                "colorscale": style.SIGNED,
                "showscale": False,
                "hovertemplate": f"t = %{{y}}, s = %{{x}}: {title} = %{{z:,.4f}}<extra></extra>",
            }
        ],
        layout={
            "height": 360,
            "dragmode": False,
            "xaxis": axis("position s") | {"constrain": "domain"},
            "yaxis": axis("position t") | {"autorange": "reversed", "scaleanchor": "x", "constrain": "domain"},
        },
    )


def waves(table: ArrayLike, dimensions: Sequence[int], lengths: Sequence[float]) -> go.Figure:
    """Single dimensions over the positions.

    Args:
        table: shape (position, dimension).
        dimensions: those that are drawn.
        lengths: the wavelength of each, in positions.
    """
    values = np.asarray(table, dtype=np.float32)
    if len(dimensions) != len(lengths):
        raise ValueError(f"{len(dimensions)} dimensions need as many wavelengths, not {len(lengths)}")
    places = np.arange(len(values), dtype=np.float32)
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"i = {dimension}: {length:,.1f} positions"
            if length < 100
            else f"i = {dimension}: {length:,.0f} positions",
            "x": places,
            "y": np.ascontiguousarray(values[:, dimension]),
            "line": {"color": style.CATEGORIES[place % len(style.CATEGORIES)], "width": 2},
            "hovertemplate": f"dimension {dimension}, position %{{x:.0f}}: %{{y:.4f}}<extra></extra>",
        }
        for place, (dimension, length) in enumerate(zip(dimensions, lengths, strict=True))
    ]
    return made(
        data=data,
        layout=with_legend(320, "position t", "PE(t, i)"),
    )


def by_offset(lines: Sequence[tuple[int, ArrayLike]], title: str) -> go.Figure:
    """How alike the codes of two positions are, against the offset between them; a line for each first position.

    Args:
        lines: of each first position its number, and what is measured between it and every position.
        title: of what is measured.
    """
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"from t = {place}",
            "x": np.arange(len(np.asarray(values)), dtype=np.float32) - place,
            "y": np.asarray(values, dtype=np.float32),
            "line": {"color": style.CATEGORIES[i], "width": 2, "dash": ("solid", "dash", "dot")[i % 3]},
            "hovertemplate": f"t = {place}, offset %{{x:.0f}}: %{{y:.4f}}<extra></extra>",
        }
        for i, (place, values) in enumerate(lines)
    ]
    return made(data=data, layout=with_legend(360, "offset k", title))


def clocks(frequencies: Sequence[float], t: int, k: int) -> go.Figure:
    """A clock for each pair of dimensions: its hand at t, and where k positions more turn it.

    Args:
        frequencies: radians a position of each.
        t: a position.
        k: an offset.
    """
    around = np.linspace(0, 2 * math.pi, 60)
    faces: list[dict[str, Any]] = []
    hands: list[dict[str, Any]] = []
    for i, frequency in enumerate(frequencies):
        centre = 2.6 * i
        faces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": (centre + np.sin(around)).astype(np.float32),
                "y": np.cos(around).astype(np.float32),
                "line": {"color": style.REMOVED, "width": 1.5},
                "hoverinfo": "skip",
            }
        )
        for place, colour, dash in ((t, style.PROBABILITY, "solid"), (t + k, style.DECIDES, "dash")):
            angle = place * frequency
            hands.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "x": np.array([centre, centre + math.sin(angle)], dtype=np.float32),
                    "y": np.array([0, math.cos(angle)], dtype=np.float32),
                    "line": {"color": colour, "width": 3, "dash": dash},
                    "marker": {"color": colour, "size": [0, 8]},
                    "hovertemplate": f"pair {i} at {place}: sin {math.sin(angle):.4f}, cos {math.cos(angle):.4f}"
                    "<extra></extra>",
                }
            )
    labels = {
        "type": "scatter",
        "mode": "text",
        "x": np.array([2.6 * i for i in range(len(frequencies))], dtype=np.float32),
        "y": np.full(len(frequencies), -1.45, dtype=np.float32),
        "text": [f"{i}: +{math.degrees(k * frequency) % 360:.0f}°" for i, frequency in enumerate(frequencies)],
        "textfont": FONT,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    hidden = {"visible": False, "fixedrange": True}
    return made(
        data=[*faces, *hands, labels],
        layout={
            "height": 210,
            "dragmode": False,
            "xaxis": hidden | {"range": [-1.3, 2.6 * len(frequencies) - 1.3]},
            "yaxis": hidden | {"range": [-1.8, 1.15], "scaleanchor": "x"},
        },
    )


def differences(rows: Sequence[tuple[str, float | None, float]]) -> go.Figure:
    """How much the order changes under each scheme, without a mask and with one.

    Args:
        rows: of each scheme its name, and both shares; None where it is built for a mask.
    """
    places = np.arange(len(rows), dtype=np.float32)
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": places,
            "x": np.array([share or 0.0 for share in shares], dtype=np.float32),
            "marker": {"color": style.CATEGORIES[which - 1], "pattern": {"shape": "" if which == 1 else "/"}},
            "text": [_share(share) for share in shares],
            "textposition": "outside",
            "textfont": FONT,
            "cliponaxis": False,
            "hovertemplate": f"{name}: %{{x:.4g}}<extra></extra>",
        }
        for which, name, shares in (
            (1, "without a mask", [row[1] for row in rows]),
            (2, "with a causal mask", [row[2] for row in rows]),
        )
    ]
    return made(
        data=data,
        layout={
            "height": 90 + 42 * len(rows),
            "dragmode": False,
            "showlegend": True,
            "legend": LEGEND | {"traceorder": "normal"},
            "xaxis": axis("change of the output,<br>as a share of its length")
            | {"range": [0, 1.2 * max(share or 0.0 for row in rows for share in row[1:]) or 1.0]},
            "yaxis": {
                "tickmode": "array",
                "tickvals": places,
                "ticktext": [name for name, *_ in rows],
                "tickfont": FONT,
                "range": [len(rows) - 0.5, -0.5],
                "showgrid": False,
                "fixedrange": True,
            },
        },
    )


def _share(value: float | None) -> str:
    if value is None:
        return "causal form"
    return "0" if value < 1e-9 else f"{value:.2f}"


def rows_of_attention(tokens: Sequence[str], near: ArrayLike, far: ArrayLike, places: tuple[int, int]) -> go.Figure:
    """What one word takes of each word, in each head, at two places of the text.

    Args:
        tokens: visible forms.
        near: weights at the first place, shape (head, token).
        far: the same at the second.
        places: of the first token.
    """
    tables = [np.asarray(weights, dtype=np.float32) for weights in (near, far)]
    heads = len(tables[0])
    if any(weights.shape != (heads, len(tokens)) for weights in tables):
        raise ValueError(f"{len(tokens)} tokens need weights of as many columns, not {[one.shape for one in tables]}")
    at = np.arange(len(tokens), dtype=np.float32)
    shown = [style.figure_text(token) for token in tokens]
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"height": 300, "dragmode": False, "bargap": 0.2}
    for head in range(heads):
        number = "" if head == 0 else str(head + 1)
        for weights, place, colour, shape in zip(
            tables, places, (style.PROBABILITY, style.DECIDES), ("", "/"), strict=True
        ):
            data.append(
                {
                    "type": "bar",
                    "x": at,
                    "y": weights[head],
                    "xaxis": f"x{number}",
                    "yaxis": f"y{number}",
                    "marker": {"color": colour, "pattern": {"shape": shape, "fillmode": "overlay"}},
                    "hovertext": shown,
                    "hovertemplate": f"head {head + 1}, from place {place}: <b>%{{hovertext}}</b> %{{y:.4f}}"
                    "<extra></extra>",
                }
            )
        width = 1 / heads
        layout[f"xaxis{number}"] = {
            "title": {"text": f"head {head + 1}", "font": FONT},
            "domain": [head * width + 0.02, (head + 1) * width - 0.02],
            "anchor": f"y{number}",
            "tickmode": "array",
            "tickvals": at,
            "ticktext": shown,
            "tickfont": FONT,
            "autotickangles": [0, -50, -90],
            "showgrid": False,
            "fixedrange": True,
        }
        layout[f"yaxis{number}"] = {
            "range": [0, 1],
            "anchor": f"x{number}",
            "title": {"text": "weight" if head == 0 else "", "font": FONT},
            "showticklabels": head == 0,
            "tickfont": FONT,
            "fixedrange": True,
        }
    return made(data=data, layout=layout)
