"""What each part of a transformer adds to a logit."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from explorer import style
from explorer.figures import FONT, axis, made

_ROW = 26  # pixels a layer, at most
_HIGHEST = 560
_BAR = 18  # pixels a part, at most
_HIGHEST_SUM = 900
_WRITTEN = 150  # cells up to which numbers stand in them


def parts_map(columns: Sequence[str], values: np.ndarray) -> go.Figure:
    """Layers from bottom to top, heads and what else there is from left to right; blue raises, orange lowers.

    Args:
        columns: names of the parts of a layer.
        values: of shape (layer, part), in logits.
    """
    most = float(np.abs(values).max()) or 1.0
    written = values.size <= _WRITTEN
    heat = {
        "type": "heatmap",
        "z": values.astype(np.float32),
        "x": list(columns),
        "y": [str(layer) for layer in range(1, len(values) + 1)],
        "zmin": -most,
        "zmax": most,
        "colorscale": style.SIGNED,
        "texttemplate": "%{z:.2f}" if written else None,
        "textfont": FONT,
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "layer %{y}, %{x}: %{z:+.3f}<extra></extra>",
        "colorbar": {"thickness": 12, "tickfont": FONT, "outlinewidth": 0},
    }
    layout = {
        "height": min(_HIGHEST, max(220, _ROW * len(values) + 90)),
        "dragmode": False,
        "xaxis": axis("head; MLP") | {"type": "category", "showgrid": False},
        "yaxis": axis("layer") | {"type": "category", "showgrid": False},
    }
    return made([heat], layout)


def running_sum(names: Sequence[str], values: Sequence[float], total: str = "logit") -> go.Figure:
    """How the parts add up, from bottom to top: each bar begins where the one below it ended.

    Args:
        names: of the parts, in the order in which the network adds them.
        values: in logits.
        total: what they add up to.
    """
    waterfall = {
        "type": "waterfall",
        "orientation": "h",
        "y": [*names, total],
        "x": [*values, 0.0],
        "measure": [*["relative"] * len(values), "total"],
        "increasing": {"marker": {"color": style.PROBABILITY}},
        "decreasing": {"marker": {"color": style.SURPRISAL}},
        "totals": {"marker": {"color": style.REMOVED}},
        "connector": {"line": {"color": style.GRID}},
        "hovertemplate": "%{y}: %{delta:+.3f}, in all %{final:.3f}<extra></extra>",
    }
    layout = {
        "height": min(_HIGHEST_SUM, _BAR * (len(names) + 1) + 110),
        "dragmode": False,
        "xaxis": axis("sum so far, logits"),
        "yaxis": axis("layer by layer") | {"type": "category", "showgrid": False},
    }
    return made([waterfall], layout)
