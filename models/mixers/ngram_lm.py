"""N-gram language models: counts of a text, smoothed."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from models.card import ModelCard
from models.interfaces import LanguageModel, Tokenizer
from models.mixers.counted_text import CountedText
from models.mixers.ngrams import Counts, Ints, count_flat
from models.mixers.smoothing import AddK, Discounted, KneserNey, Probs, Smoothing, StupidBackoff, tuned, uniform
from models.tokens.words import END_ID, START_ID

METHODS = {
    "frequency": "Relative frequency",
    "add-k": "Add k",
    "interpolation": "Interpolation",
    "backoff": "Stupid back-off",
    "kneser-ney": "Kneser-Ney",
    "history": "Whole history",
}
_HELD_OUT = 10  # every tenth sentence tunes the weights of the interpolation
_MOST_TUNING = 400  # sentences for that,
_MOST_LESSER = 20_000  # with counts of as many others


class WholeHistory:
    """#(hw) / #(h) for all tokens h of the history, wherever they stand in the text: no N, and mostly 0 / 0.

    What never occurred says nothing: all tokens are then equally probable.
    """

    def __init__(self, text: CountedText, counts: Counts) -> None:
        self.counts = counts
        self.order = 1_000_000  # as long as any history
        self.text = text

    def probs(self, history: Sequence[int]) -> Probs:
        seen = self.text.followers(history[1:])  # the start token is no part of what was typed
        seen[START_ID] = 0
        return seen / seen.sum() if seen.any() else uniform(self.counts)


class NGramLM(LanguageModel):
    """The next token given the last N - 1, from the counts of a text.

    Its logits are log-probabilities; what has the probability 0 has the logit minus infinity.
    """

    def __init__(self, smoothing: Smoothing, tokenizer: Tokenizer, card: ModelCard) -> None:
        self.smoothing = smoothing
        self.tokenizer = tokenizer
        self.card = card

    @property
    def counts(self) -> Counts:
        """Of the text."""
        return self.smoothing.counts

    @property
    def parts(self) -> tuple[Counts, ...]:
        """What takes memory; models of the same counts share it."""
        return (self.counts,)

    def logits(self, token_ids: Sequence[int], start: int = 0) -> Float[Tensor, "pos vocab"]:
        history = [self.tokenizer.start_id, *token_ids]
        rows = np.stack([self.smoothing.probs(history[:stop]) for stop in range(start + 1, len(history) + 1)])
        return torch.from_numpy(rows).log().float()

    def context(self, token_ids: Sequence[int]) -> list[int]:
        """The tokens that the next one is predicted from."""
        history = [self.tokenizer.start_id, *token_ids]
        if isinstance(self.smoothing, WholeHistory):
            return history[1:]
        return history[max(0, len(history) - self.smoothing.order + 1) :]

    def times(self, history: Sequence[int]) -> int:
        """#(h): how often a history is followed by anything, also where a table has not kept all that follows."""
        _, seen = self.followers(history)
        return max(int(seen.sum()), self.counts.count(history) if isinstance(self.smoothing, Discounted) else 0)

    def followers(self, history: Sequence[int]) -> tuple[Ints, Ints]:
        """The tokens that were seen after a history of at most N - 1 tokens, and how often, most often first."""
        if isinstance(self.smoothing, WholeHistory):
            every = self.smoothing.text.followers(history)
            words, seen = np.flatnonzero(every), every[every > 0]
        else:
            words, seen = self.counts.next_counts(history)
        words, seen = words[words != self.tokenizer.start_id], seen[words != self.tokenizer.start_id]
        order = np.argsort(-seen, kind="stable")
        return words[order], seen[order]


def train(text: CountedText, *, order: int, method: str, k: float = 1.0, counts: Counts | None = None) -> NGramLM:
    """Counts a text and smooths.

    Args:
        text: the corpus.
        order: N.
        method: a key of `METHODS`.
        k: what "add-k" adds.
        counts: those of the text up to this order, where they are known.
    """
    tokenizer = text.tokenizer
    counts = counts or count_flat(text.ids, order, vocab_size=tokenizer.vocab_size, start_id=START_ID)
    card = ModelCard(
        name=f"{order}-gram",
        title=f"{order}-gram of {text.unit}, {METHODS[method].lower()}",
        family="ngrams",
        corpus=f"the text on this page: {len(text.begins):,} sentences, {text.tokens:,} tokens",
        licence="that of the text",
        source="counted here",
        precision="counts",
        parameters=sum(map(len, counts.ngrams)),
        vocab_size=tokenizer.vocab_size,
        start_token=tokenizer.tokens([START_ID])[0],
        end_token=tokenizer.tokens([END_ID])[0],
    )
    if method == "history":
        card = replace(card, name="whole history", title=f"Whole history of {text.unit}")
    return NGramLM(_smoothed(text, counts, method, k), tokenizer, card)


def _smoothed(text: CountedText, counts: Counts, method: str, k: float) -> Smoothing:
    if method == "frequency":
        return AddK(counts)
    if method == "add-k":
        return AddK(counts, k)
    if method == "backoff":
        return StupidBackoff(counts)
    if method == "kneser-ney":
        return KneserNey(counts)
    if method == "history":
        return WholeHistory(text, counts)
    if method != "interpolation":
        raise ValueError(f"no smoothing is called {method}")
    every = range(len(text.begins))
    held_out = list(every[_HELD_OUT - 1 :: _HELD_OUT]) or list(every)
    kept = [i for i in every[:_MOST_LESSER] if (i + 1) % _HELD_OUT] or list(every)
    lesser = count_flat(text.part(kept).ids, counts.order, vocab_size=counts.vocab_size, start_id=START_ID)
    interpolated = tuned(lesser, [text.sentence(i) for i in held_out[:_MOST_TUNING]])
    return type(interpolated)(counts, interpolated.weights)


def perplexity(lm: NGramLM, sentences: Sequence[Sequence[int]]) -> float:
    """Per token of sentences that are given with their start and end; infinite if any has the probability 0."""
    total, tokens = 0.0, 0
    for sentence in sentences:
        for stop in range(1, len(sentence)):
            probability = float(lm.smoothing.probs(sentence[:stop])[sentence[stop]])
            total += math.log(probability) if probability else -math.inf
            tokens += 1
    return math.exp(-total / tokens) if tokens and total > -math.inf else math.inf
