"""What a smoothing gives to what was never seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.mixers.ngram_lm import NGramLM
from models.prediction.scoring import score


@dataclass(frozen=True)
class Mass:
    """Of one model and one prompt."""

    unseen: float  # probability of all next tokens that never followed the last N - 1 in the text
    log_prob: float  # ln P(prompt); minus infinity where it is impossible


def masses(lm: NGramLM, token_ids: Sequence[int]) -> Mass:
    """How much of the next token's probability is on the unseen, and how probable the whole prompt is."""
    probs = lm.smoothing.probs([lm.tokenizer.start_id, *token_ids])
    seen, _ = lm.followers(lm.context(token_ids))
    unseen = np.ones(len(probs), dtype=bool)
    unseen[seen] = False
    return Mass(float(probs[unseen].sum()), score(lm, token_ids).total)
