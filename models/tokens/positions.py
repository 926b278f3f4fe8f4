"""How a transformer is told where a token stands: attention by itself sees a set.

Added to the embeddings:
    index        t itself, in every dimension: the lecture's first attempt
    sinusoidal   Vaswani et al. 2017, Attention Is All You Need, section 3.5
    learned      a row of a table for each place

In the scores, by the offset between two tokens alone:
    alibi        a penalty that grows with it (Press, Smith and Lewis 2022, Train Short, Test Long)
    rope         queries and keys turned by it (Su et al. 2021, RoFormer)
    t5           a learned number for each bucket of offsets (Raffel et al. 2020, section 2.1)
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

SCHEMES = {
    "none": "None",
    "sinusoidal": "Sinusoidal",
    "learned": "Learned",
    "alibi": "ALiBi",
    "rope": "RoPE",
    "t5": "T5 bias",
}
BASE = 10_000.0
BUCKETS, FARTHEST = 32, 128  # of T5: offsets from the second on share the last bucket


def index(length: int, width: int) -> Float[Tensor, "pos n_embd"]:
    """Attempt 1: every dimension holds t, however large it grows."""
    return torch.arange(length, dtype=torch.float32)[:, None].expand(length, width)


def sinusoidal(length: int, width: int, base: float = BASE) -> Float[Tensor, "pos n_embd"]:
    """PE(t, 2i) = sin(t / base^(2i / width)), PE(t, 2i + 1) the cosine of the same: each pair of dimensions is a clock.

    The wavelengths go from 2π to base · 2π. The last dimension of an odd width is a sine alone.
    """
    angles = torch.arange(length, dtype=torch.float64)[:, None] * frequencies(width, base)
    table = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
    return table[:, :width].float()


def frequencies(width: int, base: float = BASE) -> Float[Tensor, " pair"]:
    """Radians a step of each pair of dimensions: base^(-2i / width)."""
    return base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)


def wavelengths(width: int, base: float = BASE) -> Float[Tensor, " pair"]:
    """Positions in which each pair of dimensions comes round: 2π base^(2i / width)."""
    return frequencies(width, base).reciprocal() * (2 * math.pi)


def products(table: Float[Tensor, "pos n_embd"], others: Float[Tensor, "other n_embd"]) -> Float[Tensor, "pos other"]:
    """PE(t) · PE(s) of each code and each of the others."""
    return table.double() @ others.double().mT


def distances(table: Float[Tensor, "pos n_embd"], others: Float[Tensor, "other n_embd"]) -> Float[Tensor, "pos other"]:
    """|PE(t) - PE(s)| of each code and each of the others, by their differences: exactly 0 where they are equal."""
    lengths: Float[Tensor, "pos other"] = torch.cdist(
        table.double(), others.double(), compute_mode="donot_use_mm_for_euclid_dist"
    )
    return lengths


def offsets(queries: int, keys: int) -> Int[Tensor, "query key"]:
    """How many tokens each key stands before each query; below 0 after it. The last query is the last key."""
    return torch.arange(keys - queries, keys)[:, None] - torch.arange(keys)


def alibi_slopes(n_head: int) -> Float[Tensor, " n_head"]:
    """Of n heads, n a power of 2: 2^(-8/n), 2^(-16/n), ..., 2^(-8); else those of the next lower power, then every
    second one of the next higher."""
    power = 2 ** math.floor(math.log2(n_head))

    def of(count: int) -> Float[Tensor, " n_head"]:
        return 2.0 ** (-8 / count * torch.arange(1, count + 1))

    return torch.cat([of(power), of(2 * power)[::2][: n_head - power]])


def alibi(queries: int, keys: int, n_head: int) -> Float[Tensor, "n_head query key"]:
    """What is added to the scores: minus slope times offset; what stands after a query is masked anyway."""
    return -alibi_slopes(n_head)[:, None, None] * offsets(queries, keys).clamp(min=0)


def turned(
    x: Float[Tensor, "*batch pos d_head"], first: int = 0, base: float = BASE
) -> Float[Tensor, "*batch pos d_head"]:
    """RoPE: each pair (x_i, x_{i + d/2}) of the token at place t is turned by t times the pair's frequency.

    So the product of a turned query and a turned key depends on the offset between them alone.

    Args:
        x: queries or keys; d_head is even.
        first: the place of the first token.
        base: of the frequencies.
    """
    length, width = x.shape[-2:]
    angles = torch.arange(first, first + length, dtype=torch.float64)[:, None] * frequencies(width, base)
    cos, sin = angles.cos().to(x), angles.sin().to(x)
    left, right = x.chunk(2, dim=-1)
    return torch.cat([left * cos - right * sin, right * cos + left * sin], dim=-1)


def t5_buckets(queries: int, keys: int) -> Int[Tensor, "query key"]:
    """The bucket of each offset: 0 to 15 one each, then ever wider ones in a logarithmic scale, up to `FARTHEST`."""
    offset = offsets(queries, keys).clamp(min=0)
    exact = BUCKETS // 2
    far = exact + (offset.clamp(min=1) / exact).log() / math.log(FARTHEST / exact) * (BUCKETS - exact)
    return torch.where(offset < exact, offset, far.long().clamp(max=BUCKETS - 1))
