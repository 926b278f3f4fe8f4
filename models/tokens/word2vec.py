"""word2vec: vectors of words, learned by telling a word's true neighbours from drawn ones.

Every word w has a target vector t_w and a context vector c_w. Skip-gram: a word w and one of its neighbours p are a
positive pair, w and K drawn words n are negative ones, and the loss of the pair is

    L = -log σ(⟨t_w, c_p⟩) - Σ_n log(1 - σ(⟨t_w, c_n⟩))

CBOW: the mean h of the neighbours' context vectors takes the place of t_w, and the word itself is the positive:

    L = -log σ(⟨h, t_w⟩) - Σ_n log(1 - σ(⟨h, t_n⟩))

This is the version to read; `word2vec_kernel` takes the very same steps, compiled.

Source: Mikolov, Sutskever, Chen, Corrado and Dean 2013, Distributed Representations of Words and Phrases and their
Compositionality, eq. 4, section 2.3 (subsampling); Goldberg and Levy 2014. The gradient of CBOW is the true one, each
neighbour's share of the mean (İrsoy, Benton and Stratos 2021), which takes a higher rate than in the first programs.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import logsigmoid

from models.errors import ModelError

METHODS = ("skip-gram", "cbow")
SUBSAMPLE_FROM = 1e-4


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How vectors are learned.

    Raises:
        ModelError: a setting is out of its range.
    """

    method: str = "skip-gram"  # one of METHODS
    n_embd: int = 100
    window: int = 5  # neighbours on each side at most; each time a random number up to it
    negatives: int = 5  # K, drawn for each positive
    epochs: int = 5
    learning_rate: float = 0.05  # falls to 0 in a straight line
    subsample: float = SUBSAMPLE_FROM  # share of the text from which a word is left out at times; 0: never
    power: float = 0.75  # negatives are drawn by count to this power
    seed: int = 1

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ModelError(f"The method {self.method!r} is not known: use {' or '.join(METHODS)}.")
        for name in ("n_embd", "window", "negatives", "epochs"):
            if getattr(self, name) < 1:
                raise ModelError(f"{name} is {getattr(self, name)}: it must be 1 or more.")
        if not self.learning_rate > 0:
            raise ModelError(f"learning_rate is {self.learning_rate}: it must be over 0.")


@dataclass(frozen=True, eq=False)
class Example:
    """One centre word, its neighbours, and the words drawn against them."""

    centre: int
    contexts: Int[np.ndarray, " context"]  # in running order
    negatives: Int[np.ndarray, "pair K"]  # skip-gram: a row for each neighbour; CBOW: one row


@dataclass(frozen=True, eq=False)
class Look:
    """Everything that one step computes; a row a pair, in each the positive word first, then the negatives."""

    words: Int[np.ndarray, "pair K1"]
    dots: Float[np.ndarray, "pair K1"]
    sigmoids: Float[np.ndarray, "pair K1"]
    losses: Float[np.ndarray, "pair K1"]  # nats: -log σ of the positive, -log(1 - σ) of a negative
    pull: Float[np.ndarray, "pair K1"]  # the loss by the dot product: σ - 1 of the positive, σ of a negative
    target_gradient: Float[np.ndarray, "vocab n_embd"]
    context_gradient: Float[np.ndarray, "vocab n_embd"]

    @property
    def loss(self) -> float:
        """Of the whole step, in nats."""
        return float(self.losses.sum())


@dataclass(frozen=True, eq=False)
class Vectors:
    """The two vectors of each word, as numpy arrays that a trainer changes in place."""

    target: Float[np.ndarray, "vocab n_embd"]
    context: Float[np.ndarray, "vocab n_embd"]

    def word_vectors(self, part: str = "sum") -> Float[np.ndarray, "vocab _"]:
        """One vector a word: a copy of "target" or "context", their "sum", or both in a row ("concatenation").

        Raises:
            ModelError: there is no such part.
        """
        match part:
            case "target":
                return self.target.copy()
            case "context":
                return self.context.copy()
            case "sum":
                both: Float[np.ndarray, "vocab n_embd"] = self.target + self.context
                return both
            case "concatenation":
                return np.hstack([self.target, self.context])
        raise ModelError(f"{part!r} is no part of the vectors: use {', '.join(PARTS)}.")

    def copy(self) -> "Vectors":
        """The vectors as they are now."""
        return Vectors(self.target.copy(), self.context.copy())


PARTS = ("sum", "target", "context", "concatenation")


def fresh(vocab_size: int, n_embd: int, seed: int) -> Vectors:
    """Vectors before training: targets small and random, contexts zero, as in the first programs."""
    random = np.random.default_rng(seed)
    target = (random.random((vocab_size, n_embd), dtype=np.float32) - 0.5) / n_embd
    return Vectors(target, np.zeros_like(target))


def keep_probability(counts: Int[np.ndarray, " vocab"], subsample: float) -> Float[np.ndarray, " vocab"]:
    """How probably a word of the running text is kept: √(s/f) + s/f of its share f of the text, at most 1."""
    if not subsample:
        return np.ones(len(counts), dtype=np.float32)
    ratio = subsample * counts.sum() / counts
    kept: Float[np.ndarray, " vocab"] = np.minimum(1, np.sqrt(ratio) + ratio).astype(np.float32)
    return kept


def negative_probability(counts: Int[np.ndarray, " vocab"], power: float) -> Float[np.ndarray, " vocab"]:
    """How probably each word is drawn as a negative: by its count to a power."""
    weights: Float[np.ndarray, " vocab"] = counts.astype(np.float64) ** power
    weights /= weights.sum()
    return weights


def losses(target: Tensor, context: Tensor, example: Example, method: str) -> Float[Tensor, "pair K1"]:
    """The terms of the loss: a row a pair, the positive's first.

    Args:
        target: t_w of every word, shape (vocab, n_embd).
        context: c_w of every word, shape (vocab, n_embd).
        example: the step's words.
        method: one of METHODS.
    """
    dots = _dots(target, context, example, method)
    sign = torch.ones_like(dots)
    sign[:, 1:] = -1  # 1 - σ(x) = σ(-x)
    return -logsigmoid(sign * dots)


def step(vectors: Vectors, example: Example, method: str, learning_rate: float) -> float:
    """One step downhill, gradients by autograd; changes the vectors in place, and gives the loss before it."""
    target, context = (torch.from_numpy(part).clone().requires_grad_() for part in (vectors.target, vectors.context))
    loss = losses(target, context, example, method).sum()
    by_target, by_context = torch.autograd.grad(loss, (target, context))
    vectors.target[:] -= learning_rate * by_target.numpy()
    vectors.context[:] -= learning_rate * by_context.numpy()
    return float(loss.detach())


def look(vectors: Vectors, example: Example, method: str) -> Look:
    """All numbers of a step, the gradients by hand: ∂L/∂⟨a, b⟩ is σ - 1 for a positive pair, σ for a negative one."""
    target, context = (torch.from_numpy(part) for part in (vectors.target, vectors.context))
    words = _words(example, method)
    dots = _dots(target, context, example, method).numpy()
    sigmoids = 1 / (1 + np.exp(-dots))
    pull = sigmoids.copy()
    pull[:, 0] -= 1
    ours, theirs = np.zeros_like(vectors.target), np.zeros_like(vectors.context)
    if method == "skip-gram":
        ours[example.centre] = np.einsum("pk,pkd->d", pull, vectors.context[words])
        np.add.at(theirs, words, pull[:, :, None] * vectors.target[example.centre])
    else:
        mean = vectors.context[example.contexts].mean(0)
        np.add.at(ours, words, pull[:, :, None] * mean)
        share = np.einsum("pk,pkd->d", pull, vectors.target[words]) / len(example.contexts)
        np.add.at(theirs, example.contexts, share)
    terms = losses(target, context, example, method).numpy()
    return Look(words, dots, sigmoids, terms, pull, ours, theirs)


def _dots(target: Tensor, context: Tensor, example: Example, method: str) -> Float[Tensor, "pair K1"]:
    words = torch.from_numpy(_words(example, method))
    if method == "skip-gram":
        return context[words] @ target[example.centre]
    return target[words] @ context[torch.from_numpy(example.contexts)].mean(0)


def _words(example: Example, method: str) -> Int[np.ndarray, "pair K1"]:
    """Of each pair the positive word, then the negatives."""
    positives = example.contexts if method == "skip-gram" else np.array([example.centre])
    return np.hstack([positives[:, None], example.negatives]).astype(np.int64)
