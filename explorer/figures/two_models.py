"""What two models say of the same next token."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made
from explorer.figures.next_token import ROW_PIXELS, linear_ticks
from explorer.numbers import percent


def model_bars(
    tokens: Sequence[str], probs: ArrayLike, there: Sequence[tuple[int, float] | None] | None, most: float
) -> go.Figure:
    """One model's most probable tokens; those that the other model shows too are full, the others hatched.

    Args:
        tokens: visible forms, most probable first.
        probs: shape (k,).
        there: of each token its rank and probability in the other model, None where that has no such token; None
            while there is no other model.
        most: the highest probability of both models, so that two figures compare.
    """
    values = np.asarray(probs, dtype=np.float32)
    if values.shape != (len(tokens),):
        raise ValueError(f"{len(tokens)} tokens need probabilities of shape ({len(tokens)},), not {values.shape}")
    rows = np.arange(len(tokens), dtype=np.float32)
    shared = [there is None or (there[i] or (len(tokens) + 1, 0.0))[0] <= len(tokens) for i in range(len(tokens))]
    shown = [style.figure_text(token) for token in tokens]
    ticks = linear_ticks(most)
    font = {"size": style.FONT_SIZE}
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": rows,
        "width": 0.8,
        "marker": {
            "color": [style.PROBABILITY if same else style.REMOVED for same in shared],
            "pattern": {"shape": ["" if same else "/" for same in shared], "fillmode": "overlay"},
        },
        "hovertext": [
            f"<b>{token}</b><br>here {float(value):.6g}, rank {rank}" + _hover(there, rank - 1)
            for rank, (token, value) in enumerate(zip(shown, values, strict=True), 1)
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    numbers = {
        "type": "scatter",
        "mode": "text",
        "x": values,
        "y": rows,
        "text": [f"\u2009{percent(float(value))}{_rank(there, i)}" for i, value in enumerate(values)],
        "textposition": "middle right",
        "textfont": font,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    return made(
        data=[bars, numbers],
        layout={
            "height": ROW_PIXELS * len(tokens) + 52,
            "dragmode": False,
            "yaxis": {
                "tickmode": "array",
                "tickvals": rows,
                "ticktext": [f"{token}  {rank:>2}" for rank, token in enumerate(shown, 1)],
                "tickfont": {"family": style.MONOSPACE, "size": style.FONT_SIZE + 1},
                "range": [len(rows) - 0.5, -0.5],
                "showgrid": False,
                "fixedrange": True,
            },
            "xaxis": {
                "title": {"text": "probability", "font": font},
                "range": [0, most / 0.55],  # room at the right for the numbers
                "tickmode": "array",
                "tickvals": ticks,
                "ticktext": [f"{100 * tick:g} %" for tick in ticks],
                "tickfont": font,
                "fixedrange": True,
            },
        },
    )


def _rank(there: Sequence[tuple[int, float] | None] | None, i: int) -> str:
    if there is None:
        return ""
    one = there[i]
    return "  not there" if one is None else f"  #{one[0]:,}"


def _hover(there: Sequence[tuple[int, float] | None] | None, i: int) -> str:
    if there is None:
        return ""
    one = there[i]
    return "<br>not in the other vocabulary" if one is None else f"<br>in the other model {one[1]:.6g}, rank {one[0]:,}"
