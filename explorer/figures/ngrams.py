"""What N makes of a text."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made


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
            "textposition": "top center",
            "textfont": font,
            "name": name,
            "hovertemplate": f"{name}, N = %{{x}}: %{{text}}<extra></extra>",
            "cliponaxis": False,
        }
        for name, line, colour, dash in (
            ("counted text", lines[0], style.PROBABILITY, "solid"),
            ("held-out text", lines[1], style.SURPRISAL, "dash"),
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
                "range": [-0.05, float(np.log10(top)) + 0.15],
                "tickfont": font,
                "fixedrange": True,
            },
        },
    )
