"""What all trained networks share: a table of embeddings at both ends, and the way in between as a part of its own."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear

State = tuple[Tensor, ...]
Drop = Callable[[Tensor], Tensor]


def keep(x: Tensor) -> Tensor:
    """Nothing is dropped: outside of training."""
    return x


class Network(nn.Module):
    """Reads tokens, and scores every next one: y_t = E P h_t + b, with E the table of embeddings once more.

    Source of the shared table: Press and Wolf 2017, Using the Output Embedding to Improve Language Models.
    """

    config: Any  # its shape, a dataclass

    def __init__(self, vocab_size: int, n_embd: int, n_hidden: int) -> None:
        super().__init__()
        self.wte = nn.Embedding(vocab_size, n_embd)
        self.proj = nn.Linear(n_hidden, n_embd, bias=False) if n_hidden != n_embd else None
        self.bias = nn.Parameter(torch.zeros(vocab_size))

    def start(self, batch_size: int) -> State:
        """What is known before the first token; axis 1 is the batch in each part."""
        raise NotImplementedError

    def hidden(self, idx: Int[Tensor, "batch pos"], state: State, drop: Drop) -> tuple[Tensor, State]:
        """h_t of every position, shape (batch, pos, n_hidden), and what is known after the last.

        Args:
            idx: token ids.
            state: of `start`, or what an earlier call gave.
            drop: sets some numbers to zero, in training.
        """
        raise NotImplementedError

    def hidden_from(self, x: Float[Tensor, "pos n_embd"]) -> Float[Tensor, "pos n_hidden"]:
        """h_t of every position of a text that is given by its embeddings, read from the beginning."""
        raise NotImplementedError

    def forward(
        self, idx: Int[Tensor, "batch pos"], state: State, drop: Drop = keep
    ) -> tuple[Float[Tensor, "batch pos n_embd"], State]:
        """P h_t, which is compared with the embeddings, and the state after the last token."""
        h, last = self.hidden(idx, state, drop)
        return self.projected(drop(h)), last

    def projected(self, h: Float[Tensor, "*batch n_hidden"]) -> Float[Tensor, "*batch n_embd"]:
        """P h; h itself where it is as wide as an embedding."""
        if self.proj is None:
            return h
        projected: Float[Tensor, "*batch n_embd"] = self.proj(h)
        return projected

    def logits(
        self, hidden: Float[Tensor, "*batch n_embd"], tokens: Int[Tensor, " some"] | None = None
    ) -> Float[Tensor, "*batch some"]:
        """Scores of every next token, or of these."""
        if tokens is None:
            return linear(hidden, self.wte.weight, self.bias)
        return linear(hidden, self.wte(tokens), self.bias[tokens])

    def logits_from(self, x: Float[Tensor, "pos n_embd"]) -> Float[Tensor, "pos vocab"]:
        """Scores after each token of a text that is given by its embeddings: gradients can be taken through x."""
        return self.logits(self.projected(self.hidden_from(x)))

    def score(self, hidden: Float[Tensor, "*batch n_embd"], tokens: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """The score of one token at each position."""
        scores: Float[Tensor, "*batch"] = (hidden * self.wte(tokens)).sum(-1) + self.bias[tokens]
        return scores

    def get_input_embeddings(self) -> nn.Embedding:
        """The table of embeddings, under the name that networks of the Hugging Face hub have for it."""
        return self.wte

    def draw_weights(self, generator: torch.Generator) -> None:
        """Small random weights; the scores begin at zero."""
        for weights in self.parameters():
            if weights is not self.bias:
                reach = weights.shape[-1] ** -0.5
                nn.init.uniform_(weights, -reach, reach, generator=generator)
