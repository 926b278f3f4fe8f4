"""What a classifier of stars is, and what it says while it reads: of a network, and of a bag of words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from scipy.special import log_softmax
from torch import Tensor

from models.tasks.card import TaskCard
from models.tasks.embedding import Vocabulary
from models.tasks.sentiment import SentimentNetwork
from models.tasks.sentiment_bag import Bag
from models.tasks.sentiment_data import STARS, padded

_AT_ONCE = 20_000  # words that are read side by side


@runtime_checkable
class Classifier(Protocol):
    """Gives texts from 1 to 5 stars; texts are pieces, as `models.tasks.sentiment_words.cut` makes them."""

    @property
    def card(self) -> TaskCard:
        """Facts about it."""
        ...

    def known(self, piece: str) -> str:
        """'trained': it has learned something of this piece; 'vector': it only has a vector; 'unknown'."""
        ...

    def log_probs(self, texts: Sequence[Sequence[str]]) -> Float[np.ndarray, "text stars"]:
        """ln P(stars) of each text."""
        ...

    def running(self, pieces: Sequence[str]) -> Float[np.ndarray, "after stars"]:
        """ln P(stars) of each beginning of a text: before the first piece, after it, and so on."""
        ...


@dataclass(frozen=True, eq=False)
class NetworkClassifier:
    """A recurrent network that gives stars."""

    card: TaskCard
    network: SentimentNetwork
    vocabulary: Vocabulary

    def known(self, piece: str) -> str:
        return self.vocabulary.known(piece)

    @torch.no_grad()
    def log_probs(self, texts: Sequence[Sequence[str]]) -> Float[np.ndarray, "text stars"]:
        ids = [self.vocabulary.ids(text) for text in texts]
        size = max(1, _AT_ONCE // max([1, *map(len, ids)]))
        parts = [self.network(*padded(ids[first : first + size])) for first in range(0, len(ids), size)]
        return _numpy(torch.cat(parts).double().log_softmax(-1))

    @torch.no_grad()
    def running(self, pieces: Sequence[str]) -> Float[np.ndarray, "after stars"]:
        if self.network.config.is_bidirectional:
            return self.log_probs([pieces[:count] for count in range(len(pieces) + 1)])
        return _numpy(self.network.scored(self._states(pieces)).double().log_softmax(-1))

    @torch.no_grad()
    def states(self, pieces: Sequence[str]) -> Float[np.ndarray, "after n_hidden"]:
        """h before the first piece, which is zero, and after each, of the cell that reads from the beginning."""
        return _numpy(self._states(pieces))

    def _states(self, pieces: Sequence[str]) -> Float[Tensor, "after n_hidden"]:
        before = torch.zeros(1, self.network.config.n_hidden)
        if not pieces:
            return before
        idx, _ = padded([self.vocabulary.ids(pieces)])
        return torch.cat([before, self.network.states(self.network.embedding(idx))[0]])


@dataclass(frozen=True, eq=False)
class BagClassifier:
    """A linear model that knows no order beyond pairs of words."""

    card: TaskCard
    bag: Bag

    def known(self, piece: str) -> str:
        return "trained" if piece.lower() in self.bag.features else "unknown"

    def log_probs(self, texts: Sequence[Sequence[str]]) -> Float[np.ndarray, "text stars"]:
        scores = np.stack([self.bag.scores(text) for text in texts])
        found: Float[np.ndarray, "text stars"] = log_softmax(scores, axis=-1)
        return found

    def running(self, pieces: Sequence[str]) -> Float[np.ndarray, "after stars"]:
        return self.log_probs([pieces[:count] for count in range(len(pieces) + 1)])


def expected_stars(log_probs: Float[np.ndarray, "*batch stars"]) -> Float[np.ndarray, "*batch"]:
    """Σ k P(k): the mean number of stars, from 1 to 5."""
    mean: Float[np.ndarray, "*batch"] = np.asarray(np.exp(log_probs) @ np.arange(1, STARS + 1))
    return mean


def _numpy(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.numpy()
    return array
