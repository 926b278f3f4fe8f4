"""From logits to the distribution that the next token is drawn from: temperature, top-k, top-p, min-p.

Sources: top-k, Fan et al. 2018; top-p (nucleus), Holtzman et al. 2020; min-p, Nguyen et al. 2024. The order of
operations and the treatment of ties are those of `transformers`: temperature, top-k, top-p, min-p.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from models.errors import ModelError

_COLDEST = 1e-6  # below this temperature float32 can't tell: the most probable token is taken


@dataclass(frozen=True, eq=False)
class Decoded:
    """A distribution on its way through a `Decoding`."""

    tempered: Float[Tensor, " vocab"]  # probabilities after the temperature
    kept: Bool[Tensor, " vocab"]  # what no filter removed
    probs: Float[Tensor, " vocab"]  # what is left, renormalised
    removed: dict[str, float]  # tempered probability that each filter that is on took away, in their order


@dataclass(frozen=True)
class Decoding:
    """How the next token is chosen. The defaults change nothing."""

    temperature: float = 1.0  # divides the logits; 0 always takes the most probable token
    top_k: int = 0  # keeps the k most probable; 0: all
    top_p: float = 1.0  # keeps the fewest tokens that hold this much probability; 1: all
    min_p: float = 0.0  # keeps tokens at least this fraction as probable as the first; 0: all
    seed: int = 0  # of the draws, for `models.prediction.generating`

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise ModelError("The temperature is 0 (always the most probable token) or any number above it.")
        if self.top_k < 0:
            raise ModelError("Top-k keeps 1 token or more; 0 keeps them all.")
        if not 0 < self.top_p <= 1:
            raise ModelError("Top-p keeps a share of the probability: above 0, at most 1 (all of it).")
        if not 0 <= self.min_p <= 1:
            raise ModelError("Min-p is a fraction of the first token's probability, from 0 (keep all) to 1.")

    def apply(self, logits: Float[Tensor, " vocab"]) -> Decoded:
        """The distribution from which the next token is drawn."""
        if self.temperature < _COLDEST:
            scores = torch.full_like(logits, -math.inf)
            scores[logits.argmax()] = 0.0
        else:
            scores = (logits - logits.max()) / self.temperature  # the largest is 0, so nothing overflows
        tempered = scores.softmax(-1)
        kept = scores > -math.inf
        removed: dict[str, float] = {}
        for name, is_on, keep in (
            ("top-k", 0 < self.top_k < len(logits), self._top_k),
            ("top-p", self.top_p < 1, self._top_p),
            ("min-p", self.min_p > 0, self._min_p),
        ):
            if is_on:
                narrowed = kept & keep(scores.masked_fill(~kept, -math.inf))
                removed[name] = float(tempered[kept & ~narrowed].double().sum())
                kept = narrowed
        probs = scores.masked_fill(~kept, -math.inf).softmax(-1) if removed else tempered
        return Decoded(tempered, kept, probs, removed)

    def _top_k(self, scores: Float[Tensor, " vocab"]) -> Bool[Tensor, " vocab"]:
        return scores >= scores.topk(self.top_k).values[-1]

    def _top_p(self, scores: Float[Tensor, " vocab"]) -> Bool[Tensor, " vocab"]:
        ascending, order = scores.sort(descending=False)
        drop = ascending.softmax(-1).cumsum(-1) <= 1 - self.top_p
        drop[-1] = False  # the most probable token always stays
        keep = torch.ones_like(scores, dtype=torch.bool)
        keep[order[drop]] = False
        return keep

    def _min_p(self, scores: Float[Tensor, " vocab"]) -> Bool[Tensor, " vocab"]:
        probs = scores.softmax(-1)
        return probs >= self.min_p * probs.max()
