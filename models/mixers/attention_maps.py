"""What the heads of a transformer look at: from scores to weights, averages of heads, and one weight step by step.

    scores  s_ij = q_i · k_j / sqrt(d_head), plus what the positions add to it, where they do
    masked  the same, without the keys that a query may not see
    weights a_ij = exp(s_ij) / sum over all seen keys of exp(s_il)

Source: Vaswani et al. 2017, Attention Is All You Need, section 3.2.1. That a head's weights need not explain what the
network says: Jain and Wallace 2019. That much of them rests on the first token: Xiao et al. 2024.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from models.mixers.inside import LayerTrace, TransformerTrace
from models.mixers.transformer import after

Stage = Literal["scores", "masked", "weights"]
_NEAR = 60.0  # of two scores: exp(-60) of the largest weight is far from what float32 takes for 0


@dataclass(frozen=True)
class Weight:
    """How one weight comes about: how strongly a head looks from one token at another."""

    dot: float  # q · k
    scale: float  # what it is multiplied with, 1 / sqrt(d_head) as a rule
    bias: float  # what the positions add
    score: float
    log_denominator: float  # of the sum of exp(score) over all keys that the token may see
    weight: float


def masked(layer: LayerTrace) -> Float[Tensor, "n_head pos pos"]:
    """The scores, at minus infinity where a query may not look: at later keys, and past a window where there is one."""
    # float32 makes 0 of a weight under e^-103 of the largest too. But a key with no weight whose score is not far below
    # the largest that counts is masked, in all heads alike; one far below in all heads changes nothing either way.
    unseen = layer.pattern == 0
    largest = layer.scores.masked_fill(unseen, -math.inf).amax(-1, keepdim=True)
    away = (unseen & (layer.scores > largest - _NEAR)).any(0) | after(layer.pattern.shape[-1])
    return layer.scores.masked_fill(away, -math.inf)


def maps(layer: LayerTrace, stage: Stage) -> Float[Tensor, "n_head pos pos"]:
    """Of every head, what each query (row) has for each key (column)."""
    if stage == "weights":
        return layer.pattern
    return layer.scores if stage == "scores" else masked(layer)


def average(trace: TransformerTrace, stage: Stage) -> Float[Tensor, "pos pos"]:
    """The mean of the maps of all heads of all layers."""
    return torch.stack([maps(layer, stage).mean(0) for layer in trace.layers]).mean(0)


def on_the_first(layer: LayerTrace) -> Float[Tensor, " n_head"]:
    """How much of its weight each head puts on the first token, on average over the tokens after it."""
    return layer.pattern[:, 1:, 0].mean(-1)


def weight(layer: LayerTrace, scale: float, head: int, query: int, key: int) -> Weight:
    """One weight by its formula; `scale` is the layer's, the key one that the query may see."""
    shared = len(layer.q) // len(layer.k)
    dot = float(layer.q[head, query].double() @ layer.k[head // shared, key].double())
    score = float(layer.scores[head, query, key])
    log_denominator = float(masked(layer)[head, query].double().logsumexp(-1))
    return Weight(dot, scale, score - scale * dot, score, log_denominator, math.exp(score - log_denominator))
