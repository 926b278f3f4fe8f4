"""From counts to probabilities: what an n-gram model says of the next token, also where nothing was counted.

Every class gives `probs(history)`, P(next token | history) over the whole vocabulary; the history begins with its start
token, which itself is never predicted.

Sources: Jurafsky and Martin, Speech and Language Processing, 3rd ed., chapter 3; Jelinek and Mercer 1980
(interpolation); Brants et al. 2007 (stupid back-off); Kneser and Ney 1995; Chen and Goodman 1998 (modified Kneser-Ney);
Heafield et al. 2013 for the edges: one start token a sentence, and a uniform distribution below the unigrams.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from models.mixers.ngrams import Counts, Ints

Probs = Float[np.ndarray, " vocab"]
Floats = Float[np.ndarray, " _"]
FALLBACK = (0.5, 1.0, 1.5)  # discounts where a corpus is too small to estimate them


@runtime_checkable
class Smoothing(Protocol):
    """P(next token | history) from counts."""

    counts: Counts
    order: int

    def probs(self, history: Sequence[int]) -> Probs:
        """Over the whole vocabulary; sums to 1."""
        ...


class AddK:
    """(#(hw) + k) / (#(h) + k |V|) for the last N - 1 tokens h: k = 0 are the relative frequencies, k = 1 is Laplace's.

    Without k a history that never occurred says nothing, 0 / 0: all tokens are then equally probable.
    """

    def __init__(self, counts: Counts, k: float = 0.0) -> None:
        self.counts = counts
        self.order = counts.order
        self.k = k

    def probs(self, history: Sequence[int]) -> Probs:
        words, seen = self.counts.next_counts(context(history, self.order))
        probs = np.full(self.counts.vocab_size, self.k)
        probs[words] += seen
        probs[self.counts.start_id] = 0.0
        return probs / probs.sum() if probs.any() else uniform(self.counts)


class Interpolated:
    """A weighted mean of the relative frequencies of all orders, from 0 (all tokens equally probable) to N.

    An order whose history never occurred hands its weight on to the orders below.
    """

    def __init__(self, counts: Counts, weights: Sequence[float]) -> None:
        """`weights` of order 0, 1, ..., N; they sum to 1."""
        self.counts = counts
        self.order = counts.order
        self.weights = tuple(weights)

    def probs(self, history: Sequence[int]) -> Probs:
        parts = relative_frequencies(self.counts, history, self.order)
        weights = np.array(self.weights[: len(parts)])
        mean: Probs = weights @ np.stack(parts) / weights.sum()
        return mean


class StupidBackoff:
    """The relative frequency after the longest history that went on so, times 0.4 for each token left out.

    These are scores, no probabilities; `probs` divides them by their sum.
    """

    def __init__(self, counts: Counts, factor: float = 0.4) -> None:
        self.counts = counts
        self.order = counts.order
        self.factor = factor

    def scores(self, history: Sequence[int]) -> Probs:
        """S(w | history) of Brants et al. 2007, equation 5."""
        scores = np.zeros(self.counts.vocab_size)
        for length in range(min(self.order - 1, len(history)) + 1):
            words, seen = _predicted(self.counts, history[len(history) - length :])
            scores *= self.factor
            if len(words):
                scores[words] = seen / seen.sum()
        return scores

    def probs(self, history: Sequence[int]) -> Probs:
        scores = self.scores(history)
        return scores / scores.sum() if scores.any() else uniform(self.counts)


class Discounted:
    """Interpolated absolute discounting: (#(hw) - D) / #(h) + gamma(h) P(w | h without its first token).

    It differs from modified Kneser-Ney in counting occurrences in all orders. So the counts up to any order are a model
    of that order, and counts of which the rare ones were cut off are a model too: what was cut off is handed on to the
    shorter history, together with what the discounts took.

    Source: Ney, Essen and Kneser 1994; the three discounts are those of Chen and Goodman 1998.
    """

    def __init__(self, counts: Counts, discounts: Sequence[tuple[float, float, float]] | None = None) -> None:
        """`discounts` of each order, where they were estimated before the rare counts were cut off."""
        self.counts = counts
        self.order = counts.order
        self.discounts = tuple(discounts or map(estimated_discounts, counts.counts))[: self.order]
        self._unigrams = lowest(counts, counts.counts[0], self.discounts[0])

    def probs(self, history: Sequence[int]) -> Probs:
        probs = self._unigrams
        for n in range(2, min(self.order, len(history) + 1) + 1):
            before = history[len(history) - n + 1 :]
            words, seen = self.counts.next_counts(before)
            if len(words):
                kept = seen - discount(self.discounts[n - 1], seen)
                total = max(self.counts.count(before), int(seen.sum()))  # where counts were rounded: at least the sum
                probs = probs * (1 - kept.sum() / total)
                probs[words] += kept / total
        return probs


class KneserNey:
    """Interpolated modified Kneser-Ney smoothing of any order.

    P(w | h) = max(a(hw) - D(a(hw)), 0) / a(h) + gamma(h) P(w | h without its first token), where a counts contexts in
    place of occurrences below the highest order, and gamma hands on what the discounts D took away.
    """

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.order = counts.order
        self.discounts = tuple(map(estimated_discounts, counts.continuations))
        self._unigrams = lowest(counts, counts.continuations[0], self.discounts[0])

    def probs(self, history: Sequence[int]) -> Probs:
        """P(next token | history) over the whole vocabulary; the history begins with its start token."""
        probs = self._unigrams
        for n in range(2, min(self.order, len(history) + 1) + 1):
            first, last = self.counts.following(history[len(history) - n + 1 :])
            if first == last:
                break  # no longer history was seen either
            adjusted = self.counts.continuations[n - 1][first:last]
            words = self.counts.ngrams[n - 1][first:last] % self.counts.vocab_size
            taken = discount(self.discounts[n - 1], adjusted)
            total = adjusted.sum()
            probs = probs * (taken.sum() / total)
            probs[words] += (adjusted - taken) / total
        return probs


def lowest(counts: Counts, adjusted: Ints, discounts: tuple[float, float, float]) -> Probs:
    """The unigrams, interpolated with a uniform distribution over all tokens but the start."""
    size, words = counts.vocab_size, counts.ngrams[0]
    adjusted = np.where(words == counts.start_id, 0, adjusted)
    taken = discount(discounts, adjusted)
    total = adjusted.sum()
    probs = np.full(size, taken.sum() / total / (size - 1)) if total else np.full(size, 1 / (size - 1))
    probs[words] += (adjusted - taken) / max(total, 1)
    probs[counts.start_id] = 0.0
    return probs


def discount(discounts: tuple[float, float, float], adjusted: Ints) -> Floats:
    """What is taken from each count."""
    of: Floats = np.array([0.0, *discounts])[np.minimum(adjusted, 3)]
    return of


def estimated_discounts(adjusted: Ints) -> tuple[float, float, float]:
    """What is taken from counts of 1, of 2, and of 3 or more (Chen and Goodman 1998)."""
    of = [int((adjusted == count).sum()) for count in range(1, 5)]
    if not all(of):
        return FALLBACK
    y = of[0] / (of[0] + 2 * of[1])
    one, two, three = (k - (k + 1) * y * of[k] / of[k - 1] for k in (1, 2, 3))
    return (one, two, three) if 0 <= one <= 1 and 0 <= two <= 2 and 0 <= three <= 3 else FALLBACK


def tuned(counts: Counts, held_out: Iterable[Sequence[int]], rounds: int = 30) -> Interpolated:
    """Interpolation whose weights make held-out sentences most probable, by expectation maximisation.

    Args:
        counts: of the training text.
        held_out: other sentences, each with its start and its end token.
        rounds: of the algorithm; the likelihood never falls from one to the next.

    Source: Jelinek and Mercer 1980; Dempster, Laird and Rubin 1977.
    """
    table = np.stack([_relative_frequency(counts, one[:i], one[i]) for one in held_out for i in range(1, len(one))])
    weights = np.full(counts.order + 1, 1 / (counts.order + 1))
    for _ in range(rounds):
        shares = weights * table
        weights = (shares / shares.sum(1, keepdims=True)).mean(0)
    return Interpolated(counts, weights.tolist())


def relative_frequencies(counts: Counts, history: Sequence[int], order: int) -> list[Probs]:
    """Of order 0, 1, ... up to the longest whose history occurred: the uniform distribution, then #(hw) / #(h)."""
    parts = [uniform(counts)]
    for length in range(min(order - 1, len(history)) + 1):
        words, seen = _predicted(counts, history[len(history) - length :])
        if not len(words):
            break
        part = np.zeros(counts.vocab_size)
        part[words] = seen / seen.sum()
        parts.append(part)
    return parts


def _relative_frequency(counts: Counts, history: Sequence[int], token_id: int) -> Floats:
    """What `relative_frequencies` gives one token; 0 where the history never occurred."""
    row = np.zeros(counts.order + 1)
    row[0] = 1 / (counts.vocab_size - 1)
    for length in range(min(counts.order - 1, len(history)) + 1):
        before = history[len(history) - length :]
        _, seen = _predicted(counts, before)
        if not len(seen):
            break
        row[length + 1] = counts.count([*before, token_id]) / seen.sum()
    return row


def context(history: Sequence[int], order: int) -> Sequence[int]:
    """The last N - 1 tokens of a history, or all of them."""
    return history[max(0, len(history) - order + 1) :]


def _predicted(counts: Counts, history: Sequence[int]) -> tuple[Ints, Ints]:
    """What followed a history, without the start token, and how often."""
    words, seen = counts.next_counts(history)
    return words[words != counts.start_id], seen[words != counts.start_id]


def uniform(counts: Counts) -> Probs:
    """All tokens but the start equally probable."""
    probs = np.full(counts.vocab_size, 1 / (counts.vocab_size - 1))
    probs[counts.start_id] = 0.0
    return probs
