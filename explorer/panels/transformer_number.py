"""One number of a transformer, followed to the products that sum to it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from torch import Tensor

from explorer import explain
from explorer.downloads import Columns, downloads
from explorer.figures.transformer_walk import running_terms
from explorer.numbers import minus
from explorer.panels import transformer_stations
from explorer.panels.inside import Look
from models.mixers import followed
from models.mixers.followed import Normed, Product, Share

OF_KEYS, OF_TOKENS = ("scores", "weights"), ("logits", "probs")  # stations whose columns have names
_TERMS = 8  # that are told apart
_IN_FORMULA = 3
_LONG = 11  # signs of a token beside its factors
_ADDED = {"placed": ("embedding", "position"), "mid": ("stream", "attention"), "post": ("stream", "MLP")}
_VALUES_ONLY = {
    "embedding": "It stands in the embedding table, in the row of this token.",
    "hidden": "It can't be followed here: families differ in how they make it.",
}
_FUSED = "This network makes queries, keys and values by one matrix: their numbers can't be followed here."


@dataclass(frozen=True, eq=False)
class Shown:
    """What is open: a station, and one number of it."""

    look: Look
    station: str
    layer: int
    head: int
    place: int
    index: int  # number of a vector, place of a key, or token
    values: np.ndarray  # what is drawn: a row for each position
    width: int  # numbers of a vector, also those that are not drawn
    columns: list[int] | None  # keys or tokens; None: the numbers of a vector

    @property
    def column(self) -> int:
        """Where the number stands."""
        return self.index if self.columns is None else self.columns.index(self.index)

    @property
    def title(self) -> str:
        """Of the station, with layer and head."""
        station = transformer_stations.of(self.look, self.station)
        where = f", layer {self.layer + 1}" if self.station in followed.LAYER else ""
        return f"{station.title}{where}{f', head {self.head + 1}' if station.has_head else ''}"

    @property
    def axis(self) -> str:
        """Of the columns."""
        return "key position" if self.station in OF_KEYS else "next token" if self.station in OF_TOKENS else "number"

    @property
    def positions(self) -> list[str]:
        """What the rows are called."""
        return [f"{place} {token}" for place, token in enumerate(self.look.tokens)]

    @property
    def names(self) -> list[str] | None:
        """What the columns are called; None where they are numbers of a vector."""
        if self.columns is None or self.station in OF_KEYS:
            return None if self.columns is None else self.positions
        return [f"{rank} {token}" for rank, token in enumerate(self.look.lm.tokenizer.tokens(self.columns), 1)]

    @property
    def said(self) -> str:
        """The number, in words."""
        at = f"“{self.look.tokens[self.place]}”"
        if self.station in OF_KEYS:
            return f"From {at} to “{self.look.tokens[self.index]}”"
        if self.station in OF_TOKENS:
            return f"“{self.look.lm.tokenizer.tokens([self.index])[0]}” after {at}"
        return f"Number {self.index + 1} at {at}"

    @property
    def product(self) -> Product | None:
        """What the number was summed from, where it was."""
        look = self.look
        return followed.followed(look.inside, look.trace, self.station, self.layer, self.head, self.place, self.index)

    @property
    def share(self) -> Share | None:
        """The softmax that it is of, where there is one."""
        return followed.share(self.look.trace, self.station, self.layer, self.head, self.place, self.index)

    @property
    def normed(self) -> Normed | None:
        """What a norm did to it, where one did."""
        look = self.look
        return followed.normed(look.inside, look.trace, self.station, self.layer, self.place, self.index)


def number(shown: Shown) -> None:
    """The number, and the terms that add up to it."""
    st.subheader("One number, followed", anchor=False)
    product, share, normed = shown.product, shown.share, shown.normed
    if product is not None:
        st.text(_said_of_product(shown, product))
        _terms(shown, product.terms, lambda i: _factors(shown, product, i), product.bias)
    elif share is not None:
        st.text(_said_of_share(shown, share))
        _terms(shown, share.terms, lambda i: _power(shown, share, i), marked=share.at)
    elif normed is not None:
        st.text(_said_of_norm(shown, normed))
    else:
        value = minus(f"{shown.values[shown.place, shown.column]:.4f}")
        st.text(f"{shown.said}: {value}. {_VALUES_ONLY.get(shown.station, _FUSED)}")


def _said_of_product(shown: Shown, product: Product) -> str:
    said = f"{shown.said}: the sum is {minus(f'{product.total:.4f}')}"
    result = minus(f"{product.result:.4f}")
    changed = product.changed
    if changed is None:
        return f"{said}, the network’s number {result}."
    if not changed.scaled:
        return (
            f"{said}. Then its place turns the vector (RoPE), and the network’s number is {result}; the vector is as "
            f"long as before: {changed.before:.3f}, {changed.after:.3f}."
        )
    turned = ", and its place turns it (RoPE)" if changed.turned else ""
    return (
        f"{said}. Then the network norms or scales the vector{turned}. The network’s number is {result}; the vector "
        f"was {changed.before:.3f} long, and is {changed.after:.3f}."
    )


def _said_of_share(shown: Shown, share: Share) -> str:
    term, total = float(share.terms[share.at]), float(share.terms.sum())
    return f"{shown.said}: {term:.4g} / {total:.5g} = {share.value:.4g}, the network’s number {share.result:.4g}."


def _said_of_norm(shown: Shown, normed: Normed) -> str:
    less = f" - ({normed.mean:.4f})" if shown.look.inside.centred else ""
    before = f"({normed.before:.4f}{less})" if less else f"{normed.before:.4f}"
    numbers = (
        f": {before} / {normed.by:.4f} = {normed.divided:.4f}, and with what was learned for it {normed.after:.4f}.\n"
        f"The whole vector before the norm: mean {normed.mean:.4f}, variance {normed.variance:.4f}, "
        f"root mean square {normed.root_mean_square:.4f}."
    )
    return shown.said + minus(numbers)


def _factors(shown: Shown, product: Product, i: int) -> str:
    """A term's number or token, and its two factors."""
    if len(product.left) > 1 and shown.station in _ADDED:
        return _ADDED[shown.station][i]
    factors = minus(f"{float(product.left[i]):.3g} · {float(product.right[i]):.3g}")
    if shown.station == "placed":
        return f"embedding: {factors}"
    if shown.station == "mix":
        return f"{_short(shown.positions[i])}: {factors}"
    if shown.station == "attention":
        head, of = divmod(i, shown.look.trace.layers[0].z.shape[-1])
        return f"head {head + 1}, {of + 1}: {factors}"
    if product.scale != 1:
        factors += f" · {product.scale:.3g}"
    return f"{i + 1}: {factors}"


def _power(shown: Shown, share: Share, i: int) -> str:
    """A term's token, and the power that it is."""
    token = shown.positions[i] if shown.station in OF_KEYS else shown.look.lm.tokenizer.tokens([i])[0]
    return f"{_short(token)}: {minus(f'exp({float(share.scores[i] - share.scores.max()):.3g})')}"


def _short(name: str) -> str:
    return name if len(name) <= _LONG else f"{name[: _LONG - 1]}…"


def _terms(
    shown: Shown, terms: Tensor, name: Callable[[int], str], bias: float | None = None, *, marked: int | None = None
) -> None:
    """The largest terms, all the others together, and the bias, to their sum."""
    order = terms.abs().argsort(descending=True).tolist()
    top = order if len(order) <= _TERMS + 1 else order[:_TERMS]
    if marked is not None and marked not in top:
        top = [*top[:-1], marked]
    names, values = [name(i) for i in top], terms[top].tolist()
    if len(top) < len(order):
        names.append(f"all other {len(order) - len(top):,} terms")
        values.append(float(terms.sum()) - sum(values))
    if bias is not None:
        names.append("positions" if shown.station == "scores" else "bias")
        values.append(bias)
    figure = running_terms(names, values, marked=None if marked is None else top.index(marked))
    st.plotly_chart(
        figure,
        key="walk_terms",
        config={"displayModeBar": False},
        alt=f"{shown.title}. {shown.said}: {len(order)} terms that sum to {sum(values):.4f}, the largest first.",
    )
    about = f"{shown.title}, {shown.look.lm.card.title}\n{shown.said}"
    downloads("terms", "walk_terms", figure, lambda: _columns(order, terms, name, bias), about)


def _columns(order: list[int], terms: Tensor, name: Callable[[int], str], bias: float | None) -> Columns:
    values = terms[order].tolist()
    extra = [] if bias is None else [bias]
    return {"term": [*map(name, order), *(["bias"] * len(extra))], "value": [*values, *extra]}


def how_computed(shown: Shown) -> None:
    """One layer as formulas, and the open number with its terms."""
    reads = "x" if shown.look.inside.parallel else "x'"
    explain.explanation(
        "Each token's embedding starts a residual stream. Every layer reads it through a norm and adds to it: first "
        "what attention brings from the tokens before, then what the MLP makes of each token by itself. After the last "
        "layer the stream is normed once more; its product with the vector of each token of the vocabulary is that "
        "token's logit.",
        lambda: [
            r"x' = x + \mathrm{Attention}(\mathrm{norm}(x)), \qquad"
            rf" x'' = x' + \mathrm{{MLP}}(\mathrm{{norm}}({reads}))",
            _sizes(shown),
            transformer_stations.formula(shown.look, shown.station, shown.layer, shown.head),
            _with_numbers(shown),
        ],
        [followed.followed, followed.share, followed.normed],
    )


def _sizes(shown: Shown) -> str:
    """Of the stream, a head, the MLP and the logits."""
    one, logits = shown.look.trace.layers[0], shown.look.trace.logits
    sizes = {"x": one.attn_in, r"q^h": one.q[0], r"a^h": one.pattern[0], "h": one.mlp_hidden, "y": logits}
    said = [rf"{name} \in \mathbb{{R}}^{{{len(of)} \times {of.shape[1]}}}" for name, of in sizes.items()]
    return r", \quad ".join(said)


def _with_numbers(shown: Shown) -> str:
    """The open number, by the largest of its terms."""
    product, share, normed = shown.product, shown.share, shown.normed
    if product is not None:
        longer = product.bias is not None or product.changed is not None
        order = product.terms.abs().argsort(descending=True)[: _IN_FORMULA - longer].tolist()
        added = shown.station in _ADDED and len(product.left) > 1
        terms = [
            f"({float(product.left[i]):.4f})" + ("" if added else rf" \cdot ({float(product.right[i]):.4f})")
            for i in order
        ]
        more = r" + \dots" if len(product.left) > len(order) else ""
        scaled = "" if product.scale == 1 else rf"{product.scale:.4f} \cdot "
        bias = "" if product.bias is None else f" + ({product.bias:.4f})"
        summed = f"{' + '.join(terms)}{more}"
        then = (
            "" if product.changed is None else rf", \qquad {shown.station}_{{{shown.index + 1}}} = {product.result:.4f}"
        )
        return f"{scaled}{rf'({summed})' if scaled else summed}{bias} = {product.total:.4f}{then}"
    if share is not None:
        score, highest = float(share.scores[share.at]), float(share.scores.max())
        term, total = float(share.terms[share.at]), float(share.terms.sum())
        power = rf"e^{{{score:.3f} - ({highest:.3f})}}"
        return rf"\frac{{{power}}}{{{total:.4f}}} = \frac{{{term:.4f}}}{{{total:.4f}}} = {share.value:.4f}"
    if normed is not None:
        less = f" - ({normed.mean:.4f})" if shown.look.inside.centred else ""
        return (
            rf"\frac{{{normed.before:.4f}{less}}}{{{normed.by:.4f}}} = {normed.divided:.4f}, \qquad"
            rf" \mathrm{{norm}}(x)_{{{shown.index + 1}}} = {normed.after:.4f}"
        )
    return rf"{shown.values[shown.place, shown.column]:.4f} \qquad t = {shown.place}"
