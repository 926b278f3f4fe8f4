"""GloVe: vectors of words, fitted to the logarithms of how often words stand near each other.

X_ij is how often word j stands within a window of word i, a neighbour at distance d counted as 1/d. Word i has a vector
w_i and a bias b_i, as a neighbour a vector w̃_i and a bias b̃_i, and all of them are fitted by weighted least squares:

    J = Σ_ij f(X_ij) (⟨w_i, w̃_j⟩ + b_i + b̃_j - log X_ij)²        f(x) = min(1, (x / x_max)^α)

Only the pairs that occur are summed. The steps are AdaGrad's: each number's rate falls with the squares of its
gradients so far. `losses` is to read; the compiled loop takes the same steps.

Source: Pennington, Socher and Manning 2014, GloVe: Global Vectors for Word Representation, eq. 8 and 9; Duchi, Hazan
and Singer 2011 (AdaGrad).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, no_type_check

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numba import njit
from scipy.sparse import coo_array, csr_array
from torch import Tensor

from models.errors import ModelError
from models.tokens.hogwild import in_slices
from models.tokens.running_words import SENTENCE_END, RunningWords
from models.tokens.word2vec import Vectors

_COUNTED = 1_000_000  # words of a text counted at once
_SLICE = 200_000  # pairs a thread takes at once
_LOOKED_AT = 20_000  # pairs by which the loss is told
_EACH = 100  # one pair of words in so many is held out, at most _LOOKED_AT
_COMPILED = {"nogil": True, "cache": True}


@dataclass(frozen=True, kw_only=True)
class GloveSettings:
    """How vectors are fitted.

    Raises:
        ModelError: a setting is out of its range.
    """

    n_embd: int = 100
    window: int = 10  # neighbours on each side
    epochs: int = 25
    learning_rate: float = 0.05
    x_max: float = 100.0  # from this count on a pair has full weight
    alpha: float = 0.75
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("n_embd", "window", "epochs"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} is {getattr(self, name)}: it must be 1 or more.")
        for name in ("learning_rate", "x_max"):
            if not getattr(self, name) > 0:
                raise ModelError(f"{name} is {getattr(self, name)}: it must be over 0.")


@dataclass(frozen=True, eq=False)
class Counts:
    """The pairs of words that stand near each other, in a random order, and how often."""

    word: Int[np.ndarray, " pair"]
    neighbour: Int[np.ndarray, " pair"]
    count: Float[np.ndarray, " pair"]

    def part(self, these: slice | Bool[np.ndarray, " pair"]) -> "Counts":
        """Some of the pairs."""
        return Counts(self.word[these], self.neighbour[these], self.count[these])


@dataclass(frozen=True, eq=False)
class Weights:
    """What is fitted, as numpy arrays that a trainer changes in place."""

    vectors: Vectors  # target: w, context: w̃
    target_bias: Float[np.ndarray, " vocab"]
    context_bias: Float[np.ndarray, " vocab"]

    @property
    def parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """w, w̃, b, b̃."""
        return self.vectors.target, self.vectors.context, self.target_bias, self.context_bias


def fresh(vocab_size: int, n_embd: int, seed: int) -> Weights:
    """Weights before training: small and random."""
    random = np.random.default_rng(seed)
    size = (vocab_size, n_embd)
    target, context = ((random.random(size, dtype=np.float32) - 0.5) / n_embd for _ in range(2))
    biases = ((random.random(vocab_size, dtype=np.float32) - 0.5) / n_embd for _ in range(2))
    return Weights(Vectors(target, context), *biases)


def losses(
    parts: tuple[Tensor, Tensor, Tensor, Tensor], counts: Counts, settings: GloveSettings
) -> Float[Tensor, " pair"]:
    """f(X_ij) (⟨w_i, w̃_j⟩ + b_i + b̃_j - log X_ij)² of each pair; `parts` are w, w̃, b, b̃."""
    target, context, target_bias, context_bias = parts
    i, j, x = (
        torch.from_numpy(part)
        for part in (counts.word.astype(np.int64), counts.neighbour.astype(np.int64), counts.count)
    )
    miss = (target[i] * context[j]).sum(-1) + target_bias[i] + context_bias[j] - x.log()
    return (x / settings.x_max).clamp(max=1) ** settings.alpha * miss**2


def count(text: RunningWords, window: int) -> Iterator[csr_array | float]:
    """X, shape (word, neighbour); the share that is counted before it, now and then."""
    size = len(text.words)
    total = csr_array((size, size), dtype=np.float32)
    for start in range(0, max(1, len(text.ids)), _COUNTED):
        ids = text.ids[start : start + _COUNTED + window]
        words, neighbours, weights = [], [], []
        crossed = np.zeros(len(ids), dtype=bool)
        for distance in range(1, window + 1):
            first, second = ids[:-distance], ids[distance:]
            # No pair reaches over the end of a sentence; a later slice counts the pairs that begin in it.
            crossed = crossed[: len(first)] | (ids[distance - 1 : len(ids) - 1] == SENTENCE_END)
            here = ~crossed & (second != SENTENCE_END) & (np.arange(len(first)) < _COUNTED)
            words.append(first[here])
            neighbours.append(second[here])
            weights.append(np.full(int(here.sum()), 1 / distance, dtype=np.float32))
        of = np.concatenate(words), np.concatenate(neighbours)
        total = total + csr_array(coo_array((np.concatenate(weights), of), shape=(size, size)))
        yield min(1.0, (start + _COUNTED) / len(text.ids))
    yield csr_array(total + total.T)


class GloveTraining:
    """Vectors that are being fitted; iterating over it does the work, slice by slice.

    Each slice changes `vectors`; who wants to keep them as they are now makes a copy.
    """

    def __init__(self, text: RunningWords, settings: GloveSettings, threads: int = 1) -> None:
        """Nothing is counted yet."""
        self.text, self.settings, self._threads = text, settings, threads
        self._weights = fresh(len(text.words), settings.n_embd, settings.seed)
        self._squares = [np.zeros_like(part) for part in self._weights.parts]
        self._counts: Counts | None = None
        self._unseen: Counts | None = None
        self.done = 0
        self.of = 100 * settings.epochs  # until the pairs are counted

    @property
    def vectors(self) -> Vectors:
        """As they are now."""
        return self._weights.vectors

    @property
    def learning_rate(self) -> float:
        """AdaGrad's rate before it is divided."""
        return self.settings.learning_rate

    @property
    def words(self) -> int:
        """How many words of the text the work so far stands for, those of each epoch counted."""
        return round(self.done / self.of * self.settings.epochs * self.text.length)

    def loss(self) -> float:
        """Mean of f(X) times the squared miss, over the same pairs each time; NaN before they are counted."""
        return self._mean(self._counts)

    def held_out_loss(self) -> float:
        """The same over pairs that occur and are held out: no step is taken for them; NaN if there are none."""
        return self._mean(self._unseen)

    def __iter__(self) -> Iterator[int]:
        """Works; gives how much is done of `of` after each slice.

        Raises:
            ModelError: no two words stand near each other.
        """
        for counted in count(self.text, self.settings.window):
            if isinstance(counted, float):
                yield 0
            else:
                self._counts, self._unseen = _parted(_shuffled(counted, self.settings.seed))
        if self._counts is None or not len(self._counts.word):
            raise ModelError("No two words stand near each other in this text: give a longer one.")
        pairs = len(self._counts.word)
        self.of = pairs * self.settings.epochs
        for epoch in range(self.settings.epochs):
            for _, stop in in_slices(
                pairs,
                _SLICE,
                self._threads,
                partial(_fit_part, self._weights, self._squares, self._counts, self.settings),
            ):
                self.done = epoch * pairs + stop
                yield self.done

    def _mean(self, counts: Counts | None) -> float:
        if counts is None or not len(counts.word):
            return float("nan")
        target, context, target_bias, context_bias = (torch.from_numpy(part) for part in self._weights.parts)
        parts = target, context, target_bias, context_bias
        return float(losses(parts, counts.part(slice(_LOOKED_AT)), self.settings).mean())


def _shuffled(counts: csr_array, seed: int) -> Counts:
    """The pairs in a random order: neighbours in a table would change the same rows in a row."""
    pairs = coo_array(counts)
    order = np.random.default_rng(seed).permutation(pairs.nnz)
    word, neighbour = (part[order].astype(np.int32) for part in pairs.coords)
    return Counts(word, neighbour, pairs.data[order].astype(np.float32))


def _parted(counts: Counts) -> tuple[Counts, Counts]:
    """What is learned, and what is held out: of a pair both orders, since a count is the same in both."""
    lower, upper = np.minimum(counts.word, counts.neighbour), np.maximum(counts.word, counts.neighbour)
    pair = lower.astype(np.int64) << 32 | upper
    held = np.isin(pair, pair[: min(len(pair) // _EACH, _LOOKED_AT) // 2])
    return counts.part(~held), counts.part(held)


def _fit_part(
    weights: Weights, squares: list[np.ndarray], counts: Counts, settings: GloveSettings, start: int, stop: int
) -> None:
    """One step a pair, from a pair to another; changes weights and squares in place."""
    part = counts.part(slice(start, stop))
    weight = np.minimum(1, part.count / np.float32(settings.x_max)) ** np.float32(settings.alpha)
    rate = np.float32(settings.learning_rate)
    _fit(*weights.parts, *squares, part.word, part.neighbour, weight, np.log(part.count), rate)


# Compiled. `no_type_check`: a run-time type checker would wrap what numba has to read.


@njit(fastmath=True, **_COMPILED)
@no_type_check
def _fit(
    target: Any, context: Any, target_bias: Any, context_bias: Any, target_squares: Any, context_squares: Any,
    target_bias_squares: Any, context_bias_squares: Any, word: Any, neighbour: Any, weight: Any, log: Any, rate: Any,
) -> Any:  # fmt: skip
    """One step of AdaGrad a pair; changes the first eight in place."""
    width = target.shape[1]
    tiny = np.float32(1e-10)
    for pair in range(word.size):
        i, j = word[pair], neighbour[pair]
        w, c, ws, cs = target[i], context[j], target_squares[i], context_squares[j]
        dot = np.float32(0)
        for d in range(width):
            dot += w[d] * c[d]
        pull = np.float32(2) * weight[pair] * (dot + target_bias[i] + context_bias[j] - log[pair])
        for d in range(width):
            by_w, by_c = pull * c[d], pull * w[d]
            ws[d] += by_w * by_w
            cs[d] += by_c * by_c
            w[d] -= rate * by_w / (np.sqrt(ws[d]) + tiny)
            c[d] -= rate * by_c / (np.sqrt(cs[d]) + tiny)
        target_bias_squares[i] += pull * pull
        context_bias_squares[j] += pull * pull
        target_bias[i] -= rate * pull / (np.sqrt(target_bias_squares[i]) + tiny)
        context_bias[j] -= rate * pull / (np.sqrt(context_bias_squares[j]) + tiny)
