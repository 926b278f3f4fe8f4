"""One direction and both: what a tagger says when it has not yet seen what comes, and when it has."""

from collections.abc import Sequence

import streamlit as st

from explorer import controls, explain
from explorer.components.tagging_rows import Frame, tagging_rows
from explorer.downloads import Columns, downloads
from explorer.figures.tagging import cut, two_ways
from explorer.figures.tagging_paths import triangle
from explorer.numbers import percent
from explorer.panels import tagging_text
from explorer.panels.tagging_text import KINDS, MARK, Said, Typed, in_words, kind_of
from models.tasks.crf import CRF
from models.tasks.tagging import TAGS, TYPES, TaggerNetwork

MOST = 40  # words
ONE, BOTH = "lstm", "bilstm"


def directions_view(slug: str) -> None:
    """The text as it grows, read by both taggers; what each new word changed; and how sure they are at the end."""
    typed = tagging_text.typed()
    whole, typed = len(typed.words), typed.first(MOST)
    names = (ONE, controls.choice(f"{slug}_both", "Both directions", ("bilstm", "bilstm-crf"), tagging_text.title))
    said = tagging_text.said(slug, [typed.words[: i + 1] for i in range(len(typed.words))], names)
    if said is None:
        return
    changed = changes(said, names[1])
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader("Word by word", anchor=False)
        tagging_rows(
            typed.shown,
            [tagging_text.title(name) for name in names],
            _frames(typed, said, names, changed),
            KINDS,
            differ=[],
            chosen=None,
            mark=MARK,
            key="tagging_prefixes",
        )
        downloads(
            "prefixes",
            "tagging_prefixes",
            None,
            lambda: _columns(typed, said, names),
            f"Tags after each word\nText: {typed.text}",
        )
        st.caption(
            "After each word the tagger of both directions reads all that is there anew, from both ends. Framed: what "
            "it took for another kind of name, or for none, one word before."
            + (f" The first {MOST} of {whole:,} words." if whole > MOST else "")
        )
        _at_the_end(typed, said, names)
    with right:
        _triangle(typed, said, names[1], changed)
    _how_computed(typed, said, names, changed)


def changes(said: Said, name: str) -> list[tuple[int, int]]:
    """(last word read, word) of what was taken for another kind of name, or for none, one word before."""
    prefixes = [[kind_of(tag) for tag in one.path] for one in said.by[name]]
    return [
        (i, place)
        for i in range(1, len(prefixes))
        for place, kind in enumerate(prefixes[i - 1])
        if prefixes[i][place] != kind
    ]


def _frames(typed: Typed, said: Said, names: tuple[str, str], changed: list[tuple[int, int]]) -> list[Frame]:
    count, frames = len(typed.words), list[Frame]()
    for i in range(count):
        rows = [[*said.by[name][i].path, *[-1] * (count - i - 1)] for name in names]
        marked = [place for row, place in changed if row == i]
        news = ", ".join(
            f"“{cut(typed.shown[place])}”: {_now(said, names[1], i - 1, place)} → {_now(said, names[1], i, place)}"
            for place in marked
        )
        frames.append(
            {"said": f"{i + 1} of {count} read. {news}".strip(), "rows": rows, "marked": [[], marked]},
        )
    return frames


def _now(said: Said, name: str, read: int, place: int) -> str:
    return in_words(said.by[name][read].path[place])


def _triangle(typed: Typed, said: Said, name: str, changed: list[tuple[int, int]]) -> None:
    st.subheader("What each word changed", anchor=False)
    rows = [[kind_of(tag) for tag in one.path] for one in said.by[name]]
    figure = triangle(typed.shown, rows, changed)
    st.plotly_chart(
        figure,
        key="triangle",
        config={"displayModeBar": False},
        alt=f"What {tagging_text.title(name)} says of each word after each word read. "
        f"Changes of what was said of an earlier word: {len(changed)}.",
    )
    times = {0: "never (the example “The next word” has one)", 1: "once"}.get(len(changed), f"{len(changed)} times")
    codes = ", ".join(f"{kind}: {TYPES[kind]}" for kind in dict.fromkeys(kind for row in rows for kind in row if kind))
    st.caption(
        f"Framed: a new word changed what had been said before; here {times}. Read from the left alone, this can't "
        f"happen: what an LSTM of one direction says of a word stays.{f' {codes}.' if codes else ''}"
    )
    downloads(
        "triangle",
        "triangle",
        figure,
        lambda: _columns(typed, said, (name,)),
        f"Tags after each word, {tagging_text.title(name)}\nText: {typed.text}",
    )


def _columns(typed: Typed, said: Said, names: Sequence[str]) -> Columns:
    """A row for each word after each word read."""
    places = [(i, place) for i in range(len(typed.words)) for place in range(i + 1)]
    tags = {name: [TAGS[said.by[name][i].path[place]] for i, place in places] for name in names}
    return {
        "words read": [i + 1 for i, _ in places],
        "word": [typed.shown[place] for _, place in places],
        **{tagging_text.title(name): tags[name] for name in names},
    }


def _at_the_end(typed: Typed, said: Said, names: tuple[str, str]) -> None:
    """Of each word P(the tag that the tagger of both directions says), by either."""
    st.subheader("How sure, of the same tag", anchor=False)
    last = {name: said.by[name][-1] for name in names}
    tags = last[names[1]].path
    ways = [
        (tagging_text.title(name), [float(last[name].probs[i, tag]) for i, tag in enumerate(tags)]) for name in names
    ]
    figure = two_ways(typed.shown, ways, [[in_words(tag) for tag in last[name].path] for name in names])
    apart = max(range(len(tags)), key=lambda i: abs(ways[0][1][i] - ways[1][1][i]))
    st.plotly_chart(
        figure,
        key="two_ways",
        config={"displayModeBar": False},
        alt=f"Of each word the probability of its tag. Furthest apart: “{cut(typed.shown[apart])}” as "
        f"{in_words(tags[apart])}, {percent(ways[0][1][apart])} from the left alone, {percent(ways[1][1][apart])} by "
        "both directions.",
    )
    st.caption(
        f"The tag is the one that {tagging_text.title(names[1])} says at the end. The two networks have about the same "
        "number of weights; that of one direction knows nothing of what stands to the right of a word."
    )
    columns: Columns = {
        "word": typed.shown,
        "tag": [TAGS[tag] for tag in tags],
        **{f"P, {title}": values for title, values in ways},
    }
    downloads("two_ways", "two_ways", figure, lambda: columns, f"One direction and both\nText: {typed.text}")


def _how_computed(typed: Typed, said: Said, names: tuple[str, str], changed: list[tuple[int, int]]) -> None:
    read, place = changed[-1] if changed else (len(typed.words) - 1, max(0, len(typed.words) - 2))
    before, after = (said.by[names[1]][i] for i in (max(read - 1, place), read))
    tag = after.path[place]
    word, new = explain.latex_text(cut(typed.shown[place])), explain.latex_text(cut(typed.shown[read]))
    name = r"\text{" + in_words(tag) + "}"
    both = (
        r"P(y_t = j \mid w_1 \dots w_n): \text{ the share of all paths with } y_t = j,\ s_t = W [h_t;\, h'_t] + b"
        if names[1] == "bilstm-crf"
        else r"P(y_t \mid w_1 \dots w_n) = \mathrm{softmax}(W [h_t;\, h'_t] + b)"
    )
    explain.explanation(
        "The state of the LSTM that reads from the right, at a word, holds what stands to the right of it. With every "
        "word that is added at the end, that LSTM begins anew there, so all its states change.",
        lambda: [
            r"P(y_t \mid w_1 \dots w_t) = \mathrm{softmax}(W h_t + b) \qquad \text{one direction}",
            both + r", \quad h'_t = \mathrm{LSTM}'(x_t, h'_{t+1}), \quad h'_{n+1} = 0",
            rf"{word}: \quad P({name}) = {float(before.probs[place, tag]):.4f}"
            rf" \;\to\; {float(after.probs[place, tag]):.4f} \quad \text{{with }} {new}",
        ],
        [TaggerNetwork.forward, *([CRF.marginals] if names[1] == "bilstm-crf" else [])],
    )
