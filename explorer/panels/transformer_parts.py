"""Which layer, head or MLP pushes the logit of the next token: direct logit attribution."""

import numpy as np
import streamlit as st

from explorer import explain
from explorer.downloads import Columns, downloads
from explorer.figures.attribution import parts_map, running_sum
from explorer.numbers import minus
from explorer.panels import inside
from explorer.panels.inside import Look
from models.mixers.inside import Attribution, Inside

_NAMED = 3  # parts in words


def parts_view(slug: str) -> None:
    """The text, a next token, and what every part of the network adds to its logit."""
    look = inside.look(slug)
    if look is None:
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        place = inside.place_input(slug, look)
        token = inside.target_input(slug, "target", "Next token", look, place)
        against = inside.target_input(slug, "against", "Against", look, place, none="its logit alone")
    if token is None:
        return
    parts = look.inside.attribution(look.trace, place, token, against)
    _map(look, parts, _said(look, place, token, against))
    _sum(look, parts)
    _how_computed(look, parts, place, token)


def _said(look: Look, place: int, token: int, against: int | None) -> str:
    """Whose logit it is, in words."""
    said = [f"“{one}”" for one in look.lm.tokenizer.tokens([one for one in (token, against) if one is not None])]
    return f"{' against '.join(said)} after “{look.tokens[place]}”"


def _table(parts: Attribution) -> tuple[list[str], np.ndarray]:
    """Columns and numbers of every layer's parts; the attentions' bias only where there is one."""
    biases, mlps = parts.biases.numpy()[:, None], parts.mlps.numpy()[:, None]
    heads = [str(head) for head in range(1, parts.heads.shape[1] + 1)]
    if biases.any():
        return [*heads, "bias", "MLP"], np.hstack([parts.heads.numpy(), biases, mlps])
    return [*heads, "MLP"], np.hstack([parts.heads.numpy(), mlps])


def _map(look: Look, parts: Attribution, said: str) -> None:
    columns, values = _table(parts)
    figure = parts_map(columns, values)
    order = np.argsort(-np.abs(values), axis=None)[:_NAMED]
    strongest = ", ".join(_name(columns, *divmod(int(i), len(columns)), float(values.flat[i])) for i in order)
    st.text(f"What adds to the logit of {said}: most strongly {strongest}.")
    st.plotly_chart(
        figure,
        key="parts",
        config={"displayModeBar": False},
        alt=f"What each head and MLP of {len(values)} layers adds to the logit of {said}: {strongest}.",
    )
    table: Columns = {
        "layer": np.repeat(np.arange(1, len(values) + 1), len(columns)).tolist(),
        "part": columns * len(values),
        "logits": values.ravel().tolist(),
    }
    downloads("parts", "parts", figure, lambda: table, f"Direct logit attribution, {look.lm.card.title}: {said}")


def _name(columns: list[str], layer: int, part: int, value: float) -> str:
    what = f"head {columns[part]}" if columns[part].isdigit() else f"the {columns[part]}"
    return minus(f"{what} of layer {layer + 1} ({value:+.2f})")


def _sum(look: Look, parts: Attribution) -> None:
    st.subheader("They add up to the logit", anchor=False)
    layers = (parts.heads.sum(-1) + parts.biases + parts.mlps).tolist()
    names = ["embedding", *(["position"] if parts.positions else []), *(str(i + 1) for i in range(len(layers)))]
    values = [parts.embedding, *([parts.positions] if parts.positions else []), *layers]
    figure = running_sum([*names, "constant"], [*values, parts.constant])
    st.plotly_chart(
        figure,
        key="sum",
        config={"displayModeBar": False},
        alt=f"The parts layer by layer; their sum is {parts.total:.3f}, the network's logit {parts.logit:.3f}.",
    )
    st.caption(
        minus(f"Sum of all parts {parts.total:.4f}, the network's own number {parts.logit:.4f}. ")
        + "Direct effects alone: what a head changes in later layers counts as theirs. The last norm divides by the "
        "length of the whole stream, taken as it is here."
    )
    table: Columns = {"part": [*names, "constant"], "logits": [*values, parts.constant]}
    downloads("sum", "sum", figure, lambda: table, f"Sum of all parts, {look.lm.card.title}")


def _how_computed(look: Look, parts: Attribution, place: int, token: int) -> None:
    (word,) = look.lm.tokenizer.tokens([token])
    heads, mlps = float(parts.heads.sum()), float(parts.mlps.sum())
    explain.explanation(
        "Every head and every MLP adds a vector to the residual stream, so what reaches the end is a sum. The last "
        "norm scales it, and the product with a token's row of the unembedding gives its logit: each vector's product "
        "with that row is its share.",
        lambda: [
            r"x = e + \sum_{\ell} \Bigl( \sum_h z_{\ell h} W_O^{\ell h} + b_O^{\ell} + m_\ell \Bigr)",
            r"y_w = u_w \cdot \mathrm{norm}(x) + b_w = \sum_{\text{parts}} \frac{g \odot u_w}{\sigma} \cdot"
            r" (\text{part}) + \text{constant}",
            rf"y({explain.latex_text(word)}) = {parts.embedding + parts.positions:.3f} + {heads:.3f}_{{\text{{heads}}}}"
            rf" + {mlps:.3f}_{{\text{{MLPs}}}} + {float(parts.biases.sum()) + parts.constant:.3f}"
            rf" = {parts.total:.3f}, \qquad t = {place}",
        ],
        [Inside.attribution],
    )
