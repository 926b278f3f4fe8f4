"""Pairs of sentences, parted by their English half, and put into batches of one source length."""

import hashlib
import lzma
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from models.tasks.translation_words import english, french, normal_english
from models.training.batches import IGNORED

LONGEST = 25  # pieces of a sentence that is learned from, on either side
PARTS = {"train": 0.95, "dev": 0.025, "test": 0.025}  # shares of the English sentences
_MIXED = 50  # batches' worth of pairs of one source length, which are sorted by the target's length


@dataclass(frozen=True)
class Pair:
    """A sentence and a translation."""

    english: str
    french: str


def part_of(sentence: str, seed: int = 1) -> str:
    """The part that an English sentence is in; sentences that differ in signs or case only are in the same one."""
    digest = hashlib.sha256(f"{seed} {normal_english(sentence)}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    for part, share in PARTS.items():
        if place < share:
            return part
        place -= share
    return "train"


def read(path: Path) -> dict[str, list[Pair]]:
    """The pairs of each part of a file of lines English, tab, French; longer ones than LONGEST are left out."""
    parts: dict[str, list[Pair]] = {part: [] for part in PARTS}
    raw = path.read_bytes()
    text = (lzma.decompress(raw) if path.suffix == ".xz" else raw).decode()
    for line in text.rstrip("\n").split("\n"):
        pair = Pair(*line.split("\t")[:2])
        if max(len(english(pair.english)), len(french(pair.french))) <= LONGEST:
            parts[part_of(pair.english)].append(pair)
    return parts


def words_of(pairs: Sequence[Pair], least_english: int, most_french: int) -> tuple[list[str], list[str]]:
    """English words that occur so often, and so many French ones, the most frequent first."""
    sides = (
        Counter(piece.word for pair in pairs for piece in english(pair.english)),
        Counter(piece for pair in pairs for piece in french(pair.french)),
    )
    ours, theirs = (sorted(counts, key=lambda word, of=counts: (-of[word], word)) for counts in sides)  # type: ignore[misc]
    return [word for word in ours if sides[0][word] >= least_english], theirs[:most_french]


@dataclass(frozen=True, eq=False)
class PairBatch:
    """Sentences of one length, and their translations; targets are the inputs one word later."""

    source: Int[Tensor, "batch src"]
    inputs: Int[Tensor, "batch pos"]
    targets: Int[Tensor, "batch pos"]


class PairBatches:
    """Pairs of one source length in a batch, in another order each epoch."""

    def __init__(
        self, sources: Sequence[list[int]], targets: Sequence[list[int]], batch_size: int, seed: int = 1
    ) -> None:
        """Targets begin with their start token and end with their end token."""
        self._sources, self._targets, self._seed, self._batch_size = sources, targets, seed, batch_size
        self._lengths = np.array([len(one) for one in sources])
        self._target_lengths = np.array([len(one) for one in targets])
        _, counts = np.unique(self._lengths, return_counts=True)
        self._batches = int(np.ceil(counts / batch_size).sum())

    def __len__(self) -> int:
        return self._batches

    def epoch(self, number: int) -> Iterator[PairBatch]:
        """The batches of an epoch; the same number gives the same ones."""
        random = np.random.default_rng((self._seed, number))
        rows = []
        for length in np.unique(self._lengths):
            order = random.permutation(np.flatnonzero(self._lengths == length))
            many = _MIXED * self._batch_size
            for chunk in (order[i : i + many] for i in range(0, len(order), many)):
                by_target = chunk[np.argsort(self._target_lengths[chunk], kind="stable")]
                rows += [by_target[i : i + self._batch_size] for i in range(0, len(chunk), self._batch_size)]
        for i in random.permutation(len(rows)):
            yield self._batch(rows[i])

    def _batch(self, rows: np.ndarray) -> PairBatch:
        longest = int(self._target_lengths[rows].max()) - 1
        inputs = torch.zeros(len(rows), longest, dtype=torch.long)
        targets = torch.full_like(inputs, IGNORED)
        for at, row in enumerate(rows):
            ids = torch.tensor(self._targets[row])
            inputs[at, : len(ids) - 1], targets[at, : len(ids) - 1] = ids[:-1], ids[1:]
        return PairBatch(torch.tensor([self._sources[row] for row in rows]), inputs, targets)
