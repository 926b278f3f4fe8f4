"""How different several texts are from each other."""

import math
from collections.abc import Sequence
from itertools import pairwise


def distinct_pairs(texts: Sequence[Sequence[int]]) -> float:
    """Of all pairs of neighbouring tokens, the share that is different: 1 where no pair comes twice, NaN without pairs.

    Source: after distinct-2 of Li et al. 2016, A Diversity-Promoting Objective Function for Neural Conversation Models,
    who divide by the number of tokens.

    >>> distinct_pairs([[1, 2, 3], [1, 2, 4]])
    0.75
    """
    pairs = [pair for text in texts for pair in pairwise(text)]
    return len(set(pairs)) / len(pairs) if pairs else math.nan


def distinct_texts(texts: Sequence[Sequence[int]]) -> int:
    """How many of the texts are different."""
    return len({tuple(text) for text in texts})
