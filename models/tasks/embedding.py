"""Vectors of words for a task: they begin as those that ship, and change only within few directions.

    x_w = e_w + A_w B

e_w is the word's shipped vector (zeros for a word that has none), A_w a few numbers that are learned for each word of
the task, B the directions in which these move it. A table of its own for each task would not fit beside that.

Source of the change of low rank: Hu et al. 2022, LoRA: Low-Rank Adaptation of Large Language Models, section 4.
"""

from collections.abc import Sequence
from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from models.tokens.words import UNKNOWN
from models.zoo import vectors

UNKNOWN_ID = 0
N_EMBD = 100
_ALIASES = {  # whose vector a piece has that the shipped text has not
    "n't": "not",
    "'s": "s",
    "'re": "are",
    "'m": "am",
    "'ve": "have",
    "'ll": "will",
    "'d": "would",
}


class Vocabulary:
    """The words of a task, in lower case, and behind them all others that have a shipped vector."""

    def __init__(self, own: Sequence[str]) -> None:
        """Words that occur in what the task is learned from."""
        self.own = tuple(own)
        self._words = (UNKNOWN, *dict.fromkeys((*self.own, *_places())))
        self._ids = {word: i for i, word in enumerate(self._words)}
        self.size = len(self._words)

    def ids(self, pieces: Sequence[str]) -> list[int]:
        """One id a piece, whatever its case; `UNKNOWN_ID` for one that was never seen."""
        return [self._ids.get(piece.lower(), UNKNOWN_ID) for piece in pieces]

    def known(self, piece: str) -> str:
        """'trained': it is of the task; 'vector': it is read by its shipped vector alone; 'unknown'."""
        found = self._ids.get(piece.lower(), UNKNOWN_ID)
        if found == UNKNOWN_ID:
            return "unknown"
        return "trained" if found <= len(self.own) else "vector"

    def rows(self) -> Int[Tensor, " vocab"]:
        """Of each word the row of its shipped vector in the table of all; the last one, zeros, where none ships."""
        places = _places()
        return torch.tensor([places.get(_ALIASES.get(word, word), len(places)) for word in self._words])


class StartedEmbedding(nn.Module):
    """A table of vectors that begins as the shipped one."""

    shipped: Tensor  # (words that have one + 1, n_embd): shared by all, not learned, not stored again
    rows: Tensor  # (vocab,): of each word its row there

    def __init__(self, vocabulary: Vocabulary, rank: int, generator: torch.Generator) -> None:
        """
        Args:
            vocabulary: of the task.
            rank: in how many directions the vectors of its own words can change.
            generator: draws the directions; the changes are zero at first.
        """
        super().__init__()
        self.changes = nn.Parameter(torch.zeros(len(vocabulary.own) + 1, rank))
        self.directions = nn.Parameter(torch.randn(rank, N_EMBD, generator=generator) / rank**0.5)
        self.register_buffer("shipped", _table(), persistent=False)
        self.register_buffer("rows", vocabulary.rows(), persistent=False)

    def forward(self, idx: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch n_embd"]:
        """x_w of each word; of one that is not the task's own the shipped vector as it is."""
        own = (idx < len(self.changes))[..., None]
        changes = self.changes[idx.clamp(max=len(self.changes) - 1)]
        x: Tensor = (
            self.shipped[self.rows[idx]] + torch.where(own, changes, torch.zeros_like(changes)) @ self.directions
        )
        return x


@cache
def _places() -> dict[str, int]:
    """The words that have a shipped vector, and its row."""
    return vectors.load("word2vec", "sum").ids


@cache
def _table() -> Float[Tensor, "row n_embd"]:
    """The shipped vectors, and a row of zeros behind them."""
    shipped = torch.tensor(vectors.load("word2vec", "sum").vectors)
    return torch.cat([shipped, shipped.new_zeros(1, N_EMBD)])
