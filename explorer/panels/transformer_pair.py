"""Two distributions of one next token: before and after something was changed."""

import math
from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from explorer.downloads import Columns, downloads
from explorer.figures.ablation import paired_bars
from explorer.panels.inside import Look
from models.mixers import ablation

_SHOWN = 8  # most probable tokens of each


@dataclass(frozen=True, eq=False)
class Pair:
    """Logits of a next token, before and after a change."""

    before: Tensor  # (vocab,)
    after: Tensor

    @property
    def log2_probs(self) -> tuple[Tensor, Tensor]:
        """Both in bits."""
        one, other = ((y.double().log_softmax(-1) / math.log(2)).float() for y in (self.before, self.after))
        return one, other

    @property
    def best(self) -> int:
        """The best guess before."""
        return int(self.before.argmax())

    @property
    def bits(self) -> float:
        """KL(before || after)."""
        return ablation.divergence(self.before, self.after)

    def shown(self) -> list[int]:
        """The most probable tokens of both, by what they were before."""
        top = {int(token) for y in (self.before, self.after) for token in y.topk(min(_SHOWN, len(y))).indices}
        return sorted(top, key=lambda token: -float(self.before[token]))


def pair_chart(look: Look, pair: Pair, names: tuple[str, str], key: str, said: str, *, is_alone: bool = False) -> None:
    """Bars of two distributions of the next token, with what can be downloaded of them."""
    shown = pair.shown()
    tokens = look.lm.tokenizer.tokens(shown)
    both = [(log[shown].double().exp2()).tolist() for log in pair.log2_probs]
    first, second = ([*probs, max(0.0, 1 - sum(probs))] for probs in both)
    others = len(pair.before) - len(shown)
    figure = paired_bars(tokens, first, None if is_alone else second, others, names)
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=said)
    table: Columns = {
        "token": [*tokens, f"all {others:,} others"],
        "token id": [*shown, ""],
        names[0]: first,
        names[1]: second,
    }
    downloads(key, key, figure, lambda: table, f"The next token, {look.lm.card.title}: {said}")
