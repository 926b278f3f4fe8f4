"""Two sources that differ a little: what changes in their translations, in attention, and in the thought vector."""

import html
from collections.abc import Sequence
from difflib import SequenceMatcher

import streamlit as st

from explorer import controls, explain, tables
from explorer.downloads import Columns, downloads
from explorer.figures.translation import alignment
from explorer.panels import translation_reading, translation_steps, translation_thought
from explorer.panels.translation_reading import TITLES, Both, Translated
from models.tasks import translation_thoughts
from models.tasks.translation import Translator
from models.tasks.translation_text import Translation

FIRST, EDITED = "He is happy.", "She is happy."


def edit_view(slug: str) -> None:
    """Both sources, their translations one below the other, and where they differ."""
    left, right = st.columns(2, gap="large")
    with left:
        text = controls.text("prompt", "English", FIRST, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    default = EDITED if text == FIRST else text
    with right:
        edited = controls.text(f"{slug}_edited", "The same, edited", default, along={"prompt": FIRST})
    one = translation_reading.both(f"{slug} first", text, instead=FIRST)
    other = translation_reading.both(f"{slug} edited", edited, instead=EDITED)
    _translations(one, other)
    _distance(slug, one, other)
    left, right = st.columns(2, gap="large")
    for place, key, both in ((left, "attention_first", one), (right, "attention_edited", other)):
        with place:
            _matrix(key, both["attention"])
            translation_reading.notes(both["attention"].read)
    st.caption(
        "Every row of a matrix sums to 1. Both translations were searched greedily; words that the other one does not "
        "have in the same order are marked."
    )
    explain.explanation(
        "Both sources are read and translated each by itself. The thought vectors are compared as they are: the length "
        "of their difference, and the cosine of the angle between them.",
        lambda: _formulas(one, other),
        [Translator.read, translation_thoughts.distance, Translation.write],
    )


def _translations(one: Both, other: Both) -> None:
    rows = []
    pairs = [("English", one.parts[0].words, other.parts[0].words)]
    pairs += [
        (TITLES[first.name], list(first.written.words[: _end(first)]), list(second.written.words[: _end(second)]))
        for first, second in zip(one.parts, other.parts, strict=True)
    ]
    for title, first, second in pairs:
        marked = changed(first, second)
        rows.append([html.escape(title), *marked])
    tables.table("Both sources and their translations", ["", "First", "Edited"], rows)


def _end(one: Translated) -> int:
    """Of the words without the end of the sentence."""
    return len(one.written.words) - (one.written.words[-1] == "</s>")


def changed(first: Sequence[str], second: Sequence[str]) -> tuple[str, str]:
    """Two lists of words as HTML; what one has and the other has not, in this order, is marked.

    >>> changed(["He", "is"], ["She", "is"])
    ('<mark>He</mark> is', '<mark>She</mark> is')
    """
    same = SequenceMatcher(None, list(first), list(second), autojunk=False).get_matching_blocks()
    mine = {i for block in same for i in range(block.a, block.a + block.size)}
    theirs = {i for block in same for i in range(block.b, block.b + block.size)}

    def marked(words: Sequence[str], stay: set[int]) -> str:
        return " ".join(
            html.escape(word) if i in stay else f"<mark>{html.escape(word)}</mark>" for i, word in enumerate(words)
        )

    return marked(first, mine), marked(second, theirs)


def _distance(slug: str, one: Both, other: Both) -> None:
    name = translation_thought.VECTOR
    found = translation_thought.shown_thoughts(slug)
    apart = translation_thoughts.distance(one[name].read.thought.cpu().numpy(), other[name].read.thought.cpu().numpy())
    said = f"Thought vectors: {apart.euclidean:.2f} apart, cosine {apart.cosine:.3f}."
    if found is not None:
        said += (
            f" Two of the {len(translation_thought.SENTENCES)} sentences of “The thought vector” are "
            f"{found.mean_distance:.2f} apart on average."
        )
    st.text(said)


def _matrix(key: str, one: Translated) -> None:
    attention, words = one.written.attention, list(one.written.words)
    if attention is None:
        raise TypeError("this translator has no attention")
    figure = alignment(one.words, words, attention.numpy())
    st.plotly_chart(
        figure,
        key=key,
        config={"displayModeBar": False},
        alt=f"Attention of {len(words)} French words over {len(one.words)} English ones: {one.written.text}",
    )

    def columns() -> Columns:
        return translation_steps.columns(one)

    downloads(key, key, figure, columns, f"Attention\nSource: {one.read.text}\nTranslation: {one.written.text}")


def _formulas(one: Both, other: Both) -> list[str]:
    name = translation_thought.VECTOR
    first, second = (both[name].read.thought.cpu().numpy() for both in (one, other))
    apart = translation_thoughts.distance(first, second)
    terms = " + ".join(
        f"({a:.2f} - {b:.2f})^2".replace("- -", "+ ") for a, b in zip(first[:3], second[:3], strict=True)
    )
    totals = [
        rf"\ln P(\text{{translation}} \mid \text{{source}}) = {both['attention'].written.total:.2f}"
        rf"\quad\text{{({label}, attention)}}"
        for label, both in (("first", one), ("edited", other))
    ]
    return [
        r"\lVert c - c' \rVert = \sqrt{\textstyle\sum_k (c_k - c'_k)^2}, \qquad"
        r" \cos(c, c') = \frac{c \cdot c'}{\lVert c \rVert \lVert c' \rVert}",
        rf"\lVert c - c' \rVert = \sqrt{{{terms} + \dots}} = {apart.euclidean:.3f}, \qquad"
        rf" \cos(c, c') = {apart.cosine:.3f}",
        *totals,
    ]
