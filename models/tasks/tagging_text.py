"""Typed text, cut as the training sentences are: words, numbers, signs, and what hangs on words, 's and n't."""

import re
from typing import NamedTuple

from models.errors import ModelError

MOST_WORDS = 1_000
_TITLES = "Mr|Mrs|Ms|Dr|St|Gen|Sen|Rep|Col|Lt|Sgt|Capt|Gov|Prof|Rev|Jr|Sr|Corp|Inc|Co|Ltd"
_WORD = re.compile(
    rf"""
      (?:https?://|www\.)[^\s<>"]*[^\s<>".,;:!?)\]]          # an address
    | [@\#]\w+                                               # who is spoken to, and of what
    | (?:[^\W\d_]\.){{2,}}(?:-\w+)*                          # U.S., a.m., U.S.-led
    | (?:{_TITLES})\.(?!\w)                                  # Mr.
    | [A-Z]\.(?=\s+[A-Z])                                    # the W. of a name
    | \d+(?:[.,:/]\d+)*(?:-?\w+)*                            # 10,000, 10:30, 1980s, 30-year-old
    | \w+(?=[nN]['’][tT]\b)                                  # the do of don't
    | [nN]['’][tT]\b
    | ['’](?:s|S|m|ll|re|ve|d)\b                             # what hangs on a word
    | \w+(?:['’](?!(?:s|S|m|ll|re|ve|d)\b)\w+|-\w+|&\w+)*    # a word, O'Connor and cease-fire among them
    | \.\.\.+ | --+
    | [^\w\s](?:\u200d[^\w\s]|[\ufe0e\ufe0f\u20e3\U0001F3FB-\U0001F3FF])* # a sign
    """,
    re.VERBOSE,
)
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})  # as the training sentences have them


class Piece(NamedTuple):
    """A word of a text."""

    word: str  # as a tagger reads it
    start: int  # in characters
    stop: int


def cut(text: str) -> list[Piece]:
    """The words of a text, all of which is read as one sentence.

    Raises:
        ModelError: there is no word, or there are too many.

    >>> [piece.word for piece in cut("Mr. O’Connor doesn’t live in the U.S. any more.")]
    ['Mr.', "O'Connor", 'does', "n't", 'live', 'in', 'the', 'U.S.', 'any', 'more', '.']
    """
    pieces = [Piece(one[0].translate(_PLAIN), one.start(), one.end()) for one in _WORD.finditer(text)]
    if not pieces:
        raise ModelError("There is no word in this text: type a sentence.")
    if len(pieces) > MOST_WORDS:
        raise ModelError(f"The text has {len(pieces):,} words: {MOST_WORDS:,} are read at most. Take a part of it.")
    return pieces
