"""BLEU of one translation, step by step: which runs of words a person's translation has too.

p_n is the share of runs of n words that stand in the reference too, each no more often than it stands there; c and r
are the lengths of the translation and of the reference that is nearest in length:

    BLEU = min(1, e^(1 - r / c)) · exp(Σ_n ln p_n / N), n from 1 to N = 4, or fewer where the translation is shorter

Where no run of n words is found, the k-th such n counts as 1 / 2^k of a run.

Source: Papineni et al. 2002, BLEU: a Method for Automatic Evaluation of Machine Translation; the smoothing of sacrebleu
(Post 2018), which is NIST's, Chen and Cherry 2014, method 3.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 4  # words of a run


@dataclass(frozen=True)
class SentenceBleu:
    """How BLEU comes about."""

    found: tuple[int, ...]  # runs of 1, 2, … words that are in a reference
    counts: tuple[int, ...]  # all of them
    length: int  # c
    reference_length: int  # r

    @property
    def precisions(self) -> tuple[float, ...]:
        """p_n, smoothed; of lengths that the translation has."""
        smoothed, halves = [], 1.0
        for found, count in zip(self.found, self.counts, strict=True):
            if count:
                halves = halves if found else halves * 2
                smoothed.append(found / count if found else 1 / (halves * count))
        return tuple(smoothed)

    @property
    def brevity(self) -> float:
        """How much of the score a translation keeps that is shorter than its reference."""
        return 0.0 if not self.length else min(1.0, math.exp(1 - self.reference_length / self.length))

    @property
    def score(self) -> float:
        """From 0 to 1."""
        if not any(self.found):
            return 0.0
        logs = [math.log(p) for p in self.precisions]
        return self.brevity * math.exp(sum(logs) / len(logs))


def sentence_bleu(words: Sequence[str], references: Sequence[Sequence[str]]) -> SentenceBleu:
    """BLEU of one translation beside those of people.

    Args:
        words: of the translation.
        references: one at least.

    >>> sentence_bleu("elle est heureuse .".split(), ["elle est contente .".split()]).found
    (3, 1, 0, 0)
    """
    found, counts = [], []
    for n in range(1, LONGEST + 1):
        mine = runs(words, n)
        most: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            most |= runs(reference, n)
        found.append((mine & most).total())
        counts.append(mine.total())
    nearest = min((len(reference) for reference in references), key=lambda length: (abs(length - len(words)), length))
    return SentenceBleu(tuple(found), tuple(counts), len(words), nearest)


def runs(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """All runs of n words, and how often each stands there."""
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
