"""The two things that a language model is: a tokenizer, and logits for token ids.

Scoring, decoding and generating are free functions over any such model (`models.prediction`).
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from models.card import ModelCard


@runtime_checkable
class Tokenizer(Protocol):
    """Cuts text into tokens of a fixed vocabulary and puts it together again."""

    vocab_size: int
    start_id: int  # silently begins every history
    end_id: int | None
    unk_id: int | None

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`, without start or end.

        Raises:
            ModelError: `text` holds a character that the vocabulary can't express.
        """
        ...

    def decode(self, token_ids: Sequence[int]) -> str:
        """The text of `token_ids`; `decode(encode(text)) == text` where nothing is unknown."""
        ...

    def tokens(self, token_ids: Sequence[int]) -> list[str]:
        """One visible form a token: spaces, line ends and lone bytes are shown, no two forms are alike."""
        ...

    def spans(self, text: str) -> list[tuple[int, int]]:
        """(start, stop) in characters of `text` for each token; the pieces of one character share its span."""
        ...


@runtime_checkable
class Spells(Protocol):
    """A tokenizer of a closed vocabulary that knows how its unknown words are likely to be spelt.

    Without that an unknown word would cost no more than naming it unknown, and models whose vocabularies hold less
    would seem to be the better ones.
    """

    def spelling(self, text: str) -> list[float]:
        """ln P(how the token is spelt | the token) of each token of `text`: 0 where the vocabulary holds it."""
        ...


@runtime_checkable
class LanguageModel(Protocol):
    """P(next token | history) for every history, over the whole vocabulary."""

    card: ModelCard
    tokenizer: Tokenizer

    def logits(self, token_ids: Sequence[int], start: int = 0) -> Float[Tensor, "pos vocab"]:
        """Scores of every next token: row i follows `token_ids[: start + i]`, the last row the whole history.

        Softmax over the last axis gives probabilities. Every history silently begins with `tokenizer.start_id`,
        so an empty one is legal. Counting models return log-probabilities, which are logits too.

        Raises:
            ModelError: more tokens than the model can look at.
        """
        ...

    def logits_batch(
        self, histories: Sequence[Sequence[int]], starts: Sequence[int]
    ) -> list[Float[Tensor, "pos vocab"]]:
        """`logits` of several histories; the numbers equal those of single calls."""
        return [self.logits(history, start) for history, start in zip(histories, starts, strict=True)]
