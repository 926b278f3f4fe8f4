"""Which words decided: what changes without a word, what the gradient says of it, and what a linear model adds up.

A target is a number that is read off a text: 'stars', the expected number, or '1' to '5', ln P of so many stars.

Source of occlusion: Zeiler and Fergus 2014, section 4.2, with words in place of patches; of gradient times input:
Shrikumar et al. 2017, Not Just a Black Box, section 2, after Denil, Demiraj and de Freitas 2014.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from models.tasks.sentiment_bag import Bag
from models.tasks.sentiment_classifier import Classifier, NetworkClassifier, expected_stars
from models.tasks.sentiment_data import STARS, padded
from models.tasks.sentiment_words import UNKNOWN

TARGETS = ("stars", *(str(stars) for stars in range(1, STARS + 1)))


def target_of(log_probs: Float[np.ndarray, "*batch stars"], target: str) -> Float[np.ndarray, "*batch"]:
    """The target's number of each distribution: stars, or nats."""
    found: Float[np.ndarray, "*batch"] = (
        expected_stars(log_probs) if target == "stars" else np.asarray(log_probs[..., int(target) - 1])
    )
    return found


def without(pieces: Sequence[str], place: int, *, unknown: bool) -> list[str]:
    """A text without one of its pieces, or with an unknown one in its place."""
    return [*pieces[:place], *[UNKNOWN] * unknown, *pieces[place + 1 :]]


def occlusion(
    classifier: Classifier, pieces: Sequence[str], *, unknown: bool = False
) -> tuple[Float[np.ndarray, " stars"], Float[np.ndarray, "word stars"]]:
    """ln P(stars) of a text, and of the same text without each of its pieces in turn."""
    texts = [list(pieces), *(without(pieces, place, unknown=unknown) for place in range(len(pieces)))]
    log_probs = classifier.log_probs(texts)
    return log_probs[0], log_probs[1:]


def gradient_times_input(
    classifier: NetworkClassifier, pieces: Sequence[str], target: str
) -> Float[np.ndarray, " word"]:
    """x_t · ∂target / ∂x_t of each piece: what the target would lose, if it were linear, without the vector x_t."""
    idx, lengths = padded([classifier.vocabulary.ids(pieces)])
    with torch.no_grad():
        vectors = classifier.network.embedding(idx)
    x = vectors.detach().requires_grad_()
    log_probs = classifier.network.scores(x, lengths)[0].log_softmax(-1)
    stars = torch.arange(1, STARS + 1).to(log_probs)
    value = (log_probs.exp() @ stars) if target == "stars" else log_probs[int(target) - 1]
    (gradient,) = torch.autograd.grad(value, x)
    product: Tensor = (gradient * vectors).sum(-1)[0, : len(pieces)]
    found: Float[np.ndarray, " word"] = product.detach().numpy()
    return found


def linear_shares(bag: Bag, pieces: Sequence[str], target: str) -> Float[np.ndarray, " word"]:
    """What each piece adds to the target's score, exactly.

    Of so many stars that is their score less the mean of all five, which no softmax can see. Of 'stars' it is the slope
    of the straight line through the five scores: the softmax between is not linear, so no exact shares in it exist.
    """
    return _linear(bag.contributions(pieces), target)


def linear_start(bag: Bag, target: str) -> float:
    """The target's score of an empty text."""
    return float(_linear(bag.bias[None], target)[0])


def _linear(scores: Float[np.ndarray, "row stars"], target: str) -> Float[np.ndarray, " row"]:
    if target == "stars":
        steps = np.arange(STARS) - (STARS - 1) / 2
        slope: Float[np.ndarray, " row"] = scores @ steps / (steps @ steps)
        return slope
    above: Float[np.ndarray, " row"] = scores[:, int(target) - 1] - scores.mean(axis=1)
    return above


def disagreeing(one: Float[np.ndarray, " word"], other: Float[np.ndarray, " word"], least: float = 0.15) -> list[int]:
    """Places where two ways of telling have opposite signs, and both at least this share of their own largest."""
    if not len(one):
        return []
    clear = np.minimum(np.abs(one) / max(1e-9, np.abs(one).max()), np.abs(other) / max(1e-9, np.abs(other).max()))
    return np.flatnonzero((one * other < 0) & (clear >= least)).tolist()
