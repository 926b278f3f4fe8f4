"""Greedy and beam search for a translation as a tree; a word that is clicked is forced, and the search goes on."""

import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import streamlit as st

from explorer import address, controls, explain, tables
from explorer.downloads import Columns, downloads
from explorer.figures.token_tree import TreeNode, token_tree
from explorer.numbers import minus, percent, times
from explorer.panels import translation_reading, translation_steps
from explorer.panels.translation_reading import TITLES, Translated, translator
from models.prediction import paths
from models.prediction.generating import Hypothesis as Path
from models.tasks import translation_search
from models.tasks.translation_search import Hypothesis
from models.tasks.translation_text import MOST_WRITTEN
from models.zoo.translation import NAMES

_CHART = "token_tree"
_MOST_LEFT = 10  # paths that the beam left, which are drawn
_PART_OF = {"here": "forced", "beam": "beam", "greedy": "greedy", "taken": "left by the beam", "next": "next words"}


@dataclass(frozen=True, eq=False)
class _Found:
    """What is on screen."""

    beam: Translated
    greedy: Translated
    prefix: tuple[int, ...]
    exponent: float

    @property
    def mark(self) -> str:
        """Tells a figure of one source from that of another: a click may come after the source has changed."""
        return _mark(self.beam.read.text)

    def words(self, ids: Sequence[int]) -> list[str]:
        """French words."""
        target = translator(self.beam.name).target
        return [target.words[i] for i in ids]

    @property
    def ranked(self) -> list[Hypothesis]:
        """What the beam found, best first by its score with the length."""
        return sorted(self.beam.search.hypotheses, key=lambda one: -one.normalised(self.exponent))

    @property
    def next_words(self) -> list[tuple[int, float]]:
        """The most probable words after those that are forced, and their ln P."""
        written, at = self.greedy.written, len(self.prefix)
        if at >= len(written.words):
            return []
        ids = translator(self.beam.name).target.ids
        return [(ids([word])[0], p) for word, p in written.instead[at]]


def search_view(slug: str) -> None:
    """The source, the search, and its tree."""
    text = translation_reading.source_input()
    left, middle, right = st.columns([2, 2, 1], gap="medium", vertical_alignment="bottom")
    with left:
        name = translation_steps.model_input(slug)
    with middle:
        width = controls.count(f"{slug}_width", "Width of the beam", 4, 1, 8)
    with right, st.popover("More"):
        exponent = controls.number(
            f"{slug}_exponent",
            "α of the length",
            0.0,
            0.0,
            2.0,
            0.1,
            "Hypotheses are ranked by ln P divided by their length to the power of α. 0: by ln P alone.",
        )
    found = _found(slug, name, text, width, exponent)
    translation_reading.notes(found.beam.read)
    _verdict(found)
    _forced(slug, found)
    _draw(found)
    _table(found)
    explain.explanation(
        "Greedy search writes the most probable word each time. Beam search keeps the few beginnings whose total ln P "
        "is highest, and continues each by every word; what has ended waits beside the beam, until the beam can't "
        "overtake it. A forced word is written whatever the model thinks of it, and counts in ln P as it is.",
        lambda: _formulas(found),
        [translation_search.search],
    )


def _found(slug: str, name: str, text: str, width: int, exponent: float) -> _Found:
    place = st.empty()

    def made(source: str) -> _Found:
        prefix = _prefix(slug, source)
        beam = translation_reading.translated(f"{slug} beam", name, source, width, prefix, place)
        greedy = translation_reading.translated(f"{slug} greedy", name, source, 1, prefix, place)
        return _Found(beam, greedy, prefix, exponent)

    offer = translation_reading.going_on(f"{slug} beam {name}", f"{slug} greedy {name}")
    return controls.last_good(f"{slug} search", lambda: made(text), lambda: made(translation_reading.DEFAULT), offer)


def _prefix(slug: str, text: str) -> tuple[int, ...]:
    """The words that are forced, if they were chosen for this source."""
    mark, _, spelt = address.value(f"{slug}_forced").partition(".")
    if mark != _mark(text) or not spelt:
        return ()
    try:
        ids = tuple(int(part) for part in spelt.split("-"))
    except ValueError:
        return ()
    target = translator(NAMES[0]).target
    fits = len(ids) < MOST_WRITTEN and all(0 <= i < target.size for i in ids) and target.end_id not in ids[:-1]
    return ids if fits else ()


def _verdict(found: _Found) -> None:
    best, greedy = found.beam.search.best(), found.greedy.search.best()
    ratio = best.total - greedy.total
    if ratio > 1e-4:
        said = f"Beam search finds a translation {times(ratio)} times as probable as the greedy one."
    elif ratio < -1e-4:
        said = f"Beam search lost the greedy translation on the way, which is {times(-ratio)} times as probable."
    else:
        said = "Here the greedy translation is the best that beam search finds."
    st.subheader(said, anchor=False)


def _forced(slug: str, found: _Found) -> None:
    """The words that are forced, and buttons to force one more, or to free them."""
    parameter = f"{slug}_forced"

    def go(ids: tuple[int, ...]) -> None:
        address.set_values(**{parameter: f"{found.mark}.{_spelt(ids)}" if ids else None})

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if found.prefix:
            written = translator(found.beam.name).target.decode(found.prefix)
            st.text(f"Forced: {written}", width="content")
            st.button("Free the last", key="free_last", on_click=go, args=(found.prefix[:-1],))
            st.button("Free all", key="free_all", on_click=go, args=((),))
        if found.next_words:
            st.caption("Force the next word:", width="content")
        for i, (word, p) in enumerate(found.next_words):
            label = found.words([word])[0]
            st.button(
                f"{_plain(label)} {percent(p)}",
                key=f"force_{i}",
                type="tertiary",
                on_click=go,
                args=((*found.prefix, word),),
            )


def _draw(found: _Found) -> None:
    prefix = found.beam.search.nodes[: len(found.prefix)]
    here = Path(found.prefix, tuple(node.log_prob for node in prefix), ended=False)
    beams = [_path(one) for one in found.ranked]
    left = [_path(one) for one in found.beam.search.left()]
    next_ones = [
        Path((*here.token_ids, word), (*here.log_probs, log_prob), ended=False)
        for word, log_prob in _next_log_probs(found)
    ]
    groups = [
        ("here", [here]),
        ("beam", beams),
        ("greedy", [_path(found.greedy.search.best())]),
        ("taken", left[:_MOST_LEFT]),
        ("next", next_ones),
    ]
    nodes, walks = paths.tree([path for _, group in groups for path in group])
    kinds: dict[int, list[str]] = {}
    ends: dict[int, str] = {}
    names = iter(walks)
    for kind, group in groups:
        for i, _ in enumerate(group, 1):
            walk = next(names)
            for place in walk:
                kinds.setdefault(place, []).append(kind)
            if walk and kind in {"beam", "greedy"}:
                said = f"beam {i}" if kind == "beam" else kind
                ends[walk[-1]] = f"{ends[walk[-1]]}, {said}" if walk[-1] in ends else said
    spelt: list[tuple[int, ...]] = []
    for node in nodes:
        spelt.append((*(spelt[node.parent] if node.parent >= 0 else ()), node.token_id))
    drawn = [
        TreeNode(
            word,
            node.parent,
            node.log_prob,
            node.total,
            tuple(dict.fromkeys(kinds[i])),
            f"{found.mark}.{_spelt(spelt[i])}",
        )
        for i, (node, word) in enumerate(zip(nodes, found.words([node.token_id for node in nodes]), strict=True))
    ]
    figure = token_tree("<s>", drawn, ends, walks[0][-1] if walks[0] else -1, f"{found.mark}.")
    figure.update_layout(xaxis_title_text="French words that are written; under each the running ln P")
    best = translator(found.beam.name).target.decode(found.ranked[0].words)
    with st.container(key="scroll_tree"):
        st.plotly_chart(
            figure,
            key=_CHART,
            width=figure.layout.width,
            on_select=_clicked,
            selection_mode="points",
            config={"displayModeBar": False},
            alt=f"A tree of {len(drawn)} French words, each with its running ln P. The best of the beam: {best}",
        )
    about = (
        f"Beam search, English to French, with the running ln P\nModel: {TITLES[found.beam.name]}\n"
        f"Source: {found.beam.read.text}"
    )
    downloads("search_tree", _CHART, figure, lambda: _columns(drawn), about)
    hidden = f" {len(left) - _MOST_LEFT} more that it left are not drawn." if len(left) > _MOST_LEFT else ""
    st.caption(
        "Green: what the beam found. Grey: beginnings that it held and left." + hidden + " Orange: the greedy "
        "translation (its frame, where the beam goes the same way). Blue: forced. Unfilled: the most probable next "
        "words. Click a box to force the words up to it, and the search goes on from there."
    )


def _next_log_probs(found: _Found) -> list[tuple[int, float]]:
    """The next words as the tree knows them: a probability of its own where the search has one."""
    at = found.prefix
    known = {node.word: node.log_prob for node in found.beam.search.nodes[len(at) :] if node.parent == len(at) - 1}
    return [(word, known.get(word, math.log(p))) for word, p in found.next_words]


def _table(found: _Found) -> None:
    rows = [
        [
            str(i),
            html.escape(translator(found.beam.name).target.decode(one.words)) + ("" if one.ended else " …"),
            minus(f"{one.total:.2f}"),
            str(len(one.words)),
            *([minus(f"{one.normalised(found.exponent):.2f}")] if found.exponent else []),
        ]
        for i, one in enumerate(found.ranked, 1)
    ]
    head = ["", "Translation", "ln P", "Words", *([f"ln P / n^{found.exponent:.1f}"] if found.exponent else [])]
    tables.table("What the beam found", head, rows)
    st.caption(
        "Words count signs and the end too. The search goes by ln P"
        + ("; α only ranks what it found." if found.exponent else ".")
    )


def _columns(nodes: Sequence[TreeNode]) -> Columns:
    return {
        "path of word ids": [node.path.split(".")[-1] for node in nodes],
        "word": [node.token for node in nodes],
        "ln P(word | source, before)": [node.log_prob for node in nodes],
        "running ln P": [node.total for node in nodes],
        "part of": [", ".join(_PART_OF[kind] for kind in node.kinds) for node in nodes],
    }


def _formulas(found: _Found) -> list[str]:
    formulas = [
        r"\ln P(y_1 \dots y_n \mid x) = \sum_{i=1}^{n} \ln P(y_i \mid y_{<i}, x), \qquad"
        r" \text{score} = \frac{\ln P(y_1 \dots y_n \mid x)}{n^\alpha}"
    ]
    for name, one in (("beam", found.ranked[0]), ("greedy", found.greedy.search.best())):
        factors = " ".join(
            rf"\underbrace{{{log_prob:+.2f}}}_{{{explain.latex_text(word)}}}"
            for word, log_prob in zip(found.words(one.words), one.log_probs, strict=True)
        )
        formulas.append(rf"\begin{{aligned}}\text{{{name}}}:\; &{factors} \\ &= {one.total:.2f}\end{{aligned}}")
    best = found.ranked[0]
    formulas.append(
        rf"\text{{score}} = \frac{{{best.total:.2f}}}{{{len(best.words)}^{{{found.exponent:.1f}}}}}"
        rf" = {best.normalised(found.exponent):.2f}"
    )
    return formulas


def _path(one: Hypothesis) -> Path:
    return Path(one.words, one.log_probs, one.ended)


def _spelt(ids: Sequence[int]) -> str:
    return "-".join(map(str, ids))


def _plain(word: str) -> str:
    """A word in Markdown, as it is."""
    return re.sub(r"([^\w\s])", r"\\\1", word)


def _mark(text: str) -> str:
    return f"{crc32(text.encode(errors='surrogatepass')):x}"


def _clicked() -> None:
    points = st.session_state[_CHART].selection.points
    chosen = next((point.get("customdata") for point in points if point.get("customdata") is not None), None)
    if chosen is None:
        return
    path = str(chosen[0] if isinstance(chosen, list) else chosen)
    address.set_values(translation_forced=None if path.endswith(".") else path)
