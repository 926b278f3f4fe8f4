"""Pictures of vectors that change while they are learned, each turned so that it lies upon the one before.

Principal axes may change their sign, or turn, from one moment to the next, though hardly a vector has moved. The
orthogonal Procrustes problem gives the turn that undoes this: R = UVᵀ of the singular value decomposition of XᵀY
minimises ‖XR - Y‖, and leaves all distances as they are.

Source: Schönemann 1966, A Generalized Solution of the Orthogonal Procrustes Problem.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from models.tokens.projections import pca

Points = Float[np.ndarray, "word 2"]


@dataclass(frozen=True, eq=False)
class Plane:
    """Words in the plane of their first two principal axes, and how much of the variance lies in it."""

    points: Points
    share: float


def aligned(points: Points, to: Points) -> Points:
    """The points, turned and mirrored about the origin as near to others as can be."""
    left, _, right = np.linalg.svd(points.T.astype(np.float64) @ to.astype(np.float64))
    turned: Points = (points @ (left @ right)).astype(np.float32)
    return turned


def plane(vectors: Float[np.ndarray, "word n_embd"], before: Plane | None = None) -> Plane:
    """The plane that shows most of the vectors, lying upon the one before it."""
    found = pca(vectors)
    points = np.zeros((len(vectors), 2), dtype=np.float32)
    points[:, : found.points.shape[1]] = found.points
    if before is not None:
        points = aligned(points, before.points)
    return Plane(points, float(found.shares.sum()))
