"""Which of two texts a model finds more probable and which tokens decide it; where two models agree on the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import Any

import torch

from models.interfaces import Tokenizer
from models.prediction.scoring import NextToken, Score
from models.tokens.visible import visible
from models.tokens.words import WordTokenizer, spaced


@dataclass(frozen=True)
class Segment:
    """Tokens of `a` and of `b` that stand in each other's place; `log_ratio` is ln P(a's) - ln P(b's)."""

    a: range
    b: range
    log_ratio: float


@dataclass(frozen=True)
class Comparison:
    """Two scores, aligned. The segments cover both texts, and their log-ratios sum to `log_ratio`."""

    log_ratio: float  # ln P(a) - ln P(b): above 0, a is the more probable
    segments: tuple[Segment, ...]
    decides: Segment | None  # the segment that favours the winner most; None when neither wins


def compare(a: Score, b: Score) -> Comparison:
    """Aligns the tokens of two scores and finds where the difference of their totals comes from."""
    segments = tuple(
        Segment(in_a, in_b, _sum(a, in_a) - _sum(b, in_b)) for in_a, in_b in _aligned(a.token_ids, b.token_ids)
    )
    log_ratio = a.total - b.total
    sign = 1 if log_ratio > 0 else -1
    decides = max(segments, key=lambda segment: sign * segment.log_ratio, default=None)
    return Comparison(log_ratio, segments, decides if log_ratio != 0 else None)


@dataclass(frozen=True)
class Agreement:
    """Two distributions of the next token, perhaps over different vocabularies; tokens are matched by what they say."""

    shared: float  # sum over tokens of min(P_a, P_b): 1 where the two are equal
    b_ids: dict[int, int]  # the token of b that says the same as one of a


def agreement(a: NextToken, b: NextToken) -> Agreement:
    """How much probability two models give to the same tokens (1 minus their total variation distance)."""
    tokenizers: Any = (a.tokenizer, b.tokenizer)
    b_ids = _same_tokens(*tokenizers)
    in_a, in_b = torch.tensor(list(b_ids.items()), dtype=torch.long).reshape(-1, 2).unbind(1)
    return Agreement(float(torch.minimum(a.probs[in_a], b.probs[in_b]).double().sum()), b_ids)


@lru_cache(maxsize=4)  # by the objects themselves
def _same_tokens(a: Tokenizer, b: Tokenizer) -> dict[int, int]:
    """Pairs of ids that say the same; where a vocabulary says it twice, its first id."""
    of_a, of_b = (_first_ids(tokenizer) for tokenizer in (a, b))
    return {token_id: of_b[token] for token, token_id in of_a.items() if token in of_b}


def _first_ids(tokenizer: Tokenizer) -> dict[str, int]:
    """What each token says in the middle of a text: a word of its own comes with the space before it."""
    ids: dict[str, int] = {}
    words = isinstance(tokenizer, WordTokenizer)
    for token_id, token in enumerate(tokenizer.tokens(range(tokenizer.vocab_size))):
        ids.setdefault(visible(spaced("a", token).encode()) if words else token, token_id)
    return ids


def _aligned(a: Sequence[int], b: Sequence[int]) -> list[tuple[range, range]]:
    """Equal tokens pair one to one; what stands between them is one segment."""
    pairs = []
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    for kind, a_start, a_stop, b_start, b_stop in matcher.get_opcodes():
        if kind == "equal":
            steps = pairwise(range(a_start, a_stop + 1))
            pairs += [(range(i, j), range(i - a_start + b_start, j - a_start + b_start)) for i, j in steps]
        else:
            pairs.append((range(a_start, a_stop), range(b_start, b_stop)))
    return pairs


def _sum(score: Score, positions: range) -> float:
    return float(score.log_probs[positions.start : positions.stop].double().sum())
