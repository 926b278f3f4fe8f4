"""Words with the codes of their places: how long the parts are."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import FONT, LEGEND, axis, made

_FEW = 5  # words, whose bars have room for numbers


def lengths(tokens: Sequence[str], first: int, parts: Sequence[tuple[str, ArrayLike]]) -> go.Figure:
    """For each word a bar for the length of each part.

    Args:
        tokens: visible forms.
        first: the place of the first.
        parts: of each its name, and a length for each token.
    """
    values = [(name, np.asarray(lengths, dtype=np.float32)) for name, lengths in parts]
    if any(lengths.shape != (len(tokens),) for _, lengths in values):
        shapes = [lengths.shape for _, lengths in values]
        raise ValueError(f"{len(tokens)} tokens need as many lengths of each part, not {shapes}")
    most = max((float(lengths.max(initial=0)) for _, lengths in values), default=0.0)
    digits = 2 if most < 5 else 1 if most < 500 else 0
    at = np.arange(len(tokens), dtype=np.float32)
    shown = [style.figure_text(token) for token in tokens]
    data = [
        {
            "type": "bar",
            "name": name,
            "x": at,
            "y": lengths,
            "marker": {
                "color": style.CATEGORIES[i],
                "pattern": {"shape": ("", "/", "x")[i % 3], "fillmode": "overlay"},
            },
            "hovertext": [f"<b>{token}</b> at place {first + place}" for place, token in enumerate(shown)],
            "hovertemplate": f"%{{hovertext}}: {name}, %{{y:,.3f}} long<extra></extra>",
            "texttemplate": f"%{{y:,.{digits}f}}" if len(tokens) <= _FEW else "",
            "textposition": "outside",
            "textangle": 0,
            "textfont": FONT,
            "cliponaxis": False,
        }
        for i, (name, lengths) in enumerate(values)
    ]
    return made(
        data=data,
        layout={
            "height": 320,
            "dragmode": False,
            "bargap": 0.25,
            "showlegend": True,
            "legend": LEGEND,
            "xaxis": axis(f"place {first}" if len(tokens) == 1 else f"places {first} to {first + len(tokens) - 1}")
            | {
                "tickmode": "array",
                "tickvals": at,
                "ticktext": shown,
                "autotickangles": [0, -50, -90],
                "showgrid": False,
            },
            "yaxis": axis("length |x|") | {"rangemode": "tozero"},
        },
    )
