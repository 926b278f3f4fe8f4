"""Tokenizers whose vocabulary is counted from a text: its words, or its characters."""

import re
from collections import Counter
from collections.abc import Sequence

from models.tokens.visible import visible

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
END_ID, _UNKNOWN_ID, _FIRST = 1, 2, 3
_WORD = re.compile(r"\w+|[^\w\s]")
_NO_SPACE_BEFORE = frozenset(".,;:!?)]}%’")
_NO_SPACE_AFTER = frozenset("([{")


class CountedTokenizer:
    """Pieces of text that occur in a corpus, the most frequent first; all others are one token, `<unk>`."""

    start_id: int = 0
    end_id: int | None = END_ID
    unk_id: int | None = _UNKNOWN_ID

    def __init__(self, pieces: Sequence[str]) -> None:
        self._pieces = (START, END, UNKNOWN, *pieces)
        self._ids = {piece: token_id for token_id, piece in enumerate(self._pieces) if token_id >= _FIRST}
        self.vocab_size = len(self._pieces)

    @classmethod
    def of(cls, corpus: str, most: int | None = None) -> "CountedTokenizer":
        """The tokenizer of a corpus, with its `most` frequent pieces."""
        counts = Counter(corpus[start:stop] for start, stop in cls.cut(corpus))
        return cls([piece for piece, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]])

    @staticmethod
    def cut(text: str) -> list[tuple[int, int]]:
        """(start, stop) in characters of each piece."""
        raise NotImplementedError

    def encode(self, text: str) -> list[int]:
        return [self._ids.get(text[start:stop], _UNKNOWN_ID) for start, stop in self.cut(text)]

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


class WordTokenizer(CountedTokenizer):
    """Words, numbers and single signs are tokens; the space between them is none.

    `decode` puts spaces where one writes them, so it gives back the tokens of a text, not how it was spaced.
    """

    @staticmethod
    def cut(text: str) -> list[tuple[int, int]]:
        return [match.span() for match in _WORD.finditer(text)]

    def decode(self, token_ids: Sequence[int]) -> str:
        written = ""
        for token_id in token_ids:
            piece = self._pieces[token_id]
            joined = not written or piece in _NO_SPACE_BEFORE or written[-1] in _NO_SPACE_AFTER
            written += piece if joined else " " + piece
        return written
