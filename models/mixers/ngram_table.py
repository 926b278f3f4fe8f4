"""N-gram counts as they ship: the ones that say most, three bytes each.

An n-gram is worth keeping if the model would say something else without it. Source: Stolcke 1998, Entropy-based
Pruning of Backoff Language Models, for interpolated absolute discounting.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float

from models.mixers.ngrams import Counts, Ints
from models.mixers.smoothing import discount, estimated_discounts, lowest

Discounts = tuple[tuple[float, float, float], ...]
LARGER = 1.5  # from three tokens on: with what was cut off, less of a history is known than its counts say
_TOKEN_BITS = 14
_FIRST, _GOES_ON = 1 << 14, 1 << 15  # flags beside a token: first of those after its history; a history itself
_EXACT = 64  # counts up to here are kept as they are, others in steps of a few per cent
_CODES = 255


def discounts_of(counts: Counts) -> Discounts:
    """The discounts of each order, from all counts; no more than the counts themselves."""
    found = []
    for n, seen in enumerate(counts.counts, 1):
        one, two, three = (d * (LARGER if n > 2 else 1.0) for d in estimated_discounts(seen))
        found.append((min(one, 1.0), min(two, 2.0), min(three, 3.0)))
    return tuple(found)


def losses(counts: Counts, discounts: Discounts) -> list[Float[np.ndarray, " _"]]:
    """How many nats a corpus like this one loses, about, without each n-gram; unigrams are never left out."""
    probs = lowest(counts, counts.counts[0], discounts[0])[counts.ngrams[0]]
    found = [np.full(len(probs), np.inf, dtype=np.float32)]
    for n in range(2, counts.order + 1):
        seen, history = counts.counts[n - 1], counts.ngrams[n - 1] // counts.vocab_size
        total = counts.counts[n - 2][history]
        taken = discount(discounts[n - 1], seen)
        handed_on = (np.bincount(history, taken, minlength=len(probs)) / np.maximum(counts.counts[n - 2], 1))[history]
        own = (seen - taken) / total
        shorter = probs[counts.suffixes[n - 2]]
        probs = own + handed_on * shorter
        without = handed_on + own
        gain = probs * np.log(probs / (without * shorter)) - handed_on * np.log(without / np.maximum(handed_on, 1e-12))
        found.append((total * gain).astype(np.float32))
    return found


def pruned(counts: Counts, discounts: Discounts, most: int) -> Counts:
    """The counts of about `most` n-grams of all orders whose loss would be greatest, and of what they begin with."""
    of = losses(counts, discounts)
    least, largest = 1e-3, max(1.0, *(float(loss.max(initial=0.0)) for loss in of[1:]))
    for _ in range(30):
        middle = math.sqrt(least * largest)
        if sum(int(keep.sum()) for keep in _kept(counts, of, middle)) > most:
            least = middle
        else:
            largest = middle
    keeps = _kept(counts, of, largest)
    ngrams = []
    place = np.zeros(1, dtype=np.int64)
    for every, keep in zip(counts.ngrams, keeps, strict=True):
        history, token = np.divmod(every[keep], counts.vocab_size)
        ngrams.append(place[history] * counts.vocab_size + token)
        place = np.cumsum(keep) - 1
    kept = tuple(seen[keep] for seen, keep in zip(counts.counts, keeps, strict=True))
    return Counts(counts.vocab_size, counts.start_id, tuple(ngrams), kept)


def packed(counts: Counts) -> dict[str, np.ndarray]:
    """Arrays for a file: of each order the tokens with two flags, which are the trie, and the counts.

    Raises:
        ValueError: a vocabulary of more than 2^14 tokens.
    """
    if counts.vocab_size > 1 << _TOKEN_BITS:
        raise ValueError(f"{counts.vocab_size} tokens do not fit into {_TOKEN_BITS} bits")
    arrays = {}
    for n, (ngrams, seen) in enumerate(zip(counts.ngrams, counts.counts, strict=True), 1):
        history, token = np.divmod(ngrams, counts.vocab_size)
        word: Ints = token + _FIRST * (np.diff(history, prepend=-1) > 0)
        if n < counts.order:
            going_on = np.zeros(len(ngrams), dtype=np.int64)
            going_on[counts.ngrams[n] // counts.vocab_size] = _GOES_ON
            word = word + going_on
        arrays[f"tokens_{n}"] = word.astype(np.uint16)
        most = max(int(seen.max(initial=0)), _EXACT + 1)
        steps = np.log(np.maximum(seen, _EXACT) / _EXACT) / np.log(most / _EXACT) * (_CODES - _EXACT)
        arrays[f"counts_{n}"] = (
            seen.astype(np.int32)
            if n == 1
            else np.where(seen <= _EXACT, seen, _EXACT + np.round(steps)).astype(np.uint8)
        )
        arrays[f"most_{n}"] = np.array([most])
    return arrays


def unpacked(arrays: Mapping[str, np.ndarray], *, vocab_size: int, start_id: int) -> Counts:
    """The counts of a file; those of two tokens and more that are over 64 are rounded to a few per cent."""
    ngrams: list[Ints] = []
    counts: list[Ints] = []
    histories = np.zeros(1, dtype=np.int64)
    n = 1
    while f"tokens_{n}" in arrays:
        word = arrays[f"tokens_{n}"].astype(np.int64)
        history = histories[np.cumsum(word & _FIRST > 0) - 1]
        ngrams.append(history * vocab_size + (word & (_FIRST - 1)))
        histories = np.flatnonzero(word & _GOES_ON)
        codes = arrays[f"counts_{n}"].astype(np.int64)
        most = float(arrays[f"most_{n}"][0])
        large = np.round(_EXACT * (most / _EXACT) ** ((codes - _EXACT) / (_CODES - _EXACT))) if n > 1 else codes
        counts.append(np.where(codes <= _EXACT, codes, large).astype(np.int64))
        n += 1
    return Counts(vocab_size, start_id, tuple(ngrams), tuple(counts))


def cut(counts: Counts, order: int) -> Counts:
    """The counts up to an order."""
    return Counts(counts.vocab_size, counts.start_id, counts.ngrams[:order], counts.counts[:order])


def _kept(counts: Counts, of: Sequence[Float[np.ndarray, " _"]], least: float) -> list[Bool[np.ndarray, " _"]]:
    """Those with at least this loss, and the histories of those that are kept."""
    keeps = [loss >= least for loss in of]
    for n in range(counts.order - 1, 0, -1):
        keeps[n - 1][counts.ngrams[n][keeps[n]] // counts.vocab_size] = True
    return keeps
