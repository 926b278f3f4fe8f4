"""A sentence's probability as its factors."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike
from plotly.subplots import make_subplots

from explorer import style
from explorer.numbers import LOGARITHMS

MOST_LABELS = 40


def sentence_factors(
    tokens: Sequence[str], log_probs: ArrayLike, decides: Sequence[int], *, unit: str, lowest: float, lowest_sum: float
) -> go.Figure:
    """Each factor's log-probability as a bar, and below it the running sum as a line.

    Args:
        tokens: visible forms.
        log_probs: log P(token | those before it), shape (pos,), in `unit`.
        decides: positions that are marked.
        unit: the name of the logarithm: ln, log₂ or log₁₀.
        lowest: lower end of the factors' axis, so that two figures compare.
        lowest_sum: lower end of the sum's axis.
    """
    values = np.asarray(log_probs, dtype=np.float32)
    if values.shape != (len(tokens),):
        raise ValueError(f"{len(tokens)} tokens need log-probabilities of shape ({len(tokens)},), not {values.shape}")
    running = np.cumsum(values, dtype=np.float64).astype(np.float32)
    positions = np.arange(len(tokens), dtype=np.float32)
    shown = [style.figure_text(token) for token in tokens]
    marked = set(decides)
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.55, 0.45])
    figure.update_layout(template=style.TEMPLATE)
    figure.add_bar(
        x=positions,
        y=values,
        marker_color=[style.DECIDES if i in marked else style.PROBABILITY for i in range(len(tokens))],
        marker_pattern_shape=["/" if i in marked else "" for i in range(len(tokens))],
        marker_pattern_fillmode="overlay",
        customdata=np.exp(values * LOGARITHMS[unit]),
        hovertext=shown,
        hovertemplate=f"<b>%{{hovertext}}</b><br>{unit} P = %{{y:.5f}}<br>P = %{{customdata:.6g}}<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=positions,
        y=running,
        mode="lines+markers",
        line_color=style.RUNNING,
        hovertext=shown,
        hovertemplate=f"up to <b>%{{hovertext}}</b><br>sum of {unit} P = %{{y:.5f}}<extra></extra>",
        row=2,
        col=1,
    )
    step = -(-len(tokens) // MOST_LABELS) or 1
    figure.update_xaxes(
        tickmode="array",
        tickvals=positions[::step],
        ticktext=shown[::step],
        tickfont={"family": style.MONOSPACE, "size": style.FONT_SIZE},
        tickangle=0 if sum(map(len, tokens)) < 40 else -60,
        range=[-0.6, max(len(tokens), 3) - 0.4],
        showgrid=False,
    )
    figure.update_yaxes(title=f"{unit} P(token | before)", range=[lowest * 1.05, 0], row=1)
    figure.update_yaxes(title=f"running sum of {unit} P", range=[lowest_sum * 1.05, 0], row=2)
    figure.update_layout(height=430, dragmode=False)
    return figure
