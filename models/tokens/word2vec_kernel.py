"""The steps of `word2vec`, compiled: for a whole text, on as many threads as there are cores for it.

`word2vec.step` on the examples that `examples` gives is the same, step by step. Of a window of skip-gram each pair is a
step, with the neighbour as the target and the centre as its context: all pairs are met in both directions, and so no
target is pulled many times in a row. On one thread the same seed gives the same vectors.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, no_type_check

import numpy as np
from numba import njit

from models.tokens.running_words import SENTENCE_END, RunningWords
from models.tokens.word2vec import Example, Settings, Vectors, keep_probability, negative_probability

_REDRAWS = 20  # of a negative that is the positive; then one of the others is drawn, more slowly
_LONGEST = 1_000  # words of a sentence; what is longer is taken in parts
_CACHED = {"nogil": True, "fastmath": True, "cache": True, "error_model": "numpy"}


@dataclass(frozen=True, eq=False)
class Draws:
    """From what words and negatives are drawn: the tables of Walker's alias method, one draw a constant time."""

    keep: np.ndarray  # float32, of each word the probability that it stays in the running text
    share: np.ndarray  # float32, of each place the probability that it stands for its own word
    alias: np.ndarray  # int32, the word that it stands for otherwise
    bounds: np.ndarray  # float64, the sum of the probabilities up to each word

    @classmethod
    def of(cls, text: RunningWords, settings: Settings) -> "Draws":
        """The draws of a text."""
        probability = negative_probability(text.counts, settings.power)
        share, alias = alias_tables(probability)
        return cls(keep_probability(text.counts, settings.subsample), share, alias, probability.cumsum())


def alias_tables(probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Walker's tables: each of n places holds at most two words and together 1/n of the probability."""
    size = len(probability)
    left = probability * size
    share, alias = np.ones(size, dtype=np.float32), np.arange(size, dtype=np.int32)
    small = [int(i) for i in np.flatnonzero(left < 1)]
    large = [int(i) for i in np.flatnonzero(left >= 1)]
    while small and large:
        under, over = small.pop(), large[-1]
        share[under], alias[under] = left[under], over
        left[over] -= 1 - left[under]
        if left[over] < 1:
            small.append(large.pop())
    return share, alias


def train(
    vectors: Vectors,
    text: RunningWords,
    draws: Draws,
    settings: Settings,
    *,
    start: int,
    stop: int,
    rates: tuple[float, float],
    seed: int,
) -> None:
    """Steps over the words from `start` to `stop` of the running text; changes the vectors in place.

    Args:
        vectors: contiguous float32.
        text: what is learned from.
        draws: of the text.
        settings: how.
        start: the first word.
        stop: the word after the last.
        rates: the learning rate at the first word, and at the last.
        seed: of all that is drawn.
    """
    _train(
        vectors.target,
        vectors.context,
        text.ids,
        start,
        stop,
        draws.keep,
        draws.share,
        draws.alias,
        draws.bounds,
        settings.window,
        settings.negatives,
        settings.method == "cbow",
        np.float32(rates[0]),
        np.float32(rates[1]),
        np.uint64(_mixed(seed)),
    )


def step(vectors: Vectors, example: Example, method: str, learning_rate: float) -> None:
    """One step, as `word2vec.step`."""
    contexts, negatives = example.contexts.astype(np.int32), example.negatives.astype(np.int32).ravel()
    scratch = np.empty((2, vectors.target.shape[1]), dtype=np.float32)
    pulls = np.empty(len(contexts) + len(negatives) + 1, dtype=np.float32)
    take = _cbow if method == "cbow" else _skip_gram
    take(
        vectors.target,
        vectors.context,
        example.centre,
        contexts,
        len(contexts),
        negatives,
        example.negatives.shape[1],
        np.float32(learning_rate),
        pulls,
        scratch,
    )


def examples(
    text: RunningWords, draws: Draws, settings: Settings, *, start: int, stop: int, seed: int
) -> Iterator[Example]:
    """What `train` makes its steps of, in its order."""
    words = np.empty(_LONGEST, dtype=np.int32)
    contexts = np.empty(2 * settings.window, dtype=np.int32)
    negatives = np.empty(2 * settings.window * settings.negatives, dtype=np.int32)
    cbow = settings.method == "cbow"
    state, at = np.uint64(_mixed(seed)), start
    while at < stop:
        state, at, found = _sentence(text.ids, at, stop, draws.keep, words, np.uint64(state))
        for place in range(found):
            state, pairs = _draw(
                words, found, place, settings.window, settings.negatives, cbow, draws.share, draws.alias,
                draws.bounds, contexts, negatives, np.uint64(state),
            )  # fmt: skip
            if cbow and pairs:
                yield Example(int(words[place]), contexts[:pairs].copy(), negatives[None, : settings.negatives].copy())
                continue
            for i in range(pairs):
                drawn = negatives[i * settings.negatives : (i + 1) * settings.negatives]
                yield Example(int(contexts[i]), words[place : place + 1].copy(), drawn[None].copy())


def _mixed(seed: int) -> int:
    """A seed made into a state that is never 0, and far from that of its neighbours (SplitMix64)."""
    z = (seed + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    z = (z ^ z >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return (z ^ z >> 31) or 1


# The compiled part. `no_type_check`: a run-time type checker would wrap what numba has to read.


@njit(inline="always", **_CACHED)
@no_type_check
def _next(state: Any) -> Any:
    """Marsaglia's xorshift, 64 bits."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@njit(inline="always", **_CACHED)
@no_type_check
def _unit(state: Any) -> Any:
    """A number from 0 to 1 of the state's upper 24 bits."""
    return np.float32(state >> np.uint64(40)) * np.float32(2.0**-24)


@njit(**_CACHED)
@no_type_check
def _sentence(ids: Any, at: Any, stop: Any, keep: Any, words: Any, state: Any) -> Any:
    """The words of the next sentence that are kept; (state, where it ends, how many)."""
    found = 0
    while at < stop and ids[at] != SENTENCE_END and found < words.size:
        state = _next(state)
        if _unit(state) < keep[ids[at]]:
            words[found] = ids[at]
            found += 1
        at += 1
    if at < stop and ids[at] == SENTENCE_END:
        at += 1
    return state, at, found


@njit(**_CACHED)
@no_type_check
def _other(bounds: Any, positive: Any, unit: Any) -> Any:
    """A word by its probability, the positive left out."""
    below = bounds[positive - 1] if positive else 0.0
    own = bounds[positive] - below
    at = unit * (bounds[-1] - own)
    drawn = np.searchsorted(bounds, at if at < below else at + own, side="right")
    # Rounding may lead to the positive itself, or past the end: then the word beside it.
    if drawn == positive or drawn >= bounds.size:
        return positive - 1 if positive else positive + 1
    return drawn


@njit(**_CACHED)
@no_type_check
def _draw(
    words: Any, found: Any, place: Any, window: Any, k: Any, cbow: Any, share: Any, alias: Any, bounds: Any,
    contexts: Any, negatives: Any, state: Any,
) -> Any:  # fmt: skip
    """Fills in the neighbours of one word and the negatives; (state, how many neighbours)."""
    state = _next(state)
    reach = 1 + int((state >> np.uint64(33)) % np.uint64(window))
    pairs = 0
    for other in range(max(0, place - reach), min(found, place + reach + 1)):
        if other != place:
            contexts[pairs] = words[other]
            pairs += 1
    positive = words[place]
    rows = min(pairs, 1) if cbow else pairs
    size = np.uint64(share.size)
    for row in range(rows):
        for column in range(k):
            drawn = positive
            for _ in range(_REDRAWS):
                state = _next(state)
                drawn = int((state >> np.uint64(32)) * size >> np.uint64(32))
                state = _next(state)
                if _unit(state) >= share[drawn]:
                    drawn = alias[drawn]
                if drawn != positive:
                    break
            if drawn == positive:
                state = _next(state)
                drawn = _other(bounds, positive, _unit(state))
            negatives[row * k + column] = drawn
    return state, pairs


@njit(inline="always", **_CACHED)
@no_type_check
def _skip_gram(
    target: Any, context: Any, centre: Any, contexts: Any, pairs: Any, negatives: Any, k: Any, rate: Any,
    pulls: Any, scratch: Any,
) -> Any:  # fmt: skip
    """All pairs of one centre word at once: every dot product is of the vectors before the step."""
    width = target.shape[1]
    t = target[centre]
    change = scratch[0]
    change[:] = 0
    all_words = pairs * (k + 1)
    for j in range(all_words):  # apart from the rest: the processor then waits for several rows at once
        c = context[contexts[j]] if j < pairs else context[negatives[j - pairs]]
        dot = np.float32(0)
        for d in range(width):
            dot += t[d] * c[d]
        pulls[j] = dot
    for j in range(all_words):
        sigmoid = np.float32(1) / (np.float32(1) + math.exp(-pulls[j]))
        pulls[j] = rate * (1 - sigmoid) if j < pairs else -rate * sigmoid
    for j in range(all_words):
        c = context[contexts[j]] if j < pairs else context[negatives[j - pairs]]
        for d in range(width):
            change[d] += pulls[j] * c[d]
    for j in range(all_words):
        c = context[contexts[j]] if j < pairs else context[negatives[j - pairs]]
        for d in range(width):
            c[d] += pulls[j] * t[d]
    for d in range(width):
        t[d] += change[d]


@njit(inline="always", **_CACHED)
@no_type_check
def _cbow(
    target: Any, context: Any, centre: Any, contexts: Any, pairs: Any, negatives: Any, k: Any, rate: Any,
    pulls: Any, scratch: Any,
) -> Any:  # fmt: skip
    """The mean of the neighbours against the centre word and the negatives."""
    width = target.shape[1]
    mean, change = scratch[0], scratch[1]
    mean[:] = 0
    change[:] = 0
    for j in range(pairs):
        c = context[contexts[j]]
        for d in range(width):
            mean[d] += c[d]
    for d in range(width):
        mean[d] /= pairs
    for j in range(1 + k):
        t = target[centre] if j == 0 else target[negatives[j - 1]]
        dot = np.float32(0)
        for d in range(width):
            dot += mean[d] * t[d]
        pull = np.float32(1 / (1 + math.exp(-dot)))
        pulls[j] = rate * (1 - pull) if j == 0 else -rate * pull
        for d in range(width):
            change[d] += pulls[j] * t[d]
    for j in range(1 + k):
        t = target[centre] if j == 0 else target[negatives[j - 1]]
        for d in range(width):
            t[d] += pulls[j] * mean[d]
    for j in range(pairs):
        c = context[contexts[j]]
        for d in range(width):
            c[d] += change[d] / pairs


@njit(**_CACHED)
@no_type_check
def _train(
    target: Any, context: Any, ids: Any, start: Any, stop: Any, keep: Any, share: Any, alias: Any, bounds: Any,
    window: Any, k: Any, cbow: Any, first_rate: Any, last_rate: Any, state: Any,
) -> Any:  # fmt: skip
    words = np.empty(_LONGEST, dtype=np.int32)
    contexts = np.empty(2 * window, dtype=np.int32)
    negatives = np.empty(2 * window * k, dtype=np.int32)
    pulls = np.empty(2 * window * (k + 1) + 1, dtype=np.float32)
    scratch = np.empty((2, target.shape[1]), dtype=np.float32)
    at = start
    while at < stop:
        rate = np.float32(first_rate + (last_rate - first_rate) * np.float32(at - start) / np.float32(stop - start))
        state, at, found = _sentence(ids, at, stop, keep, words, state)
        for place in range(found):
            state, pairs = _draw(words, found, place, window, k, cbow, share, alias, bounds, contexts, negatives, state)
            if pairs == 0:
                continue
            if cbow:
                _cbow(target, context, words[place], contexts, pairs, negatives, k, rate, pulls, scratch)
                continue
            for i in range(pairs):
                _skip_gram(
                    target, context, contexts[i], words[place : place + 1], 1, negatives[i * k : (i + 1) * k], k, rate,
                    pulls, scratch,
                )  # fmt: skip
