"""Paths of tokens as a tree that reads from left to right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from explorer import style
from explorer.figures import AT_ONCE, FONT, LETTER, PROSE_LETTER, cells, made
from explorer.numbers import percent, power_of_ten

ROW_PIXELS = 48
GAP = 9  # pixels between two columns
PAD = 5  # pixels between a box and its words
MOST_LETTERS = 16
KINDS = {"here": style.PROBABILITY, "beam": style.BEAM, "greedy": style.DECIDES, "taken": style.REMOVED, "next": None}


@dataclass(frozen=True)
class TreeNode:
    """What is drawn of a node; nodes come after their parents."""

    token: str
    parent: int  # -1: the root
    log_prob: float  # ln P(token | before)
    total: float  # running sum
    kinds: tuple[str, ...]  # keys of KINDS; the first is the colour
    path: str  # goes to `customdata`


def token_tree(
    root: str,
    nodes: Sequence[TreeNode],
    ends: Mapping[int, str],
    here: int,
    root_path: str = "",
    title: str = "tokens after the prompt; under each the running ln P",
) -> go.Figure:
    """Boxes joined by lines; the most probable continuation goes straight on, the others below it.

    One unit of both axes is one pixel, so that boxes fit their tokens; the figure has a width of its own.

    Args:
        root: the end of the text that all paths continue.
        nodes: the tokens.
        ends: words beside some nodes: whose path ends there.
        here: index of the node at which the reader stands; -1: the root.
        root_path: what `customdata` says of the root.
        title: of the axis.
    """
    children: dict[int, list[int]] = {}
    for i, node in enumerate(nodes):
        if not -1 <= node.parent < i:
            raise ValueError(f"node {i} comes before its parent {node.parent}")
        children.setdefault(node.parent, []).append(i)
    rows = _rows(nodes, children)
    depths = _depths(nodes)
    labels = [_short(root, end=True), *(_short(node.token) for node in nodes)]
    totals = [_minus(node.total) for node in nodes]
    widths = np.zeros(max(depths, default=0) + 1)
    for depth, label, total in zip([0, *depths], labels, ["", *totals], strict=True):
        widths[depth] = max(widths[depth], LETTER * max(cells(label), len(total)) + 2 * PAD)
    lefts = np.concatenate([[0], np.cumsum(widths + GAP)])
    x = np.array([lefts[depth] for depth in [0, *depths]])
    width = np.array([widths[depth] for depth in [0, *depths]])
    y = np.array([0, *rows]) * float(ROW_PIXELS)
    edges_x: list[float | None] = []
    edges_y: list[float | None] = []
    for i, node in enumerate(nodes, 1):
        before = node.parent + 1
        bend = x[i] - GAP / 2
        edges_x += [x[before] + width[before], bend, bend, x[i], None]
        edges_y += [y[before], y[before], y[i], y[i], None]
    colours = [KINDS[node.kinds[0]] for node in nodes]
    frames = [style.DECIDES if "greedy" in node.kinds else KINDS[node.kinds[0]] for node in nodes]
    boxes = {
        "type": "bar",
        "orientation": "h",
        "base": x,
        "x": width,
        "y": y,
        "width": ROW_PIXELS - 8,
        "marker": {
            "color": [style.GRID, *(style.faded(colour, 0.28) if colour else "rgba(0,0,0,0)" for colour in colours)],
            "line": {
                "color": [
                    style.PROBABILITY if i == here else colour or style.GRID
                    for i, colour in enumerate([style.GRID, *frames], -1)
                ],
                "width": [4 if i == here else 2 for i in range(-1, len(nodes))],
            },
        },
        "customdata": [root_path, *(node.path for node in nodes)],
        "text": ["", *(_hover(node) for node in nodes)],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }
    lines = {
        "type": "scatter",
        "mode": "lines",
        "x": edges_x,
        "y": edges_y,
        "line": {"color": style.REMOVED, "width": 1.5},
        "hoverinfo": "skip",
    }
    words = {
        "type": "scatter",
        "mode": "text",
        "x": x + PAD,
        "y": y,
        "text": [
            style.figure_text(labels[0]),
            *(f"<b>{style.figure_text(label)}</b><br>{total}" for label, total in zip(labels[1:], totals, strict=True)),
        ],
        "textposition": "middle right",
        "textfont": {"family": style.MONOSPACE, "size": style.FONT_SIZE},
        "hoverinfo": "skip",
    }
    said = [(i, word) for i, word in sorted(ends.items())]
    beside = {
        "type": "scatter",
        "mode": "text",
        "x": [x[i + 1] + width[i + 1] + 6 for i, _ in said],
        "y": [y[i + 1] for i, _ in said],
        "text": [style.figure_text(word) for _, word in said],
        "textposition": "middle right",
        "textfont": FONT,
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    right = max(
        [
            PROSE_LETTER * len(title),
            float((x + width).max()),
            *(x[i + 1] + width[i + 1] + 8 * len(word) + 12 for i, word in said),
        ]
    )
    below = float(y.max())
    return made(
        data=[lines, boxes, words, beside],
        layout={
            "width": round(right) + 4,
            "height": round(below) + ROW_PIXELS + 64,
            "margin": {"l": 2, "r": 2, "t": 8, "b": 56},
            "barmode": "overlay",
            "clickmode": "event+select",
            "dragmode": False,
            "xaxis": {
                "range": [-2, right],
                "title": {"text": title, "font": FONT},
                "tickmode": "array",
                "tickvals": (lefts[1:-1] + widths[1:] / 2).tolist(),
                "ticktext": [str(depth) for depth in range(1, len(widths))],
                "tickfont": FONT,
                "tickangle": 0,
                "showgrid": False,
                "fixedrange": True,
                **AT_ONCE,
            },
            "yaxis": {"range": [below + ROW_PIXELS / 2, -ROW_PIXELS / 2], "visible": False, "fixedrange": True},
        },
    )


def _rows(nodes: Sequence[TreeNode], children: Mapping[int, list[int]]) -> list[int]:
    """A row for every node: its most probable child stands in the same, each other one below all before it."""
    rows, lowest = {-1: 0}, 0
    waiting = [-1]
    while waiting:
        i = waiting.pop()
        if i not in rows:
            lowest += 1
            rows[i] = lowest
        best_first = sorted(children.get(i, []), key=lambda child: -nodes[child].log_prob)
        if best_first:
            rows[best_first[0]] = rows[i]
        waiting += reversed(best_first)
    return [rows[i] for i in range(len(nodes))]


def _depths(nodes: Sequence[TreeNode]) -> list[int]:
    depths: list[int] = []
    for node in nodes:
        depths.append(1 if node.parent < 0 else depths[node.parent] + 1)
    return depths


def _short(text: str, *, end: bool = False) -> str:
    if len(text) <= MOST_LETTERS:
        return text
    return "…" + text[1 - MOST_LETTERS :] if end else text[: MOST_LETTERS - 1] + "…"


def _minus(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _hover(node: TreeNode) -> str:
    return "<br>".join(
        [
            f"<b>{style.figure_text(node.token)}</b>",
            f"P(token | before) {percent(float(np.exp(node.log_prob)))}",
            f"ln P from the root {_minus(node.total)}",
            f"P from the root {power_of_ten(node.total)}",
            "Click to go there",
        ]
    )
