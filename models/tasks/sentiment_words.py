"""Typed text, cut into words as the treebank cuts its sentences, with the place of each in the text."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from models.errors import TextTooLong

MOST_WORDS = 500  # that are read
UNKNOWN = "<unk>"  # a piece that no typed text has, and no model knows
_LETTER = r"[\w\u0300-\u036f]"
_PIECE = re.compile(
    r"['’]\d0s\b|(?i:['’](?:s|re|ve|ll|d|m))\b"  # '70s, and endings that stand apart already
    r"|\d+(?:[.,]\d+)+|(?:[A-Za-z]\.){2,}|(?i:\b(?:mrs?|ms|dr|vs|etc|jr|bros|inc)\.)"  # numbers, abbreviations
    rf"|{_LETTER}+(?:[-'’./&]{_LETTER}+)*"  # words, with what may stand inside of them
    r"|\.{2,}|…|-{2,}|[—–]+|([!?*])\1*"  # signs that are one piece, however often they stand
    r"|[\U0001f1e6-\U0001f1ff]{2}"  # flags
    r"|[^\w\s](?:\u200d[^\w\s]|[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff])*"  # other signs; emoji with what changes them
)
_ENDINGS = re.compile(r"(?i)(?<=\w)(?:n['’]t|['’](?:s|re|ve|ll|d|m))$|(?<=^can)not$")
_ACRONYM = re.compile(r"(?:[A-Za-z]\.){2,}")
_PARTS = re.compile(rf"{_LETTER}+|[^\w]")
_READ_AS = (
    (re.compile(r"\.{2,}|…"), "..."),
    (re.compile(r"-{2,}|[—–]+"), "--"),
    (re.compile(r"[“”„«»]"), '"'),
    (re.compile(r"[‘’]"), "'"),
    (re.compile(r"([!?*])\1+"), r"\1"),
)


@dataclass(frozen=True)
class Words:
    """A text, cut."""

    text: str
    spans: tuple[tuple[int, int], ...]  # (start, stop) in characters
    pieces: tuple[str, ...]  # as they are read

    @property
    def shown(self) -> list[str]:
        """Each as it is typed."""
        return [self.text[start:stop] for start, stop in self.spans]


def cut(text: str, known: Callable[[str], bool]) -> Words:
    """The words of a text; 's and n't stand apart, as signs do, and what has a hyphen where it is not known as a whole.

    Args:
        text: of any kind.
        known: whether a model knows a piece.

    Raises:
        TextTooLong: it has over `MOST_WORDS` words; it holds the first of them.

    >>> cut("It isn't half-bad!!", {"half", "bad", "-"}.__contains__).pieces
    ('It', 'is', "n't", 'half', '-', 'bad', '!')
    """
    spans = list[tuple[int, int]]()
    for found in _PIECE.finditer(text):
        spans.extend(_shifted(divided(found[0], known), found.start()))
        if len(spans) > MOST_WORDS:
            kept = text[: spans[MOST_WORDS - 1][1]]
            raise TextTooLong(f"More than {MOST_WORDS} words: the networks here read no longer texts.", kept)
    return Words(text, tuple(spans), tuple(_read(text[start:stop]) for start, stop in spans))


def divided(word: str, known: Callable[[str], bool]) -> list[tuple[int, int]]:
    """The spans of the pieces of a stretch without spaces, itself where a model knows it whole."""
    ending = _ENDINGS.search(word)
    if ending is not None:
        return [*divided(word[: ending.start()], known), (ending.start(), len(word))]
    if not any(letter.isalpha() for letter in word) or _ACRONYM.fullmatch(word) or known(_read(word)):
        return [(0, len(word))]
    return [part.span() for part in _PARTS.finditer(word)]


def _shifted(spans: list[tuple[int, int]], by: int) -> list[tuple[int, int]]:
    return [(start + by, stop + by) for start, stop in spans]


def _read(piece: str) -> str:
    """A piece as the treebank writes it."""
    for pattern, written in _READ_AS:
        piece = pattern.sub(written, piece)
    return unicodedata.normalize("NFC", piece)
