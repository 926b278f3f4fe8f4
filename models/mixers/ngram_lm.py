"""N-gram language models of a text: cut, counted, smoothed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from models.card import ModelCard
from models.errors import ModelError
from models.interfaces import LanguageModel
from models.mixers.ngrams import Counts, count
from models.mixers.smoothing import AddK, KneserNey, Smoothing, StupidBackoff, tuned
from models.tokens.words import END_ID, CharacterTokenizer, CountedTokenizer, WordTokenizer

UNITS = {"words": WordTokenizer, "characters": CharacterTokenizer}
METHODS = {
    "frequency": "Relative frequency",
    "add-1": "Add 1 (Laplace)",
    "interpolation": "Interpolation",
    "backoff": "Stupid back-off",
    "kneser-ney": "Kneser-Ney",
}
MEASURED = 2_000  # tokens on which a perplexity is measured
_HELD_OUT = 10  # every tenth sentence tunes the weights of the interpolation


class NGramLM(LanguageModel):
    """The next token given the last N - 1, from the counts of a text.

    Its logits are log-probabilities; what has the probability 0 has the logit minus infinity.
    """

    def __init__(self, smoothing: Smoothing, tokenizer: CountedTokenizer, card: ModelCard) -> None:
        self.smoothing = smoothing
        self.tokenizer = tokenizer
        self.card = card

    @property
    def counts(self) -> Counts:
        """Of the text."""
        return self.smoothing.counts

    def logits(self, token_ids: Sequence[int], start: int = 0) -> Float[Tensor, "pos vocab"]:
        history = [self.tokenizer.start_id, *token_ids]
        rows = np.stack([self.smoothing.probs(history[:stop]) for stop in range(start + 1, len(history) + 1)])
        return torch.from_numpy(rows).log().float()


def sentences_of(text: str) -> list[str]:
    """The lines of a text that hold anything: each is a sentence."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def train(text: str, *, unit: str, order: int, method: str) -> NGramLM:
    """Counts a text, one sentence a line, and smooths.

    Args:
        text: the corpus.
        unit: a key of `UNITS`: what is counted.
        order: N.
        method: a key of `METHODS`.

    Raises:
        ModelError: there is nothing to count.
    """
    sentences = sentences_of(text)
    if not sentences:
        raise ModelError("There is no text to count. Type or paste some, one sentence a line.")
    tokenizer = UNITS[unit].of("\n".join(sentences) if unit == "words" else "".join(sentences))
    closed = [[tokenizer.start_id, *tokenizer.encode(sentence), END_ID] for sentence in sentences]
    counts = count(closed, order, vocab_size=tokenizer.vocab_size, start_id=tokenizer.start_id)
    card = ModelCard(
        name=f"{order}-gram",
        title=f"{order}-gram of {unit}, {METHODS[method].lower()}",
        family="ngrams",
        corpus=f"the text on this page: {len(sentences):,} sentences, {counts.count([]):,} tokens",
        licence="that of the text",
        source="counted here",
        precision="counts",
        parameters=sum(map(len, counts.ngrams)),
        vocab_size=tokenizer.vocab_size,
        start_token=tokenizer.tokens([tokenizer.start_id])[0],
        end_token=tokenizer.tokens([END_ID])[0],
    )
    return NGramLM(_smoothed(counts, method, closed), tokenizer, card)


def _smoothed(counts: Counts, method: str, closed: Sequence[Sequence[int]]) -> Smoothing:
    if method == "frequency":
        return AddK(counts)
    if method == "add-1":
        return AddK(counts, 1.0)
    if method == "backoff":
        return StupidBackoff(counts)
    if method == "kneser-ney":
        return KneserNey(counts)
    if method != "interpolation":
        raise ValueError(f"no smoothing is called {method}")
    held_out = closed[_HELD_OUT - 1 :: _HELD_OUT] or closed
    kept = [one for i, one in enumerate(closed) if (i + 1) % _HELD_OUT] or closed
    lesser = count(kept, counts.order, vocab_size=counts.vocab_size, start_id=counts.start_id)
    interpolated = tuned(lesser, held_out)
    return type(interpolated)(counts, interpolated.weights)


def perplexity(lm: NGramLM, sentences: Sequence[str]) -> float:
    """Per token, the end of each sentence counted, its start not; infinite if any has the probability 0."""
    total, tokens = 0.0, 0
    for sentence in sentences:
        history = [lm.tokenizer.start_id]
        for token_id in [*lm.tokenizer.encode(sentence), END_ID]:
            probability = float(lm.smoothing.probs(history)[token_id])
            total += math.log(probability) if probability else -math.inf
            history.append(token_id)
            tokens += 1
    return math.exp(-total / tokens) if tokens and total > -math.inf else math.inf


@dataclass(frozen=True)
class OrderReport:
    """What one N makes of a text of which every fifth sentence was held out."""

    order: int
    train: float  # perplexity on what was counted
    held_out: float  # perplexity on what was not; infinite where a token has the probability 0
    ngrams: int  # different ones that are kept, of all orders up to N
    unseen: float  # share of the held-out N-grams that were not counted


def by_order(text: str, *, unit: str, method: str, most: int = 6) -> list[OrderReport]:
    """The same text with N = 1, 2, ..., `most`; perplexities on the first `MEASURED` tokens or so.

    Raises:
        ModelError: the text has fewer than five sentences.
    """
    sentences = sentences_of(text)
    held_out = sentences[4::5]
    if not held_out:
        raise ModelError("Of fewer than five sentences none can be held out. Type or paste more, one a line.")
    kept = [sentence for i, sentence in enumerate(sentences) if i % 5 != 4]
    reports = []
    for order in range(1, most + 1):
        lm = train("\n".join(kept), unit=unit, order=order, method=method)
        reports.append(
            OrderReport(
                order,
                perplexity(lm, _first(lm, kept)),
                perplexity(lm, _first(lm, held_out)),
                sum(map(len, lm.counts.ngrams)),
                _unseen(lm, _first(lm, held_out), order),
            )
        )
    return reports


def _first(lm: NGramLM, sentences: Sequence[str]) -> list[str]:
    """As many first sentences as hold `MEASURED` tokens."""
    lengths = np.cumsum([len(lm.tokenizer.encode(sentence)) + 1 for sentence in sentences])
    return list(sentences[: int(np.searchsorted(lengths, MEASURED)) + 1])


def _unseen(lm: NGramLM, sentences: Sequence[str], order: int) -> float:
    closed = [[lm.tokenizer.start_id, *lm.tokenizer.encode(sentence), END_ID] for sentence in sentences]
    grams = [tuple(one[i : i + order]) for one in closed for i in range(len(one) - order + 1)]
    known = sum(lm.counts.count(gram) > 0 and lm.tokenizer.unk_id not in gram for gram in grams)
    return 1 - known / len(grams) if grams else math.nan
