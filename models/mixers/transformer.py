"""A decoder-only transformer: every token looks at all tokens before it and at itself.

    x = e + p                                          embeddings, and positions where these are added
    x = x + Attention(LN(x)),   x = x + MLP(LN(x))     in each layer
    Attention: softmax(q k^T / sqrt(d_head) + bias, keys after the query masked) v, for each head; then a projection
    MLP: GELU(x W + b) W' + b', four times as wide inside

Source: Vaswani et al. 2017, Attention Is All You Need, as a decoder alone; the norms come first, as in GPT-2 (Radford
et al. 2019). How positions enter is `models.tokens.positions`' matter, and one word in the config.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from models.errors import ModelError
from models.mixers.inside import NOTHING, Ablation, Inside, LayerTrace, LayerWeights, TransformerTrace
from models.mixers.keys_values import Known
from models.mixers.network import Drop, Network, State, keep
from models.tokens import positions
from models.tokens.positions import SCHEMES


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """The shape of a network.

    Raises:
        ModelError: a size is not one, or the sizes do not fit.
    """

    vocab_size: int
    n_embd: int
    n_layer: int
    n_head: int
    positions: str  # a key of positions.SCHEMES
    block_size: int = 512  # places of the learned scheme's table; no other scheme has an end

    def __post_init__(self) -> None:
        if self.positions not in SCHEMES:
            raise ModelError(f"The positions {self.positions!r} are not known: use {', '.join(SCHEMES)}.")
        for name in ("vocab_size", "n_embd", "n_layer", "n_head", "block_size"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} is {getattr(self, name)}: it must be 1 or more.")
        if self.n_embd % (2 * self.n_head):
            raise ModelError(f"n_embd is {self.n_embd}: {self.n_head} heads need a multiple of {2 * self.n_head}.")


class Attention(nn.Module):
    """Queries, keys and values of all heads; what each token takes from those before it."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        self.bias = nn.Embedding(positions.BUCKETS, config.n_head) if config.positions == "t5" else None

    def qkv(self, x: Float[Tensor, "batch pos n_embd"], first: int = 0) -> tuple[Tensor, Tensor, Tensor]:
        """Each of shape (batch, n_head, pos, d_head); the first token stands at the place `first`."""
        q, k, v = (
            part.unflatten(-1, (self.config.n_head, -1)).transpose(1, 2) for part in self.c_attn(x).chunk(3, dim=-1)
        )
        if self.config.positions == "rope":
            q, k = positions.turned(q, first), positions.turned(k, first)
        return q, k, v

    def offset_bias(self, length: int, queries: int | None = None) -> Float[Tensor, "n_head query key"] | None:
        """What the positions add to the scores, where they do: of all tokens, or of the last so many as queries."""
        asking, device = length if queries is None else queries, self.c_proj.weight.device
        if self.config.positions == "alibi":
            return positions.alibi(asking, length, self.config.n_head).to(device)
        if self.bias is not None:
            table: Float[Tensor, "query key n_head"] = self.bias(positions.t5_buckets(asking, length).to(device))
            return table.permute(2, 0, 1)
        return None

    def forward(self, x: Float[Tensor, "batch pos n_embd"]) -> Float[Tensor, "batch pos n_embd"]:
        """Of a text from its beginning."""
        return self.mixed(*self.qkv(x))

    def mixed(
        self,
        q: Float[Tensor, "batch n_head query d_head"],
        k: Float[Tensor, "batch n_head key d_head"],
        v: Float[Tensor, "batch n_head key d_head"],
    ) -> Float[Tensor, "batch query n_embd"]:
        """By torch's fused attention; `Block.trace` computes the same by the formula. The queries are the last ones."""
        queries, keys = q.shape[2], k.shape[2]
        bias = self.offset_bias(keys, queries)
        if bias is None and queries in (1, keys):
            mixed = scaled_dot_product_attention(q, k, v, is_causal=queries > 1)
        else:
            bias = q.new_zeros(1, queries, keys) if bias is None else bias
            masked = bias.masked_fill(after(keys)[keys - queries :].to(q.device), -math.inf).to(q.dtype)
            mixed = scaled_dot_product_attention(q, k, v, attn_mask=masked[None])
        projected: Float[Tensor, "batch query n_embd"] = self.c_proj(mixed.transpose(1, 2).flatten(2))
        return projected


class MLP(nn.Module):
    """Each token by itself."""

    def __init__(self, n_embd: int) -> None:
        super().__init__()
        self.c_fc = nn.Linear(n_embd, 4 * n_embd)
        self.c_proj = nn.Linear(4 * n_embd, n_embd)

    def inside(self, x: Float[Tensor, "*batch n_embd"]) -> Float[Tensor, "*batch n_mlp"]:
        """After GELU."""
        return gelu(self.c_fc(x))

    def forward(self, x: Float[Tensor, "*batch n_embd"]) -> Float[Tensor, "*batch n_embd"]:
        projected: Float[Tensor, "*batch n_embd"] = self.c_proj(self.inside(x))
        return projected


class Block(nn.Module):
    """One layer: attention, then the MLP, each added to what was there."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.attn = Attention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd)
        self.mlp = MLP(config.n_embd)

    def forward(self, x: Float[Tensor, "batch pos n_embd"], drop: Drop) -> Float[Tensor, "batch pos n_embd"]:
        x = x + drop(self.attn(self.ln_1(x)))
        return x + drop(self.mlp(self.ln_2(x)))

    def read_on(
        self, x: Float[Tensor, "pos n_embd"], known: tuple[Tensor, Tensor] | None
    ) -> tuple[Float[Tensor, "pos n_embd"], tuple[Tensor, Tensor]]:
        """More tokens after those whose keys and values are known; and the keys and values of all."""
        q, k, v = self.attn.qkv(self.ln_1(x)[None], 0 if known is None else known[0].shape[1])
        if known is not None:
            k, v = (torch.cat([old[None], new], dim=2) for old, new in zip(known, (k, v), strict=True))
        x = x + self.attn.mixed(q, k, v)[0]
        return x + self.mlp(self.ln_2(x)), (k[0], v[0])

    def trace(self, x: Float[Tensor, "pos n_embd"], layer: int, without: Ablation) -> LayerTrace:
        """The same by the formula, with all that is on the way; this is the layer of that number."""
        attn, length = self.attn, len(x)
        attn_in = self.ln_1(x)
        q, k, v = (part[0] for part in attn.qkv(attn_in[None]))
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        bias = attn.offset_bias(length)
        scores = scores if bias is None else scores + bias
        pattern = without.hidden(scores).masked_fill(after(length).to(x.device), -math.inf).softmax(-1)
        z = without.kept(layer, pattern @ v)
        attn_out = attn.c_proj(z.transpose(0, 1).flatten(1)) * (layer not in without.attention)
        resid_mid = x + attn_out
        mlp_in = self.ln_2(resid_mid)
        mlp_hidden = self.mlp.inside(mlp_in)
        mlp_out = self.mlp.c_proj(mlp_hidden) * (layer not in without.mlps)
        return LayerTrace(
            attn_in, q, k, v, scores, pattern, z, attn_out, resid_mid, mlp_in, mlp_hidden, mlp_out, resid_mid + mlp_out
        )

    def weights(self) -> LayerWeights:
        """The matrices, head by head."""
        attn, n_head = self.attn, self.attn.config.n_head
        w_q, w_k, w_v = (part.view(n_head, -1, attn.config.n_embd).mT for part in attn.c_attn.weight.chunk(3))
        b_q, b_k, b_v = (part.view(n_head, -1) for part in attn.c_attn.bias.chunk(3))
        return LayerWeights(
            w_o=attn.c_proj.weight.mT.view(n_head, -1, attn.config.n_embd),
            b_o=attn.c_proj.bias,
            w_out=self.mlp.c_proj.weight.mT,
            b_out=self.mlp.c_proj.bias,
            w_q=w_q,
            b_q=b_q,
            w_k=w_k,
            b_k=b_k,
            w_v=w_v,
            b_v=b_v,
            scale=w_q.shape[-1] ** -0.5,
            score_bias=attn.offset_bias,
        )


class TransformerNetwork(Network):
    """Embeddings, blocks, a last norm, and scores over the vocabulary."""

    def __init__(self, config: TransformerConfig, generator: torch.Generator | None = None) -> None:
        """Weights are normal, small, and drawn from the generator."""
        super().__init__(config.vocab_size, config.n_embd, config.n_embd)
        self.config = config
        self.wpe = nn.Embedding(config.block_size, config.n_embd) if config.positions == "learned" else None
        self.layers = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.ln_f = nn.LayerNorm(config.n_embd)
        self.draw_weights(generator or torch.Generator().manual_seed(1))

    def start(self, batch_size: int) -> State:  # noqa: ARG002 - nothing is known, of however many
        """Nothing: what is read at once is all that is seen."""
        return ()

    def hidden(
        self,
        idx: Int[Tensor, "batch pos"],
        state: State,
        drop: Drop,
    ) -> tuple[Float[Tensor, "batch pos n_embd"], State]:
        """All positions at once; none waits for the one before it."""
        return self._mixed(self.wte(idx), drop), state

    def hidden_from(self, x: Float[Tensor, "pos n_embd"]) -> Float[Tensor, "pos n_embd"]:
        return self._mixed(x[None], keep)[0]

    def trace(self, token_ids: Sequence[int], without: Ablation = NOTHING) -> TransformerTrace:
        """Every part of every layer over a text, by the formulas; some of it may be taken out."""
        embeddings = self.wte(torch.tensor(list(token_ids), device=self.bias.device))
        x = first = self._placed(embeddings[None])[0]
        layers = list[LayerTrace]()
        for i, block in enumerate(self._blocks()):
            layers.append(block.trace(x, i, without))
            x = layers[-1].resid_post
        final = self.ln_f(x)
        return TransformerTrace(tuple(token_ids), embeddings, first, tuple(layers), final, self.logits(final))

    def read_on(self, token_ids: Sequence[int], known: Known = ()) -> tuple[Float[Tensor, " vocab"], Known]:
        """Scores after some more tokens, and the keys and values of all tokens: those that are known stay as they are.

        Args:
            token_ids: what comes next, one token or several.
            known: what an earlier call gave; nothing at the beginning.

        Raises:
            ModelError: there are more tokens than the network can look at.
        """
        first = known[0][0].shape[1] if known else 0
        x = self._placed(self.wte(torch.tensor([list(token_ids)], device=self.bias.device)), first)[0]
        kept = list[tuple[Tensor, Tensor]]()
        for i, block in enumerate(self._blocks()):
            x, layer = block.read_on(x, known[i] if known else None)
            kept.append(layer)
        return self.logits(self.ln_f(x[-1])), tuple(kept)

    def inside(self) -> Inside:
        """What a look inside needs of it."""
        return Inside(
            n_head=self.config.n_head,
            n_kv_head=self.config.n_head,
            norm=self.ln_f,
            w_u=self.wte.weight.detach(),
            b_u=self.bias.detach(),
            layers=tuple(block.weights() for block in self._blocks()),
            read=self.trace,
        )

    def draw_weights(self, generator: torch.Generator) -> None:
        """As GPT-2: normal with 0.02, what is added to the residual stream less by the root of how often it is."""
        for name, weights in self.named_parameters():
            if weights.ndim == 2:
                adds = name.endswith("c_proj.weight")
                nn.init.normal_(weights, 0.0, 0.02 / math.sqrt(2 * len(self.layers)) if adds else 0.02, generator)
            elif name.endswith("bias"):
                nn.init.zeros_(weights)

    def _blocks(self) -> list[Block]:
        return [block for block in self.layers if isinstance(block, Block)]

    def _mixed(self, x: Float[Tensor, "batch pos n_embd"], drop: Drop) -> Float[Tensor, "batch pos n_embd"]:
        x = drop(self._placed(x))
        for block in self._blocks():
            x = block(x, drop)
        normed: Float[Tensor, "batch pos n_embd"] = self.ln_f(x)
        return normed

    def _placed(self, x: Float[Tensor, "batch pos n_embd"], first: int = 0) -> Float[Tensor, "batch pos n_embd"]:
        """With the positions that are added; the first token stands at the place `first`.

        Raises:
            ModelError: there are more tokens than the table has places.
        """
        length, width = first + x.shape[1], x.shape[2]
        if self.config.positions == "sinusoidal":
            # As long as an embedding at the beginning: else it would drown it.
            return x + 0.02 * math.sqrt(2) * positions.sinusoidal(length, width)[first:].to(x)
        if self.wpe is None:
            return x
        if length > self.config.block_size:
            raise ModelError(
                f"{length:,} tokens are more than the {self.config.block_size:,} places that this model learned: "
                "shorten the text, or take a model with other positions."
            )
        placed: Float[Tensor, "batch pos n_embd"] = x + self.wpe.weight[first:length]
        return placed


def after(length: int) -> Tensor:
    """Which keys stand after which query: they are masked. Shape (query, key)."""
    return torch.ones(length, length, dtype=torch.bool).triu(1)
