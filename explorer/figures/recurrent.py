"""The states of a recurrent network over a text."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made

_FONT = {"size": style.FONT_SIZE}
_MOST_LABELS = 40


def state_map(tokens: Sequence[str], states: ArrayLike) -> go.Figure:
    """Each column a step, each row a unit: blue above 0, orange below.

    Args:
        tokens: what was read at each step.
        states: shape (step, unit).
    """
    values = np.asarray(states, dtype=np.float32)
    if values.ndim != 2 or len(values) != len(tokens):
        raise ValueError(f"{len(tokens)} tokens need as many states, not a table of shape {values.shape}")
    most = float(np.abs(values).max(initial=1e-6))
    every = -(-len(tokens) // _MOST_LABELS)
    places = np.arange(len(tokens), dtype=np.float32)
    return made(
        data=[
            {
                "type": "heatmap",
                "x": places,
                "y": np.arange(1, values.shape[1] + 1, dtype=np.float32),
                "z": np.ascontiguousarray(values.T),
                "zmin": -most,
                "zmax": most,
                "colorscale": style.SIGNED,
                "hovertemplate": "step %{x:.0f}, unit %{y:.0f}: %{z:.4g}<extra></extra>",
            }
        ],
        layout={
            "height": 480,
            "xaxis": {
                "tickmode": "array",
                "tickvals": places[::every],
                "ticktext": [style.figure_text(token) for token in tokens[::every]],
                "tickfont": _FONT | {"family": style.MONOSPACE},
            },
            "yaxis": {"title": {"text": "unit", "font": _FONT}, "tickfont": _FONT},
        },
    )
