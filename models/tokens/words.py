"""Tokenizers whose vocabulary is counted from a text: its words, or its characters."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from models.tokens.visible import visible

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
START_ID, END_ID, UNKNOWN_ID, _FIRST = 0, 1, 2, 3
_WORD = re.compile(r"<unk>|\d+(?:[.,]\d+)+|\w+|(?<=\w)['’](?:s|t|re|ve|ll|d|m)\b|[^\w\s]")
_NO_SPACE_BEFORE = frozenset(".,;:!?)]}%’-")
_NO_SPACE_AFTER = frozenset("([{-")


class CountedTokenizer:
    """Pieces of text that occur in a corpus, the most frequent first; all others are one token, `<unk>`."""

    start_id: int = START_ID
    end_id: int | None = END_ID
    unk_id: int | None = UNKNOWN_ID

    def __init__(self, pieces: Sequence[str]) -> None:
        self._pieces = (START, END, UNKNOWN, *pieces)
        self._ids = {piece: token_id for token_id, piece in enumerate(self._pieces) if token_id >= _FIRST}
        self.vocab_size = len(self._pieces)

    @classmethod
    def of(cls, corpus: str, most: int | None = None, least: int = 1) -> "CountedTokenizer":
        """The tokenizer of a corpus, with its `most` frequent pieces of those that stand there `least` times."""
        return cls.counted(Counter(cls.pieces(corpus)), most, least)

    @classmethod
    def counted(cls, counts: Mapping[str, int], most: int | None = None, least: int = 1) -> "CountedTokenizer":
        """The same, from how often each piece stands there."""
        # In a text the unknown one stands for what is not in the vocabulary.
        found = [(piece, times) for piece, times in counts.items() if times >= least and piece != UNKNOWN]
        return cls([piece for piece, _ in sorted(found, key=lambda item: (-item[1], item[0]))[:most]])

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The pieces, without the start, the end and the unknown one."""
        return self._pieces[_FIRST:]

    @staticmethod
    def cut(text: str) -> list[tuple[int, int]]:
        """(start, stop) in characters of each piece."""
        raise NotImplementedError

    @classmethod
    def pieces(cls, text: str) -> list[str]:
        """The pieces of a text."""
        return [text[start:stop] for start, stop in cls.cut(text)]

    def encode(self, text: str) -> list[int]:
        known = self._ids.get
        return [known(piece, UNKNOWN_ID) for piece in self.pieces(text)]

    def decode(self, token_ids: Sequence[int]) -> str:
        return "".join(self._pieces[token_id] for token_id in token_ids)

    def tokens(self, token_ids: Sequence[int]) -> list[str]:
        return [self._form(token_id) for token_id in token_ids]

    def spans(self, text: str) -> list[tuple[int, int]]:
        return self.cut(text)

    def _form(self, token_id: int) -> str:
        piece = self._pieces[token_id]
        return piece if token_id < _FIRST else visible(piece.encode(errors="surrogatepass"))


class CharacterTokenizer(CountedTokenizer):
    """Every character is a token."""

    @staticmethod
    def cut(text: str) -> list[tuple[int, int]]:
        return [(i, i + 1) for i in range(len(text))]

    @classmethod
    def pieces(cls, text: str) -> list[str]:
        return list(text)


class WordTokenizer(CountedTokenizer):
    """Words, numbers and single signs are tokens, and so are the ends of it's and don't; the space between is none.

    A text may hold `<unk>` itself, as one that was generated does.
    `decode` puts spaces where one writes them, so it gives back the tokens of a text, not how it was spaced.
    """

    @staticmethod
    def cut(text: str) -> list[tuple[int, int]]:
        return [match.span() for match in _WORD.finditer(text)]

    @classmethod
    def pieces(cls, text: str) -> list[str]:
        return _WORD.findall(text)

    def decode(self, token_ids: Sequence[int]) -> str:
        written = ""
        for token_id in token_ids:
            written += spaced(written, self._pieces[token_id])
        return written


def spaced(before: str, piece: str) -> str:
    """A word or sign with the space that one writes before it, after this text.

    >>> spaced("It", "'s"), spaced("It's", "well"), spaced('"It', '"')
    ("'s", ' well', '"')
    """
    in_quotes = before.count('"') % 2 == 1
    closes = in_quotes if piece == '"' else piece in _NO_SPACE_BEFORE or (piece[0] in "'’" and len(piece) > 1)
    opened = in_quotes if before.endswith('"') else before[-1:] in _NO_SPACE_AFTER
    return piece if closes or opened or not before or before[-1].isspace() else " " + piece
