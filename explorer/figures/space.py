"""Words as points: an analogy as a parallelogram, the pairs of one relation as arrows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from explorer import style
from explorer.figures import made
from explorer.numbers import percent

_HEIGHT = 400
_NAMED = 40  # words of a cloud
_FONT = {"size": style.FONT_SIZE}
_LETTER, _LINE = 8.0, 20.0  # pixels of a label
_SIDES = {  # of a point, where its label may stand: right of it, and above it, in label widths and heights
    "middle right": (0.5, 0.0),
    "middle left": (-0.5, 0.0),
    "top center": (0.0, 0.5),
    "bottom center": (0.0, -0.5),
}


def parallelogram(
    inputs: Sequence[str], answers: Sequence[str], points: ArrayLike, target: ArrayLike, shares: ArrayLike
) -> go.Figure:
    """a : b = ? : c as arrows: from b to a, and the same from c to where the answer should be.

    Args:
        inputs: a, b and c.
        answers: words near the target, the best first.
        points: of the inputs, then of the answers, shape (word, 2) or (word, 3).
        target: the point of v(a) - v(b) + v(c), shape (2,) or (3,).
        shares: how much of the variance each axis shows.
    """
    words = [*inputs, *answers]
    places, goal = np.asarray(points, dtype=np.float32), np.asarray(target, dtype=np.float32)
    axes = len(np.asarray(shares))
    if len(inputs) != 3 or places.shape != (len(words), axes) or goal.shape != (axes,):
        raise ValueError(f"{len(words)} words on {axes} axes do not fit points of shape {places.shape}, {goal.shape}")
    a, b, c = places[:3]
    formula = f"{inputs[0]} − {inputs[1]} + {inputs[2]}"
    colours = [style.CATEGORIES[0]] * 3 + [style.CATEGORIES[2]] + [style.REMOVED] * len(answers)
    every = np.vstack([places, goal])
    labels = [*words, formula]
    lines = np.stack([[b, a], [c, goal]])
    sides = ["middle right"] * len(labels) if axes == 3 else label_sides(every, labels, lines)
    arrow = style.CATEGORIES[1]
    data = [
        _line(np.stack([b, c]), style.REMOVED, dashed=True),
        _line(np.stack([a, goal]), style.REMOVED, dashed=True),
        *_arrow(b, a, arrow),
        *_arrow(c, goal, arrow),
        _dots(every, labels, [*colours[: len(words)], arrow], sides, [*["circle"] * len(words), "diamond-open"]),
    ]
    return _plane(data, shares)


def relation_arrows(
    pairs: Sequence[tuple[str, str]], starts: ArrayLike, ends: ArrayLike, shares: ArrayLike, *, together: bool = False
) -> go.Figure:
    """Each pair of words as an arrow from the second word to the first.

    Args:
        pairs: first and second word.
        starts: of the arrows, the second words, shape (pair, 2) or (pair, 3).
        ends: the first words, of the same shape.
        shares: how much of the variance each axis shows.
        together: all arrows start at one point, so that directions are compared.
    """
    first, last = np.asarray(starts, dtype=np.float32), np.asarray(ends, dtype=np.float32)
    axes = len(np.asarray(shares))
    if first.shape != last.shape or first.shape != (len(pairs), axes):
        raise ValueError(f"{len(pairs)} pairs on {axes} axes do not fit points of shape {first.shape}, {last.shape}")
    if together:
        last, first = last - first, np.zeros_like(first)
    data = [part for start, end in zip(first, last) for part in _arrow(start, end, style.PROBABILITY)]
    labels = [one for one, _ in pairs] if together else [*(other for _, other in pairs), *(one for one, _ in pairs)]
    points = last if together else np.vstack([first, last])
    colours = [style.CATEGORIES[1]] * len(pairs)
    colours = colours if together else [style.CATEGORIES[0]] * len(pairs) + colours
    lines = np.stack([first, last], axis=1)
    sides = ["middle right"] * len(labels) if axes == 3 else label_sides(points, labels, lines)
    data.append(_dots(points, labels, colours, sides, ["circle"] * len(labels)))
    figure = _plane(data, shares)
    if not together and axes == 2:
        figure.update_layout(height=460)
    return figure


def word_cloud(words: Sequence[str], points: ArrayLike) -> go.Figure:
    """Thousands of words as points, drawn by the graphics card; the first are named, the others on hover.

    Args:
        words: the first ones are named.
        points: shape (word, 2).
    """
    places = np.asarray(points, dtype=np.float32)
    if places.shape != (len(words), 2):
        raise ValueError(f"{len(words)} words need points of shape ({len(words)}, 2), not {places.shape}")
    shown = [style.figure_text(word) for word in words]
    dots = {
        "type": "scattergl",
        "mode": "markers",
        **_coordinates(places),
        "marker": {"size": 4, "color": style.PROBABILITY, "opacity": 0.5},
        "text": shown,
        "hovertemplate": "%{text}<extra></extra>",
    }
    names = {
        "type": "scatter",
        "mode": "text",
        **_coordinates(places[:_NAMED]),
        "text": shown[:_NAMED],
        "textposition": "top center",
        "textfont": _FONT,
        "hoverinfo": "skip",
    }
    axis = {"showticklabels": False, "showgrid": False}
    layout = {"height": 560, "dragmode": "pan", "xaxis": axis, "yaxis": axis | {"scaleanchor": "x"}}
    return made(data=[dots, names], layout=layout)


def label_sides(
    points: ArrayLike,
    labels: Sequence[str],
    arrows: ArrayLike = (),
    width: float = 440.0,
    height: float = 320.0,
) -> list[str]:
    """On which side of its point each label stands, so that it covers as little as may be of the others.

    Args:
        points: shape (word, 2); the first words choose first.
        labels: their words.
        arrows: starts and ends of lines that should not be covered either, shape (line, 2, 2).
        width: of the drawing in pixels.
        height: of the drawing in pixels.
    """
    places = np.asarray(points, dtype=np.float64)
    low, size = places.min(axis=0, initial=np.inf), np.ptp(places, axis=0)
    scale = float(np.min(np.array([width, height]) / np.maximum(size, 1e-9)))
    centres = (places - low - size / 2) * scale
    boxes = [(x - 6, y - 6, x + 6, y + 6) for x, y in centres]
    for start, end in (np.asarray(arrows, dtype=np.float64).reshape(-1, 2, 2) - low - size / 2) * scale:
        boxes += [(x - 4, y - 4, x + 4, y + 4) for x, y in np.linspace(start, end, 30)]
    left, right = -width / 2 - 10, width / 2 + 70  # beyond them is the axis' title, and nothing at all
    boxes += [(right, -height, right + width, height), (left - width, -height, left, height)]
    sides = []
    for (x, y), label in zip(centres, labels):
        wide = _LETTER * len(label)
        best, least = "middle right", np.inf
        for side, (aside, up) in _SIDES.items():
            first, foot = x + aside * (wide + 20) - wide / 2, y + up * (_LINE + 14) - _LINE / 2
            box = (first, foot, first + wide, foot + _LINE)
            covered = sum(_shared(box, other) for other in boxes)
            if covered < least:
                best, least, chosen = side, covered, box
        sides.append(best)
        boxes.append(chosen)
    return sides


def _shared(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """The area that two boxes have in common."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def _coordinates(points: np.ndarray) -> dict[str, Any]:
    return dict(zip("xyz", np.ascontiguousarray(points.T, dtype=np.float32)))


def _kind(points: np.ndarray) -> str:
    return "scatter3d" if points.shape[1] == 3 else "scatter"


def _line(points: np.ndarray, colour: str, *, dashed: bool = False) -> dict[str, Any]:
    line = {"color": colour, "width": 3 if points.shape[1] == 3 else 2, "dash": "dot" if dashed else "solid"}
    return {"type": _kind(points), "mode": "lines", **_coordinates(points), "line": line, "hoverinfo": "skip"}


def _arrow(start: np.ndarray, end: np.ndarray, colour: str) -> list[dict[str, Any]]:
    points = np.stack([start, end])
    line = _line(points, colour)
    if len(start) == 3:
        way = (end - start) / max(float(np.linalg.norm(end - start)), 1e-9)
        cone = {"type": "cone", "anchor": "tip", "sizemode": "absolute", "sizeref": 0.06, "showscale": False}
        cone |= {name: np.array([value]) for name, value in zip("xyz", end)}
        cone |= {name: np.array([value]) for name, value in zip("uvw", way)}
        return [line, cone | {"colorscale": [[0, colour], [1, colour]], "hoverinfo": "skip"}]
    marker = {"symbol": "arrow", "angleref": "previous", "size": [0, 16], "color": colour, "standoff": [0, 5]}
    return [line | {"mode": "lines+markers", "marker": marker}]


def _dots(
    points: np.ndarray, labels: Sequence[str], colours: Sequence[str], sides: Sequence[str], symbols: Sequence[str]
) -> dict[str, Any]:
    """Words beside their points."""
    shown = [style.figure_text(label) for label in labels]
    return {
        "type": _kind(points),
        "mode": "markers+text",
        **_coordinates(points),
        "text": shown,
        "textposition": list(sides),
        "textfont": {"size": style.FONT_SIZE + (3 if points.shape[1] == 3 else 1)},  # there the theme is paler
        "marker": {"size": 6 if points.shape[1] == 3 else 9, "color": list(colours), "symbol": list(symbols)},
        "hovertext": shown,
        "hovertemplate": "%{hovertext}<extra></extra>",
    } | ({"cliponaxis": False} if points.shape[1] == 2 else {})


def _plane(data: list[dict[str, Any]], shares: ArrayLike) -> go.Figure:
    """A picture of principal axes, on which a step is as long in every direction."""
    titles = [f"principal axis {i}, {percent(share)} of the variance" for i, share in enumerate(np.ravel(shares), 1)]
    if len(titles) == 3:
        look = {"showticklabels": False, "gridcolor": style.GRID, "showbackground": False}
        axes = [look | {"title": {"text": title.partition(",")[0], "font": _FONT}} for title in titles]
        camera = {"eye": {"x": 1.45, "y": 1.45, "z": 0.7}}
        scene = {"aspectmode": "data", "camera": camera, "xaxis": axes[0], "yaxis": axes[1], "zaxis": axes[2]}
        margin = {"l": 0, "r": 0, "t": 0, "b": 0}
        return made(data=data, layout={"height": _HEIGHT, "scene": scene, "margin": margin})
    axis = {"showticklabels": False, "fixedrange": True, "showgrid": False}
    layout = {
        "height": _HEIGHT,
        "dragmode": False,
        "margin": style.MARGIN | {"l": 40, "r": 70, "t": 24},
        "xaxis": axis | {"title": {"text": titles[0], "font": _FONT}},
        "yaxis": axis | {"title": {"text": titles[-1], "font": _FONT}, "scaleanchor": "x"},
    }
    return made(data=data, layout=layout)
