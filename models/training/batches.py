"""A text of numbers in batches: what a network reads, and what it is to predict."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int, Integer
from torch import Tensor

IGNORED = -1  # a target that does not count
_CHUNK = 100  # batches whose sentences are sorted by length
Ids = Integer[np.ndarray, " _"]


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows of a text; targets are the inputs one token later."""

    inputs: Int[Tensor, "batch pos"]
    targets: Int[Tensor, "batch pos"]
    fresh: bool  # whether the rows begin here, and not where the batch before them ended


class Sentences:
    """Whole sentences, of about the same length in a batch, in another order each epoch."""

    def __init__(self, sentences: Sequence[Ids], batch_size: int, seed: int = 1) -> None:
        """Each sentence begins with its start token and ends with its end token."""
        self._sentences, self._batch_size, self._seed = sentences, batch_size, seed
        self._lengths = np.array([len(one) for one in sentences])
        self.tokens = int((self._lengths - 1).sum())

    def __len__(self) -> int:
        return math.ceil(len(self._sentences) / self._batch_size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch; the same number gives the same ones."""
        random = np.random.default_rng((self._seed, number))
        order = random.permutation(len(self._sentences))
        many = _CHUNK * self._batch_size
        chunks = [order[i : i + many] for i in range(0, len(order), many)]
        order = np.concatenate([chunk[np.argsort(self._lengths[chunk], kind="stable")] for chunk in chunks])
        rows = [order[i : i + self._batch_size] for i in range(0, len(order), self._batch_size)]
        for i in random.permutation(len(rows)):
            yield _padded([self._sentences[row] for row in rows[i]])


class Stream:
    """One long text, cut into rows that are read side by side; the state goes on from batch to batch.

    That is truncated back-propagation through time: a gradient goes back to the batch's beginning, no further.
    """

    def __init__(self, ids: Ids, batch_size: int, length: int) -> None:
        """What is left over after equal rows is not read; a row has `length` tokens of each batch."""
        width = (len(ids) - 1) // batch_size
        self._inputs, self._targets = (
            torch.from_numpy(ids[first : first + width * batch_size].astype(np.int64)).view(batch_size, width)
            for first in (0, 1)
        )
        self._length = length
        self.tokens = width * batch_size

    def __len__(self) -> int:
        return math.ceil(self._inputs.shape[1] / self._length)

    def epoch(self, _number: int) -> Iterator[Batch]:
        """The batches from the beginning of the text to its end."""
        for start in range(0, self._inputs.shape[1], self._length):
            part = slice(start, start + self._length)
            yield Batch(self._inputs[:, part], self._targets[:, part], fresh=start == 0)


def cut(ids: Ids, start_id: int) -> list[Ids]:
    """A text as its sentences, each from its start token on."""
    return np.split(ids, np.flatnonzero(ids == start_id)[1:])


def _padded(sentences: Sequence[Ids]) -> Batch:
    longest = max(len(one) for one in sentences) - 1
    inputs = torch.zeros(len(sentences), longest, dtype=torch.long)
    targets = torch.full_like(inputs, IGNORED)
    for row, one in enumerate(sentences):
        ids = torch.from_numpy(one.astype(np.int64))
        inputs[row, : len(one) - 1], targets[row, : len(one) - 1] = ids[:-1], ids[1:]
    return Batch(inputs, targets, fresh=True)
