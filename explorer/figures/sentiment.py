"""How many stars a text gets: after each of its words, by each of its words, and where the state goes meanwhile."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import AT_ONCE, FONT, LEGEND, axis, fitted, made, word_ticks
from explorer.figures.recurrent import apart, around

STAR_COLOURS = (
    style.SURPRISAL,
    style.faded(style.SURPRISAL, 0.5),
    style.faded(style.REMOVED, 0.4),
    style.faded(style.PROBABILITY, 0.5),
    style.PROBABILITY,
)  # of one to five: orange, grey, blue
_LINE = style.DECIDES
_MOST_TICKS = 45  # words that are named
_MOST_LEVEL = 12  # words that may be named side by side
_BESIDE = {"l": 78, "r": 62}  # pixels of the axes of a river
_LONGEST = 14  # monospace cells of a word on an axis
_STARS = len(STAR_COLOURS)
_SCALE = [[0.0, style.SURPRISAL], [0.5, style.REMOVED], [1.0, style.PROBABILITY]]


def named(stars: int) -> str:
    """A number of stars in words."""
    return f"{stars} star{'s' * (stars > 1)}"


def river(
    words: Sequence[str], probs: ArrayLike, stars: ArrayLike, *, columns: int | None = None, height: int = 400
) -> go.Figure:
    """The probabilities of one to five stars after every word, one above the other, and the mean as a line.

    Args:
        words: of the text.
        probs: shape (word + 1, 5); every row sums to 1, the first is of what is said before any word.
        stars: the mean of each row, shape (word + 1,).
        columns: how many have room, where another river has more; else as many as there are.
        height: in pixels.
    """
    table, mean = np.asarray(probs, dtype=np.float32), np.asarray(stars, dtype=np.float32)
    count = len(words) + 1
    if table.shape != (count, _STARS) or mean.shape != (count,):
        raise ValueError(f"{len(words)} words do not fit tables of shape {table.shape} and {mean.shape}")
    places = np.arange(count, dtype=np.float32)
    said = ["before the first word", *(f"after “{style.figure_text(word)}” ({i})" for i, word in enumerate(words, 1))]
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": named(k + 1) if k in {0, _STARS - 1} else str(k + 1),
            "x": places,
            "y": np.ascontiguousarray(table[:, k]),
            "marker": {"color": colour, "line": {"width": 0}},
            "hovertext": said,
            "hovertemplate": f"{named(k + 1)} %{{hovertext}}: %{{y:.1%}}<extra></extra>",
        }
        for k, colour in enumerate(STAR_COLOURS)
    ]
    data.append(
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": "mean",
            "x": places,
            "y": mean,
            "yaxis": "y2",
            "line": {"color": _LINE, "width": 3},
            "marker": {"size": 7 if count <= _MOST_TICKS else 3, "color": _LINE},
            "hovertext": said,
            "hovertemplate": "%{y:.2f} stars %{hovertext}<extra></extra>",
        }
    )
    room = max(count, columns or 0)
    layout: dict[str, Any] = {
        "height": height,
        "dragmode": False,
        "showlegend": True,
        "legend": LEGEND | {"traceorder": "normal"},
        "barmode": "stack",
        "bargap": 0.06 if room <= _MOST_TICKS else 0,
        "yaxis": axis("probability") | AT_ONCE | {"range": [0, 1], "tickformat": ".0%", "nticks": 6},
        "yaxis2": axis("mean stars")
        | AT_ONCE
        | {"range": [1, _STARS], "dtick": 1, "overlaying": "y", "side": "right", "showgrid": False},
    }
    layout |= _words_axis(["start", *words], room)
    layout["margin"] = layout.get("margin", style.MARGIN) | _BESIDE
    return made(data, layout)


def influence(
    words: Sequence[str], values: Mapping[str, ArrayLike], units: Sequence[str], marked: Sequence[int]
) -> go.Figure:
    """What each word does to a number, by one or two ways of telling, one above the other: blue raises, orange lowers.

    Args:
        words: of the text.
        values: by the way they were found, each of shape (word,).
        units: of the values, one for each way.
        marked: places of words that get a band.
    """
    places = np.arange(len(words), dtype=np.float32)
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "height": 60 + 190 * len(values),
        "dragmode": False,
        "bargap": 0.15,
        "shapes": [
            {
                "type": "rect",
                "xref": "x",
                "yref": "paper",
                "x0": place - 0.5,
                "x1": place + 0.5,
                "y0": 0,
                "y1": 1,
                "fillcolor": style.faded(style.DECIDES, 0.25),
                "line": {"width": 0},
                "layer": "below",
            }
            for place in marked
        ],
        "annotations": [],
    }
    layout |= _words_axis(words, len(words))
    layout["xaxis"] |= {"anchor": "free", "position": 0}
    size = 1 / max(1, len(values))
    for row, ((name, one), unit) in enumerate(zip(values.items(), units, strict=True)):
        numbers = np.asarray(one, dtype=np.float32)
        if numbers.shape != (len(words),):
            raise ValueError(f"{name}: {len(words)} words need as many values, not an array of shape {numbers.shape}")
        y = f"y{row + 1 if row else ''}"
        data.append(
            {
                "type": "bar",
                "name": name,
                "x": places,
                "y": numbers,
                "yaxis": y,
                "marker": {"color": [style.PROBABILITY if value >= 0 else style.SURPRISAL for value in numbers]},
                "hovertext": [f"“{style.figure_text(word)}” ({i})" for i, word in enumerate(words, 1)],
                "hovertemplate": f"{style.figure_text(name)}: %{{hovertext}} %{{y:+.3f}} {unit}<extra></extra>",
            }
        )
        top = 1 - row * size
        reach = float(np.abs(numbers).max(initial=1e-3)) * 1.1
        layout[f"yaxis{row + 1 if row else ''}"] = axis(unit) | {
            "domain": [top - size * 0.82, top - size * 0.1],
            "range": [-reach, reach],
            "zeroline": True,
            "zerolinecolor": style.REMOVED,
            "nticks": 5,
            "anchor": "x",
        }
        layout["annotations"].append(
            {
                "text": f"<b>{style.figure_text(name)}</b>",
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "y": top,
                "yref": "paper",
                "yanchor": "top",
                "showarrow": False,
                "font": FONT,
            }
        )
    return made(data, layout)


def state_path(words: Sequence[str], points: ArrayLike, stars: ArrayLike, shown: int) -> go.Figure:
    """The state as a path in a plane, from the state before the first word; each point has the colour of its stars.

    Args:
        words: of the text.
        points: shape (word + 1, 2).
        stars: the mean that would be given at each point, shape (word + 1,).
        shown: how many words are read; the plane does not move with them.
    """
    places, mean = np.asarray(points, dtype=np.float32), np.asarray(stars, dtype=np.float32)
    if places.shape != (len(words) + 1, 2) or mean.shape != (len(words) + 1,):
        raise ValueError(f"{len(words)} words do not fit points of shape {places.shape} and stars of {mean.shape}")
    path, seen = places[: shown + 1], mean[: shown + 1]
    names = ["start", *(style.figure_text(fitted(word, _LONGEST)) for word in words[:shown])]
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": np.ascontiguousarray(path[:, 0]),
            "y": np.ascontiguousarray(path[:, 1]),
            "line": {"color": style.REMOVED, "width": 2},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": np.ascontiguousarray(path[:, 0]),
            "y": np.ascontiguousarray(path[:, 1]),
            "text": [
                f"{name} {value:.1f}" if shows else ""
                for name, value, shows in zip(names, seen.tolist(), _named(path, seen), strict=True)
            ],
            "hovertext": names,
            "customdata": seen,
            "textposition": "top center",
            "textfont": FONT,
            "marker": {
                "size": [16 if i == shown else 11 for i in range(shown + 1)],
                "color": seen,
                "colorscale": _SCALE,
                "cmin": 1,
                "cmax": _STARS,
                "line": {"color": style.DECIDES, "width": [3 if i == shown else 0 for i in range(shown + 1)]},
                "showscale": True,
                "colorbar": {
                    "title": {"text": "mean stars", "font": FONT},
                    "tickfont": FONT,
                    "dtick": 1,
                    "orientation": "h",
                    "thickness": 10,
                    "y": 1.01,
                    "yanchor": "bottom",
                    "outlinewidth": 0,
                },
            },
            "hovertemplate": "after %{hovertext}: %{customdata:.2f} stars<extra></extra>",
            "cliponaxis": False,
        },
    ]
    layout = {
        "height": 480,
        "dragmode": False,
        "xaxis": axis("first direction") | {"range": around(places[:, 0]), "zeroline": False},
        "yaxis": axis("second direction") | {"range": around(places[:, 1]), "zeroline": False},
    }
    return made(data, layout)


def _named(path: np.ndarray, stars: np.ndarray) -> list[bool]:
    """Which points have room for a name: where the reading stands, then those that moved the mean most."""
    by = np.abs(np.diff(stars, prepend=stars[:1]))
    by[[0, -1]] = np.inf  # and the start
    order = by.argsort(kind="stable")  # `apart` takes the last one first
    found = np.empty(len(path), dtype=bool)
    found[order] = apart(path[order])
    return [bool(one) for one in found]


def _words_axis(words: Sequence[str], room: int) -> dict[str, Any]:
    """An axis that names every word, or every few of many, and the room for the names."""
    every = max(1, -(-room // _MOST_TICKS))
    ticks, longest = word_ticks(words, every, _LONGEST)
    named = axis("") | ticks | {"range": [-0.5, max(room, 1) - 0.5]}
    if room <= _MOST_LEVEL:  # they may lie side by side
        return {"xaxis": named}
    return {"xaxis": named | AT_ONCE | {"tickangle": -90}, "margin": style.MARGIN | {"b": 12 + longest}}
