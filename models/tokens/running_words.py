"""A text as the words that vectors are learned from: lower case, in running order, without signs and numbers."""

import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

from models.errors import ModelError

_WORD = re.compile(r"[^\W\d_]+")
_AT_ONCE = 50_000  # words between two words about progress
_EACH = 20  # one sentence in so many is held out
SENTENCE_END = -1


@dataclass(frozen=True, eq=False)
class RunningWords:
    """The words of a text by their numbers, the most frequent word first."""

    words: tuple[str, ...]
    counts: Int[np.ndarray, " vocab"]
    ids: Int[np.ndarray, " pos"]  # int32; SENTENCE_END after each sentence; rarer words are left out

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return int(self.ids.nbytes)

    @cached_property
    def length(self) -> int:
        """How many words stand in the text."""
        return int((self.ids != SENTENCE_END).sum())

    def of(self, lines: Iterable[str]) -> "RunningWords":
        """Other lines in the words of this text; what is not among them is left out."""
        numbers = {word: number for number, word in enumerate(self.words)}
        found: list[int] = []
        for line in lines:
            found += [numbers[word] for word in words_of(line) if word in numbers]
            found.append(SENTENCE_END)
        return RunningWords(self.words, self.counts, np.array(found, dtype=np.int32))

    def joined(self) -> "RunningWords":
        """The same text as one sentence: neighbours are those across the ends, too."""
        return RunningWords(self.words, self.counts, self.ids[self.ids != SENTENCE_END])

    def split(self) -> tuple["RunningWords", "RunningWords"]:
        """What is learned from, and what is held out: each twentieth sentence, or the end of a text of few."""
        ends = np.flatnonzero(self.ids == SENTENCE_END) + 1
        if len(ends) < 2 * _EACH:
            cut = max(1, round(len(self.ids) * (1 - 1 / _EACH)))
            held = np.arange(len(self.ids)) >= cut
        else:
            number = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
            held = number % _EACH == _EACH - 1
        return tuple(RunningWords(self.words, self.counts, self.ids[part]) for part in (~held, held))  # type: ignore[return-value]


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case.

    >>> words_of("Happy New Year, everyone: it's 2026!")
    ['happy', 'new', 'year', 'everyone', 'it', 's']
    """
    return _WORD.findall(text.lower())


def _numbered(lines: Iterable[str], numbers: dict[str, int]) -> Iterator[int]:
    """The words of a text by numbers, new ones given in order; word by word, for a line may be a whole book."""
    for line in lines:
        for match in _WORD.finditer(line.lower()):
            yield numbers.setdefault(match.group(), len(numbers))
        yield SENTENCE_END


def read(
    lines: Iterable[str],
    *,
    most: int | None = None,
    least: int = 1,
    progress: Callable[[int], None] = lambda _words: None,
) -> RunningWords:
    """The words of a text, one sentence or paragraph a line.

    Args:
        lines: of the text.
        most: so many words are kept, the most frequent.
        least: a word must stand in the text so often.
        progress: is told now and then how many words are read.

    Raises:
        ModelError: fewer than two words are left.
    """
    numbers: dict[str, int] = {}
    found = array("i")
    for read_so_far, number in enumerate(_numbered(lines, numbers)):
        found.append(number)
        if read_so_far % _AT_ONCE == 0:
            progress(read_so_far)
    ids = np.array(found, dtype=np.int32)
    counts = np.bincount(ids[ids != SENTENCE_END], minlength=len(numbers))
    words = np.array([*numbers], dtype=object)
    # The most frequent first; of equals the one that came first, so that the same text gives the same order.
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] >= least][:most]
    if len(order) < 2:
        raise ModelError(
            f"Vectors of words need at least two different words"
            f"{f' that stand {least} times or more in the text' if least > 1 else ''}: give a longer text."
        )
    new = np.full(len(numbers) + 1, len(order), dtype=np.int32)  # what is left out
    new[order] = np.arange(len(order), dtype=np.int32)
    new[SENTENCE_END] = SENTENCE_END
    renumbered = new[ids]
    return RunningWords(tuple(words[order]), counts[order], renumbered[renumbered != len(order)])
