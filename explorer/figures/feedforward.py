"""What a longer context costs and brings."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explorer import style
from explorer.figures import FONT, axis, made


def by_context(
    lines: Sequence[tuple[str, str, Sequence[int], Sequence[float]]],
    title: str,
    *,
    levels: Sequence[tuple[str, float]] = (),
) -> go.Figure:
    """Numbers against how many tokens a model sees.

    Args:
        lines: of each kind of model its name, its colour, the numbers of tokens, and what is measured.
        title: of what is measured.
        levels: models that see any number of tokens: name and value.
    """
    data: list[dict[str, Any]] = []
    for i, (name, colour, contexts, values) in enumerate(lines):
        if len(contexts) != len(values):
            raise ValueError(f"{name}: {len(contexts)} contexts need as many values, not {len(values)}")
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers+text",
                "x": np.asarray(contexts, dtype=np.float32),
                "y": np.asarray(values, dtype=np.float64),
                "text": ["" for _ in values[:-1]] + [f" {style.figure_text(name)}"],
                "textposition": "middle right",
                "textfont": FONT,
                "marker": {"size": 9, "symbol": ("circle", "diamond", "square")[i % 3], "color": colour},
                "line": {"color": colour, "width": 2},
                "hovertemplate": f"{style.figure_text(name)}, %{{x:.0f}} tokens: %{{y:,.4g}}<extra></extra>",
                "cliponaxis": False,
            }
        )
    most = max(max(contexts) for *_, contexts, _ in lines)
    data.extend(
        {
            "type": "scatter",
            "mode": "lines+text",
            "x": np.array([0, most], dtype=np.float32),
            "y": np.array([value, value], dtype=np.float64),
            "text": [style.figure_text(name), ""],
            "textposition": "top right",
            "textfont": FONT,
            "line": {"color": style.REMOVED, "width": 2, "dash": "dot"},
            "hovertemplate": f"{style.figure_text(name)}: {value:,.4g}<extra></extra>",
            "cliponaxis": False,
        }
        for name, value in levels
    )
    return made(
        data=data,
        layout={
            "height": 340,
            "dragmode": False,
            "margin": style.MARGIN | {"r": 120},
            "xaxis": axis("tokens that the model sees") | {"dtick": max(1, most // 8)},
            "yaxis": axis(title) | {"rangemode": "tozero"},
        },
    )
