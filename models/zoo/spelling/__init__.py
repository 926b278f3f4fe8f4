"""How unknown words are spelt: a small character model of the words that the zoo's vocabulary does not hold.

With it a text's words have a probability down to their letters, so that bits per character compare across
vocabularies. Two small things are left out: the spaces between words, which a model of words does not predict, and that
spellings of known words keep a little of the probability here.
`python -m models.zoo.spelling` rebuilds it.
"""

import math
from functools import cache, lru_cache
from pathlib import Path

from models.mixers.ngram_table import unpacked
from models.mixers.smoothing import Discounted, Smoothing
from models.packing import load_counts
from models.tokens.words import END_ID, START_ID, UNKNOWN_ID, CharacterTokenizer, WordTokenizer
from models.zoo import corpus

FILE = Path(__file__).parent / "counts.safetensors.xz"
_CHARACTERS = 0x110000  # of Unicode: any of them may stand where the model expects an unknown one


class Spelling:
    """P(word | it is unknown): its characters and its end, each given the last four."""

    def __init__(self, smoothing: Smoothing, tokenizer: CharacterTokenizer) -> None:
        self._order = smoothing.order
        self._tokenizer = tokenizer
        self._given = lru_cache(maxsize=4_096)(smoothing.probs)

    def log_prob(self, word: str) -> float:
        """ln P(word | it is unknown)."""
        history, total = [START_ID], 0.0
        for token_id in [*self._tokenizer.encode(word), END_ID]:
            context = tuple(history[max(0, len(history) - self._order + 1) :])
            total += math.log(self._given(context)[token_id])
            total -= math.log(_CHARACTERS) if token_id == UNKNOWN_ID else 0.0
            history.append(token_id)
        return total


class SpelledWords(WordTokenizer):
    """A closed vocabulary of words, and how probable the spellings of all others are."""

    def spelling(self, text: str) -> list[float]:
        """ln P(how the token is spelt | the token) of each token of `text`: 0 where the vocabulary holds it."""
        return [
            _spelling().log_prob(piece) if token_id == UNKNOWN_ID else 0.0
            for token_id, piece in zip(self.encode(text), self.pieces(text), strict=True)
        ]


class SpelledCharacters(CharacterTokenizer):
    """A closed set of characters; any other is one of all those of Unicode."""

    def spelling(self, text: str) -> list[float]:
        """ln P(which character it is | the token) of each character of `text`: 0 where the vocabulary holds it."""
        return [-math.log(_CHARACTERS) if token_id == UNKNOWN_ID else 0.0 for token_id in self.encode(text)]


@cache
def _spelling() -> Spelling:
    arrays = load_counts(FILE)
    characters = [chr(code) for code in arrays["characters"]]
    tokenizer = CharacterTokenizer(characters)
    counts = unpacked(arrays, vocab_size=tokenizer.vocab_size, start_id=START_ID)
    return Spelling(Discounted(counts, [tuple(row) for row in arrays["discounts"]]), tokenizer)


@cache
def tokenizer() -> SpelledWords:
    """The tokenizer of all word-level models of the zoo."""
    return SpelledWords(corpus.vocabulary())


@cache
def characters() -> SpelledCharacters:
    """The tokenizer of all character-level models of the zoo: what a keyboard has, dashes, and é."""
    return SpelledCharacters([*map(chr, range(ord(" "), ord("~") + 1)), *"–—é"])
