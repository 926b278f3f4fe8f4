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


def repetition(texts: Sequence[Sequence[int]], window: int = 20) -> float:
    """The share of tokens that already stand among those before them in their text, NaN without tokens.

    Source: rep/ℓ of Welleck et al. 2020, Neural Text Generation with Unlikelihood Training, of texts that were written.

    Args:
        texts: of token ids.
        window: how many tokens before each are looked at.

    >>> repetition([[1, 2, 1, 1]]), repetition([[1, 2, 3, 1]], window=2)
    (0.5, 0.0)
    """
    repeated = [token in text[max(0, t - window) : t] for text in texts for t, token in enumerate(text)]
    return sum(repeated) / len(repeated) if repeated else math.nan
