"""N-grams of a corpus and how often they occur: what n-gram models are made of.

Source: Jurafsky and Martin, Speech and Language Processing, 3rd ed., chapter 3.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

Ints = Int[np.ndarray, " _"]


@dataclass(frozen=True, eq=False)
class Counts:
    """How often each n-gram of a corpus occurs, for n = 1 to `order`: a trie in sorted arrays.

    An n-gram is one number: the place of its first n - 1 tokens among the (n-1)-grams, times `vocab_size`, plus its
    last token. So the n-grams are sorted by their tokens, and those that go on from one history stand side by side.
    """

    vocab_size: int
    start_id: int
    ngrams: tuple[Ints, ...]  # of order 1, 2, ...; sorted
    counts: tuple[Ints, ...]

    @property
    def order(self) -> int:
        """The longest n-grams that were counted."""
        return len(self.ngrams)

    @property
    def nbytes(self) -> int:
        """Bytes of memory, about: the arrays, and what smoothing looks up in them."""
        return 3 * sum(array.nbytes for array in (*self.ngrams, *self.counts)) // 2

    def place(self, token_ids: Sequence[int]) -> int:
        """Where an n-gram stands among those of its length; -1 if it never occurs. Of no token: 0."""
        place = 0
        for ngrams, token_id in zip(self.ngrams, token_ids, strict=False):
            number = place * self.vocab_size + token_id
            place = int(np.searchsorted(ngrams, number))
            if place == len(ngrams) or ngrams[place] != number:
                return -1
        return place

    def count(self, token_ids: Sequence[int]) -> int:
        """How often an n-gram occurs. Of no token: how many tokens there are in all, start tokens aside."""
        if not token_ids:
            first, last = self.following(())
            counts = self.counts[0][first:last]
            return int(counts[self.ngrams[0][first:last] != self.start_id].sum())
        place = self.place(token_ids)
        return int(self.counts[len(token_ids) - 1][place]) if place >= 0 else 0

    def following(self, history: Sequence[int]) -> tuple[int, int]:
        """The range of the n-grams, one token longer than the history, that go on from it."""
        place = self.place(history)
        if place < 0:
            return 0, 0
        ngrams = self.ngrams[len(history)]
        first, last = np.searchsorted(ngrams, (place * self.vocab_size, (place + 1) * self.vocab_size))
        return int(first), int(last)

    def next_counts(self, history: Sequence[int]) -> tuple[Ints, Ints]:
        """The tokens that were seen after a history, and how often."""
        first, last = self.following(history)
        order = len(history)
        return self.ngrams[order][first:last] % self.vocab_size, self.counts[order][first:last]

    @cached_property
    def suffixes(self) -> tuple[Ints, ...]:
        """Of each n-gram, n from 2 on, the place of its last n - 1 tokens among the (n-1)-grams."""
        found = [np.zeros(len(self.ngrams[0]), dtype=np.int64)]
        for shorter, ngrams in zip(self.ngrams, self.ngrams[1:], strict=False):
            prefixes, last = np.divmod(ngrams, self.vocab_size)
            found.append(np.searchsorted(shorter, found[-1][prefixes] * self.vocab_size + last))
        return tuple(found[1:])

    @cached_property
    def continuations(self) -> tuple[Ints, ...]:
        """In how many different contexts each n-gram goes on: how many different tokens stand before it.

        The plain counts for the longest n-grams, and for those that begin with the start token, before which stands
        nothing (Heafield et al. 2013).
        """
        adjusted = []
        for n, (ngrams, counts) in enumerate(zip(self.ngrams, self.counts, strict=True), 1):
            if n == self.order:
                adjusted.append(counts)
                continue
            before = np.bincount(self.suffixes[n - 1], minlength=len(ngrams))
            adjusted.append(np.where(self._begins_a_sentence[n - 1], counts, before))
        return tuple(adjusted)

    @cached_property
    def _begins_a_sentence(self) -> tuple[np.ndarray, ...]:
        begins = [self.ngrams[0] == self.start_id]
        for ngrams in self.ngrams[1:]:
            begins.append(begins[-1][ngrams // self.vocab_size])
        return tuple(begins)


def count(sentences: Iterable[Sequence[int]], order: int, *, vocab_size: int, start_id: int) -> Counts:
    """Counts the n-grams of sentences, each of which is given with its start and its end token.

    >>> counts = count([[3, 0, 1, 4], [3, 0, 2, 4]], 2, vocab_size=5, start_id=3)
    >>> counts.count([0]), counts.count([3, 0]), counts.count([0, 1]), counts.count([1, 2])
    (2, 2, 1, 0)
    """
    parts = [np.asarray(sentence, dtype=np.int64) for sentence in sentences]
    tokens = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    begin = np.repeat(np.cumsum(lengths) - lengths, lengths)
    return _counted(tokens, begin, order, vocab_size, start_id)


def count_flat(tokens: Ints, order: int, *, vocab_size: int, start_id: int) -> Counts:
    """The same of sentences one after the other in one array; each begins where a start token stands."""
    begin = np.maximum.accumulate(np.where(tokens == start_id, np.arange(len(tokens)), 0))
    return _counted(tokens, begin, order, vocab_size, start_id)


def _counted(tokens: Ints, begin: Ints, order: int, vocab_size: int, start_id: int) -> Counts:
    """Counts the n-grams of tokens whose sentences begin at `begin`, a place for each token."""
    ngrams: list[Ints] = []
    counts: list[Ints] = []
    places = np.zeros(len(tokens), dtype=np.int64)  # of the (n-1)-gram that ends before each token
    where = np.arange(len(tokens))  # the last tokens of n-grams
    for n in range(1, order + 1):
        where = where[where - begin[where] >= n - 1]
        ordered, numbers = _sorted(places[where] * vocab_size + tokens[where])
        first = np.ones(len(numbers), dtype=bool)
        first[1:] = numbers[1:] != numbers[:-1]
        begins = np.flatnonzero(first)
        ngrams.append(numbers[begins])
        counts.append(np.diff(begins, append=len(numbers)))
        if n < order:
            places = np.zeros(len(tokens) + 1, dtype=np.int64)
            places[where[ordered] + 1] = np.cumsum(first) - 1
    return Counts(vocab_size, start_id, tuple(ngrams), tuple(counts))


def _sorted(numbers: Ints) -> tuple[Ints, Ints]:
    """The order that sorts the numbers, and the sorted numbers.

    Where both fit into 64 bits, place and number are sorted as one: several times as fast as sorting places by numbers.
    """
    bits = len(numbers).bit_length()
    if int(numbers.max(initial=0)).bit_length() + bits > 64:
        ordered = np.argsort(numbers, kind="stable")
        return ordered, numbers[ordered]
    both = (numbers.astype(np.uint64) << np.uint64(bits)) | np.arange(len(numbers), dtype=np.uint64)
    both.sort()
    return (both & np.uint64((1 << bits) - 1)).astype(np.int64), (both >> np.uint64(bits)).astype(np.int64)
