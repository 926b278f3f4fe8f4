"""Names in a sentence: probabilities of tags, what changed with each word, a CRF's scores, and how good taggers are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import AT_ONCE, FONT, LEGEND, LETTER, PROSE_LETTER, axis, fitted, made, word_ticks
from explorer.numbers import percent

# Of kinds of names, in figures and in texts; what is rare shares one, and every mark has its name beside it.
COLOURS: Mapping[str, str] = {
    "per": style.CATEGORIES[0],
    "geo": style.CATEGORIES[2],
    "gpe": style.CATEGORIES[5],
    "org": style.CATEGORIES[1],
    "tim": style.CATEGORIES[4],
    "art": style.CATEGORIES[3],
    "eve": style.CATEGORIES[3],
    "nat": style.CATEGORIES[3],
}
NONE = style.REMOVED  # no name
_MOST_NAMED = 30  # words
_LONGEST = 12  # monospace cells of a word beside a figure
_LEVEL = 240  # pixels that words side by side have on a phone
_LINE = 16  # pixels of words that lie level
_GAP = 22  # pixels about the names of an axis
_TITLED = 50  # pixels of an axis of numbers with a title
_WRITTEN = 14  # words up to which numbers stand in the cells
_SHARES = [[0, style.faded(style.PROBABILITY, 0.04)], [1, style.PROBABILITY]]


def tag_map(words: Sequence[str], kinds: Sequence[str], probs: ArrayLike, chosen: int | None) -> go.Figure:
    """Of each word, a column, how probable each kind of name is, a row each.

    Args:
        words: of the sentence.
        kinds: names of the rows, from above.
        probs: shape (word, kind).
        chosen: the word that is framed.
    """
    table = np.asarray(probs, dtype=np.float32)
    if table.shape != (len(words), len(kinds)):
        raise ValueError(f"{len(words)} words and {len(kinds)} kinds do not fit a table of shape {table.shape}")
    written = len(words) <= _WRITTEN
    heat = {
        "type": "heatmap",
        "x": np.arange(len(words), dtype=np.float32),
        "y": np.arange(len(kinds), dtype=np.float32),
        "z": np.ascontiguousarray(table.T),
        "zmin": 0,
        "zmax": 1,
        "colorscale": _SHARES,
        # Cells that touch are one small image, which is quickly drawn.
        "xgap": 2 if written else 0,
        "ygap": 2 if written else 0,
        "text": [[f"{value:.2f}" if value >= 0.005 else "" for value in row] for row in table.T] if written else None,
        "texttemplate": "%{text}" if written else None,
        "hovertext": [
            [f"{style.figure_text(cut(word))}, {kind}: {percent(float(value))}" for word, value in zip(words, row)]
            for kind, row in zip(kinds, table.T)
        ],
        "hoverinfo": "text",
        "showscale": False,
    }
    frames = [] if chosen is None else [_frame(chosen, chosen, -0.5, len(kinds) - 0.5)]
    named, below = words_axis(words)
    rows, left = _rows(kinds)
    layout = {
        "height": 30 * len(kinds) + style.MARGIN["t"] + below,
        "margin": style.MARGIN | {"l": left, "b": below},
        "dragmode": False,
        "shapes": frames,
        "xaxis": named,
        "yaxis": rows,
    }
    return made([heat], layout)


def tag_bars(tags: Sequence[str], probs: Sequence[float], colours: Sequence[str]) -> go.Figure:
    """The distribution of one word's tag: a bar for each tag, the most probable above.

    Args:
        tags: their names.
        probs: of each.
        colours: of each.
    """
    if not len(tags) == len(probs) == len(colours):
        raise ValueError(f"{len(tags)} tags, {len(probs)} probabilities and {len(colours)} colours do not fit")
    named, left = _rows(tags)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": np.asarray(probs, dtype=np.float32),
        "y": np.arange(len(tags), dtype=np.float32),
        "marker": {"color": list(colours)},
        "text": [percent(value) for value in probs],
        "textposition": "outside",
        "textfont": FONT,
        "constraintext": "none",
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    layout = {
        "height": 27 * len(tags) + style.MARGIN["t"] + _TITLED,
        "margin": style.MARGIN | {"l": left, "b": _TITLED},
        "dragmode": False,
        "xaxis": axis("probability") | AT_ONCE | {"range": [0, 1.55], "tickvals": [0, 0.5, 1], "tickformat": ".0%"},
        "yaxis": named,
    }
    return made([bars], layout)


def two_ways(
    words: Sequence[str], ways: Sequence[tuple[str, Sequence[float]]], said: Sequence[Sequence[str]]
) -> go.Figure:
    """Of each word how probable its tag is, by taggers that have read different parts of the sentence.

    Args:
        words: of the sentence.
        ways: two, each with its name and a probability for each word.
        said: for each way what is said of each word.
    """
    for name, values in ways:
        if len(values) != len(words):
            raise ValueError(f"{name}: {len(words)} words need as many probabilities, not {len(values)}")
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": name,
            "x": np.arange(len(words), dtype=np.float32),
            "y": np.asarray(values, dtype=np.float32),
            "marker": {"color": colour, "pattern": {"shape": shape, "fillmode": "overlay"}},
            "hovertext": [
                f"{style.figure_text(cut(word))}, {name}: {percent(float(value))}; it says {what}"
                for word, value, what in zip(words, values, says)
            ],
            "hoverinfo": "text",
        }
        for (name, values), says, colour, shape in zip(ways, said, (style.REMOVED, style.PROBABILITY), ("/", ""))
    ]
    named, below = words_axis(words)
    layout = {
        "height": 180 + style.MARGIN["t"] + below,
        "margin": style.MARGIN | {"l": 70, "t": 36, "b": below},
        "barmode": "group",
        "bargap": 0.25,
        "dragmode": False,
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": named,
        "yaxis": axis("probability") | AT_ONCE | {"range": [0, 1.02], "tickformat": ".0%", "tickvals": [0, 0.5, 1]},
    }
    return made(data, layout)


def words_axis(words: Sequence[str]) -> tuple[dict[str, Any], float]:
    """An axis that names every word, or every few of many, and the pixels that the names take beside it."""
    ticks, longest = word_ticks(words, max(1, -(-len(words) // _MOST_NAMED)), _LONGEST)
    level = len(words) * (longest + LETTER) <= _LEVEL
    place = {"range": [-0.5, len(words) - 0.5], "fixedrange": True, "tickangle": 0 if level else -90}
    return ticks | AT_ONCE | place, (_LINE if level else longest) + _GAP


def cut(word: str) -> str:
    """A word that has room beside a figure."""
    return fitted(word, _LONGEST)


def _rows(names: Sequence[str]) -> tuple[dict[str, Any], float]:
    """An axis that names every row, from above, and the pixels that the names take beside it."""
    rows = {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": [style.figure_text(name) for name in names],
        "tickfont": FONT,
        "showgrid": False,
        "fixedrange": True,
        "range": [len(names) - 0.5, -0.5],
    }
    return rows | AT_ONCE, PROSE_LETTER * max(map(len, names), default=0) + _GAP


def _frame(left: float, right: float, top: float, bottom: float) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": left - 0.5,
        "x1": right + 0.5,
        "y0": top,
        "y1": bottom,
        "line": {"color": style.DECIDES, "width": 3},
    }
