"""Thought vectors of sentences, and which of them are near each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from models.tasks.translation_text import Translation


@dataclass(frozen=True)
class Distance:
    """How far two thought vectors are apart."""

    euclidean: float
    cosine: float  # of the angle between them


@dataclass(frozen=True)
class Neighbour:
    """The nearest of the other sentences."""

    place: int
    distance: float  # Euclidean


def thoughts(model: Translation, sentences: Sequence[str]) -> Float[np.ndarray, "sentence n_encoder"]:
    """The state of the encoder after the last word of each sentence."""
    return np.stack([model.read(sentence).thought.cpu().numpy() for sentence in sentences])


def distance(one: Float[np.ndarray, " n_encoder"], other: Float[np.ndarray, " n_encoder"]) -> Distance:
    """Between two vectors."""
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return Distance(float(np.linalg.norm(one - other)), float(one @ other) / max(lengths, 1e-12))


def neighbours(vectors: Float[np.ndarray, "sentence n_encoder"]) -> list[Neighbour]:
    """The nearest other vector of each."""
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return [Neighbour(int(row.argmin()), float(row.min())) for row in apart]


def mean_distance(vectors: Float[np.ndarray, "sentence n_encoder"]) -> float:
    """The mean Euclidean distance of two different ones."""
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    return float(apart.sum() / (len(vectors) * (len(vectors) - 1)))
