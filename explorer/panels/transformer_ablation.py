"""Heads, attentions, MLPs and tokens taken out by a click, and what the next token is then."""

import numpy as np
import streamlit as st
from torch import Tensor

from explorer import address, controls, explain, parts_out, waiting
from explorer.components.switches import Switch, switches
from explorer.downloads import Columns, downloads
from explorer.figures.attribution import parts_map
from explorer.inference import Ticket
from explorer.numbers import minus, percent
from explorer.panels import inside, transformer_compare
from explorer.panels.inside import Look
from explorer.panels.transformer_pair import Pair, pair_chart
from models.mixers import ablation
from models.mixers.inside import NOTHING, Ablation, ranks

_NAMED = 3  # parts in words
_NAMES = ("whole network", "with parts out")


def out_view(slug: str) -> None:
    """The text, what is taken out of the network, and the next token without it; then a second text."""
    look = inside.look(slug)
    if look is None:
        return
    without = parts_out.decoded(
        address.value(f"{slug}_out"),
        address.value(f"{slug}_hide"),
        look.inside.n_layer,
        look.inside.n_head,
        look.ids,
    )
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        place = inside.place_input(slug, look)
        st.button(
            "Put all back",
            key="put_back",
            on_click=address.set_values,
            kwargs={f"{slug}_out": None, f"{slug}_hide": None},
            disabled=without == NOTHING,
        )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _switches(slug, look, without)
    with right:
        pair = _pair(slug, look, place, without)
        if pair is not None:
            _bars(look, pair, place, is_whole=without == NOTHING)
    if pair is None:
        return
    _each(slug, look, place, pair.best)
    compared = transformer_compare.compared(slug, look, place)
    _how_computed(look, pair, without, compared)


def _switches(slug: str, look: Look, without: Ablation) -> None:
    """The text's tokens, then a table of the network's parts, the last layer above."""

    def hide(names: list[str]) -> None:
        address.set_values(**{f"{slug}_hide": parts_out.encoded(names)})

    def take(names: list[str]) -> None:
        chosen = parts_out.decoded(",".join(names), "", n_layer, n_head, ())
        address.set_values(**{f"{slug}_out": parts_out.encoded(parts_out.names(chosen))})

    tokens: list[Switch] = [
        {"name": parts_out.token(i, token_id), "text": token, "said": f"Hide “{token}” at place {i} from later tokens"}
        for i, (token, token_id) in enumerate(zip(look.tokens, look.ids, strict=True))
    ]
    st.caption("A click hides a token from all later ones, and takes a part of the network out or puts it back.")
    hidden = [parts_out.token(place, look.ids[place]) for place in sorted(without.tokens)]
    switches([("", tokens)], (), hidden, label="Tokens of the text", key=f"{slug}_tokens", on_change=hide)
    n_layer, n_head = look.inside.n_layer, look.inside.n_head
    rows = [(str(layer + 1), _row(layer, n_head)) for layer in reversed(range(n_layer))]
    covers = {
        parts_out.attention(layer): [parts_out.head(layer, one) for one in range(n_head)] for layer in range(n_layer)
    }
    columns = [*(str(one + 1) for one in range(n_head)), "all", "MLP"]
    label = "Heads, whole attentions and MLPs of each layer"
    out = parts_out.names(without)
    switches(rows, columns, out, label=label, key=f"{slug}_parts", on_change=take, covers=covers)
    st.caption("Rows: layers. Columns: heads, all heads together, MLP. ×: out.")


def _row(layer: int, n_head: int) -> list[Switch]:
    heads: list[Switch] = [
        {"name": parts_out.head(layer, one), "text": "", "said": f"Layer {layer + 1}, head {one + 1}"}
        for one in range(n_head)
    ]
    return [
        *heads,
        {"name": parts_out.attention(layer), "text": "", "said": f"Layer {layer + 1}, all heads"},
        {"name": parts_out.mlp(layer), "text": "", "said": f"Layer {layer + 1}, MLP"},
    ]


def _pair(slug: str, look: Look, place: int, without: Ablation) -> Pair | None:
    """The next token before and after; None while that is stopped."""
    before = look.trace.logits[place]
    if without == NOTHING:
        return Pair(before, before)

    def work(_: Ticket) -> Tensor:
        return look.inside.trace(look.ids, without).logits[place].clone()

    slot = f"{slug} out"
    after = waiting.waited(slot, (*look.key, place, without), work, "Reading without it")
    return None if after is None else Pair(before, after)


def _bars(look: Look, pair: Pair, place: int, *, is_whole: bool) -> None:
    best = pair.best
    (word,) = look.lm.tokenizer.tokens([best])
    before, after = (2.0 ** float(log[best]) for log in pair.log2_probs)
    said = f"After “{look.tokens[place]}” the best guess is “{word}”, {percent(before)}."
    if not is_whole:
        rank = int(ranks(pair.after, best))
        said += f" With parts out: {percent(after)}, rank {rank:,}. KL divergence {pair.bits:.3f} bits."
    st.text(said)
    pair_chart(look, pair, _NAMES, "out", said, is_alone=is_whole)


def _each(slug: str, look: Look, place: int, token: int) -> None:
    """Every head and every MLP taken out by itself, when the reader asks for it."""
    st.subheader("Which part matters most", anchor=False)
    (word,) = look.lm.tokenizer.tokens([token])
    n_layer, n_head = look.inside.n_layer, look.inside.n_head
    label = f"Try each of the {n_layer * (n_head + 1)} heads and MLPs"
    if not controls.toggle(f"{slug}_each", label, "Out of the whole network, each by itself: as many readings."):
        return

    def work(ticket: Ticket) -> np.ndarray:
        rows = list[np.ndarray]()
        for row in ablation.singly(look.inside, look.ids, place, token):
            rows.append(row.float().numpy())
            ticket.progress(len(rows), n_layer)
        return np.stack(rows)

    values = waiting.waited(f"{slug} each", (*look.key, place, token, "each"), work, "Taking out one after the other")
    if values is None:
        return
    columns = [*(str(head + 1) for head in range(n_head)), "MLP"]
    order = np.argsort(values, axis=None)[:_NAMED]
    named = ", ".join(_name(values, *divmod(int(i), n_head + 1)) for i in order)
    st.text(f"Without them “{word}” loses most: {named}.")
    figure = parts_map(columns, values)
    st.plotly_chart(
        figure,
        key="each",
        config={"displayModeBar": False},
        alt=f"By how many bits the probability of {word} changes without each head and MLP: {named}.",
    )
    st.caption(
        "Change of log₂ P: −1 bit halves the probability. Orange: the part was needed. Blue: it stood in the way. "
        "Unlike “Who says it”, what later layers make of a part counts here."
    )
    table: Columns = {
        "layer": np.repeat(np.arange(1, n_layer + 1), n_head + 1).tolist(),
        "part": columns * n_layer,
        "bits": values.ravel().tolist(),
    }
    downloads("each", "each", figure, lambda: table, f"Each part taken out, {look.lm.card.title}: {word}")


def _name(values: np.ndarray, layer: int, part: int) -> str:
    what = f"head {part + 1}" if part < values.shape[1] - 1 else "the MLP"
    return minus(f"{what} of layer {layer + 1} ({values[layer, part]:+.2f} bits)")


def _how_computed(look: Look, pair: Pair, without: Ablation, compared: transformer_compare.Compared | None) -> None:
    explain.explanation(
        "What is taken out adds nothing to the residual stream; all later layers read what is left. A hidden token's "
        "scores are set to minus infinity, so that no later token takes anything from it. The divergence says how many "
        "bits it costs to expect the distribution after where the one before is true.",
        lambda: _formulas(look, pair, without, compared),
        [Ablation.kept, Ablation.hidden, ablation.divergence, ablation.singly, ablation.arrival],
    )


def _formulas(look: Look, pair: Pair, without: Ablation, compared: transformer_compare.Compared | None) -> list[str]:
    word = explain.latex_text(look.lm.tokenizer.tokens([pair.best])[0])
    before, after = (float(log[pair.best]) for log in pair.log2_probs)
    p, q = 2.0**before, 2.0**after
    heads = look.inside.n_layer * look.inside.n_head
    formulas = [
        r"x_{\text{mid}} = x + \sum_{h\ \text{in}} z_h W_O^{h} + b_O, \qquad x_{\text{post}} = x_{\text{mid}} +"
        r" \begin{cases} m(x_{\text{mid}}) & \text{in} \\ 0 & \text{out} \end{cases}",
        rf"\text{{out: }} {len(without.heads)} \text{{ of }} {heads} \text{{ heads, }} {len(without.attention)}"
        rf" \text{{ attentions and }} {len(without.mlps)} \text{{ MLPs of }} {look.inside.n_layer} \text{{ layers}}",
        r"s_{ij} = -\infty \quad \text{for hidden } j < i, \qquad j \in \{"
        + ", ".join(map(str, sorted(without.tokens)))
        + r"\}",
        r"\mathrm{KL}(P \,\|\, P') = \sum_w P(w) \log_2 \frac{P(w)}{P'(w)}"
        rf" = {p:.4f} \log_2 \frac{{{p:.4f}}}{{{q:.4f}}} + \dots = {pair.bits:.4f} \text{{ bits}}",
        rf"\log_2 P'({word}) - \log_2 P({word}) = {after:.3f} - ({before:.3f}) = {after - before:.3f}",
    ]
    return formulas if compared is None else [*formulas, *compared.formulas()]
