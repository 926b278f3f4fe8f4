"""Byte-pair encoding, learned on a text: the most frequent pair of neighbouring pieces becomes one, again and again.

Source: Sennrich, Haddow and Birch 2016, Neural Machine Translation of Rare Words with Subword Units, algorithm 1.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

Pair = tuple[str, str]
_RUNNERS_UP = 5


@dataclass(frozen=True)
class Merge:
    """One step of learning."""

    pair: Pair
    count: int  # how often the two stood side by side
    runners_up: tuple[tuple[Pair, int], ...]  # the pairs that would have been next, with their counts


def learn(text: str, most: int) -> Iterator[Merge]:
    """The first `most` merges of a text, which is cut at its spaces first; fewer where no pair is left.

    Of pairs that are equally frequent the one whose pieces were known first wins; characters are known in their order.
    """
    words = {tuple(word): count for word, count in Counter(text.split()).items()}
    known = {piece: place for place, piece in enumerate(sorted({piece for word in words for piece in word}))}
    for _ in range(most):
        pairs: Counter[Pair] = Counter()
        for word, count in words.items():
            for pair in pairwise(word):
                pairs[pair] += count
        if not pairs:
            return
        ranked = sorted(pairs.items(), key=lambda item: (-item[1], known[item[0][0]], known[item[0][1]]))
        best, count = ranked[0]
        known.setdefault(best[0] + best[1], len(known))
        words = _merged(words, best)
        yield Merge(best, count, tuple(ranked[1 : 1 + _RUNNERS_UP]))


def cut(word: str, merges: Sequence[Pair]) -> tuple[str, ...]:
    """A word in the pieces that the merges make of it, in their order."""
    pieces = tuple(word)
    for pair in merges:
        pieces = merge(pieces, pair)
    return pieces


def merge(pieces: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
    """The pieces with every occurrence of a pair made one, from left to right.

    >>> merge(("a", "b", "a", "b"), ("a", "b"))
    ('ab', 'ab')
    """
    merged: list[str] = []
    place = 0
    while place < len(pieces):
        whole = pieces[place : place + 2] == pair
        merged.append(pair[0] + pair[1] if whole else pieces[place])
        place += 2 if whole else 1
    return tuple(merged)


def _merged(words: dict[tuple[str, ...], int], pair: Pair) -> dict[tuple[str, ...], int]:
    """All words after a merge; two that are cut alike now are one."""
    after: dict[tuple[str, ...], int] = {}
    for word, count in words.items():
        pieces = merge(word, pair)
        after[pieces] = after.get(pieces, 0) + count
    return after
