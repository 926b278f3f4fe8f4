"""How good a classifier of stars is, from what it says of sentences whose stars are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from models.tasks.sentiment_data import STARS

_NEUTRAL = STARS // 2
_BINS = 10


@dataclass(frozen=True)
class Calibration:
    """Verdicts of like confidence together: how sure they are, and how often they are right."""

    counts: Sequence[int]
    confidence: Sequence[float]  # mean probability of the verdict
    right: Sequence[float]  # share of verdicts

    @property
    def error(self) -> float:
        """Mean difference of the two, weighted by the counts (Naeini, Cooper and Hauskrecht 2015)."""
        gaps = np.abs(np.array(self.confidence) - np.array(self.right))
        return float(gaps @ np.array(self.counts) / max(1, sum(self.counts)))


def confusion(
    labels: Int[np.ndarray, " text"], log_probs: Float[np.ndarray, "text stars"]
) -> Int[np.ndarray, "label verdict"]:
    """How many texts with so many stars (rows) were given so many (columns)."""
    table = np.zeros((STARS, STARS), dtype=np.int64)
    np.add.at(table, (labels, log_probs.argmax(axis=1)), 1)
    return table


def scores_of(labels: Int[np.ndarray, " text"], log_probs: Float[np.ndarray, "text stars"]) -> Mapping[str, float]:
    """Accuracy of five classes, of two without the neutral texts, macro F1, and -ln P of the right class in nats."""
    table = confusion(labels, log_probs)
    right = np.diag(table)
    f1 = 2 * right / np.maximum(table.sum(axis=0) + table.sum(axis=1), 1)
    probs = np.exp(log_probs)
    decided = labels != _NEUTRAL
    positive = probs[:, _NEUTRAL + 1 :].sum(axis=1) > probs[:, :_NEUTRAL].sum(axis=1)
    return {
        "accuracy": float(right.sum() / max(1, table.sum())),
        "accuracy of two classes": float((positive == (labels > _NEUTRAL))[decided].mean()),
        "macro F1": float(f1.mean()),
        "loss": float(-log_probs[np.arange(len(labels)), labels].mean()),
    }


def calibration(labels: Int[np.ndarray, " text"], log_probs: Float[np.ndarray, "text stars"]) -> Calibration:
    """Verdicts by their confidence, in ten steps; steps without a verdict are left out."""
    confidence = np.exp(log_probs.max(axis=1))
    right = log_probs.argmax(axis=1) == labels
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    used = [one for one in range(_BINS) if (bins == one).any()]
    return Calibration(
        [int((bins == one).sum()) for one in used],
        [float(confidence[bins == one].mean()) for one in used],
        [float(right[bins == one].mean()) for one in used],
    )
