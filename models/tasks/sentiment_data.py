"""The Stanford Sentiment Treebank: every phrase of a sentence's tree has from 1 to 5 stars.

Source: Socher et al. 2013, Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank.
"""

import lzma
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

STARS = 5
_PIECE = re.compile(r"\(([0-4]) |([^\s()]+)|(\))")
_SIGNS = {"-LRB-": "(", "-RRB-": ")", "``": '"', "''": '"', "`": "'"}


@dataclass(frozen=True)
class Phrase:
    """Words, and what people thought of them."""

    words: tuple[str, ...]
    label: int  # stars less one


def phrases_of(tree: str) -> list[Phrase]:
    r"""All phrases of a tree, inner ones first, the whole sentence last; signs as they are typed.

    >>> [" ".join(phrase.words) for phrase in phrases_of(r"(3 (3 Fun) (2 (2 and\/or) (2 games)))")]
    ['Fun', 'and/or', 'games', 'and/or games', 'Fun and/or games']
    """
    found, words = list[Phrase](), list[str]()
    begun: list[tuple[int, int]] = []  # label, and how many words were before
    for label, word, _ in _PIECE.findall(tree):
        if label:
            begun.append((int(label), len(words)))
        elif word:
            words.append(_SIGNS.get(word, word).replace("\\", ""))
        else:
            of, first = begun.pop()
            found.append(Phrase(tuple(words[first:]), of))
    return found


def trees(path: Path) -> list[list[Phrase]]:
    """The phrases of each sentence of a file of trees, which may be compressed with xz."""
    raw = path.read_bytes()
    text = (lzma.decompress(raw) if path.suffix == ".xz" else raw).decode("utf-8")
    return [phrases_of(line) for line in text.splitlines() if line.strip()]


def roots(sentences: Sequence[Sequence[Phrase]]) -> list[Phrase]:
    """The whole sentences."""
    return [phrases[-1] for phrases in sentences]


def distinct(sentences: Sequence[Sequence[Phrase]]) -> list[Phrase]:
    """Each phrase once, in the order of the file."""
    return list(dict.fromkeys(phrase for phrases in sentences for phrase in phrases))


@dataclass(frozen=True, eq=False)
class PhraseBatch:
    """Phrases side by side; after the end of a short one stands 0, which is not read."""

    idx: Int[Tensor, "batch pos"]
    lengths: Int[Tensor, " batch"]
    labels: Int[Tensor, " batch"]
    weights: Float[Tensor, " batch"]  # how much each counts, 1 on average over an epoch


class PhraseBatches:
    """Phrases of like length together, in another order in each epoch."""

    def __init__(
        self,
        ids: Sequence[Sequence[int]],
        labels: Sequence[int],
        weights: Sequence[float],
        batch_size: int,
        seed: int = 1,
    ) -> None:
        self._ids, self._size, self._seed = ids, batch_size, seed
        self._labels = torch.tensor(labels)
        self._weights = torch.tensor(weights, dtype=torch.float32) / (sum(weights) / len(weights))

    def __len__(self) -> int:
        """Batches of an epoch."""
        return math.ceil(len(self._ids) / self._size)

    def epoch(self, number: int) -> Iterator[PhraseBatch]:
        """The batches of an epoch."""
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + number)
        # Lengths that differ by a quarter may meet: else the same phrases would always stand together.
        blur = 0.75 + 0.5 * torch.rand(len(self._ids), generator=generator)
        order = torch.argsort(torch.tensor([len(one) for one in self._ids]) * blur).tolist()
        places = [order[first : first + self._size] for first in range(0, len(order), self._size)]
        for place in torch.randperm(len(places), generator=generator).tolist():
            yield self.batch(places[place])

    def batch(self, places: Sequence[int]) -> PhraseBatch:
        """The phrases at these places."""
        idx, lengths = padded([self._ids[place] for place in places])
        chosen = torch.tensor(places)
        return PhraseBatch(idx, lengths, self._labels[chosen], self._weights[chosen])


def padded(texts: Sequence[Sequence[int]]) -> tuple[Int[Tensor, "batch pos"], Int[Tensor, " batch"]]:
    """Texts side by side, and their lengths; one column at least."""
    lengths = [len(one) for one in texts]
    width = max([1, *lengths])
    rows = [[*one, *[0] * (width - len(one))] for one in texts]
    return torch.tensor(rows, dtype=torch.int64).view(len(texts), width), torch.tensor(lengths, dtype=torch.int64)
