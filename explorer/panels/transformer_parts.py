"""Which layer, head or MLP pushes the logit of the next token: direct logit attribution."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer import explain
from explorer.downloads import Columns, downloads
from explorer.figures.attribution import parts_map, running_sum
from explorer.numbers import minus
from explorer.panels import inside
from explorer.panels.inside import Look
from models.mixers.inside import Attribution, Inside, exact

_NAMED = 3  # parts in words
_IN_LINE = 3  # parts in a formula


def parts_view(slug: str) -> None:
    """The text, a next token, and what every part of the network adds to its logit."""
    look = inside.look(slug)
    if look is None:
        return
    place, token, against = inside.asked_inputs(slug, look, "its logit alone")
    asked = Asked(place, token, against)
    parts = look.inside.attribution(look.trace, place, token, against)
    _map(look, parts, asked)
    _sum(look, parts, asked)
    _how_computed(look, parts, asked)


@dataclass(frozen=True)
class Asked:
    """Whose logit it is; or the difference of two."""

    place: int
    token: int
    against: int | None

    @property
    def name(self) -> str:
        """What the parts add up to."""
        return "logit" if self.against is None else "difference"

    @property
    def tokens(self) -> list[int]:
        """One, or two."""
        return [self.token] if self.against is None else [self.token, self.against]

    def said(self, look: Look) -> str:
        """The same in words."""
        words = [f"“{one}”" for one in look.lm.tokenizer.tokens(self.tokens)]
        what = "logit of" if self.against is None else "difference of the logits of"
        return f"{what} {' and '.join(words)} after “{look.tokens[self.place]}”"


def _table(parts: Attribution) -> tuple[list[str], np.ndarray]:
    """Columns and numbers of every layer's parts; the attentions' bias only where there is one."""
    biases, mlps = parts.biases.numpy()[:, None], parts.mlps.numpy()[:, None]
    heads = [str(head) for head in range(1, parts.heads.shape[1] + 1)]
    if biases.any():
        return [*heads, "bias", "MLP"], np.hstack([parts.heads.numpy(), biases, mlps])
    return [*heads, "MLP"], np.hstack([parts.heads.numpy(), mlps])


def _map(look: Look, parts: Attribution, asked: Asked) -> None:
    said = asked.said(look)
    columns, values = _table(parts)
    figure = parts_map(columns, values)
    order = np.argsort(-np.abs(values), axis=None)[:_NAMED]
    strongest = ", ".join(_name(columns, *divmod(int(i), len(columns)), float(values.flat[i])) for i in order)
    st.text(f"What adds to the {said}: most strongly {strongest}.")
    st.plotly_chart(
        figure,
        key="parts",
        config={"displayModeBar": False},
        alt=f"What each head and MLP of {len(values)} layers adds to the {said}: {strongest}.",
    )
    if asked.against is None:
        st.caption("Much of it raises other tokens too: choose one under “Against” to see what decides between two.")
    table: Columns = {
        "layer": np.repeat(np.arange(1, len(values) + 1), len(columns)).tolist(),
        "part": columns * len(values),
        "logits": values.ravel().tolist(),
    }
    downloads("parts", "parts", figure, lambda: table, f"Direct logit attribution, {look.lm.card.title}: {said}")


def _name(columns: list[str], layer: int, part: int, value: float) -> str:
    what = f"head {columns[part]}" if columns[part].isdigit() else f"the {columns[part]}"
    return minus(f"{what} of layer {layer + 1} ({value:+.2f})")


def _sum(look: Look, parts: Attribution, asked: Asked) -> None:
    st.subheader(f"They add up to the {asked.name}", anchor=False)
    layers = (parts.heads.sum(-1) + parts.biases + parts.mlps).tolist()
    placed = [] if look.trace.scaling == 1 else ["position" if look.trace.scaling is None else "scaling of embeddings"]
    names = ["embedding", *placed, *(str(i + 1) for i in range(len(layers))), "constant"]
    values = [parts.embedding, *([parts.positions] if placed else []), *layers, parts.constant]
    figure = running_sum(names, values, asked.name)
    st.plotly_chart(
        figure,
        key="sum",
        config={"displayModeBar": False},
        alt=f"The parts layer by layer; their sum is {parts.total:.3f}, the network's {asked.name} {parts.logit:.3f}.",
    )
    divides = "the standard deviation" if look.inside.centred else "the root mean square"
    st.caption(
        minus(f"Sum of all parts {parts.total:.4f}, the network's own {asked.name} {parts.logit:.4f}. ")
        + "Direct effects alone: what a head changes in later layers counts as theirs. The last norm divides by "
        f"{divides} of the whole stream, taken as it is here."
    )
    table: Columns = {"part": names, "logits": values}
    downloads("sum", "sum", figure, lambda: table, f"Sum of all parts, {look.lm.card.title}: {asked.said(look)}")


def _how_computed(look: Look, parts: Attribution, asked: Asked) -> None:
    explain.explanation(
        "Every head and every MLP adds a vector to the residual stream, so what reaches the end is a sum. The last "
        "norm scales it, and the product with a token's row of the unembedding gives its logit: each vector's product "
        "with that row is its share.",
        lambda: [_stream(look, parts), _logit(look, asked), _scale(look, asked), _numbers(look, parts, asked)],
        [Inside.attribution],
    )


def _stream(look: Look, parts: Attribution) -> str:
    """The residual stream as the sum that it is in this network."""
    scaling = look.trace.scaling
    begins = "e + p" if scaling is None else "e" if scaling == 1 else f"{scaling:.4g} e"
    bias = r" + b_O^{\ell}" if parts.biases.any() else ""
    return rf"x = {begins} + \sum_{{\ell}} \Bigl( \sum_h z_{{\ell h}} W_O^{{\ell h}}{bias} + m_\ell \Bigr)"


def _logit(look: Look, asked: Asked) -> str:
    """The logit, or the difference, as a sum over parts."""
    y, u, b = ("y_w", "u_w", "b_w") if asked.against is None else ("y_a - y_b", "(u_a - u_b)", "b_a - b_b")
    bias = "" if look.inside.b_u is None else f" + {b}"
    part = r"(\text{part} - \text{its mean})" if look.inside.centred else r"\text{part}"
    shared = r"\frac{g \odot " + u + r"}{\sigma} \cdot " + part
    return rf"{y} = {u} \cdot \mathrm{{norm}}(x){bias} = \sum_{{\text{{parts}}}} {shared} + \text{{constant}}"


def _scale(look: Look, asked: Asked) -> str:
    """What the last norm divides by, and at which place."""
    x = exact(look.trace.last[asked.place]).numpy()
    if look.inside.centred:
        return rf"\sigma = \text{{standard deviation of }} x = {x.std():.4g}, \qquad t = {asked.place}"
    return rf"\sigma = \text{{root mean square of }} x = {np.sqrt(np.square(x).mean()):.4g}, \qquad t = {asked.place}"


def _numbers(look: Look, parts: Attribution, asked: Asked) -> str:
    """The same with the numbers on screen."""
    words = [f"y({explain.latex_text(word)})" for word in look.lm.tokenizer.tokens(asked.tokens)]
    placed = "position" if look.trace.scaling is None else "scaling"
    named = {
        "embedding": parts.embedding,
        **({placed: parts.positions} if look.trace.scaling != 1 else {}),
        "heads": float(parts.heads.sum()),
        **({"biases": float(parts.biases.sum())} if parts.biases.any() else {}),
        "MLPs": float(parts.mlps.sum()),
        "constant": parts.constant,
    }
    terms = [rf"{value:+.3f}_{{\text{{{name}}}}}" for name, value in named.items()]
    lines = [" ".join(terms[i : i + _IN_LINE]) for i in range(0, len(terms), _IN_LINE)]
    summed = r" \\ &\quad ".join(lines).removeprefix("+")
    return rf"\begin{{aligned}} {' - '.join(words)} &= {summed} \\ &= {parts.total:.3f} \end{{aligned}}"
