"""Translations: what of the source each word comes from, how good they are, and thought vectors on a plane."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import AT_ONCE, FONT, axis, made, with_legend, word_ticks
from explorer.figures.space import label_sides
from explorer.numbers import percent

_ROW, _LOW_ROW = 30, 20  # pixels of a word that was written, with and without numbers in the cells
_WRITTEN = 14  # words up to which numbers stand in the cells
_TITLE = 44  # pixels of an axis beyond its longest word
_MOST_COLUMNS, _MOST_ROWS = 24, 40  # words that are named
_LONGEST = 13  # monospace cells of a word beside the map
_SHARES = [[0, style.faded(style.PROBABILITY, 0.04)], [1, style.PROBABILITY]]
_COLOURS = (style.FAMILIES["gru"], style.FAMILIES["transformer"])  # a thought vector; attention
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "cross")


def alignment(
    source: Sequence[str], written: Sequence[str], attention: ArrayLike, step: int | None = None
) -> go.Figure:
    """What of the source each word that was written comes from; a frame is about one row.

    Args:
        source: the words that were read, a column each.
        written: the words that were written, a row each.
        attention: shape (written, source); every row sums to 1.
        step: the row that is framed.
    """
    table = np.asarray(attention, dtype=np.float32)
    if table.shape != (len(written), len(source)):
        raise ValueError(f"{len(written)} words from {len(source)} need a map of that shape, not {table.shape}")
    columns, rows = np.arange(len(source), dtype=np.float32), np.arange(len(written), dtype=np.float32)
    numbered = len(source) <= _WRITTEN
    shown = [style.figure_text(word) for word in source]
    heat = {
        "type": "heatmap",
        "z": table,
        "x": columns,
        "y": rows,
        "zmin": 0.0,
        "zmax": 1.0,
        "colorscale": _SHARES,
        "text": [[f"{value:.2f}" if value >= 0.005 else "" for value in row] for row in table] if numbered else None,
        "texttemplate": "%{text}" if numbered else None,
        "textfont": FONT if len(source) <= 9 else None,
        # Cells that touch are one small image, which is quickly drawn.
        "xgap": 1 if numbered else 0,
        "ygap": 1 if numbered else 0,
        "hovertext": [
            [f"“{style.figure_text(word)}” from “{of}”: {percent(float(value))}" for of, value in zip(shown, row)]
            for word, row in zip(written, table, strict=True)
        ],
        "hoverinfo": "text",
        "showscale": False,
    }
    frame = {"type": "rect", "x0": -0.5, "x1": len(source) - 0.5, "line": {"color": style.DECIDES, "width": 2}}
    read, below = word_ticks(source, max(1, -(-len(source) // _MOST_COLUMNS)), _LONGEST)
    wrote, left = word_ticks(written, max(1, -(-len(written) // _MOST_ROWS)), _LONGEST)
    return made(
        [heat],
        {
            "height": round(
                max(160, (_ROW if numbered else _LOW_ROW) * len(written)) + below + _TITLE + style.MARGIN["t"]
            ),
            "margin": style.MARGIN | {"b": below + _TITLE, "l": left + _TITLE},
            "dragmode": False,
            "shapes": [] if step is None else [frame | {"y0": step - 0.5, "y1": step + 0.5}],
            "xaxis": axis("English, as it was read") | AT_ONCE | read | {"tickangle": -90},
            "yaxis": axis("French, as it was written") | AT_ONCE | wrote | {"autorange": "reversed"},
        },
    )


def bleu_by_length(lengths: Sequence[str], counts: Sequence[int], scores: Mapping[str, ArrayLike]) -> go.Figure:
    """BLEU of each model against the length of the source.

    Args:
        lengths: of sources, in words and signs, from the shortest.
        counts: sentences of each length.
        scores: by the name of the model and its title, of each length.
    """
    places = np.arange(len(lengths), dtype=np.float32)
    data: list[dict[str, Any]] = []
    for i, (name, values) in enumerate(scores.items()):
        row = np.asarray(values, dtype=np.float32)
        if row.shape != (len(lengths),) or len(counts) != len(lengths):
            raise ValueError(f"{len(lengths)} lengths need as many scores and counts, not {row.shape}, {len(counts)}")
        colour = _COLOURS[i]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers+text",
                "name": style.figure_text(name),
                "x": places,
                "y": row,
                "line": {"color": colour, "width": 3},
                "marker": {"size": 10, "symbol": _SYMBOLS[i]},
                "text": [f"{value:.0f}" for value in row],
                "textposition": "top center" if i else "bottom center",
                "textfont": FONT,
                "cliponaxis": False,
                "customdata": list(counts),
                "hovertemplate": "BLEU %{y:.1f} on %{customdata:,} sentences<extra></extra>",
            }
        )
    layout = with_legend(400, "words and signs of the source; below: sentences", "BLEU")
    ticks = [f"{length}<br>{count:,}" for length, count in zip(lengths, counts, strict=True)]
    layout["xaxis"] |= {"tickmode": "array", "tickvals": places, "ticktext": ticks}
    highest = max(float(np.max(np.asarray(values))) for values in scores.values())
    layout["yaxis"] |= {"range": [0, highest * 1.12]}
    return made(data, layout)


def thought_plane(
    sentences: Sequence[str], groups: Sequence[int], points: ArrayLike, shares: ArrayLike, typed: int | None = None
) -> go.Figure:
    """Sentences as points: a colour and a symbol for those that belong together, a number for each.

    Args:
        sentences: what is said of each point.
        groups: to which each belongs, from 0; -1: to none.
        points: shape (sentence, 2).
        shares: how much of the variance each axis shows, shape (2,).
        typed: the one that the reader typed.
    """
    places = np.asarray(points, dtype=np.float32)
    if places.shape != (len(sentences), 2) or len(groups) != len(sentences):
        raise ValueError(f"{len(sentences)} sentences need as many points and groups, not {places.shape}")
    said = [style.figure_text(sentence) for sentence in sentences]
    own = [group < 0 for group in groups]
    labels = ["typed" if i == typed else f"{i + 1}" if not is_own else "" for i, is_own in enumerate(own)]
    across, up = (percent(float(share)) for share in np.asarray(shares))
    dots = {
        "type": "scatter",
        "mode": "markers+text",
        "x": np.ascontiguousarray(places[:, 0]),
        "y": np.ascontiguousarray(places[:, 1]),
        "text": labels,
        "textposition": label_sides(places, labels),
        "textfont": FONT,
        "hovertext": said,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {
            "size": [18 if is_own else 12 for is_own in own],
            "color": [
                style.DECIDES if is_own else style.CATEGORIES[group % len(style.CATEGORIES)]
                for is_own, group in zip(own, groups, strict=True)
            ],
            "symbol": [
                "star" if is_own else _SYMBOLS[group % len(_SYMBOLS)] for is_own, group in zip(own, groups, strict=True)
            ],
            "line": {"width": 1, "color": style.GRID},
        },
        "cliponaxis": False,
    }
    plain = {"showticklabels": False, "zeroline": False}
    return made(
        [dots],
        {
            "height": 440,
            "dragmode": False,
            "xaxis": axis(f"first principal axis, {across} of the variance") | plain,
            "yaxis": axis(f"second principal axis, {up}") | plain,
            "margin": style.MARGIN | {"t": 28},
        },
    )


def bleu_bars(names: Sequence[str], scores: ArrayLike, is_ours: Sequence[bool]) -> go.Figure:
    """A bar for each system: ours blue, those of others grey.

    Args:
        names: from above.
        scores: mean sentence BLEU, from 0 to 100, shape (system,).
        is_ours: of each.
    """
    values = np.asarray(scores, dtype=np.float32)
    if values.shape != (len(names),) or len(is_ours) != len(names):
        raise ValueError(f"{len(names)} systems need as many scores, not {values.shape}")
    rows = np.arange(len(names), dtype=np.float32)
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": rows,
        "x": values,
        "width": 0.42,
        "marker": {"color": [style.PROBABILITY if ours else style.REMOVED for ours in is_ours]},
        "text": [f"{value:.0f}" for value in values],
        "textposition": "outside",
        "textfont": FONT,
        "cliponaxis": False,
        "hovertemplate": "%{x:.1f}<extra></extra>",
    }
    # Names stand above their bars: beside them a phone has no room.
    labels = [
        {
            "x": 0,
            "y": float(row) - 0.22,
            "text": style.figure_text(name),
            "showarrow": False,
            "xanchor": "left",
            "yanchor": "bottom",
            "font": FONT,
        }
        for row, name in zip(rows, names, strict=True)
    ]
    return made(
        [bars],
        {
            "height": 64 * len(names) + 70,
            "dragmode": False,
            "annotations": labels,
            "xaxis": axis("mean BLEU of a sentence") | {"range": [0, max(60.0, float(values.max(initial=0)) * 1.15)]},
            "yaxis": {"range": [len(names) - 0.5, -0.75], "visible": False, "fixedrange": True},
        },
    )
