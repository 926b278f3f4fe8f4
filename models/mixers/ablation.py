"""What is left of a next token when parts of a transformer are taken out, or when another text is read.

Each part is taken out by itself, and what the network then says is compared with what it said: the effect that a part
has through all that comes after it, where `Inside.attribution` tells its direct share alone.

Source: Meng et al. 2022, Locating and Editing Factual Associations in GPT, for causal effects of single parts; Wang et
al. 2023, Interpretability in the Wild, for knocking out heads.
"""

import math
from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from models.mixers.inside import Ablation, Inside, TransformerTrace


def divergence(before: Float[Tensor, " vocab"], after: Float[Tensor, " vocab"]) -> float:
    """KL(before || after) in bits: what one loses who expects `after` where `before` is true. Both are logits."""
    p, q = before.double().log_softmax(-1), after.double().log_softmax(-1)
    terms = torch.where(p.exp() > 0, p.exp() * (p - q), 0.0)
    return max(0.0, float(terms.sum())) / math.log(2)


def singly(
    inside: Inside, token_ids: Sequence[int], place: int, token: int
) -> Iterator[Float[Tensor, " n_head_and_mlp"]]:
    """Bits by which log P(token) at a place changes without each head of a layer, then without its MLP; layer by layer.

    Args:
        inside: the network.
        token_ids: what it reads.
        place: after which the token comes.
        token: whose probability.
    """
    # What comes after the place changes nothing there.
    read = token_ids[: place + 1]
    whole = inside.trace(read).logits[-1].double().log_softmax(-1)[token]
    for layer in range(inside.n_layer):
        each = [Ablation(heads=frozenset({(layer, head)})) for head in range(inside.n_head)]
        each.append(Ablation(mlps=frozenset({layer})))
        logits = inside.next_without(read, each)
        yield (logits.double().log_softmax(-1)[:, token] - whole) / math.log(2)


def arrival(
    one: TransformerTrace, other: TransformerTrace, place: int, there: int
) -> tuple[Float[Tensor, " depth"], Float[Tensor, " depth"]]:
    """How far two residual streams are from each other at a place, before the first layer and after each.

    Args:
        one: of the one text.
        other: of the other, by the same network.
        place: in the one text.
        there: in the other.

    Returns:
        The lengths of their differences, and of the first one itself.
    """
    x, y = one.stream[:, place].double(), other.stream[:, there].double()
    return (y - x).norm(dim=-1), x.norm(dim=-1)
