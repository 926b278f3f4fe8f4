"""A text, one sentence a line, as numbers: most lines are learned, some held out."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.errors import ModelError
from models.tokens.words import END_ID, START_ID, CharacterTokenizer, CountedTokenizer, WordTokenizer
from models.training.batches import Ids

EACH = 20  # one line in so many is held out, but of a short text more
_LONGEST = 400  # tokens of a line; a longer one is cut
_FEWEST = 10  # lines
_PART = 1_000  # lines that are read at a time
_SELDOM = 1_000  # lines from which on a word must stand there twice: else nothing would be learned of `<unk>`


@dataclass(frozen=True, eq=False)
class Lines:
    """The numbers of a text, and what they mean."""

    tokenizer: CountedTokenizer  # of the learned lines alone
    learned: list[Ids]  # each line between its start and its end token
    held_out: list[Ids]

    @property
    def tokens(self) -> int:
        """That are learned, the ends of lines among them."""
        return sum(len(line) - 1 for line in self.learned)


def read(text: str, *, characters: bool, most: int, check: Callable[[], None] = lambda: None) -> Lines:
    """Cuts a text into lines, and these into tokens.

    Args:
        text: empty lines do not count.
        characters: whether tokens are characters, not words.
        most: tokens of the vocabulary, the most frequent; all others are one.
        check: is called every few lines, and may raise what ends the reading.

    Raises:
        ModelError: there are too few lines.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < _FEWEST:
        raise ModelError(
            f"Lines with text: {len(lines)}. That is too few: training needs {_FEWEST} or more, a sentence each."
        )
    each = min(EACH, len(lines) // 2)
    held_out = lines[each - 1 :: each]
    learned = [line for i, line in enumerate(lines) if i % each != each - 1]
    kind = CharacterTokenizer if characters else WordTokenizer
    counts = Counter[str]()
    for part in _parts(learned, check):
        counts.update(kind.pieces(("" if characters else "\n").join(part)))
    tokenizer = kind.counted(counts, most, 2 if len(lines) >= _SELDOM else 1)
    return Lines(tokenizer, _rows(learned, tokenizer, check), _rows(held_out, tokenizer, check))


def _parts(lines: Sequence[str], check: Callable[[], None]) -> Iterator[Sequence[str]]:
    for first in range(0, len(lines), _PART):
        check()
        yield lines[first : first + _PART]


def _rows(lines: Sequence[str], tokenizer: CountedTokenizer, check: Callable[[], None]) -> list[Ids]:
    ids = (tokenizer.encode(line)[:_LONGEST] for part in _parts(lines, check) for line in part)
    return [np.array([START_ID, *one, END_ID], dtype=np.int32) for one in ids]
