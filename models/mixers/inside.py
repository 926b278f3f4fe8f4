"""A look inside a transformer: everything that it computes of a text, and what that says about its next token.

The residual stream goes through all layers; attention and MLP read it and add to it:

    x_mid  = x + sum over heads of z_h W_O[h] + b_O,   z_h = softmax(q k^T / sqrt(d_head), masked) v
    x_post = x_mid + MLP(norm(x_mid))
    logits = norm(x) W_U + b_U

So the stream is a sum, and but for the last norm's scale a logit is one too: each part's share of it can be told.

Sources: nostalgebraist 2020, interpreting GPT: the logit lens; Elhage et al. 2021, A Mathematical Framework for
Transformer Circuits, for direct contributions to a logit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear

from models.errors import ModelError

_ROUNDED = 4e-3  # by what bfloat16 may miss a vector, as a share of its length


@dataclass(frozen=True)
class Ablation:
    """What is taken out while a text is read."""

    heads: frozenset[tuple[int, int]] = frozenset()  # (layer, head): adds nothing
    attention: frozenset[int] = frozenset()  # layers whose attention adds nothing
    mlps: frozenset[int] = frozenset()  # layers whose MLP adds nothing
    tokens: frozenset[int] = frozenset()  # places that no later token looks at

    def hidden(self, scores: Float[Tensor, "*head query key"]) -> Float[Tensor, "*head query key"]:
        """The scores, those of hidden places at minus infinity but for a token's own."""
        if not self.tokens:
            return scores
        length = scores.shape[-1]
        away = torch.zeros(length, dtype=torch.bool, device=scores.device)
        away[[place for place in self.tokens if place < length]] = True
        own = torch.eye(length, dtype=torch.bool, device=scores.device)
        return scores.masked_fill(away & ~own, -torch.inf)

    def kept(
        self, layer: int, z: Float[Tensor, "*batch n_head pos d_head"]
    ) -> Float[Tensor, "*batch n_head pos d_head"]:
        """What the heads bring, those that are taken out at zero."""
        out = [head for of, head in self.heads if of == layer]
        if not out:
            return z
        z = z.clone()
        z[..., out, :, :] = 0
        return z


NOTHING = Ablation()


@dataclass(frozen=True)
class Ablations:
    """What is taken out of each text of a batch."""

    each: tuple[Ablation, ...]

    def hidden(self, scores: Float[Tensor, "text head query key"]) -> Float[Tensor, "text head query key"]:
        """As `Ablation.hidden`."""
        if not any(one.tokens for one in self.each):
            return scores
        return torch.stack([one.hidden(row) for one, row in zip(self.each, scores, strict=True)])

    def kept(self, layer: int, z: Float[Tensor, "text n_head pos d_head"]) -> Float[Tensor, "text n_head pos d_head"]:
        """As `Ablation.kept`."""
        if not any(of == layer for one in self.each for of, _ in one.heads):
            return z
        return torch.stack([one.kept(layer, row) for one, row in zip(self.each, z, strict=True)])

    def attention(self, layer: int, added: Float[Tensor, "text pos n_embd"]) -> Float[Tensor, "text pos n_embd"]:
        """What the attention adds; nothing where it is taken out."""
        return _where([layer not in one.attention for one in self.each], added)

    def mlp(self, layer: int, added: Float[Tensor, "text pos n_embd"]) -> Float[Tensor, "text pos n_embd"]:
        """What the MLP adds; nothing where it is taken out."""
        return _where([layer not in one.mlps for one in self.each], added)


def _where(stays: list[bool], added: Float[Tensor, "text pos n_embd"]) -> Float[Tensor, "text pos n_embd"]:
    return added if all(stays) else added * added.new_tensor(stays)[:, None, None]


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The matrices of one layer, as they multiply a row vector from the right."""

    w_o: Float[Tensor, "n_head d_head n_embd"]
    b_o: Float[Tensor, " n_embd"] | None
    w_out: Float[Tensor, "n_mlp n_embd"]  # the MLP's last
    b_out: Float[Tensor, " n_embd"] | None
    # Queries, keys and values of all heads, where the network keeps them as matrices of their own.
    w_q: Float[Tensor, "n_head n_embd d_head"] | None
    b_q: Float[Tensor, "n_head d_head"] | None
    w_k: Float[Tensor, "n_kv_head n_embd d_head"] | None
    b_k: Float[Tensor, "n_kv_head d_head"] | None
    w_v: Float[Tensor, "n_kv_head n_embd d_head"] | None
    b_v: Float[Tensor, "n_kv_head d_head"] | None
    scale: float  # of the scores
    score_bias: Callable[[int], Float[Tensor, "n_head pos pos"] | None]  # of the positions, for so many of them


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """What one layer computes of a text."""

    attn_in: Float[Tensor, "pos n_embd"]  # after the norm
    q: Float[Tensor, "n_head pos d_head"]  # turned, where the positions turn them
    k: Float[Tensor, "n_kv_head pos d_head"]  # where these are fewer, several heads share them
    v: Float[Tensor, "n_kv_head pos d_head"]
    scores: Float[Tensor, "n_head pos pos"]  # before the mask; with the bias of the positions
    pattern: Float[Tensor, "n_head pos pos"]  # after mask and softmax: query, key
    z: Float[Tensor, "n_head pos d_head"]  # pattern v
    attn_out: Float[Tensor, "pos n_embd"]  # all heads together, with the bias
    resid_mid: Float[Tensor, "pos n_embd"]
    mlp_in: Float[Tensor, "pos n_embd"]  # after the norm
    mlp_hidden: Float[Tensor, "pos n_mlp"]  # before the MLP's last matrix
    mlp_out: Float[Tensor, "pos n_embd"]
    resid_post: Float[Tensor, "pos n_embd"]


@dataclass(frozen=True, eq=False)
class TransformerTrace:
    """Everything that a transformer computes of a text that begins with the start token."""

    token_ids: tuple[int, ...]
    embeddings: Float[Tensor, "pos n_embd"]  # without positions
    resid_pre: Float[Tensor, "pos n_embd"]  # with them, where they are added
    layers: tuple[LayerTrace, ...]
    final: Float[Tensor, "pos n_embd"]  # after the last norm
    logits: Float[Tensor, "pos vocab"]

    @property
    def stream(self) -> Float[Tensor, "depth pos n_embd"]:
        """The residual stream: before the first layer, and after each."""
        return torch.stack([self.resid_pre, *(layer.resid_post for layer in self.layers)])

    @property
    def last(self) -> Float[Tensor, "pos n_embd"]:
        """The residual stream after the last layer."""
        return self.layers[-1].resid_post if self.layers else self.resid_pre

    @property
    def scaling(self) -> float | None:
        """By what the network multiplies all its embeddings; None where it adds something for each place."""
        if torch.equal(self.resid_pre, self.embeddings):
            return 1.0
        e, x = exact(self.embeddings), exact(self.resid_pre)
        factor = float((e * x).sum() / e.square().sum())
        return factor if float((x - factor * e).norm()) <= _ROUNDED * float(x.norm()) else None


@dataclass(frozen=True, eq=False)
class Attribution:
    """The parts of the residual stream, by what each adds to a logit, or to the difference of two."""

    embedding: float  # of the token itself
    positions: float  # what is added for its place; or by scaling, where embeddings are scaled
    heads: Float[Tensor, "n_layer n_head"]
    biases: Float[Tensor, " n_layer"]  # of the attentions' last step
    mlps: Float[Tensor, " n_layer"]
    constant: float  # the last norm's and the scores' own
    logit: float  # as the network computed it

    @property
    def total(self) -> float:
        """The sum of all parts: the logit."""
        parts = self.heads.sum() + self.biases.sum() + self.mlps.sum()
        return self.embedding + self.positions + float(parts) + self.constant


@dataclass(frozen=True, eq=False)
class Inside:
    """A transformer, opened."""

    n_head: int
    n_kv_head: int
    norm: nn.Module  # the last one
    w_u: Float[Tensor, "vocab n_embd"]  # a row for each token
    b_u: Float[Tensor, " vocab"] | None
    layers: tuple[LayerWeights, ...]
    read: Callable[[Sequence[int], Ablation], TransformerTrace]
    parallel: bool = False  # whether the MLP reads what the attention reads, not what that has added to
    # Scores of the next token, without one thing and without another; None: by `read`, one after the other.
    read_each: Callable[[Sequence[int], Sequence[Ablation]], Float[Tensor, "text vocab"]] | None = None

    @property
    def n_layer(self) -> int:
        """Layers."""
        return len(self.layers)

    @property
    def centred(self) -> bool:
        """Whether the last norm takes the mean away and divides by the deviation, not by the root mean square."""
        return isinstance(self.norm, nn.LayerNorm)

    def trace(self, token_ids: Sequence[int], without: Ablation = NOTHING) -> TransformerTrace:
        """Everything of a text; shared by nobody, computed without gradients.

        Args:
            token_ids: with the start token.
            without: what is taken out.

        Raises:
            ModelError: there are more tokens than the network can look at.
        """
        with torch.no_grad():
            return self.read(token_ids, without)

    def next_without(self, token_ids: Sequence[int], each: Sequence[Ablation]) -> Float[Tensor, "text vocab"]:
        """Logits of the next token when one thing is taken out, and when another is; quicker than as many traces.

        Args:
            token_ids: with the start token.
            each: what is taken out, one or more times.

        Raises:
            ModelError: there are more tokens than the network can look at.
        """
        with torch.no_grad():
            if self.read_each is not None:
                return self.read_each(token_ids, each)
            return torch.stack([self.read(token_ids, without).logits[-1] for without in each])

    @torch.no_grad()
    def unembed(self, resid: Float[Tensor, "*batch n_embd"]) -> Float[Tensor, "*batch vocab"]:
        """The logit lens: the logits, had the network ended with this residual stream."""
        normed = self.norm(resid.to(self.w_u))
        return linear(normed, self.w_u, self.b_u).float().cpu()

    @torch.no_grad()
    def attribution(self, trace: TransformerTrace, place: int, token: int, against: int | None = None) -> Attribution:
        """What each part of the network adds to a logit directly, with the last norm's scale as it was.

        Args:
            trace: of this network.
            place: whose next token is predicted.
            token: whose logit.
            against: another token, whose logit is taken away.
        """
        w = exact(self.w_u[token]) - (0 if against is None else exact(self.w_u[against]))
        u, constant = self._direction(trace, place, w)
        for_bias = 0.0 if self.b_u is None else float(self.b_u[token] - (0 if against is None else self.b_u[against]))
        heads = [
            torch.einsum("hd,hde,e->h", exact(layer.z[:, place]), exact(weights.w_o), u)
            for layer, weights in zip(trace.layers, self.layers, strict=True)
        ]
        biases = [0.0 if weights.b_o is None else float(exact(weights.b_o) @ u) for weights in self.layers]
        logits, e, x = (exact(one[place]) for one in (trace.logits, trace.embeddings, trace.resid_pre))
        return Attribution(
            embedding=float(e @ u),
            positions=float((x - e) @ u),
            heads=torch.stack(heads),
            biases=torch.tensor(biases, dtype=torch.double),
            mlps=torch.stack([exact(layer.mlp_out[place]) @ u for layer in trace.layers]),
            constant=constant + for_bias,
            logit=float(logits[token] - (0 if against is None else logits[against])),
        )

    def _direction(
        self, trace: TransformerTrace, place: int, w: Float[Tensor, " n_embd"]
    ) -> tuple[Float[Tensor, " n_embd"], float]:
        """u and c of w · norm(x) = u · x + c, at the scale that the last norm has at this place."""
        x, normed = exact(trace.last[place]), exact(trace.final[place])
        ones = torch.ones_like(self.w_u[:1])
        if isinstance(self.norm, nn.LayerNorm):
            gain, shift, mean = exact(self.norm.weight), exact(self.norm.bias), 1.0
        else:  # RMSNorm, under the name that its family has for it
            gain, shift, mean = exact(self.norm(ones)[0]), torch.zeros_like(x), 0.0
        scaled = gain * (x - mean * x.mean())
        scale = float((normed - shift) @ scaled / (scaled @ scaled))
        u = gain * w * scale
        return u - mean * u.mean(), float(w @ shift)


@runtime_checkable
class HasInside(Protocol):
    """A language model that may be a transformer."""

    def inside(self) -> Inside:
        """The network, opened.

        Raises:
            ModelError: it is built in another way.
        """
        ...


def opened(lm: object) -> Inside:
    """The transformer of a language model.

    Raises:
        ModelError: it is none that can be looked into.
    """
    if not isinstance(lm, HasInside):
        raise ModelError("This model is no transformer: choose one to look inside.")
    return lm.inside()


def exact(numbers: Tensor) -> Tensor:
    """In double precision, which not every device has."""
    return numbers.detach().cpu().double()


def ranks(logits: Float[Tensor, "*batch vocab"], token: int) -> Int[Tensor, "*batch"]:
    """1 where the token is the best guess, 2 where one is better, and so on."""
    return (logits > logits[..., token : token + 1]).sum(-1) + 1
