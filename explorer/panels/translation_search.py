"""Greedy and beam search for a translation as a tree; a word that is clicked is forced, and the search goes on."""

import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import streamlit as st

from explorer import address, controls, explain, tables, waiting
from explorer.inference import Ticket
from explorer.numbers import minus, percent, times
from explorer.panels import translation_reading, translation_steps
from explorer.panels.token_tree import Group, path_tree, spelt
from explorer.panels.translation_reading import TITLES, translator
from models.prediction.generating import Hypothesis as Path
from models.tasks import translation_search
from models.tasks.translation_search import Hypothesis, Search
from models.tasks.translation_text import MOST_WRITTEN, Read
from models.zoo.translation import NAMES

_MOST_LEFT = 10  # paths that the beam left, which are drawn
_NODE_BYTES = 250  # of a word that a search looked at, with its share of the paths


@dataclass(frozen=True, eq=False)
class Searched:
    """What the searches found."""

    name: str  # of the translator
    read: Read
    instead: tuple[tuple[str, float], ...]  # the most probable words after those that are forced
    beam: Search
    greedy: Search

    @property
    def nbytes(self) -> int:
        """Of the tensors, and about that of the words that the searches looked at."""
        source = self.read.source
        tensors = [source.h, source.last, source.keys]
        nodes = len(self.beam.nodes) + len(self.greedy.nodes)
        return sum(one.nbytes for one in tensors if one is not None) + _NODE_BYTES * nodes


@dataclass(frozen=True, eq=False)
class _Found:
    """What is on screen."""

    searched: Searched
    prefix: tuple[int, ...]
    exponent: float

    @property
    def name(self) -> str:
        """Of the translator."""
        return self.searched.name

    @property
    def mark(self) -> str:
        """Tells this source from another."""
        return _mark(self.searched.read.text)

    def words(self, ids: Sequence[int]) -> list[str]:
        """French words."""
        target = translator(self.name).target
        return [target.words[i] for i in ids]

    def text(self, ids: Sequence[int]) -> str:
        """French words as one writes them."""
        return translator(self.name).target.decode(ids)

    @property
    def ranked(self) -> list[Hypothesis]:
        """What the beam found, best first by its score with the length."""
        return sorted(self.searched.beam.hypotheses, key=lambda one: -one.normalised(self.exponent))

    @property
    def next_words(self) -> list[tuple[int, float]]:
        """The most probable words after those that are forced, and their probabilities."""
        ids = translator(self.name).target.ids
        return [(ids([word])[0], p) for word, p in self.searched.instead]


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
    translation_reading.notes(found.searched.read)
    _verdict(found)
    _forced(found)
    _draw(found)
    _table(found)
    explain.explanation(
        "Greedy search writes the most probable word each time. Beam search keeps the few beginnings whose total ln P "
        "is highest, and continues each by every word; what has ended waits beside the beam, until the beam can't "
        "overtake it. A forced word is written whatever the model thinks of it, and counts in ln P as it is.",
        lambda: _formulas(found),
        [translation_search.searches, translation_search.Beam.grow],
    )


def _found(slug: str, name: str, text: str, width: int, exponent: float) -> _Found:
    place, slot = st.empty(), f"{slug} searched"

    def made(source: str) -> _Found:
        prefix = _prefix(slug, source)

        def work(_ticket: Ticket) -> Searched:
            model = translator(name)
            read = model.read(source)
            beam, greedy = model.searches(read, (width, 1), prefix)
            written = model.write(read, greedy.best().words[: len(prefix) + 1])
            instead = written.instead[len(prefix)] if len(written.words) > len(prefix) else ()
            return Searched(name, read, instead, beam, greedy)

        key = (name, source, width, prefix)
        return _Found(waiting.computed(slot, key, work, f"Searching, {TITLES[name]}", place), prefix, exponent)

    return controls.last_good(
        f"{slug} search",
        lambda: made(text),
        lambda: made(translation_reading.DEFAULT),
        translation_reading.going_on(slot),
    )


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
    best, greedy = found.searched.beam.best(), found.searched.greedy.best()
    ratio = best.total - greedy.total
    if ratio > 1e-4:
        said = f"Beam search finds a translation {times(ratio)} times as probable as the greedy one."
    elif ratio < -1e-4:
        said = f"Beam search lost the greedy translation on the way, which is {times(-ratio)} times as probable."
    else:
        said = "Here the greedy translation is the best that beam search finds."
    st.subheader(said, anchor=False)


def _forced(found: _Found) -> None:
    """The words that are forced, and buttons to force one more, or to free them."""

    def go(ids: tuple[int, ...]) -> None:
        _force(found.mark, spelt(ids))

    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if found.prefix:
            st.text(f"Forced: {found.text(found.prefix)}", width="content")
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
    beam = found.searched.beam
    here = Path(found.prefix, tuple(node.log_prob for node in beam.nodes[: len(found.prefix)]), ended=False)
    left = [_path(one) for one in beam.left()]
    next_ones = [
        Path((*here.token_ids, word), (*here.log_probs, log_prob), ended=False)
        for word, log_prob in _next_log_probs(found)
    ]
    path_tree(
        [
            Group("here", "forced", [here]),
            Group("beam", "beam", [_path(one) for one in found.ranked]),
            Group("greedy", "greedy", [_path(found.searched.greedy.best())]),
            Group("taken", "left by the beam", left[:_MOST_LEFT]),
            Group("next", "next words", next_ones),
        ],
        found.words,
        root="<s>",
        mark=found.mark,
        name="search_tree",
        what="French words that are written",
        unit="word",
        given="source, before",
        about=f"Beam search, English to French, with the running ln P\nModel: {TITLES[found.name]}\n"
        f"Source: {found.searched.read.text}",
        on_click=_force,
        best=f" The best of the beam: {found.text(found.ranked[0].words)}",
    )
    hidden = f" {len(left) - _MOST_LEFT} more that it left are not drawn." if len(left) > _MOST_LEFT else ""
    st.caption(
        "Green: what the beam found. Grey: beginnings that it held and left." + hidden + " Orange: the greedy "
        "translation (its frame, where the beam goes the same way). Blue: forced. Unfilled: the most probable next "
        "words. Click a box to force the words up to it, and the search goes on from there."
    )


def _next_log_probs(found: _Found) -> list[tuple[int, float]]:
    """The next words as the tree knows them: a probability of its own where the search has one."""
    at = found.prefix
    known = {node.word: node.log_prob for node in found.searched.beam.nodes[len(at) :] if node.parent == len(at) - 1}
    return [(word, known.get(word, math.log(p))) for word, p in found.next_words]


def _table(found: _Found) -> None:
    rows = [
        [
            str(i),
            html.escape(found.text(one.words)) + ("" if one.ended else " …"),
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


def _formulas(found: _Found) -> list[str]:
    formulas = [
        r"\ln P(y_1 \dots y_n \mid x) = \sum_{i=1}^{n} \ln P(y_i \mid y_{<i}, x), \qquad"
        r" \text{score} = \frac{\ln P(y_1 \dots y_n \mid x)}{n^\alpha}"
    ]
    for name, one in (("beam", found.ranked[0]), ("greedy", found.searched.greedy.best())):
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


def _plain(word: str) -> str:
    """A word in Markdown, as it is."""
    return re.sub(r"([^\w\s])", r"\\\1", word)


def _mark(text: str) -> str:
    return f"{crc32(text.encode(errors='surrogatepass')):x}"


def _force(mark: str, path: str) -> None:
    address.set_values(translation_forced=f"{mark}.{path}" if path else None)
