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
LONGEST = 1_024  # places


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
        embeddings: of the tokens of a text; only their directions count.
        order: which token stands at each place of the other text; each once.
        scheme: one of SCHEMES.
        masked: whether a token sees only those before it and itself.
        seed: of the weights.
    """
    attention, code = _drawn(embeddings.shape[1], scheme, seed)
    places = torch.tensor(list(order))
    x = _scaled(embeddings)
    first = attended(attention, x + code[: len(x)], masked=masked)
    other = attended(attention, x[places] + code[: len(x)], masked=masked)
    second = torch.empty_like(other)
    second[places] = other
    return Compared(first, second)


@torch.no_grad()
def last_row(
    embeddings: Float[Tensor, "pos n_embd"], scheme: str, first: int, *, seed: int = 1
) -> tuple[Float[Tensor, "n_head pos"], Float[Tensor, "n_head pos"]]:
    """How the last token of a text looks at all of it: scores before the softmax, and its weights.

    Args:
        embeddings: as in `compared`.
        scheme: one of SCHEMES.
        first: the place of the first token, so that the text may stand anywhere up to LONGEST.
        seed: of the weights.
    """
    attention, code = _drawn(embeddings.shape[1], scheme, seed)
    length = len(embeddings)
    q, k, _ = (part[0] for part in attention.qkv((_scaled(embeddings) + code[first : first + length])[None], first))
    scores = q[:, -1:] @ k.mT / math.sqrt(q.shape[-1])
    bias = attention.offset_bias(length)
    row = (scores if bias is None else scores + bias[:, -1:])[:, 0]
    return row, row.softmax(-1)


def _scaled(embeddings: Float[Tensor, "pos n_embd"]) -> Float[Tensor, "pos n_embd"]:
    """Each with a mean square of 1, about as a layer norm leaves it: as long as a code of places."""
    x = embeddings.double()
    return x / x.square().mean(dim=-1, keepdim=True).sqrt()


def _drawn(width: int, scheme: str, seed: int) -> tuple[Attention, Float[Tensor, "place n_embd"]]:
    """Attention with random weights, and the code that is added at each place."""
    config = TransformerConfig(
        vocab_size=1,
        n_embd=width,
        n_layer=1,
        n_head=4,
        positions=scheme if scheme in positions.SCHEMES else "none",
    )
    generator = torch.Generator().manual_seed(seed)
    attention = Attention(config).double()
    for name, weights in sorted(attention.named_parameters()):
        if weights.ndim == 1:
            weights.zero_()
        elif name != "bias.weight":
            weights.copy_(
                torch.randn(weights.shape, generator=generator, dtype=torch.double) * weights.shape[1] ** -0.5
            )
    if attention.bias is not None:
        attention.bias.weight.copy_(torch.randn(attention.bias.weight.shape, generator=generator, dtype=torch.double))
    return attention, _code(scheme, width, generator)


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


def _code(scheme: str, width: int, generator: torch.Generator) -> Float[Tensor, "place n_embd"]:
    """What is added; about as long as an embedding, but for attempt 1, which grows."""
    if scheme == "index":
        return positions.index(LONGEST, width).double()
    if scheme == "sinusoidal":
        return positions.sinusoidal(LONGEST, width).double()
    if scheme == "learned":
        return torch.randn(LONGEST, width, generator=generator, dtype=torch.double)
    return torch.zeros(LONGEST, width, dtype=torch.double)
