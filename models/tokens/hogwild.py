"""One array of work on several threads that share what they change, without a lock.

Two threads seldom change the same rows at once, and what one of them loses then the next steps make good. Source: Niu,
Recht, Ré and Wright 2011, Hogwild!: A Lock-Free Approach to Parallelizing Stochastic Gradient Descent.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np


def in_slices(
    length: int, slice_size: int, threads: int, work: Callable[[int, int], None]
) -> Iterator[tuple[int, int]]:
    """Works from 0 to `length`, and comes back after each slice.

    Args:
        length: of the whole.
        slice_size: what a thread takes at once.
        threads: how many.
        work: does its part from a place to another; it must let go of the interpreter's lock.

    Yields:
        From where to where a slice went.
    """
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, length, slice_size * threads):
            stop = min(length, start + slice_size * threads)
            cuts = np.linspace(start, stop, threads + 1).astype(int).tolist()
            for part in [pool.submit(work, one, other) for one, other in pairwise(cuts)]:
                part.result()
            yield start, stop
