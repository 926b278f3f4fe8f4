"""Paths of tokens as a tree in which the reader clicks, and its files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.downloads import Columns, downloads
from explorer.figures.token_tree import TreeNode, token_tree
from models.prediction import paths
from models.prediction.generating import Hypothesis

_CHART = "token_tree"


@dataclass(frozen=True)
class Group:
    """Paths of one kind."""

    kind: str  # of the figure's KINDS
    name: str  # in the file
    paths: Sequence[Hypothesis]


def path_tree(
    groups: Sequence[Group],
    tokens: Callable[[Sequence[int]], Sequence[str]],
    *,
    root: str,
    mark: str,
    name: str,
    what: str,
    unit: str,
    given: str,
    about: str,
    on_click: Callable[[str, str], None],
    best: str = "",
) -> None:
    """The tree of some paths, and a button with its files.

    Args:
        groups: the paths; the first one ends where the reader stands.
        tokens: their visible forms.
        root: the end of the text that all paths continue.
        mark: tells a tree from that after another root: a click may come after the root has changed.
        name: of the files.
        what: the tokens are, in a few words.
        unit: one of them is.
        given: the probability of one of them depends on.
        about: what the figure shows, for the files.
        on_click: is called with the mark of the tree and the path, as `spelt` writes it, that was clicked.
        best: what is said of the tree beside its size.
    """
    nodes, walks = paths.tree([path for group in groups for path in group.paths])
    parts: list[dict[str, str]] = [{} for _ in nodes]  # of each node the kinds, and what the file calls them
    ends: dict[int, list[str]] = {}
    ways = iter(walks)
    for group in groups:
        for i, walk in enumerate([next(ways) for _ in group.paths], 1):
            for place in walk:
                parts[place][group.kind] = group.name
            if walk and group.kind in {"beam", "greedy"}:
                ends.setdefault(walk[-1], []).append(f"beam {i}" if group.kind == "beam" else group.kind)
    ids: list[tuple[int, ...]] = []
    for node in nodes:
        ids.append((*(ids[node.parent] if node.parent >= 0 else ()), node.token_id))
    drawn = [
        TreeNode(token, node.parent, node.log_prob, node.total, tuple(kinds), f"{mark}.{spelt(path)}")
        for node, token, kinds, path in zip(nodes, tokens([node.token_id for node in nodes]), parts, ids, strict=True)
    ]
    here = walks[0][-1] if walks[0] else -1
    labels = {place: ", ".join(said) for place, said in ends.items()}
    figure = token_tree(root, drawn, labels, here, f"{mark}.", f"{what}; under each the running ln P")

    def clicked() -> None:
        points = st.session_state[_CHART].selection.points
        chosen = next((point.get("customdata") for point in points if point.get("customdata") is not None), None)
        if chosen is not None:
            clicked_mark, _, path = str(chosen[0] if isinstance(chosen, list) else chosen).partition(".")
            on_click(clicked_mark, path)

    def columns() -> Columns:
        return {
            f"path of {unit} ids": [spelt(path) for path in ids],
            unit: [node.token for node in drawn],
            f"ln P({unit} | {given})": [node.log_prob for node in nodes],
            "running ln P": [node.total for node in nodes],
            "part of": [", ".join(kinds.values()) for kinds in parts],
        }

    with st.container(key="scroll_tree"):
        st.plotly_chart(
            figure,
            key=_CHART,
            width=figure.layout.width,
            on_select=clicked,
            selection_mode="points",
            config={"displayModeBar": False},
            alt=f"A tree of {len(drawn)} {what}, each with its running ln P.{best}",
        )
    downloads(name, _CHART, figure, columns, about)


def spelt(path: Sequence[int]) -> str:
    """A path in a link."""
    return "-".join(map(str, path))
