"""Tables of weights in 8 bits a number, as they ship."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

_LEVELS = 127


def packed(name: str, rows: Float[np.ndarray, "row width"]) -> dict[str, np.ndarray]:
    """Rows in 8 bits: each is its largest number, in 16 bits, times whole numbers from -127 to 127, over 127."""
    largest = np.abs(rows).max(axis=1, keepdims=True).astype(np.float16)
    whole = np.round(rows / np.maximum(largest.astype(np.float32), 1e-8) * _LEVELS).clip(-_LEVELS, _LEVELS)
    return {name: whole.astype(np.int8), f"{name}_largest": largest}


def unpacked(tensors: Mapping[str, np.ndarray], name: str) -> Float[np.ndarray, "row width"]:
    """The rows of that name in a file."""
    return tensors[name] * (tensors[f"{name}_largest"].astype(np.float32) / _LEVELS)
