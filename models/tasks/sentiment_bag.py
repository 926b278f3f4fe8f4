"""Sentiment without order: which words and pairs of neighbours occur, and a linear model of five scores.

x_f is 1 where feature f, a word or two words in a row, occurs, else 0. Score and probability of k stars:

    s_k = b_k + Σ_f w_kf x_f,   p = softmax(s)

The weights are found by logistic regression: those under which the labels of many phrases are most probable.

Source: Pang, Lee and Vaithyanathan 2002, Thumbs up? Sentiment Classification using Machine Learning Techniques, with
maximum entropy and the presence of words; the pairs as in Wang and Manning 2012, Baselines and Bigrams.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from models.tasks.sentiment_data import STARS


def features_of(pieces: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
    """Each word and pair of neighbours, in lower case, with the places of the words that it is made of.

    >>> features_of(["Not", "bad"])
    [('not', (0,)), ('bad', (1,)), ('not bad', (0, 1))]
    """
    words = [piece.lower() for piece in pieces]
    pairs = [(f"{one} {other}", (i, i + 1)) for i, (one, other) in enumerate(pairwise(words))]
    return [*((word, (i,)) for i, word in enumerate(words)), *pairs]


@dataclass(frozen=True, eq=False)
class Bag:
    """A linear model of which features occur."""

    features: dict[str, int]  # and their rows
    weights: Float[np.ndarray, "feature stars"]
    bias: Float[np.ndarray, " stars"]

    def scores(self, pieces: Sequence[str]) -> Float[np.ndarray, " stars"]:
        """s of a text."""
        rows = {self.features[name] for name, _ in features_of(pieces) if name in self.features}
        total: Float[np.ndarray, " stars"] = self.bias + self.weights[sorted(rows)].sum(axis=0)
        return total

    def contributions(self, pieces: Sequence[str]) -> Float[np.ndarray, "word stars"]:
        """What each word adds to the scores: with the bias these sum to them exactly.

        A feature that occurs more than once, and one of two words, is shared out in equal parts.
        """
        places: dict[str, list[int]] = {}
        for name, of in features_of(pieces):
            if name in self.features:
                places.setdefault(name, []).extend(of)
        added = np.zeros((len(pieces), STARS))
        for name, all_of in places.items():
            np.add.at(added, all_of, self.weights[self.features[name]] / len(all_of))
        return added
