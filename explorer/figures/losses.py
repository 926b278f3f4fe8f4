"""What each token of a text cost."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer import style
from explorer.figures import FONT, LEGEND, axis, made

_MOST_LABELS = 40


def token_losses(tokens: Sequence[str], models: Sequence[tuple[str, str, Sequence[float]]]) -> go.Figure:
    """What each token cost in one model or several: a bar each, side by side.

    Args:
        tokens: visible forms.
        models: of each its name, its colour, and the loss of each token, in bits.
    """
    if any(len(losses) != len(tokens) for *_, losses in models):
        raise ValueError(f"{len(tokens)} tokens need as many losses of each model")
    places = np.arange(len(tokens), dtype=np.float32)
    shown = [style.figure_text(token) for token in tokens]
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": style.figure_text(name),
            "x": places,
            "y": np.asarray(losses, dtype=np.float32),
            "marker": {"color": colour, "pattern": {"shape": "/" if i else "", "fillmode": "overlay"}},
            "hovertext": shown,
            "hovertemplate": f"<b>%{{hovertext}}</b><br>{style.figure_text(name)}: %{{y:.3f}} bits<extra></extra>",
        }
        for i, (name, colour, losses) in enumerate(models)
    ]
    every = -(-len(tokens) // _MOST_LABELS)
    ticks = places[::every]
    return made(
        data=data,
        layout={
            "height": 260,
            "bargap": 0.25,
            "dragmode": False,
            "showlegend": len(models) > 1,
            "legend": LEGEND,
            "xaxis": {
                "tickmode": "array",
                "tickvals": ticks,
                "ticktext": shown[::every],
                "autotickangles": [0, -50, -90],
                "tickfont": FONT | {"family": style.MONOSPACE},
                "showgrid": False,
                "fixedrange": True,
            },
            "yaxis": axis("loss, bits"),
        },
    )
