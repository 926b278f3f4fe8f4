"""Sentiment: a recurrent network reads a text, and says after its last word how many stars it would give.

x_t is the vector of word t, h_t = g(x_t, h_{t-1}) the state of a cell of `models.mixers.recurrent`. From the last state
come five scores, and from these the probabilities of one to five stars:

    p = softmax(W h_T + b)

A bidirectional network has a second cell that reads the text from its end; W sees both last states side by side.

Source: Tai, Socher and Manning 2015, Improved Semantic Representations From Tree-Structured Long Short-Term Memory
Networks, section 4.1, with its sequential LSTMs.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from models.errors import ModelError
from models.mixers.network import Drop, keep
from models.mixers.recurrent import CELLS
from models.tasks.embedding import N_EMBD, StartedEmbedding, Vocabulary
from models.tasks.sentiment_data import STARS

_SHRUNK = 0.35  # the shipped vectors; a little better on dev than as they are


@dataclass(frozen=True, kw_only=True)
class SentimentConfig:
    """The shape of a network.

    Raises:
        ModelError: a size is not one.
    """

    cell: str  # a key of CELLS
    n_hidden: int  # of each direction
    rank: int = 16  # directions in which the vectors of words may leave their start
    is_bidirectional: bool = False

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise ModelError(f"The cell {self.cell!r} is not known: use {', '.join(CELLS)}.")
        for name in ("n_hidden", "rank"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} is {getattr(self, name)}: it must be 1 or more.")


class SentimentNetwork(nn.Module):
    """Vectors of words, one or two cells, and five scores."""

    plane_origin: Tensor
    plane_x: Tensor
    plane_y: Tensor

    def __init__(
        self, config: SentimentConfig, vocabulary: Vocabulary, generator: torch.Generator | None = None
    ) -> None:
        """Weights are uniform, small, and drawn from the generator."""
        super().__init__()
        self.config = config
        generator = generator or torch.Generator().manual_seed(1)
        self.embedding = StartedEmbedding(vocabulary, config.rank, generator)
        self.embedding.shipped = self.embedding.shipped * _SHRUNK  # a table of its own: the other one is shared
        directions = 1 + config.is_bidirectional
        self.cells = nn.ModuleList(
            CELLS[config.cell](N_EMBD, config.n_hidden, batch_first=True) for _ in range(directions)
        )
        self.output = nn.Linear(directions * config.n_hidden, STARS)
        for weights in (*self.cells.parameters(), *self.output.parameters()):
            reach = config.n_hidden**-0.5
            nn.init.uniform_(weights, -reach, reach, generator=generator)
        for name in ("plane_origin", "plane_x", "plane_y"):  # where states are shown; found when all is learned
            self.register_buffer(name, torch.zeros(config.n_hidden))

    def forward(
        self, idx: Int[Tensor, "batch pos"], lengths: Int[Tensor, " batch"], drop: Drop = keep
    ) -> Float[Tensor, "batch stars"]:
        """Scores of each text."""
        return self.scores(drop(self.embedding(idx)), lengths, drop)

    def scores(
        self, x: Float[Tensor, "batch pos n_embd"], lengths: Int[Tensor, " batch"], drop: Drop = keep
    ) -> Float[Tensor, "batch stars"]:
        """Scores of texts that are given by the vectors of their words; gradients can be taken through x."""
        last = [_at(self.states(x), lengths)]
        if self.config.is_bidirectional:
            last.append(_at(self.backward_states(x, lengths), lengths))
        return self.scored(drop(torch.cat(last, dim=-1)))

    def scored(self, h: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch stars"]:
        """Scores of states."""
        scores: Float[Tensor, "*batch stars"] = self.output(h)
        return scores

    def in_plane(self, h: Float[Tensor, "*batch n_hidden"]) -> Float[Tensor, "*batch two"]:
        """Where states of the first cell stand in the plane in which those of many sentences differ most."""
        places: Float[Tensor, "*batch two"] = (h - self.plane_origin) @ torch.stack([self.plane_x, self.plane_y], dim=1)
        return places

    def states(self, x: Float[Tensor, "batch pos n_embd"]) -> Float[Tensor, "batch pos n_hidden"]:
        """h_t of every position, read from the beginning."""
        h: Float[Tensor, "batch pos n_hidden"] = self.cells[0](x)[0]
        return h

    def backward_states(
        self, x: Float[Tensor, "batch pos n_embd"], lengths: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch pos n_hidden"]:
        """The states of the other cell, which reads from the end: column t stands after t + 1 words of that way."""
        places = (lengths[:, None] - 1 - torch.arange(x.shape[1])).clamp(min=0)
        h: Float[Tensor, "batch pos n_hidden"] = self.cells[1](x.gather(1, places[:, :, None].expand_as(x)))[0]
        return h


def _at(h: Float[Tensor, "batch pos n_hidden"], lengths: Int[Tensor, " batch"]) -> Float[Tensor, "batch n_hidden"]:
    """The state after the last word of each text; zero, as before the first, where there is none."""
    rows = torch.arange(len(h))
    return h[rows, (lengths - 1).clamp(min=0)] * (lengths > 0)[:, None]
