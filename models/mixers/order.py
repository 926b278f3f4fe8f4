"""What attention knows of order: the same tokens in two orders, under each scheme, with a mask and without."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from models.mixers.transformer import Attention, TransformerConfig, after
from models.tokens import positions

ADDED = ("index", "sinusoidal", "learned")  # codes that are added to the embeddings
SCHEMES = ("none", *ADDED, "alibi", "rope", "t5")
NEEDS_MASK = ("alibi", "t5")  # as they are built here, for what stands before a query alone
_LONGEST = 1_024  # places of the learned code


@dataclass(frozen=True, eq=False)
class Compared:
    """One layer of attention on a text and on the same tokens in another order."""

    first: Float[Tensor, "pos n_embd"]  # outputs, by the place in the text
    second: Float[Tensor, "pos n_embd"]  # of the same tokens, by the same places, when they stood in the other order

    @property
    def differences(self) -> Float[Tensor, " pos"]:
        """Of each token, the length of what the order changes, as a share of the output's length."""
        lengths: Float[Tensor, " pos"] = (self.first - self.second).norm(dim=-1) / self.first.norm(dim=-1)
        return lengths


@torch.no_grad()
def compared(
    embeddings: Float[Tensor, "pos n_embd"], order: Sequence[int], scheme: str, *, masked: bool, seed: int = 1
) -> Compared:
    """Attention with weights drawn at random, the same for every scheme: what holds for them holds for all.

    Args:
        embeddings: of the tokens of a text, of about length sqrt(n_embd), as a layer norm leaves them.
        order: which token stands at each place of the other text; each once.
        scheme: one of SCHEMES.
        masked: whether a token sees only those before it and itself.
        seed: of the weights.
    """
    heads = 4
    config = TransformerConfig(
        vocab_size=1,
        n_embd=embeddings.shape[1],
        n_layer=1,
        n_head=heads,
        positions=scheme if scheme in positions.SCHEMES else "none",
    )
    generator = torch.Generator().manual_seed(seed)
    attention = Attention(config).double()
    for name, weights in sorted(attention.named_parameters()):
        if weights.ndim == 2 and name != "bias.weight":
            weights.copy_(
                torch.randn(weights.shape, generator=generator, dtype=torch.double) * weights.shape[1] ** -0.5
            )
        elif name != "bias.weight":
            weights.zero_()
    if attention.bias is not None:
        attention.bias.weight.copy_(torch.randn(attention.bias.weight.shape, generator=generator, dtype=torch.double))
    code = _code(scheme, embeddings.shape[0], embeddings.shape[1], generator)
    places = torch.tensor(list(order))
    first = attended(attention, embeddings.double() + code, masked=masked)
    other = attended(attention, embeddings.double()[places] + code, masked=masked)
    second = torch.empty_like(other)
    second[places] = other
    return Compared(first, second)


def attended(attention: Attention, x: Float[Tensor, "pos n_embd"], *, masked: bool) -> Float[Tensor, "pos n_embd"]:
    """softmax(q k^T / sqrt(d_head) + bias) v, with a causal mask or without, and the projection."""
    q, k, v = (part[0] for part in attention.qkv(x[None]))
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    bias = attention.offset_bias(len(x))
    scores = scores if bias is None else scores + bias
    if masked:
        scores = scores.masked_fill(after(len(x)), -math.inf)
    mixed: Float[Tensor, "pos n_embd"] = attention.c_proj((scores.softmax(-1) @ v).transpose(0, 1).flatten(1))
    return mixed


def _code(scheme: str, length: int, width: int, generator: torch.Generator) -> Float[Tensor, "pos n_embd"]:
    """What is added; about as long as an embedding, but for attempt 1, which grows."""
    if scheme == "index":
        return positions.index(length, width).double()
    if scheme == "sinusoidal":
        return positions.sinusoidal(length, width).double()
    if scheme == "learned":
        return torch.randn(_LONGEST, width, generator=generator, dtype=torch.double)[:length]
    return torch.zeros(length, width, dtype=torch.double)
