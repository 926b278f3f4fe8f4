"""English and French in pieces: words, what is cut from them at an apostrophe, numbers and signs.

English contractions come apart as in the Penn Treebank (do n't, he 's), except that what is looked up for "ca" and
"wo" of can't and won't is the whole word. French keeps the apostrophe with the word that lost a vowel before it (l'
arbre), and hyphenated words whole (est-ce).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

UNKNOWN, START, END = "<unk>", "<s>", "</s>"
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ´`", "'"))
_SPACES = re.compile(r"[\s\u200b\u00ad]+")
_NUMBER = r"\d+(?:[.,:]\d+)*"
_ENGLISH = re.compile(
    rf"{_NUMBER}|o'clock|can(?='t\b)|wo(?=n't\b)|sha(?=n't\b)|[^\W\d_]+?(?=n't\b)|n't\b|(?<=can)'t\b"
    r"|'(?:s|m|re|ve|ll|d)\b|[^\W\d_]+|\.{3}|[^\s]",
    re.IGNORECASE,
)
_WHOLE = {"'t": "n't", "wo": "will", "sha": "shall"}  # what a piece stands for, where it isn't a word by itself
_FRENCH = re.compile(
    rf"aujourd'hui|{_NUMBER}|\w+(?:-\w+)*'(?=\w)|\w+(?:-\w+)*|\.{{3}}|<unk>|[^\s]",
    re.IGNORECASE,
)
_NO_SPACE_BEFORE = {".", ",", ")", "]", "...", "…", "/"}
_NO_SPACE_AFTER = {"(", "[", "/"}


@dataclass(frozen=True)
class Piece:
    """A piece of an English text."""

    text: str  # as typed
    start: int  # in the text, in characters
    stop: int
    word: str  # what is looked up for it


def english(text: str) -> list[Piece]:
    """The pieces of an English text, with where they stand in it."""
    plain = text.translate(_APOSTROPHES)
    found = []
    for match in _ENGLISH.finditer(plain):
        start, stop = match.span()
        after = plain[stop : stop + 3].lower()
        word = match[0].lower()
        whole = _WHOLE.get(word, word) if word == "'t" or after == "n't" else word
        found.append(Piece(text[start:stop], start, stop, whole))
    return found


def normal_english(text: str) -> str:
    """What near-identical sentences have in common: their words, lower-case, without signs."""
    return " ".join(piece.word for piece in english(text) if any(one.isalnum() for one in piece.word))


def normal_french(text: str) -> str:
    """French with one kind of space and of apostrophe."""
    return _SPACES.sub(" ", text.translate(_APOSTROPHES)).strip()


def french(text: str) -> list[str]:
    """The pieces of a French text."""
    return _FRENCH.findall(normal_french(text))


def write_french(pieces: Iterable[str]) -> str:
    """A French text of its pieces, with spaces as one writes them: before ? ! ; and :, none after an apostrophe."""
    written, is_open, glued = "", False, True
    for piece in pieces:
        glued_after = piece in _NO_SPACE_AFTER or (piece.endswith("'") and len(piece) > 1)
        if piece == '"':
            is_open = not is_open
            glued, glued_after = glued or not is_open, is_open
        written += piece if glued or piece in _NO_SPACE_BEFORE else f" {piece}"
        glued = glued_after
    return written


class FrenchVocabulary:
    """The French words that a model can write; the first three are <unk>, <s> and </s>."""

    def __init__(self, words: Sequence[str]) -> None:
        """Of words without the three, the most frequent first."""
        self.words = (UNKNOWN, START, END, *words)
        self._ids = {word: i for i, word in enumerate(self.words)}
        self.unk_id, self.start_id, self.end_id = range(3)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.words)

    def ids(self, pieces: Iterable[str]) -> list[int]:
        """The id of each; that of <unk> for a word that isn't in it."""
        return [self._ids.get(piece, self.unk_id) for piece in pieces]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some words; the start and the end of a sentence aren't written."""
        return write_french(self.words[i] for i in ids if i not in (self.start_id, self.end_id))
