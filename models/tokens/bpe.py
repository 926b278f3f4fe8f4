"""Byte-pair encoding, learned on a text: the most frequent pair of neighbouring pieces becomes one, again and again.

Source: Sennrich, Haddow and Birch 2016, Neural Machine Translation of Rare Words with Subword Units, algorithm 1.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from models.tokens.words import UNKNOWN_ID, CountedTokenizer

Pair = tuple[str, str]
_RUNNERS_UP = 5
_WORD = re.compile(r"[\S\x1c-\x1f]+")  # those four are spaces for Python, and for nobody else


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
    words = {tuple(word): count for word, count in Counter(_WORD.findall(text)).items()}
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


class PairTokenizer(CountedTokenizer):
    """The letters of a text and what its merges made of them; a letter that it has not is `<unk>`.

    The space between words is no token.
    """

    def __init__(self, text: str, merges: Sequence[Pair]) -> None:
        letters = sorted({letter for word in _WORD.findall(text) for letter in word})
        super().__init__(list(dict.fromkeys([*letters, *(a + b for a, b in merges)])))
        self._cut = cache(lambda word: cut(word, merges))

    def encode(self, text: str) -> list[int]:
        return [self._ids.get(text[start:stop], UNKNOWN_ID) for start, stop in self.spans(text)]

    def spans(self, text: str) -> list[tuple[int, int]]:
        spans = []
        for word in _WORD.finditer(text):
            place = word.start()
            for piece in self._cut(word.group()):
                spans.append((place, place + len(piece)))
                place += len(piece)
        return spans


def joins(text: str, merges: Sequence[Pair]) -> list[tuple[str, list[int | None]]]:
    """Each word of a text with, for each gap between its letters, the number of the merge that closes it.

    Numbers begin at 1; a gap that stays open has None.

    >>> joins("low low", [("l", "o")])
    [('low', [1, None]), ('low', [1, None])]
    """

    @cache
    def closed(word: str) -> list[int | None]:
        gaps: list[int | None] = [None] * (len(word) - 1)
        pieces = tuple(word)
        for number, pair in enumerate(merges, 1):
            pieces, before = merge(pieces, pair), pieces
            if len(pieces) < len(before):
                for gap in _gaps(before) - _gaps(pieces):
                    gaps[gap] = number
        return gaps

    return [(word, closed(word)) for word in _WORD.findall(text)]


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


def _gaps(pieces: Sequence[str]) -> set[int]:
    """Which gaps between the letters of a word are open: gap i stands after letter i."""
    ends, place = set(), -1
    for piece in pieces[:-1]:
        place += len(piece)
        ends.add(place)
    return ends


def _merged(words: dict[tuple[str, ...], int], pair: Pair) -> dict[tuple[str, ...], int]:
    """All words after a merge; two that are cut alike now are one."""
    after: dict[tuple[str, ...], int] = {}
    for word, count in words.items():
        pieces = merge(word, pair)
        after[pieces] = after.get(pieces, 0) + count
    return after
