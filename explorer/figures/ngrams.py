"""What N makes of a text."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made
from explorer.numbers import percent


def perplexity_by_order(orders: Sequence[int], train: ArrayLike, held_out: ArrayLike) -> go.Figure:
    """Perplexity on the counted text and on held-out text, on a logarithmic axis; the infinite stands at the top.

    Args:
        orders: N of each model.
        train: perplexities, shape (order,).
        held_out: the same on text that was not counted; may be infinite.
    """
    lines = [np.asarray(line, dtype=np.float64) for line in (train, held_out)]
    if any(line.shape != (len(orders),) for line in lines):
        raise ValueError(f"{len(orders)} orders need as many perplexities, not {lines[0].shape} and {lines[1].shape}")
    finite = np.concatenate([line[np.isfinite(line)] for line in lines])
    top = 3 * float(finite.max(initial=1.0))
    font = {"size": style.FONT_SIZE}
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers+text",
            "x": list(orders),
            "y": np.where(np.isfinite(line), line, top),
            "line": {"color": colour, "dash": dash},
            "marker": {"symbol": ["circle" if np.isfinite(value) else "triangle-up" for value in line], "size": 9},
            "text": [f"{value:,.1f}" if np.isfinite(value) else "∞" for value in line],
            "textposition": place,
            "textfont": font,
            "name": name,
            "hovertemplate": f"{name}, N = %{{x}}: %{{text}}<extra></extra>",
            "cliponaxis": False,
        }
        for name, line, colour, dash, place in (
            ("counted text", lines[0], style.PROBABILITY, "solid", "bottom center"),
            ("held-out text", lines[1], style.SURPRISAL, "dash", "top center"),
        )
    ]
    return made(
        data=data,
        layout={
            "height": 340,
            "dragmode": False,
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.18, "font": font},
            "margin": style.MARGIN | {"t": 40},
            "xaxis": {"title": {"text": "N", "font": font}, "tickfont": font, "dtick": 1, "fixedrange": True},
            "yaxis": {
                "title": {"text": "perplexity a token", "font": font},
                "type": "log",
                "range": [-0.2, float(np.log10(top)) + 0.15],
                "tickfont": font,
                "fixedrange": True,
            },
        },
    )


def smoothing_masses(methods: Sequence[str], unseen: ArrayLike, notes: Sequence[str], marked: int) -> go.Figure:
    """A bar a smoothing: the probability of what was never seen, out of 1, and a note below its name.

    Args:
        methods: their names, from above.
        unseen: probability of all unseen next tokens, shape (method,).
        notes: what else is said of each.
        marked: the method that is on the page.
    """
    values = np.asarray(unseen, dtype=np.float32)
    if values.shape != (len(methods),) or len(notes) != len(methods):
        raise ValueError(f"{len(methods)} methods need shape ({len(methods)},), not {values.shape}")
    places = np.arange(len(methods), dtype=np.float32)
    font = {"size": style.FONT_SIZE}
    edge = {"color": [style.DECIDES if i == marked else style.REMOVED for i in range(len(methods))], "width": 2}
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "x": shares,
            "y": places,
            "marker": {"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay"}, "line": edge},
            "text": [f"{name} {percent(float(share))}" if share >= 0.12 else "" for share in shares],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "insidetextfont": font | {"color": "#1B2430"},
            "hovertext": [f"{method}: {name} {percent(float(share))}" for method, share in zip(methods, shares)],
            "hovertemplate": "%{hovertext}<extra></extra>",
        }
        for name, shares, colour, pattern in (
            ("seen", 1 - values, style.faded(style.PROBABILITY, 0.55), ""),
            ("unseen", values, style.faded(style.SURPRISAL, 0.55), "/"),
        )
    ]
    return made(
        data=bars,
        layout={
            "height": 60 + 50 * len(methods),
            "barmode": "stack",
            "uniformtext": {"minsize": 12, "mode": "hide"},  # a bar too short for its label has none
            "bargap": 0.3,
            "dragmode": False,
            "xaxis": {
                "range": [0, 1.03],
                "tickvals": [0, 0.5, 1],
                "title": {"text": "probability of the next token", "font": font, "standoff": 4},
                "tickfont": font,
                "fixedrange": True,
            },
            "yaxis": {
                "tickvals": places,
                "ticktext": [f"{method}<br>{note}" for method, note in zip(methods, notes, strict=True)],
                "autorange": "reversed",
                "tickfont": font,
                "fixedrange": True,
            },
        },
    )


def count_matrix(words: Sequence[str], counts: ArrayLike, *, shares: bool, blank: str = "0") -> go.Figure:
    """Heatmap of the pairs of the most frequent tokens: each row is the first token of a pair, each column the second.

    Args:
        words: the tokens.
        counts: of the pairs, or the share of each in its row, shape (from, to); 0 is left blank.
        shares: which of the two they are.
        blank: what is said of a blank cell.
    """
    table = np.asarray(counts, dtype=np.float32)
    if table.shape != (len(words), len(words)):
        raise ValueError(f"{len(words)} tokens need a table of shape {(len(words),) * 2}, not {table.shape}")
    shown = [style.figure_text(word) for word in words]
    positions = np.arange(len(words), dtype=np.float32)
    font = {"family": style.MONOSPACE, "size": style.FONT_SIZE}
    ticks = {"tickmode": "array", "tickvals": positions, "ticktext": shown, "fixedrange": True, "showgrid": False}
    top = 1.0 if shares else float(table.max(initial=1.0))
    legible = len(words) <= 20
    return made(
        data=[
            {
                "type": "heatmap",
                "z": np.where(table > 0, table, np.nan),
                "x": positions,
                "y": positions,
                "zmin": 0.0,
                "zmax": top,
                "colorscale": [[0, style.faded(style.PROBABILITY, 0.12)], [1, style.PROBABILITY]],
                "showscale": False,
                "xgap": 1,
                "ygap": 1,
                "text": [[_cell(float(v), shares) if v and legible else "" for v in row] for row in table],
                "texttemplate": "%{text}",
                "textfont": {"size": 14},
                "hovertext": [
                    [f"{shown[i]} {shown[j]}: {_cell(float(v), shares) if v else blank}" for j, v in enumerate(row)]
                    for i, row in enumerate(table)
                ],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        ],
        layout={
            "height": 120 + max(240, 26 * len(words)),
            "margin": style.MARGIN | {"r": 70},  # room for the last of the slanted labels
            "dragmode": False,
            "plot_bgcolor": style.faded(style.REMOVED, 0.10),
            "xaxis": ticks
            | {
                "side": "top",
                "tickangle": -45,
                "title": {"text": "second token", "font": {"size": 14}},
                "tickfont": font,
            },
            "yaxis": ticks
            | {"autorange": "reversed", "title": {"text": "first token", "font": {"size": 14}}, "tickfont": font},
        },
    )


def _cell(value: float, is_share: bool) -> str:
    """A number that fits into a cell."""
    return (f"{value:.2f}".lstrip("0") if value < 1 else "1") if is_share else _short(value)


def _short(count: float) -> str:
    """A count in at most five characters.

    >>> _short(999), _short(1_184_000), _short(61_200)
    ('999', '1.2M', '61k')
    """
    if count >= 1e6:
        return f"{count / 1e6:.1f}M"
    return f"{count / 1e3:.0f}k" if count >= 1e4 else f"{count:,.0f}"
