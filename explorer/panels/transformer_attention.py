"""What the heads of a layer look at: scores, mask and weights, one head large and all of them small, and arcs."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from explorer import address, controls, explain
from explorer.components.attention_arcs import attention_arcs
from explorer.components.attention_heads import attention_heads
from explorer.downloads import Columns, downloads
from explorer.figures.attention import attention_map
from explorer.numbers import minus, percent, power_of_ten_latex
from explorer.panels import inside
from explorer.panels.inside import Look
from models.mixers import attention_maps
from models.mixers.attention_maps import Stage, Weight
from models.mixers.inside import LayerTrace
from models.mixers.transformer import Block, TransformerNetwork

_MEAN, _ALL = "mean", "all"  # in place of a head: the average of the layer's heads, and of the heads of all layers
_STAGES = {"weights": "Weights after softmax", "masked": "Masked", "scores": "Scores"}
_TERMS = 4  # of a sum that are written out
_SUMMED = 12  # numbers up to which a mean is written out


@dataclass(frozen=True, eq=False)
class _View:
    """What is on screen."""

    look: Look
    layer: int
    head: str  # a number from 1, _MEAN or _ALL
    stage: Stage
    reading: int

    @property
    def traced(self) -> LayerTrace:
        """The layer, as it was computed."""
        return self.look.trace.layers[self.layer]

    @property
    def heads(self) -> list[str]:
        """What can be chosen, in this order."""
        return _heads(self.look)

    @property
    def said(self) -> str:
        """Whose map it is."""
        return self.said_of(self.head)

    def said_of(self, head: str) -> str:
        """Whose map it would be."""
        if head == _ALL:
            return "Mean of all layers"
        return f"Mean of layer {self.layer + 1}" if head == _MEAN else f"Layer {self.layer + 1}, head {head}"

    def map(self, head: str, stage: Stage) -> Float[Tensor, "pos pos"]:
        """What each query has for each key."""
        if head == _ALL:
            return attention_maps.average(self.look.trace, stage)
        maps = attention_maps.maps(self.traced, stage)
        return maps.mean(0) if head == _MEAN else maps[int(head) - 1]


def attention_view(slug: str) -> None:
    """The text, a layer and a head, and what its tokens look at."""
    look = inside.look(slug)
    if look is None:
        return
    view = _chosen(slug, look)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _map(view)
        _words(view)
    with right:
        _small(slug, view)
    _arcs(slug, view)
    _how_computed(view)


def _heads(look: Look) -> list[str]:
    return [_MEAN, *(str(head + 1) for head in range(look.inside.n_head)), _ALL]


def _chosen(slug: str, look: Look) -> _View:
    layers, last = look.inside.n_layer, len(look.ids) - 1
    titles = {_MEAN: "mean of all heads", _ALL: "mean of all layers"}
    heads = _heads(look)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        layer = inside.counted(f"{slug}_layer", "Layer", layers)
        head = controls.pick_one(f"{slug}_head", "Head", heads, lambda one: titles.get(one, one))
        stage = controls.choice(f"{slug}_stage", "Stage", list(_STAGES), _STAGES.__getitem__)
    reading = address.parsed(f"{slug}_query", last, int, lambda place: 0 <= place <= last)
    return _View(look, layer, head, cast(Stage, stage), reading)


def _map(view: _View) -> None:
    look, values = view.look, view.map(view.head, view.stage).numpy()
    key = int(values[view.reading, : view.reading + 1].argmax())
    most = values[view.reading, key]
    one, other = f"“{look.tokens[view.reading]}”", f"“{look.tokens[key]}”"
    best = (
        f"{one} looks most at {other} ({percent(float(most))})"
        if view.stage == "weights"
        else f"{one} has its highest score for {other} ({minus(f'{most:.2f}')})"
    )
    st.text(f"{view.said}: {best}.")
    figure = attention_map(look.tokens, values, view.reading, weights=view.stage == "weights")
    st.plotly_chart(
        figure,
        key="attention",
        config={"displayModeBar": False},
        alt=f"{_STAGES[view.stage]} of {len(look.tokens)} tokens. {view.said}: {best}.",
    )
    downloads(
        "attention",
        "attention",
        figure,
        lambda: _columns(view, {_STAGES[view.stage].lower(): values}),
        f"Attention, {look.lm.card.title}: {view.said}\n{_STAGES[view.stage]}",
    )


def _small(slug: str, view: _View) -> None:
    """All heads of the layer, and the averages."""
    maps = torch.stack([view.map(head, view.stage) for head in view.heads])
    # Scores have no common measure: each map has its own.
    shown = maps if view.stage == "weights" else maps / _reach(maps)

    heads = view.heads  # alone, not the view: Streamlit keeps the callback, and with it all that it knows

    def choose(i: int) -> None:
        address.set_values(**{f"{slug}_head": None if heads[i] == _MEAN else heads[i]})

    st.text(f"All heads of layer {view.layer + 1}")
    attention_heads(
        ["mean", *heads[1:-1], "all layers"],
        [view.said_of(head) for head in heads],
        shown.numpy(),
        heads.index(view.head),
        key="attention_heads",
        on_choice=choose,
    )
    downloads(
        "attention_heads",
        "attention_heads",
        None,
        lambda: _columns(
            view, {view.said_of(head): one.numpy() for head, one in zip(view.heads, maps, strict=True) if head != _ALL}
        ),
        f"Attention, {view.look.lm.card.title}: layer {view.layer + 1}",
    )


def _reach(maps: Float[Tensor, "head pos pos"]) -> Float[Tensor, "head one one"]:
    """How far from 0 each map goes."""
    finite = maps.masked_fill(maps.isinf(), 0).abs()
    return finite.amax((1, 2), keepdim=True).clamp(min=1e-6)


def _columns(view: _View, maps: dict[str, np.ndarray]) -> Columns:
    tokens, count = view.look.tokens, len(view.look.tokens)
    places = np.arange(count)
    return {
        "reading place": np.repeat(places, count).tolist(),
        "reading": [token for token in tokens for _ in places],
        "looked at place": np.tile(places, count).tolist(),
        "looked at": tokens * count,
        **{name: one.ravel().tolist() for name, one in maps.items()},
    }


def _arcs(slug: str, view: _View) -> None:
    """The text, and where its tokens look."""
    last = len(view.look.ids) - 1

    def choose(place: int) -> None:
        address.set_values(**{f"{slug}_query": None if place == last else str(place)})

    st.subheader("On the text", anchor=False)
    weights = view.map(view.head, "weights").numpy()
    attention_arcs(view.look.tokens, weights, view.reading, key="arcs", on_choice=choose)
    downloads(
        "arcs",
        "arcs",
        None,
        lambda: _columns(view, {"weight": weights}),
        f"Attention on the text, {view.look.lm.card.title}: {view.said}",
    )


def _words(view: _View) -> None:
    """What the picture does not say."""
    words = [
        "Attention is not explanation: what a head looks at need not be what decides (Jain and Wallace 2019). What it "
        "writes is in “Who says it”, what is lost without it in “Take out”."
    ]
    if len(view.look.ids) > 1:
        first = attention_maps.on_the_first(view.traced)
        words.append(
            f"In layer {view.layer + 1} the later tokens of this text put {percent(float(first.mean()))} of their "
            f"weight on the first one, on average over the heads; most in head {int(first.argmax()) + 1}, "
            f"{percent(float(first.max()))}."
            + (
                " Weight that a head needs nowhere else goes there: a sink (Xiao et al. 2024)."
                * bool(first.max() > 0.5)
            )
        )
    shared = view.look.shared
    if shared > 1:
        groups = [f"{start + 1}–{start + shared}" for start in range(0, view.look.inside.n_head, shared)]
        words.append(f"Heads {', '.join(groups)} share their keys and values: grouped-query attention.")
    st.caption("  \n".join(words))


def _how_computed(view: _View) -> None:
    of, head, key = _strongest(view)
    layer = view.look.trace.layers[of]
    weight = attention_maps.weight(layer, view.look.inside.layers[of].scale, head, view.reading, key)
    ours = isinstance(getattr(view.look.lm, "network", None), TransformerNetwork)
    explain.explanation(
        "A token's query is multiplied with the keys of all tokens; divided by the root of their length, that gives "
        "its scores. Later tokens are masked: their score becomes −∞. The softmax makes weights of the rest, which sum "
        "to 1, and the head takes the average of the values by these weights.",
        lambda: [
            r"s_{ij} = \frac{q_i \cdot k_j}{\sqrt{d_\text{head}}}, \qquad s_{ij} = -\infty \text{ for } j > i, \qquad"
            r" a_{ij} = \frac{e^{s_{ij}}}{\sum_{l \le i} e^{s_{il}}}, \qquad z_i = \sum_j a_{ij} v_j",
            *_numbers(view, layer, head, key, weight, of),
            *_averaged(view, key),
        ],
        [attention_maps.weight, *([Block.trace] if ours else [])],
    )


def _strongest(view: _View) -> tuple[int, int, int]:
    """The key that the reading token looks at most; of an average the layer and the head that do so most."""
    row = view.map(view.head, "weights")[view.reading]
    key = int(row.argmax())
    if view.head not in (_MEAN, _ALL):
        return view.layer, int(view.head) - 1, key
    layers = range(view.look.inside.n_layer) if view.head == _ALL else [view.layer]
    of_all = torch.stack([view.look.trace.layers[layer].pattern[:, view.reading, key] for layer in layers])
    at, head = divmod(int(of_all.argmax()), of_all.shape[1])
    return layers[at], head, key


def _numbers(view: _View, layer: LayerTrace, head: int, key: int, weight: Weight, of: int) -> list[str]:
    """The weight of one cell."""
    i, d_head = view.reading, layer.q.shape[-1]
    query_word, key_word = (explain.latex_text(view.look.tokens[place]) for place in (i, key))
    usual = abs(weight.scale - d_head**-0.5) < 1e-6
    product = (
        rf"\frac{{{weight.dot:.3f}}}{{\sqrt{{{d_head}}}}}"
        if usual
        else rf"{weight.scale:.4f} \cdot {_signed(weight.dot)}"
    )
    bias = rf" {weight.bias:+.3f}_{{\text{{positions}}}}" if abs(weight.bias) > 1e-4 else ""
    row = attention_maps.masked(layer)[head, i]
    top = row.topk(min(_TERMS, int(row.isfinite().sum()))).values.tolist()
    dots = r" + \dots" if int(row.isfinite().sum()) > len(top) else ""
    total = _exp(weight.log_denominator)
    return [
        rf"i: {query_word}\ ({i}), \quad j: {key_word}\ ({key}), \quad \text{{layer {of + 1}, head {head + 1}}}:"
        rf"\qquad s_{{ij}} = {product}{bias} = {weight.score:.3f}",
        rf"\sum_{{l}} e^{{s_{{il}}}} = {' + '.join(f'e^{{{score:.3f}}}' for score in top)}{dots} = {total}",
        rf"a_{{ij}} = \frac{{e^{{{weight.score:.3f}}}}}{{{total}}} = {weight.weight:.4f}",
    ]


def _exp(log_value: float) -> str:
    """exp of a number, however large."""
    return f"{np.exp(log_value):.3f}" if -5 < log_value < 9 else power_of_ten_latex(log_value, 3)


def _signed(value: float) -> str:
    return f"({value:.3f})" if value < 0 else f"{value:.3f}"


def _averaged(view: _View, key: int) -> list[str]:
    """The mean of a cell's weights, where an average is shown."""
    mean = float(view.map(view.head, "weights")[view.reading, key])
    n_head, n_layer = view.look.inside.n_head, view.look.inside.n_layer
    if view.head == _ALL:
        return [
            rf"\bar a_{{ij}} = \frac{{1}}{{{n_layer} \cdot {n_head}}} \sum_{{\ell, h}} a^{{\ell h}}_{{ij}} = {mean:.4f}"
        ]
    if view.head == _MEAN:
        each = view.traced.pattern[:, view.reading, key].tolist()
        written = " + ".join(f"{one:.3f}" for one in each[:_SUMMED]) + (r" + \dots" if len(each) > _SUMMED else "")
        return [
            rf"\bar a_{{ij}} = \frac{{1}}{{{n_head}}} \sum_h a^h_{{ij}} = \frac{{{written}}}{{{n_head}}} = {mean:.4f}"
        ]
    return []
