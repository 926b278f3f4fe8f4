"""The n-gram models that ship: one table of counts, cut at 1 to 5 tokens. `python -m models.zoo.ngrams` rebuilds it."""

from functools import cache
from pathlib import Path

from models.card import ModelCard
from models.mixers.ngram_lm import NGramLM
from models.mixers.ngram_table import cut, unpacked
from models.mixers.smoothing import Discounted
from models.packing import load_counts
from models.tokens.words import START_ID
from models.zoo import corpus, spelling

NAMES = ("unigram", "bigram", "trigram", "4-gram", "5-gram")
TABLE = Path(__file__).parent / "counts.safetensors.xz"


def load(card: ModelCard) -> NGramLM:
    """The model of a card."""
    order = NAMES.index(card.name) + 1
    return NGramLM(Discounted(cut(table().counts, order), table().discounts), spelling.tokenizer(), card)


@cache
def table() -> Discounted:
    """The model of the highest order, which holds all others."""
    arrays = load_counts(TABLE)
    counts = unpacked(arrays, vocab_size=corpus.VOCAB_SIZE, start_id=START_ID)
    return Discounted(counts, [tuple(row) for row in arrays["discounts"]])
