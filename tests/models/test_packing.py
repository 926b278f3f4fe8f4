"""Weights in 8 bits: how far they may be from what was packed."""

import numpy as np

from models.packing import packed, unpacked


def test_eight_bits_miss_by_half_a_step_at_most() -> None:
    rows = np.random.default_rng(0).normal(0, [[1.0], [0.01], [30.0]], (3, 50)).astype(np.float32)
    rows = np.vstack([rows, np.zeros((1, 50), dtype=np.float32)])
    miss = np.abs(unpacked(packed("table", rows), "table") - rows)
    # Half a step, and what rounding the row's largest to 16 bits does.
    assert (miss <= np.abs(rows).max(axis=1, keepdims=True) * (0.5 / 127 + 1e-3)).all()
