"""A feed-forward language model: the embeddings of the last N tokens in a row, one hidden layer, a softmax.

    x_t = [e_{t-N+1}; ...; e_t] in R^{N m},   h_t = g(W x_t + b),   y_t = E P h_t + bias

with W in R^{d x N m}: unlike an n-gram it knows that similar words do similar things, and like one it sees N tokens.

Source: Bengio, Ducharme, Vincent and Jauvin 2003, A Neural Probabilistic Language Model, section 2 (without direct
connections; the output embedding is the input embedding, Press and Wolf 2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from models.errors import ModelError
from models.mixers.network import Drop, Network, State

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}


@dataclass(frozen=True, kw_only=True)
class FeedForwardConfig:
    """The shape of a network.

    Raises:
        ModelError: a size is not one.
    """

    vocab_size: int
    context: int  # N
    n_embd: int  # m
    n_hidden: int  # d
    start_id: int  # what stands before the first token
    activation: str = "tanh"  # a key of ACTIVATIONS

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ModelError(f"The activation {self.activation!r} is not known: use {', '.join(ACTIVATIONS)}.")
        for name in ("vocab_size", "context", "n_embd", "n_hidden"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} is {getattr(self, name)}: it must be 1 or more.")

    def count_weights(self) -> int:
        """How many there are: E, W and b, P where d is not m, and the bias of each token."""
        m, d = self.n_embd, self.n_hidden
        return self.vocab_size * m + self.context * m * d + d + (d * m if d != m else 0) + self.vocab_size


@dataclass(frozen=True, eq=False)
class FeedForwardTrace:
    """Everything that the network computes of a text; a row a position."""

    windows: Int[Tensor, "pos context"]  # token ids
    x: Float[Tensor, "pos concatenated"]
    pre_activation: Float[Tensor, "pos n_hidden"]
    h: Float[Tensor, "pos n_hidden"]
    logits: Float[Tensor, "pos vocab"]


class FeedForwardNetwork(Network):
    """Bengio's network."""

    def __init__(self, config: FeedForwardConfig, generator: torch.Generator | None = None) -> None:
        """Weights are uniform, small, and drawn from the generator."""
        super().__init__(config.vocab_size, config.n_embd, config.n_hidden)
        self.config = config
        self.mix = nn.Linear(config.context * config.n_embd, config.n_hidden)
        self.draw_weights(generator or torch.Generator().manual_seed(1))

    def start(self, batch_size: int) -> State:
        """The tokens before the first, shape (1, batch, context - 1): start tokens."""
        shape = (1, batch_size, self.config.context - 1)
        return (torch.full(shape, self.config.start_id, device=self.bias.device),)

    def hidden(
        self, idx: Int[Tensor, "batch pos"], state: State, drop: Drop
    ) -> tuple[Float[Tensor, "batch pos n_hidden"], State]:
        """All positions at once: none waits for the one before it."""
        read = torch.cat([state[0][0], idx], dim=1)
        last = read[:, read.shape[1] - self.config.context + 1 :]
        return self._activation(self.mix(drop(self._x(self.wte(read))))), (last[None],)

    def hidden_from(self, x: Float[Tensor, "pos n_embd"]) -> Float[Tensor, "pos n_hidden"]:
        """Start tokens stand before the text."""
        read = torch.cat([self.wte(self.start(1)[0][0]), x[None]], dim=1)
        return self._activation(self.mix(self._x(read)))[0]

    def trace(self, token_ids: Sequence[int], activation: str | None = None) -> FeedForwardTrace:
        """Every position of a text.

        Args:
            token_ids: of the text.
            activation: another g than the one that the weights were learned with.
        """
        ids = torch.tensor([list(token_ids)], device=self.bias.device)
        read = torch.cat([self.start(1)[0][0], ids], dim=1)
        x = self._x(self.wte(read))[0]
        before = self.mix(x)
        h = self._activation(before) if activation is None else ACTIVATIONS[activation](before)
        return FeedForwardTrace(read[0].unfold(0, self.config.context, 1), x, before, h, self.logits(self.projected(h)))

    def _x(self, read: Float[Tensor, "batch all n_embd"]) -> Float[Tensor, "batch pos concatenated"]:
        """The embeddings of each window in a row."""
        count = read.shape[1] - self.config.context + 1
        return torch.cat([read[:, first : first + count] for first in range(self.config.context)], dim=2)

    def _activation(self, before: Tensor) -> Tensor:
        return ACTIVATIONS[self.config.activation](before)
