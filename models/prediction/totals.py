"""Whole sentences by their probability, many at a time."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.errors import ModelError
from models.interfaces import LanguageModel
from models.prediction.scoring import score_batch


@dataclass(frozen=True)
class Total:
    """A sentence's probability without its parts."""

    text: str
    log_prob: float  # ln P(text)
    tokens: int  # with the end token, if that counts

    @property
    def per_token(self) -> float:
        """ln P per token; NaN for an empty text."""
        return self.log_prob / self.tokens if self.tokens else math.nan

    @property
    def bits_per_character(self) -> float:
        """-log2 P per character, comparable across tokenizers; NaN for an empty text."""
        return -self.log_prob / math.log(2) / len(self.text) if self.text else math.nan


def totals(lm: LanguageModel, texts: Sequence[str], *, end: bool = False, most: int = 1_023) -> Iterator[list[Total]]:
    """The probabilities of several texts, in their order, a batch at a time.

    Args:
        lm: any language model.
        texts: at most `most` tokens each.
        end: whether the end of each text counts.
        most: tokens of one text.

    Raises:
        ModelError: a text is too long or can't be written in the vocabulary; the message says which.
    """
    most = min(most, (lm.card.block_size or most + 1) - 1)
    for number, text in enumerate(texts, 1):
        try:
            length = len(lm.tokenizer.encode(text))
        except ModelError as error:
            raise ModelError(f"Sentence {number}: {error}") from error
        if length > most:
            raise ModelError(f"Sentence {number} has {length:,} tokens, more than {most:,}. Shorten it.")
    for batch in score_batch(lm, texts, end=end):
        yield [Total(one.text, one.total, len(one.token_ids)) for one in batch]
