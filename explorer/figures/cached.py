"""What one head keeps of a text: keys and values, a row each token; and what the newest token makes of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import FONT, axis, made
from explorer.figures.costs import Line, power_laws

_ROW = 26  # pixels
_LOWEST, _HIGHEST = 250, 460
_NAMED = 24  # rows that can be named
_WIDTHS = ((0.0, 0.44), (0.47, 0.53), (0.56, 1.0))  # of keys, weights and values
_WEIGHTS = [[0.0, style.faded(style.PROBABILITY, 0.04)], [1.0, style.PROBABILITY]]


def kept_rows(tokens: Sequence[str], keys: ArrayLike, weights: ArrayLike, values: ArrayLike) -> go.Figure:
    """Keys and values as heat maps, between them the newest token's weight for each row; what is new is framed.

    Args:
        tokens: visible forms, the newest last.
        keys: of shape (token, number).
        weights: of the newest token, one for each.
        values: of shape (token, number).
    """
    k, w, v = (np.asarray(one, dtype=np.float32) for one in (keys, weights, values))
    count = len(tokens)
    if not len(k) == len(w) == len(v) == count:
        raise ValueError(f"{count} tokens need as many rows, not {len(k)}, {len(w)} and {len(v)}")
    rows = [f"{i} {style.figure_text(token)}" for i, token in enumerate(tokens)]
    data = [_heat(k, "", "key", rows), _heat(w[:, None], "2", "weight", rows), _heat(v, "3", "value", rows)]
    data[1] |= {"zmin": 0, "zmax": float(w.max()) or 1.0, "colorscale": _WEIGHTS}
    frames = [_frame("x", -0.5, k.shape[1] - 0.5, count - 1.5, count - 0.5)]
    frames += [_frame("x2", -0.5, 0.5, -0.5, count - 0.5)]
    frames += [_frame("x3", -0.5, v.shape[1] - 0.5, count - 1.5, count - 0.5)]
    titles = ["keys", "weights", "values"]
    step = max(1, -(-count // _NAMED))
    named = list(range(count - 1, -1, -step))
    layout: dict[str, Any] = {
        "height": min(_HIGHEST, max(_LOWEST, _ROW * count + 90)),
        "dragmode": False,
        "margin": style.MARGIN | {"t": 34},
        "shapes": frames,
        "annotations": [
            {
                "x": sum(domain) / 2, "xref": "paper", "xanchor": "center", "text": title, "font": FONT,
                "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 4, "showarrow": False,
            }
            for title, domain in zip(titles, _WIDTHS, strict=True)
        ],
        "yaxis": axis("") | {
            "range": [count - 0.4, -0.6],
            "showgrid": False,
            "tickmode": "array",
            "tickvals": named,
            "ticktext": [style.figure_text(tokens[i]) for i in named],
            "tickfont": {"family": style.MONOSPACE, "size": style.FONT_SIZE},
        },
    }  # fmt: skip
    for name, domain, title in zip(("xaxis", "xaxis2", "xaxis3"), _WIDTHS, ("number", "", "number"), strict=True):
        layout[name] = axis(title) | {"domain": list(domain), "showgrid": False, "anchor": "y"}
    layout["xaxis2"] |= {"showticklabels": False}
    return made(data, layout)


def kept_bytes(lines: Sequence[Line], ticks: Sequence[int], measured: Sequence[tuple[int, float]] = ()) -> go.Figure:
    """Bytes against length, a line for each model; what was measured as rings.

    Args:
        lines: of the models.
        ticks: lengths, from the smallest to the largest.
        measured: lengths and bytes.
    """
    figure = power_laws(lines, ticks, "T, tokens of the text", "T", "kept between tokens", "bytes")
    if measured:
        lengths, sizes = zip(*measured, strict=True)
        figure.add_scatter(
            mode="markers",
            name="measured",
            x=np.asarray(lengths, dtype=np.float64),
            y=np.asarray(sizes, dtype=np.float64),
            marker={"symbol": "circle-open", "size": 16, "color": style.DECIDES, "line": {"width": 3}},
            hovertemplate="<b>measured</b>, T = %{x:,.0f}<br>%{y:,.4~s} bytes<extra></extra>",
            cliponaxis=False,
            showlegend=False,
        )
    return figure


def _heat(z: np.ndarray, which: str, what: str, rows: list[str]) -> dict[str, Any]:
    most = float(np.abs(z).max()) or 1.0
    return {
        "type": "heatmap",
        "z": z,
        "xaxis": f"x{which}",
        "yaxis": "y",
        "zmin": -most,
        "zmax": most,
        "colorscale": style.SIGNED,
        "showscale": False,
        "ygap": 1,
        "hovertext": [[row] * z.shape[1] for row in rows],
        "hovertemplate": f"%{{hovertext}}<br>{what} %{{z:.4f}}<extra></extra>",
    }


def _frame(x: str, left: float, right: float, top: float, bottom: float) -> dict[str, Any]:
    return {
        "type": "rect", "xref": x, "yref": "y", "x0": left, "x1": right, "y0": top, "y1": bottom,
        "line": {"color": style.DECIDES, "width": 3},
    }  # fmt: skip
