"""An analogy of three words: its answers, and its arithmetic as a parallelogram."""

import html
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from explorer import address, controls, explain
from explorer.components.word_fields import WordField, word_fields
from explorer.downloads import Columns, downloads
from explorer.figures.space import parallelogram
from explorer.numbers import minus, percent
from models.tokens.projections import Pca, pca
from models.tokens.space import EPSILON, METHODS, Neighbour, WordVectors, analogy, look_up, nearest, target

FIRST = ("king", "man", "woman")
NAMES = ("a", "b", "c")
_MOST = 8  # answers
_SUGGESTED = 8
_FIELDS = ("The first word, as king", "is to the second, as man", "as what is to the third, as woman")
_SIGNS = ("", ":", "= ? :")


@dataclass(frozen=True, eq=False)
class Solved:
    """An analogy and its answers."""

    space: WordVectors
    inputs: tuple[str, str, str]  # as the vocabulary spells them
    method: str
    answers: list[Neighbour]
    others: list[Neighbour]  # the same without the three words as answers
    unfiltered: Neighbour  # the nearest of all words


def words(slug: str) -> tuple[str, ...]:
    """The three words of the URL."""
    address.texts().update(f"{slug}_{name}" for name in NAMES)
    return tuple(address.value(f"{slug}_{name}", first) for name, first in zip(NAMES, FIRST, strict=True))


@st.fragment
def words_input(slug: str, space: WordVectors, shown: tuple[str, ...]) -> None:
    """Boxes for the three words. A fragment: it suggests words at every key, and only then is the page run again."""
    if words(slug) != shown:
        st.rerun()
    fields: list[WordField] = [
        {"label": label, "word": word, "before": sign} for label, word, sign in zip(_FIELDS, shown, _SIGNS, strict=True)
    ]

    def commit(changed: list[str]) -> None:
        address.set_values(**{f"{slug}_{name}": word for name, word in zip(NAMES, changed, strict=True)})

    suggest = partial(space.beginning_with, most=_SUGGESTED)
    word_fields(fields, label="Analogy", key="analogy_words", suggest=suggest, on_words=commit)


def analogy_panel(slug: str, space: WordVectors) -> None:
    """Three words, the ranked answers, and the arithmetic as a picture."""
    left, right = st.columns([2, 1], gap="large", vertical_alignment="center")
    with left:
        words_input(slug, space, words(slug))
    with right, st.container(horizontal=True, vertical_alignment="center"):
        method = controls.choice(f"{slug}_method", "Method", list(METHODS), METHODS.__getitem__, hidden=True)
    told = st.container()
    figure, beside = st.columns([2, 1], gap="large")
    with beside, st.container(horizontal=True):
        axes = 3 if controls.toggle(f"{slug}_3d", "3-D") else 2
        inputs_too = controls.toggle(f"{slug}_inputs", "Input words too", "May the three words themselves be answers?")
    with told:
        solved = controls.last_good(
            "analogy",
            lambda: _solve(space, words(slug), method, inputs_too),
            lambda: _solve(space, _example(space), method, inputs_too),
        )
    with beside:
        _answers(solved)
    with figure:
        _picture(solved, axes)
    _words(solved)


def _solve(space: WordVectors, asked: tuple[str, ...], method: str, inputs_too: bool) -> Solved:
    a, b, c = (space.words[look_up(space, word)] for word in asked)
    others = analogy(space, a, b, c, _MOST, method)
    answers = analogy(space, a, b, c, _MOST, method, with_inputs=True) if inputs_too else others
    [unfiltered] = analogy(space, a, b, c, 1, method, with_inputs=True)
    return Solved(space, (a, b, c), method, answers, others, unfiltered)


def _example(space: WordVectors) -> tuple[str, ...]:
    """Words that every vocabulary has."""
    return FIRST if all(word in space.ids for word in FIRST) else tuple(space.first(3))


def _answers(solved: Solved) -> None:
    """The ranked answers as a table."""
    head = "cosine" if solved.method == "add" else "3CosMul"
    a, b, c = map(html.escape, solved.inputs)
    rows = ""
    for i, (word, score) in enumerate(solved.answers, 1):
        mark = ' <span class="explorer-facts">input</span>' if word in solved.inputs else ""
        rows += (
            f"<tr{' aria-current=true' if i == 1 else ''}><td>{i}</td><td><bdi>{html.escape(word)}</bdi>{mark}</td>"
            f"<td>{minus(f'{score:.3f}')}</td></tr>"
        )
    st.html(
        f'<table class="explorer-table"><caption style="text-align: left"><bdi>{a}</bdi> − <bdi>{b}</bdi> + '
        f"<bdi>{c}</bdi> ≈</caption><thead><tr><th></th><th>answer</th><th>{head}</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _picture(solved: Solved, axes: int) -> None:
    """The parallelogram on the principal axes of these words."""
    space, answers = solved.space, [word for word, _ in solved.others]
    shown = [*solved.inputs, *answers]
    plane = _plane(solved, axes)
    goal = plane.place(target(space, *solved.inputs)[None])[0]
    figure = parallelogram(solved.inputs, answers, plane.points, goal, plane.shares)
    a, b, c = solved.inputs
    st.plotly_chart(
        figure,
        key="parallelogram",
        config={"displayModeBar": False},
        alt=f"{a} is to {b} as {answers[0]} is to {c}: the arrow from {b} to {a}, set at {c}, ends near {answers[0]}.",
    )
    st.text(
        f"The {len(plane.shares)} axes show {percent(float(plane.shares.sum()))} of the variance of these "
        f"{len(set(shown))} vectors of {space.vectors.shape[1]} numbers."
    )
    downloads(
        "analogy",
        "parallelogram",
        figure,
        lambda: _columns(solved, plane),
        f"{a} : {b} = ? : {c}\n{space.name}, {METHODS[solved.method]}",
    )


def _plane(solved: Solved, axes: int) -> Pca:
    space = solved.space
    rows = [space.ids[word] for word in (*solved.inputs, *(word for word, _ in solved.others))]
    return pca(space.unit[rows], axes)


def _words(solved: Solved) -> None:
    """What the filter hides, and how all this is computed."""
    a, b, _ = solved.inputs
    word, score = solved.unfiltered
    if word in solved.inputs:
        st.text(
            f"Of all words the nearest would be “{word}”, a word of the question ({minus(f'{score:.3f}')}): the step "
            f"from {b} to {a} is short. So the three words are left out, here as everywhere."
        )
    else:
        st.text(f"“{word}” is the nearest of all words, also when the three of the question may be answers.")
    explain.explanation(
        "Every vector is given length 1. *3CosAdd* looks for the word whose vector has the greatest cosine with "
        "$v_a - v_b + v_c$. *3CosMul* multiplies the cosines, moved to between 0 and 1, so that no single one of them "
        "decides alone. The picture shows the principal axes of these few words: the parallelogram is exact there, "
        "distances are not.",
        lambda: _formulas(solved),
        [target, analogy, nearest, pca],
    )


def _formulas(solved: Solved) -> list[str]:
    space = solved.space
    a, b, c = (explain.latex_text(word) for word in solved.inputs)
    unit = space.unit
    best = solved.others[0].word
    row = unit[space.ids[best]]
    near = [float(row @ unit[space.ids[word]]) for word in solved.inputs]
    x = explain.latex_text(best)
    goal = target(space, *solved.inputs)
    length = float(np.linalg.norm(goal))
    cosine = float(row @ goal) / length if length else 0.0
    moved = [(1 + one) / 2 for one in near]
    return [
        r"\text{3CosAdd: } \cos(v_x,\, v_a - v_b + v_c) = "
        r"\frac{\cos(v_x, v_a) - \cos(v_x, v_b) + \cos(v_x, v_c)}{\lVert v_a - v_b + v_c \rVert}",
        rf"x = {x}: \quad \frac{{{near[0]:.4f} - {near[1]:.4f} + {near[2]:.4f}}}{{{length:.4f}}} = {cosine:.4f}",
        r"\text{3CosMul: } \frac{\cos'(v_x, v_a)\, \cos'(v_x, v_c)}{\cos'(v_x, v_b) + \varepsilon}, \quad "
        r"\cos' = \tfrac{1 + \cos}{2}, \quad \varepsilon = 10^{-6}",
        rf"x = {x}: \quad \frac{{{moved[0]:.4f} \cdot {moved[2]:.4f}}}{{{moved[1]:.4f}}} = "
        rf"{moved[0] * moved[2] / (moved[1] + EPSILON):.4f} \quad (a = {a},\ b = {b},\ c = {c})",
    ]


def _columns(solved: Solved, plane: Pca) -> Columns:
    space, answers = solved.space, dict(solved.others)
    shown = [*solved.inputs, *answers]
    return {
        "word": shown,
        "role": ["a", "b", "c", *(f"answer {i}" for i in range(1, len(answers) + 1))],
        "score": ["", "", "", *answers.values()],
        **{f"axis {i}": plane.points[:, i - 1].tolist() for i in range(1, plane.points.shape[1] + 1)},
        "count": [int(space.counts[space.ids[word]]) if space.counts is not None else "" for word in shown],
    }
