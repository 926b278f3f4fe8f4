"""A text made ready for counting: cut into sentences and tokens, and where in it something is said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

from models.errors import ModelError
from models.interfaces import Tokenizer
from models.mixers.ngrams import Ints
from models.tokens.tokenizers import learned_subwords
from models.tokens.words import END_ID, START_ID, CharacterTokenizer, WordTokenizer

UNITS = ("words", "characters", "pieces")
_PIECES = 1_000  # of byte-pair encoding
_AT_ONCE = 5_000  # sentences between two words about progress
Progress = Callable[[int, int], None]


def no_progress(_done: int, _of: int) -> None:
    """Nobody listens."""


@dataclass(frozen=True, eq=False)
class CountedText:
    """Sentences as one row of token ids, each between its start and its end token."""

    unit: str
    tokenizer: Tokenizer
    ids: Ints

    @cached_property
    def begins(self) -> Ints:
        """Where each sentence's start token stands."""
        return np.flatnonzero(self.ids == START_ID)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return int(self.ids.nbytes)

    @property
    def tokens(self) -> int:
        """How many tokens there are, the ends counted, the starts not."""
        return len(self.ids) - len(self.begins)

    def sentence(self, number: int) -> list[int]:
        """The token ids of a sentence, with its start and its end."""
        stop = self.begins[number + 1] if number + 1 < len(self.begins) else len(self.ids)
        found: list[int] = self.ids[self.begins[number] : stop].tolist()
        return found

    def part(self, numbers: Sequence[int]) -> "CountedText":
        """Some of the sentences."""
        rows = [self.sentence(number) for number in numbers]
        return CountedText(self.unit, self.tokenizer, np.array([i for row in rows for i in row], dtype=np.int64))

    def occurrences(self, token_ids: Sequence[int]) -> Ints:
        """The places where these tokens stand one after the other; of no token, every place that is no start."""
        if not len(token_ids):
            return np.flatnonzero(self.ids != START_ID)
        places = np.flatnonzero(self.ids == token_ids[0])
        for i, token_id in enumerate(token_ids[1:], 1):
            places = places[places < len(self.ids) - i]
            places = places[self.ids[places + i] == token_id]
        return places

    def followers(self, token_ids: Sequence[int]) -> Int[np.ndarray, " vocab"]:
        """How often each token stands right after these."""
        after = self.occurrences(token_ids) + len(token_ids)
        after = after[after < len(self.ids)]
        return np.bincount(self.ids[after], minlength=self.tokenizer.vocab_size)

    def around(self, place: int, length: int, most: int) -> tuple[list[int], list[int]]:
        """Up to `most` tokens of the same sentence before a place, and as many after the `length` tokens there."""
        begin = int(self.begins[np.searchsorted(self.begins, place, side="right") - 1])
        later = np.searchsorted(self.begins, place, side="right")
        stop = int(self.begins[later]) if later < len(self.begins) else len(self.ids)
        before: list[int] = self.ids[max(begin, place - most) : place].tolist()
        after: list[int] = self.ids[place + length : min(stop, place + length + most)].tolist()
        return before, after


def sentences_of(text: str) -> list[str]:
    """The lines of a text that hold anything: each is a sentence."""
    return [line for raw in text.splitlines() if (line := raw.strip())]


def read(text: str, unit: str, progress: Progress = no_progress) -> CountedText:
    """Cuts a text, one sentence a line, into tokens of its own vocabulary.

    Args:
        text: the corpus.
        unit: one of `UNITS`; pieces are those of byte-pair encoding, learnt on the text.
        progress: is told (sentences done, sentences in all); may raise to stop.

    Raises:
        ModelError: there is nothing to count.
    """
    sentences = sentences_of(text)
    if not sentences:
        raise ModelError("There is no text to count. Type or paste some, one sentence a line.")
    tokenizer: Tokenizer
    if unit == "pieces":
        tokenizer = learned_subwords(sentences, _PIECES)
    elif unit == "words":
        tokenizer = WordTokenizer.of("\n".join(sentences))
    else:
        tokenizer = CharacterTokenizer.of("".join(sentences))
    encode, ids = tokenizer.encode, list[int]()
    for i, sentence in enumerate(sentences):
        if i % _AT_ONCE == 0:
            progress(i, len(sentences))
        ids += [START_ID, *encode(sentence), END_ID]
    return CountedText(unit, tokenizer, np.array(ids, dtype=np.int64))
