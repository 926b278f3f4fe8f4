"""What N makes of a text: perplexity, size, what was never seen, and what is generated."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.errors import ModelError
from models.mixers.counted_text import CountedText
from models.mixers.ngram_lm import NGramLM, perplexity, train
from models.prediction.decoding import Decoding
from models.prediction.generating import generate

MEASURED = 2_000  # tokens on which a perplexity is measured
GENERATED = 25


@dataclass(frozen=True)
class OrderReport:
    """What one N makes of a text of which every fifth sentence was held out."""

    order: int
    train: float  # perplexity on what was counted
    held_out: float  # perplexity on what was not; infinite where a token has the probability 0
    ngrams: int  # different ones that are kept, of all orders up to N
    unseen: float  # share of the held-out N-grams that were not counted
    generated: tuple[int, ...]  # tokens drawn from the start token on


def by_order(text: CountedText, *, method: str, k: float, seed: int, most: int = 6) -> Iterator[OrderReport]:
    """The same text with N = 1, 2, ..., `most`; perplexities on the first `MEASURED` tokens or so.

    Raises:
        ModelError: the text has fewer than five sentences.
    """
    every = range(len(text.begins))
    held_out = _first(text, every[4::5])
    if not held_out:
        raise ModelError("Of fewer than five sentences none can be held out. Type or paste more, one a line.")
    kept = [i for i in every if i % 5 != 4]
    counted = text.part(kept)
    for order in range(1, most + 1):
        lm = train(counted, order=order, method=method, k=k)
        yield OrderReport(
            order,
            perplexity(lm, _first(text, kept)),
            perplexity(lm, held_out),
            sum(map(len, lm.counts.ngrams)),
            _unseen(lm, held_out, order),
            tuple(step.token_id for step in generate(lm, [], Decoding(seed=seed), GENERATED)),
        )


def _first(text: CountedText, numbers: Sequence[int]) -> list[list[int]]:
    """As many first sentences as hold `MEASURED` tokens."""
    found, tokens = list[list[int]](), 0
    for number in numbers:
        if tokens >= MEASURED:
            break
        found.append(text.sentence(number))
        tokens += len(found[-1]) - 1
    return found


def _unseen(lm: NGramLM, sentences: Sequence[Sequence[int]], order: int) -> float:
    grams = [tuple(one[i : i + order]) for one in sentences for i in range(len(one) - order + 1)]
    return float(np.mean([lm.counts.count(gram) == 0 for gram in grams])) if grams else math.nan
