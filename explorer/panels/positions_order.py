"""A set or a sequence: the same words in two orders, in one layer of attention under each scheme of positions."""

import html
import random
from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer import controls, explain, waiting
from explorer.downloads import Columns, downloads
from explorer.figures.positions import differences
from explorer.inference import Ticket
from explorer.panels import neural, prompt
from explorer.tables import table
from models.mixers import order
from models.tokens.positions import SCHEMES

TEXT = "I am happy"
TITLES = {"none": SCHEMES["none"], "index": "Attempt 1: t", **SCHEMES, "learned": "Learned, random"}
MODEL = "lstm"  # whose embeddings are taken
_MOST = 30  # words


@dataclass(frozen=True, eq=False)
class Found:
    """Of each scheme how much each word's output changes with the order, without a mask and with one."""

    free: dict[str, np.ndarray]
    masked: dict[str, np.ndarray]


def order_view(slug: str) -> None:
    """The text, another order of its words, and what attention makes of both."""
    text = controls.text("prompt", "Text", TEXT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    reading = prompt.read_prompt(MODEL, text)
    if reading is None:
        return
    ids = list(reading.score.token_ids)[:_MOST]
    if len(ids) < 2:
        controls.notice("Fewer than two words have no order: write two or more. Below is an example.")
        ids = reading.model.tokenizer.encode(TEXT)
    shuffle = controls.count(f"{slug}_shuffle", "Another order", 1, 1, 20, "1: the first two words change places.")
    other = shuffled(len(ids), shuffle)
    tokens = reading.model.tokenizer.tokens(ids)
    e = neural.network_of(reading.model).wte.weight.detach()[ids]

    def work(_: Ticket) -> Found:
        def of(*, masked: bool) -> dict[str, np.ndarray]:
            schemes = [one for one in order.SCHEMES if masked or one not in order.NEEDS_MASK]
            return {one: order.compared(e, other, one, masked=masked).differences.numpy() for one in schemes}

        return Found(of(masked=False), of(masked=True))

    found = waiting.waited(f"{slug} order", (MODEL, tuple(ids), tuple(other)), work, "Attention in two orders")
    if found is None:
        return
    if len(reading.score.token_ids) > _MOST:
        st.caption(f"The first {_MOST} words of {len(reading.score.token_ids):,}.")
    st.text(
        f"{' '.join(tokens)} → {' '.join(tokens[i] for i in other)}\n"
        "What changes in a word's output with the order, on average over the words:"
    )
    _figure(found)
    _table(tokens, found)
    _how_computed(tokens, found)


def shuffled(count: int, number: int) -> list[int]:
    """The order of that number: of each place the token that stands there."""
    places = list(range(count))
    if number == 1:
        return [1, 0, *places[2:]]
    random.Random(number).shuffle(places)  # noqa: S311 - no secret
    return places if places != list(range(count)) else [*places[1:], places[0]]


def _figure(found: Found) -> None:
    rows = [
        (TITLES[one], float(found.free[one].mean()) if one in found.free else None, float(masked.mean()))
        for one, masked in found.masked.items()
    ]
    figure = differences(rows)
    none = float(found.free["none"].max())
    st.plotly_chart(
        figure,
        key="differences",
        config={"displayModeBar": False},
        alt=f"Without positions and mask outputs change by {none:.1g}; with sinusoids by {rows[2][1] or 0:.2f}.",
    )
    how = f"to {none:.1g}" if none else "to the last digit"
    st.caption(
        f"Without positions and without a mask the outputs are the same set, {how}: attention is permutation "
        "equivariant. A causal mask alone lets order through: a word sees other words when it stands elsewhere. One "
        "layer with weights drawn at random, on the LSTM's embeddings. ALiBi and T5's bias have here their causal "
        "form, which knows only offsets to what stands before a word. T5's own encoder has other numbers for what "
        "stands after it, and no mask."
    )
    columns: Columns = {
        "positions": [name for name, *_ in rows],
        "change without a mask": ["" if free is None else free for _, free, _ in rows],
        "change with a causal mask": [masked for *_, masked in rows],
    }
    downloads("differences", "differences", figure, lambda: columns, "What the order of words changes")


def _table(tokens: list[str], found: Found) -> None:
    rows = [
        [html.escape(token), *(_number(values[i]) for values in found.free.values())] for i, token in enumerate(tokens)
    ]
    st.text("Each word's output by itself, without a mask:")
    table(
        "What the order changes in each word's output, without a mask",
        ("word", *(TITLES[one] for one in found.free)),
        rows,
    )


def _number(value: float) -> str:
    return "0" if value < 1e-9 else f"{value:.3f}"


def _how_computed(tokens: list[str], found: Found) -> None:
    first = explain.latex_text(tokens[0])
    explain.explanation(
        "Each word asks all words, by products of its query with their keys, and takes the mean of their values, "
        "weighted by the softmax. A sum does not know in which order it is made: other places, the same sums. A code "
        "of the place in the embedding, a turn of queries and keys, or a bias in the scores ends that.",
        lambda: [
            r"y_i = \sum_j a_{ij}\, v_j, \qquad a_i = \mathrm{softmax}_j\bigl(q_i \cdot k_j / \sqrt{d}\bigr)",
            r"\mathrm{Attention}(P X) = P\, \mathrm{Attention}(X) \quad\text{for every permutation } P",
            rf"\frac{{\lVert y_{{1}}({first}) - y_{{2}}({first}) \rVert}}{{\lVert y_{{1}}({first}) \rVert}}"
            rf" = {_number(float(found.free['none'][0]))} \text{{ without positions, }}"
            rf" {_number(float(found.free['sinusoidal'][0]))} \text{{ with sinusoids}}",
        ],
        [order.attended, order.compared],
    )
