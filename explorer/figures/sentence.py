"""A sentence's probability as its factors."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made
from explorer.numbers import LOGARITHMS

MOST_LABELS = 22
MOST_LETTERS = 28  # of labels that stand side by side


def sentence_factors(
    tokens: Sequence[str],
    log_probs: ArrayLike,
    decides: Sequence[int],
    *,
    unit: str,
    lowest: float,
    lowest_sum: float,
    others: Sequence[str] = (),
) -> go.Figure:
    """Each factor's log-probability as a bar, and below it the running sum as a line.

    Args:
        tokens: visible forms.
        log_probs: log P(token | those before it), shape (pos,), in `unit`.
        decides: positions that are marked.
        unit: the name of the logarithm: ln, log₂ or log₁₀.
        lowest: lower end of the factors' axis, so that two figures compare.
        lowest_sum: lower end of the sum's axis.
        others: tokens of the figure beside this one, so that both stand their labels alike.
    """
    values = np.asarray(log_probs, dtype=np.float32)
    if values.shape != (len(tokens),):
        raise ValueError(f"{len(tokens)} tokens need log-probabilities of shape ({len(tokens)},), not {values.shape}")
    running = np.cumsum(values, dtype=np.float64).astype(np.float32)
    positions = np.arange(len(tokens), dtype=np.float32)
    shown = [style.figure_text(token) for token in tokens]
    marked = set(decides)
    places, labels = _labels(shown, decides)
    slanted = max(sum(map(len, tokens)), sum(map(len, others))) > MOST_LETTERS
    longest = max(map(len, [*tokens, *others]), default=0)
    factors = {
        "type": "bar",
        "x": positions,
        "y": values,
        "marker": {
            "color": [style.DECIDES if i in marked else style.PROBABILITY for i in range(len(tokens))],
            "pattern": {"shape": ["/" if i in marked else "" for i in range(len(tokens))], "fillmode": "overlay"},
        },
        "customdata": np.exp(values * LOGARITHMS[unit]),
        "hovertext": shown,
        "hovertemplate": f"<b>%{{hovertext}}</b><br>{unit} P = %{{y:.5f}}<br>P = %{{customdata:.6g}}<extra></extra>",
    }
    sums = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": positions,
        "y": running,
        "yaxis": "y2",
        "line": {"color": style.RUNNING},
        "hovertext": shown,
        "hovertemplate": f"up to <b>%{{hovertext}}</b><br>sum of {unit} P = %{{y:.5f}}<extra></extra>",
    }
    font = {"size": style.FONT_SIZE}
    return made(
        data=[factors, sums],
        layout={
            "height": 430,
            "margin": style.MARGIN | {"b": min(20 + 8 * longest, 150) if slanted else 34},
            "dragmode": False,
            "xaxis": {
                "anchor": "y2",
                "tickmode": "array",
                "tickvals": places,
                "ticktext": labels,
                "ticklabeloverflow": "allow",
                "tickfont": {"family": style.MONOSPACE, "size": style.FONT_SIZE},
                "tickangle": -60 if slanted else 0,
                "automargin": False,
                "range": [-0.6, max(len(tokens), 3) - 0.4],
                "showgrid": False,
                "fixedrange": True,
            },
            "yaxis": {
                "title": {"text": f"{unit} P(token | before)", "font": font},
                "domain": [0.47, 1],
                "range": [lowest * 1.05, 0],
                "tickfont": font,
                "fixedrange": True,
            },
            "yaxis2": {
                "title": {"text": f"running sum of {unit} P", "font": font},
                "domain": [0, 0.41],
                "range": [lowest_sum * 1.05, 0],
                "tickfont": font,
                "fixedrange": True,
            },
        },
    )


def _labels(shown: Sequence[str], decides: Sequence[int]) -> tuple[list[int], list[str]]:
    """Every token where there is room for all, else the numbers of some positions, and the tokens that decide."""
    if len(shown) <= MOST_LABELS:
        return list(range(len(shown))), list(shown)
    step = -(-len(shown) // 8)
    labels = {i: str(i + 1) for i in range(step - 1, len(shown), step)} | {i: shown[i] for i in list(decides)[:2]}
    return list(labels), list(labels.values())
