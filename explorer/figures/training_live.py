"""How the loss of a network falls while it is trained."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import axis, made, with_legend


def live_curves(epochs: ArrayLike, learned: ArrayLike, held_out: ArrayLike) -> go.Figure:
    """The loss on learned and on held-out lines against epochs, with the perplexity at the right.

    Args:
        epochs: done at each moment, shape (moment,).
        learned: nats a token since the moment before; NaN where there was no step.
        held_out: nats a token; NaN before the first look.
    """
    x = np.asarray(epochs, dtype=np.float32)
    lines = [("learned", learned, style.CATEGORIES[0], "solid"), ("held out", held_out, style.CATEGORIES[1], "dash")]
    data, highest = list[dict[str, Any]](), 0.1
    for name, losses, colour, dash in lines:
        y = np.asarray(losses, dtype=np.float32)
        if y.shape != x.shape:
            raise ValueError(f"{name}: losses of shape {y.shape} do not fit epochs of shape {x.shape}")
        known = y[np.isfinite(y)]
        highest = max(highest, float(known.max(initial=0.0)))
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(known) < 3 else "lines",
                "name": f"{name}: {known[-1]:.3f}" if len(known) else name,
                "x": x,
                "y": y,
                "line": {"color": colour, "width": 2, "dash": dash},
                "connectgaps": True,
                "hovertemplate": f"{name}, epoch %{{x:.1f}}: %{{y:.3f}} nats<extra></extra>",
            }
        )
    perplexities = [p for p in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 5000) if np.log(p) <= 1.05 * highest]
    data.append(  # the second axis is shown only if something is drawn on it
        {"type": "scatter", "x": x[:1], "y": [None], "yaxis": "y2", "hoverinfo": "skip", "showlegend": False}
    )
    layout, reach = with_legend(320, "epochs", "loss, nats a token"), [0, 1.05 * highest]
    return made(
        data=data,
        layout=layout
        | {
            "xaxis": layout["xaxis"] | {"rangemode": "tozero"},
            "yaxis": layout["yaxis"] | {"range": reach},
            "yaxis2": axis("perplexity")
            | {
                "range": reach,
                "overlaying": "y",
                "side": "right",
                "tickmode": "array",
                "tickvals": [float(np.log(p)) for p in perplexities],
                "ticktext": [f"{p:,}" for p in perplexities],
                "showgrid": False,
            },
        },
    )
