"""The distribution of the next token as bars."""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made
from explorer.numbers import percent

ROW_PIXELS = 30
NARROW = "    "


def next_token_bars(
    tokens: Sequence[str],
    token_ids: Sequence[int],
    before: ArrayLike,
    after: ArrayLike | None,
    *,
    others: int,
    others_before: float,
    others_after: float,
    log: bool = False,
) -> go.Figure:
    """Horizontal bars of the most probable tokens, and one for all other tokens together.

    Args:
        tokens: visible forms, most probable first.
        token_ids: their ids; a bar's `customdata` holds its id, -1 for the others.
        before: the model's own probabilities, shape (k,).
        after: probabilities after decoding, shape (k,); None where decoding changes nothing.
        others: how many tokens of the vocabulary are not among `tokens`.
        others_before: their mass in the model's own distribution.
        others_after: their mass after decoding.
        log: whether the probability axis is logarithmic.
    """
    own = np.append(np.asarray(before, dtype=np.float32), np.float32(others_before))
    if own.shape != (len(tokens) + 1,):
        raise ValueError(f"{len(tokens)} tokens need probabilities of shape ({len(tokens)},), not {np.shape(before)}")
    left = own if after is None else np.append(np.asarray(after, dtype=np.float32), np.float32(others_after))
    longest = np.maximum(own, left)
    rows = np.arange(len(own), dtype=np.float32)
    drawn = np.concatenate([own, left])
    floor = max(float(drawn[drawn > 0].min()) / 3, 1e-12)
    # Room at the right for the numbers: a quarter of the width, two fifths where there are two of them.
    most, room = float(longest.max()), 0.25 if after is None else 0.4
    right = most * (most / floor) ** (room / (1 - room)) if log else most / (1 - room)
    ticks = _log_ticks(floor) if log else linear_ticks(most)
    labels = [f"{style.figure_text(token)}  {rank:>2}" for rank, token in enumerate(tokens, 1)]
    font = {"size": style.FONT_SIZE}
    bar = {"type": "bar", "orientation": "h", "y": rows}
    own_bars = bar | {
        "x": own,
        "width": 0.8,
        "marker": {"color": style.PROBABILITY if after is None else style.REMOVED},
        "opacity": 1 if after is None else 0.55,
        "hoverinfo": "skip",
    }
    left_bars = bar | {"x": left, "width": 0.45, "marker": {"color": style.PROBABILITY}, "hoverinfo": "skip"}
    numbers = {
        "type": "scatter",
        "mode": "text",
        "y": rows,
        "x": np.maximum(longest, floor) if log else longest,
        "text": [
            "\u2009" + _words(one, None if after is None else other)
            for one, other in zip(own.tolist(), left.tolist(), strict=True)
        ],
        "textposition": "middle right",
        "textfont": font,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    # A row can be clicked and hovered at any place, however short its bar.
    changed = [None] * len(own) if after is None else left.tolist()
    facts = zip([*tokens, None], [*token_ids, -1], own.tolist(), changed, strict=True)
    rows_to_click = bar | {
        "x": np.full(len(rows), right, dtype=np.float32),
        "width": 1,
        "opacity": 0,
        "customdata": [*token_ids, -1],
        "text": [_hover(*row) for row in facts],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "selected": {"marker": {"opacity": 0}},
        "unselected": {"marker": {"opacity": 0}},
    }
    return made(
        data=[own_bars, *([] if after is None else [left_bars]), numbers, rows_to_click],
        layout={
            "barmode": "overlay",
            "height": ROW_PIXELS * len(rows) + 52,
            "clickmode": "event+select",
            "dragmode": False,
            "yaxis": {
                "tickmode": "array",
                "tickvals": rows,
                "ticktext": [*labels, f"{others:,} {'other' if others == 1 else 'others'}{NARROW}"],
                "tickfont": {"family": style.MONOSPACE, "size": style.FONT_SIZE + 1},
                "range": [len(rows) - 0.5, -0.5],
                "showgrid": False,
                "fixedrange": True,
            },
            "xaxis": {
                "title": {"text": "probability (logarithmic)" if log else "probability", "font": font},
                "type": "log" if log else "linear",
                "range": [np.log10(floor), np.log10(right)] if log else [0, right],
                "tickmode": "array",
                "tickvals": ticks,
                "ticktext": [_tick(value) for value in ticks],
                "tickfont": font,
                "fixedrange": True,
            },
        },
    )


def linear_ticks(most: float) -> list[float]:
    """Round steps from 0 that a bar of length `most` passes or nearly reaches, six at the most."""
    steps = (digit * 10.0**power for power in range(-12, 1) for digit in (1, 2, 5))
    step = next(step for step in steps if most / step <= 5)
    return [step * i for i in range(6) if step * i <= min(1.0, most + 0.3 * step)]


def _log_ticks(floor: float) -> list[float]:
    lowest = math.ceil(math.log10(floor))
    return [10.0**power for power in range(0, lowest - 1, -max(1, -lowest // 5))]


def _tick(probability: float) -> str:
    return f"{probability * 100:g} %" if probability >= 1e-4 or probability == 0 else percent(probability)


def _words(before: float, after: float | None) -> str:
    if after is None or abs(after - before) < 5e-5 * before:
        return percent(before)
    return f"{percent(before)} → {percent(after)}"


def _hover(token: str | None, token_id: int, before: float, after: float | None) -> str:
    name = "all other tokens" if token is None else style.figure_text(token)
    lines = [f"<b>{name}</b>", f"probability {before:.6g}"]
    if after is not None:
        lines.append(f"after decoding {after:.6g}")
    if token is not None:
        lines += [f"token id {token_id}", "Click to append it"]
    return "<br>".join(lines)
