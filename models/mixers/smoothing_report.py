"""What each smoothing gives to what was never seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.mixers.counted_text import CountedText, Progress, no_progress
from models.mixers.ngram_lm import NGramLM, train
from models.mixers.ngrams import Counts
from models.prediction.scoring import score


@dataclass(frozen=True)
class Mass:
    """Of one model and one prompt."""

    unseen: float  # probability of all next tokens that never followed the history in the text
    log_prob: float  # ln P(prompt); minus infinity where it is impossible


@dataclass(frozen=True, eq=False)
class Smoothed:
    """The same counts under several smoothings."""

    models: Mapping[str, NGramLM]

    @property
    def parts(self) -> tuple[Counts, ...]:
        """What takes memory."""
        return next(iter(self.models.values())).parts


def smoothed(
    text: CountedText, counts: Counts, methods: Sequence[str], k: float, progress: Progress = no_progress
) -> Smoothed:
    """The counts of a text under each of these methods; `progress` is told how many are done."""
    models = {}
    for i, method in enumerate(methods):
        progress(i, len(methods))
        models[method] = train(text, order=counts.order, method=method, k=k, counts=counts)
    return Smoothed(models)


def seen_history(lm: NGramLM, token_ids: Sequence[int]) -> list[int]:
    """The longest end of the last N - 1 tokens that anything follows in the text."""
    history = lm.context(token_ids)
    while history and not len(lm.followers(history)[0]):
        history = history[1:]
    return history


def masses(lm: NGramLM, token_ids: Sequence[int]) -> Mass:
    """How much is on tokens that never followed the longest history seen, and how probable the whole prompt is."""
    probs = lm.smoothing.probs([lm.tokenizer.start_id, *token_ids])
    seen, _ = lm.followers(seen_history(lm, token_ids))
    unseen = np.ones(len(probs), dtype=bool)
    unseen[seen] = False
    return Mass(float(probs[unseen].sum()), score(lm, token_ids).total)
