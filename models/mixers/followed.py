"""One number of a transformer, followed to the products that sum to it.

    q, k, v    x W + b                    x: the residual stream after the norm; then scaled or turned, in some networks
    scores     q · k / sqrt(d_head)       and what positions add, where they do
    weights    exp(score) / sum of exp(score) over the token itself and those before it
    mix        sum of weight · v
    attention  z W_O + b_O, of all heads
    mlp        hidden W_out + b_out
    logits     norm(x) · u_w + b_w

Layers, heads, places and the numbers of a vector are counted from 0.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from models.mixers.inside import Inside, TransformerTrace, exact

# In the order in which a text goes through them.
EMBEDDINGS = ("embedding", "placed")
LAYER = (
    "norm_1", "q", "k", "v", "scores", "weights", "mix", "attention", "mid", "norm_2", "hidden", "mlp", "post",
)  # fmt: skip
LAST = ("norm_3", "logits", "probs")
STATIONS = (*EMBEDDINGS, *LAYER, *LAST)
SUMS = ("placed", "mid", "post")  # two vectors added
PRODUCTS = ("q", "k", "v", "scores", "mix", "attention", "mlp", "logits")
# Where a trace has them.
_OF_ALL = {"embedding": "embeddings", "placed": "resid_pre", "norm_3": "final", "logits": "logits"}
_OF_HEADS = {"q": "q", "k": "k", "v": "v", "scores": "scores", "weights": "pattern", "mix": "z"}
_OF_LAYER = {
    "norm_1": "attn_in", "attention": "attn_out", "mid": "resid_mid", "norm_2": "mlp_in",
    "hidden": "mlp_hidden", "mlp": "mlp_out", "post": "resid_post",
}  # fmt: skip
# By what a network's own vectors may miss the exact ones, as a share of the largest number; more with fewer bits.
_ROUNDED, _ROUNDED_MORE = 1e-4, 1e-2
_SAME_WAY = 0.999  # cosine of vectors that are not turned


@dataclass(frozen=True)
class Change:
    """What a network does to a query or key after the matrix."""

    before: float  # length of the vector
    after: float
    scaled: bool  # by a norm, or otherwise
    turned: bool  # by its place


@dataclass(frozen=True, eq=False)
class Product:
    """A number as scale · (left · right) + bias."""

    left: Float[Tensor, " term"]
    right: Float[Tensor, " term"]
    result: float  # the number that the network has
    bias: float | None = None
    scale: float = 1.0
    changed: Change | None = None  # None: the result is the sum

    @property
    def terms(self) -> Float[Tensor, " term"]:
        """What is summed, but for the bias."""
        return self.left * self.right * self.scale

    @property
    def total(self) -> float:
        """The sum."""
        return float(self.terms.sum()) + (self.bias or 0.0)


@dataclass(frozen=True, eq=False)
class Share:
    """A number as exp(score) over the sum of the exp of all scores."""

    scores: Float[Tensor, " term"]
    at: int
    result: float  # the number that the network has

    @property
    def terms(self) -> Float[Tensor, " term"]:
        """exp of each score, less the highest one: the shares are the same, and no power is too large."""
        return (self.scores - self.scores.max()).exp()

    @property
    def value(self) -> float:
        """The share."""
        return float(self.terms[self.at] / self.terms.sum())


@dataclass(frozen=True)
class Normed:
    """A number before and after a norm, and the statistics that the norm takes of its whole vector."""

    before: float
    mean: float
    variance: float
    root_mean_square: float
    by: float  # the root mean square, or the deviation, with the norm's small constant
    divided: float  # by that, after the mean was taken away where it is the deviation
    after: float  # times what was learned for this number


def seen(inside: Inside, trace: TransformerTrace, station: str, layer: int, head: int) -> Float[Tensor, "pos number"]:
    """What a station holds, of the chosen layer and head where it has these; no number where it is masked."""
    one = trace.layers[layer]
    if station in _OF_LAYER:
        of_layer: Tensor = getattr(one, _OF_LAYER[station])
        return of_layer
    if station in _OF_HEADS:
        of_heads: Tensor = getattr(one, _OF_HEADS[station])
        held = of_heads[_shared(inside, head) if station in ("k", "v") else head]
        if station not in ("scores", "weights"):
            return held
        return held.masked_fill(torch.ones_like(held, dtype=torch.bool).triu(1), torch.nan)
    if station == "probs":
        return trace.logits.softmax(-1)
    of_all: Tensor = getattr(trace, _OF_ALL[station])
    return of_all


@torch.no_grad()
def followed(
    inside: Inside, trace: TransformerTrace, station: str, layer: int, head: int, place: int, index: int
) -> Product | None:
    """The products that sum to a number; None where the network does not keep them apart, or there are none.

    Args:
        inside: the network.
        trace: of it.
        station: one of `STATIONS`.
        layer: of the station, where it is one of a layer's.
        head: likewise.
        place: of the token whose number it is.
        index: which number of its vector; of scores the place of the key, of logits the token.
    """
    one, weights = trace.layers[layer], inside.layers[layer]
    if station == "placed" and trace.scaling is not None:
        e = exact(trace.embeddings[place, index : index + 1])
        return Product(e, torch.full_like(e, trace.scaling), float(trace.resid_pre[place, index]))
    if station in SUMS:
        parts = {
            "placed": (trace.embeddings, trace.resid_pre - trace.embeddings, trace.resid_pre),
            "mid": (_before(trace, layer), one.attn_out, one.resid_mid),
            "post": (one.resid_mid, one.mlp_out, one.resid_post),
        }
        return _sum(*(part[place, index] for part in parts[station]))
    if station in ("q", "k", "v"):
        made = _projection(inside, layer, station, head)
        if made is None:
            return None
        (w, b), real = made, seen(inside, trace, station, layer, head)[place, index]
        changed = change(inside, trace, station, layer, head, place)
        return Product(exact(one.attn_in[place]), exact(w[:, index]), float(real), _at(b, index), changed=changed)
    if station not in PRODUCTS:
        return None
    left, right, bias = _factors(inside, trace, station, layer, head, place, index)
    result = float(seen(inside, trace, station, layer, head)[place, index])
    return Product(left, right, result, bias, weights.scale if station == "scores" else 1.0)


@torch.no_grad()
def change(inside: Inside, trace: TransformerTrace, station: str, layer: int, head: int, place: int) -> Change | None:
    """What becomes of a query, key or value after the matrix; None where nothing does, or it can't be known.

    The first place is never turned: what changes there is scaled, number by number. A vector of another place that is
    scaled like this and points elsewhere is turned. The arguments are those of `followed`.
    """
    made = _projection(inside, layer, station, head)
    if made is None:
        return None
    (w, b), at = made, [0, place]
    rounded = _ROUNDED if w.dtype == torch.float32 else _ROUNDED_MORE
    first, before = exact(trace.layers[layer].attn_in[at]) @ exact(w) + (0 if b is None else exact(b))
    first_after, after = exact(seen(inside, trace, station, layer, head)[at])
    if _alike(before, after, rounded):
        return None
    lengths = float(before.norm()), float(after.norm())
    scaled = not (_alike(first, first_after, rounded) and math.isclose(*lengths, rel_tol=10 * rounded))
    angle = float(cosine_similarity(before * first_after / first, after, dim=0))
    return Change(*lengths, scaled, turned=place > 0 and (not scaled or angle < _SAME_WAY))


def _factors(
    inside: Inside, trace: TransformerTrace, station: str, layer: int, head: int, place: int, index: int
) -> tuple[Tensor, Tensor, float | None]:
    """What is multiplied, number by number, and what is added."""
    one, weights, shared = trace.layers[layer], inside.layers[layer], _shared(inside, head)
    match station:
        case "scores":
            added = weights.score_bias(len(trace.token_ids))
            bias = None if added is None else float(added[head, place, index])
            return exact(one.q[head, place]), exact(one.k[shared, index]), bias
        case "mix":
            return exact(one.pattern[head, place, : place + 1]), exact(one.v[shared, : place + 1, index]), None
        case "attention":
            z, w_o = exact(one.z[:, place]).flatten(), exact(weights.w_o[..., index]).flatten()
            return z, w_o, _at(weights.b_o, index)
        case "mlp":
            return exact(one.mlp_hidden[place]), exact(weights.w_out[:, index]), _at(weights.b_out, index)
    return exact(trace.final[place]), exact(inside.w_u[index]), _at(inside.b_u, index)


def share(trace: TransformerTrace, station: str, layer: int, head: int, place: int, index: int) -> Share | None:
    """The softmax that made a number; None where none did. The arguments are those of `followed`."""
    if station == "weights":
        pattern, scores = trace.layers[layer].pattern[head, place], trace.layers[layer].scores[head, place]
        before = exact(scores[: place + 1].where(pattern[: place + 1] > 0, -torch.inf))
        return Share(before, index, float(pattern[index])) if index <= place else None
    if station == "probs":
        logits = exact(trace.logits[place])
        return Share(logits, index, float(logits.softmax(-1)[index]))
    return None


def normed(inside: Inside, trace: TransformerTrace, station: str, layer: int, place: int, index: int) -> Normed | None:
    """What a norm did to a number; None where the station is no norm. The arguments are those of `followed`."""
    if not station.startswith("norm"):
        return None
    if station == "norm_3":
        x = trace.layers[-1].resid_post[place]
    else:
        reads_sum = station == "norm_2" and not inside.parallel
        x = trace.layers[layer].resid_mid[place] if reads_sum else _before(trace, layer)[place]
    x, after = exact(x), seen(inside, trace, station, layer, 0)[place, index]
    mean, variance, square = float(x.mean()), float(x.var(unbiased=False)), float(x.square().mean())
    norm = inside.norm
    little = float(getattr(norm, "eps", getattr(norm, "variance_epsilon", 0.0)))
    centred = isinstance(norm, nn.LayerNorm)
    by = ((variance if centred else square) + little) ** 0.5
    divided = (float(x[index]) - centred * mean) / by
    return Normed(float(x[index]), mean, variance, square**0.5, by, divided, float(after))


def _before(trace: TransformerTrace, layer: int) -> Float[Tensor, "pos n_embd"]:
    """The residual stream that a layer reads."""
    return trace.layers[layer - 1].resid_post if layer else trace.resid_pre


def _shared(inside: Inside, head: int) -> int:
    """Whose keys and values a head uses."""
    return head * inside.n_kv_head // inside.n_head


def _sum(one: Tensor, other: Tensor, result: Tensor) -> Product:
    parts = exact(torch.stack([one, other]))
    return Product(parts, torch.ones_like(parts), float(result))


def _projection(inside: Inside, layer: int, station: str, head: int) -> tuple[Tensor, Tensor | None] | None:
    """Matrix and bias of a head's queries, keys or values; None where the network has one matrix for them all."""
    weights, shared = inside.layers[layer], _shared(inside, head)
    made = {
        "q": (weights.w_q, weights.b_q, head),
        "k": (weights.w_k, weights.b_k, shared),
        "v": (weights.w_v, weights.b_v, shared),
    }
    w, b, of = made[station]
    return None if w is None else (w[of], None if b is None else b[of])


def _alike(one: Tensor, other: Tensor, rounded: float) -> bool:
    return float((one - other).abs().max()) <= rounded * float(other.abs().max())


def _at(bias: Tensor | None, index: int) -> float | None:
    return None if bias is None else float(bias[index])
