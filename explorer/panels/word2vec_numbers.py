"""Every number of one step of word2vec: products, sigmoids, losses, gradients."""

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from explorer import explain
from explorer.downloads import downloads
from explorer.numbers import minus
from explorer.tables import table
from models.tokens import word2vec

if TYPE_CHECKING:
    from explorer.panels.word2vec_microscope import Shown


def tables(shown: "Shown") -> None:
    """The pairs of the next step, and what becomes of the vectors."""
    replay, drawn = shown.replay, shown.drawn
    words, example = replay.sentences.text.words, drawn.example
    after = word2vec.look(replay.stepped(drawn, shown.rate), example, replay.choices.method).loss
    near = ", ".join(words[i] for i in example.contexts)
    st.text(
        f"Next step: {words[example.centre]}. Window {drawn.reach}, drawn from 1 to {replay.choices.window}: {near}."
    )
    given = "t" if replay.choices.method == "skip-gram" else "h"
    other = "c" if given == "t" else "t"
    pairs = [
        (
            f"{'+' if label else '−'} {html.escape(word)}",
            minus(f"{dot:.3f}"),
            f"{sigmoid:.3f}",
            f"{loss:.3f}",
            minus(f"{pull:+.3f}"),
        )
        for label, word, dot, sigmoid, loss, pull in _pairs(shown)
    ]
    head = ("pair", f"⟨{given}, {other}⟩", "σ", "loss", f"∂L/∂⟨{given}, {other}⟩")
    table("Pairs of the next step", head, pairs, wraps=False)
    st.text(minus(f"L = {shown.look.loss:.3f} nats; {after:.3f} after the step."))
    downloads("pairs", None, None, lambda: _columns(shown), "The next step of word2vec")
    moved = [
        (f"{kind} {html.escape(words[word])}", _vector(now), _vector(gradient))
        for kind, word, now, gradient in _moved(shown)
    ]
    table("Gradients", ("vector", "now", "∂L/∂vector"), moved, wraps=False)


def how_computed(shown: "Shown") -> None:
    """The loss and its gradients, with the numbers of the next step."""
    skip_gram = shown.replay.choices.method == "skip-gram"
    explain.explanation(
        (
            "A word and a neighbour are a positive pair: their product should be large. Words drawn by chance are "
            "negative ones: their products should be small. "
            if skip_gram
            else "The mean $h$ of the neighbours' context vectors should have a large product with the target vector "
            "of the word between them, and small ones with those of words drawn by chance. "
        )
        + "The gradient is one number a pair, σ − 1 or σ, times the other vector: a positive pair is pulled together "
        "and a negative one pushed apart, the more the worse it was. The window is drawn anew at each step, so that "
        "near words count more; the drawn words come by their count to the power "
        f"{shown.replay.choices.power:g}: at 1 as often as in the text, at 0 all alike.",
        lambda: _formulas(shown, skip_gram),
        [word2vec.losses, word2vec.look, word2vec.step],
    )


def _pairs(shown: "Shown") -> Iterator[tuple[int, str, float, float, float, float]]:
    """Each pair: its label (1 positive, 0 negative), its word, product, sigmoid, loss, gradient by the product."""
    words, look = shown.replay.sentences.text.words, shown.look
    for row in range(len(look.words)):
        for column, word in enumerate(look.words[row].tolist()):
            numbers = (part[row, column] for part in (look.dots, look.sigmoids, look.losses, look.pull))
            dot, sigmoid, loss, pull = (float(number) for number in numbers)
            yield int(column == 0), words[word], dot, sigmoid, loss, pull


def _moved(shown: "Shown") -> Iterator[tuple[str, int, np.ndarray, np.ndarray]]:
    """Each vector that the step moves: its kind, its word, where it is, its gradient."""
    vectors, look = shown.replay.vectors, shown.look
    parts = [("t", vectors.target, look.target_gradient), ("c", vectors.context, look.context_gradient)]
    for kind, now, gradient in parts if shown.replay.choices.method == "skip-gram" else reversed(parts):
        for word in np.flatnonzero(np.abs(gradient).max(axis=1)).tolist():
            yield kind, word, now[word], gradient[word]


def _vector(vector: np.ndarray) -> str:
    return minus(f"({vector[0]:.3f}, {vector[1]:.3f})")


def _formulas(shown: "Shown", skip_gram: bool) -> list[str]:
    look, example, words = shown.look, shown.drawn.example, shown.replay.sentences.text.words
    given, other = (r"t_w", "c") if skip_gram else ("h", "t")
    positive = f"{other}_p" if skip_gram else "t_w"
    first, drawn = look.dots[0, 0], look.dots[0, 1:]
    centre = explain.latex_text(words[example.centre])
    neighbours = [] if skip_gram else [r"h = \frac{1}{n} \sum_{i=1}^{n} c_i, \qquad n = " + str(len(example.contexts))]
    return [
        *neighbours,
        rf"L = -\log \sigma(\langle {given}, {positive} \rangle)"
        rf" - \sum_{{n}} \log\bigl(1 - \sigma(\langle {given}, {other}_n \rangle)\bigr)",
        rf"w = {centre}, \quad p = {explain.latex_text(words[int(look.words[0, 0])])}: \quad"
        rf" L = -\log \sigma({first:.3f})"
        + "".join(rf" - \log(1 - \sigma({dot:.3f}))" for dot in drawn)
        + rf" = {look.losses[0].sum():.3f}",
        rf"\frac{{\partial L}}{{\partial {positive}}} = (\sigma(\langle {given}, {positive} \rangle) - 1)\, {given}"
        rf" = {look.pull[0, 0]:.3f}\, {given}, \qquad"
        rf" \frac{{\partial L}}{{\partial {other}_n}} = \sigma(\langle {given}, {other}_n \rangle)\, {given}",
        r"v \leftarrow v - \eta\, \frac{\partial L}{\partial v}, \qquad" + rf" \eta = {shown.rate:g}",
    ]


def _columns(shown: "Shown") -> dict[str, list[object]]:
    names = ("label", "word", "dot product", "sigmoid", "loss in nats", "gradient by the dot product")
    rows = list(_pairs(shown))
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
