"""A second text, read by the same network: its next token, and the layers at which the two texts come apart."""

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from explorer import address, controls, explain
from explorer.downloads import Columns, downloads
from explorer.figures.ablation import distances
from explorer.numbers import percent
from explorer.panels import inside
from explorer.panels.inside import TEXT, Look
from explorer.panels.transformer_pair import Pair, pair_chart
from models.mixers import ablation

_OTHER = "The key to the cabinet"  # beside TEXT
_NAMES = ("this text", "the other text")


@dataclass(frozen=True, eq=False)
class Compared:
    """Two texts, and how far their residual streams are apart."""

    one: Look
    other: Look
    place: int
    there: int
    apart: Tensor  # (depth,)
    length: Tensor

    @property
    def relative(self) -> Tensor:
        """The distances in lengths of the first stream."""
        return self.apart / self.length

    def formulas(self) -> list[str]:
        """The distance at the end, with its numbers."""
        one, other = (
            explain.latex_text(look.tokens[place]) for look, place in ((self.one, self.place), (self.other, self.there))
        )
        apart, length = float(self.apart[-1]), float(self.length[-1])
        return [
            r"\delta_\ell = \frac{\lVert x'_\ell - x_\ell \rVert}{\lVert x_\ell \rVert}"
            rf" \qquad x \text{{ at }} {one}, \quad x' \text{{ at }} {other}",
            rf"\delta_{{{len(self.apart) - 1}}} = \frac{{{apart:.2f}}}{{{length:.2f}}} = {apart / length:.3f}",
        ]


def compared(slug: str, look: Look, place: int) -> Compared | None:
    """The section of the page; None while the other text can't be read."""
    st.divider()
    st.subheader("Edit a word and compare", anchor=False)
    text = address.value("prompt", TEXT)
    default = _OTHER if text == TEXT else text
    written = controls.text(f"{slug}_other", "The other text", default, hint="The text above, with a word changed.")
    other = inside.look_at(slug, look.name, written, who="other")
    if other is None:
        return None
    back = len(look.ids) - 1 - place
    there = max(0, len(other.ids) - 1 - back)
    found = Compared(look, other, place, there, *ablation.arrival(look.trace, other.trace, place, there))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _bars(found)
    with right:
        _arrival(found)
    return found


def _bars(found: Compared) -> None:
    look = found.one
    pair = Pair(look.trace.logits[found.place], found.other.trace.logits[found.there])
    (word,) = look.lm.tokenizer.tokens([pair.best])
    before, after = (2.0 ** float(log[pair.best]) for log in pair.log2_probs)
    said = (
        f"“{word}”: {percent(before)} here, {percent(after)} after the other text. KL divergence {pair.bits:.3f} bits."
    )
    st.text(said)
    pair_chart(look, pair, _NAMES, "other", said)


def _arrival(found: Compared) -> None:
    """How far the streams are apart, layer by layer, where the next token is told and where the texts first differ."""
    one, other = found.one, found.other
    lines = [(f"at “{one.tokens[found.place]}”, place {found.place}", found.relative.numpy())]
    shorter = min(len(one.ids), len(other.ids))
    first = next((i for i in range(shorter) if one.ids[i] != other.ids[i]), None)
    if first is not None and first != found.place:
        apart, length = ablation.arrival(one.trace, other.trace, first, first)
        name = f"at “{one.tokens[first]}” / “{other.tokens[first]}”, place {first}"
        lines.append((name, (apart / length).numpy()))
    said = _said(found.relative)
    st.text(said)
    figure = distances(lines)
    st.plotly_chart(figure, key="arrival", config={"displayModeBar": False}, alt=said)
    table: Columns = {"layer": range(len(found.apart))} | {name: values.tolist() for name, values in lines}
    downloads("arrival", "arrival", figure, lambda: table, f"Distance of two residual streams\n{said}")


def _said(relative: Tensor) -> str:
    """How far the streams are apart at the end, and the largest step on the way there."""
    if not float(relative.max()):
        return "The texts are the same up to here: nothing differs."
    steps = relative.diff(prepend=relative.new_zeros(1))  # the first one: the embeddings
    depth, end = int(steps.argmax()), float(relative[-1])
    step = f"{float(steps[depth]):.2f} of {end:.2f}" if float(steps[depth]) <= end else f"{float(steps[depth]):.2f}"
    where = f"in layer {depth}" if depth else "there from the beginning, in the embeddings"
    return f"At the end the residual streams are {end:.2f} lengths apart; the largest single step, {step}, is {where}."
