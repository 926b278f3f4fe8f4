"""What a station of a transformer holds, and how one number of it comes about."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import FONT, axis, made
from explorer.numbers import minus

_ROW = 30  # pixels a row
_LOWEST, _HIGHEST = 200, 460
_WRITTEN = 120  # cells up to which numbers stand in them
_MOST_TICKS = 22
_LARGE = 10  # numbers so large have one digit less
_CUT = 14  # signs of a name that stand beside a row
_STRONG = 99.0  # percent of the numbers that differ in colour; the few beyond have the full one

_SHARES = [[0.0, style.SIGNED[1][1]], [1.0, style.PROBABILITY]]  # of numbers that are never below 0


def station_map(
    rows: Sequence[str],
    values: ArrayLike,
    chosen: tuple[int, int],
    *,
    columns: Sequence[str] | None = None,
    title: str = "number",
    most: float | None = None,
) -> go.Figure:
    """Each row a position, each column a number of its vector, or what has a name; blue above 0, orange below.

    Args:
        rows: names, no two the same.
        values: shape (row, column); nothing is drawn where it is not a number.
        chosen: row and column of the cell that is framed.
        columns: likewise names, those of the rows where each is for a row; None: they are counted from 1.
        title: of the columns.
        most: the distance from 0 that has the full colour; None: by the values.
    """
    table = np.asarray(values, dtype=np.float32)
    if table.ndim != 2 or len(table) != len(rows) or (columns and len(columns) != table.shape[1]):
        raise ValueError(f"{len(rows)} rows and their columns need a table of that shape, not {table.shape}")
    full = most or full_colour(table)
    signed = _SHARES if bool((table[np.isfinite(table)] >= 0).all()) else style.SIGNED
    square = columns == rows
    written = bool(columns) and table.size <= _WRITTEN
    across = [named(name) for name in columns] if columns else np.arange(1, table.shape[1] + 1, dtype=np.float32)
    heat = {
        "type": "heatmap",
        "x": across,
        "y": [named(name) for name in rows],
        "z": table,
        "zmin": 0.0 if signed is _SHARES else -full,
        "zmax": full,
        "colorscale": signed,
        "colorbar": {"thickness": 12, "tickfont": FONT, "outlinewidth": 0},
        "showscale": not written,
        "xgap": 1 if columns else 0,
        "ygap": 1,
        "texttemplate": f"%{{z:.{1 if full >= _LARGE else 2}f}}" if written else None,
        "textfont": FONT,
        "hoverongaps": False,
        "hovertemplate": f"<b>%{{z:.5g}}</b><br>{'' if columns else title + ' '}%{{x}}<br>at %{{y}}<extra></extra>",
    }
    mono = {"tickfont": FONT | {"family": style.MONOSPACE}, "showgrid": False}
    layout: dict[str, Any] = {
        "height": min(_HIGHEST, max(_LOWEST, _ROW * len(rows) + (70 if square or not columns else 110))),
        "dragmode": False,
        "xaxis": axis(title) | ({"type": "category"} | mono if columns else {"showgrid": False}),
        "yaxis": axis("") | {"type": "category", "autorange": "reversed"} | mono,
        "shapes": [_frame(chosen[0], chosen[1] + (0 if columns else 1), table.shape[1])],
    }
    if square:  # the rows have the names, so their numbers are enough
        places = list(range(0, len(rows), -(-len(rows) // _MOST_TICKS)))
        layout["xaxis"] |= {"tickmode": "array", "tickvals": places, "ticktext": [str(place) for place in places]}
    return made([heat], layout)


def full_colour(table: ArrayLike) -> float:
    """The distance from 0 that only the most extreme numbers of a table pass.

    The first row does not count where there are others: the start token's numbers are often a hundred times larger.
    """
    values = np.abs(np.asarray(table, dtype=np.float32))
    rows = values[1:] if len(values) > 1 else values
    known = rows[np.isfinite(rows)]
    return (float(np.percentile(known, _STRONG)) or float(known.max())) or 1.0 if known.size else 1.0


def named(name: str) -> str:
    """A name as it stands beside a row, cut where it is long."""
    return style.figure_text(name if len(name) <= _CUT else name[: _CUT - 1] + "…")


def _frame(row: int, column: int, columns: int) -> dict[str, Any]:
    """Around a cell, and what is beside it where cells are narrower than the line."""
    half = max(0.5, columns / 90)
    return {
        "type": "rect",
        "x0": column - half,
        "x1": column + half,
        "y0": row - 0.5,
        "y1": row + 0.5,
        "line": {"color": style.DECIDES, "width": 3},
    }


def running_terms(names: Sequence[str], values: Sequence[float], *, marked: int | None = None) -> go.Figure:
    """How terms add up from above: each bar begins where the one before it ended.

    Args:
        names: of the terms.
        values: of the terms.
        marked: which term stands out.
    """
    if len(names) != len(values):
        raise ValueError(f"{len(names)} names need as many terms, not {len(values)}")
    places = np.arange(len(values) + 1, dtype=np.float32)
    ends = np.append(np.cumsum(values), np.sum(values))
    low, high = float(min(0.0, ends.min())), float(max(0.0, ends.max()))
    span = (high - low) or 1.0
    left = low - (0.38 if min(values) < 0 else 0.02) * span  # room for the numbers beside the bars
    right = high + 0.38 * span
    labels = [style.figure_text(name) for name in (*names, "sum")]
    if marked is not None:
        labels[marked] = f"<b>{labels[marked]}</b>"
    waterfall = {
        "type": "waterfall",
        "orientation": "h",
        "y": places,
        "x": [*values, 0.0],
        "measure": [*["relative"] * len(values), "total"],
        "text": [minus(f"{value:+.3g}") for value in values] + [minus(f"{ends[-1]:.5g}")],
        "textposition": "outside",
        "textfont": FONT,
        "cliponaxis": False,
        "increasing": {"marker": {"color": style.PROBABILITY}},
        "decreasing": {"marker": {"color": style.SURPRISAL}},
        "totals": {"marker": {"color": style.REMOVED}},
        "connector": {"line": {"color": style.GRID}},
        "hovertext": labels,
        "hovertemplate": "%{hovertext}<br><b>%{delta:+.6g}</b>, in all %{final:.6g}<extra></extra>",
    }
    layout = {
        "height": 28 * len(places) + 50,
        "dragmode": False,
        "xaxis": axis("sum so far") | {"range": [left, right], "zeroline": True, "zerolinecolor": style.GRID},
        "yaxis": axis("")
        | {
            "tickmode": "array",
            "tickvals": places,
            "ticktext": labels,
            "tickfont": FONT,
            "range": [len(places) - 0.5, -0.5],
            "showgrid": False,
        },
    }
    return made([waterfall], layout)
