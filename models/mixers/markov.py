"""Markov chains: the next state depends on the present one only.

Sources: Markov 1913, An Example of Statistical Investigation of the Text Eugene Onegin (translated in Science in
Context 19(4), 2006); Jurafsky and Martin, Speech and Language Processing, 3rd ed., appendix A.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from models.errors import ModelError
from models.tokens.words import WordTokenizer

VOWELS = "aeiouyàáâäãåæèéêëìíîïòóôöõøœùúûüаеёиоуыэюяйαεηιουω"
MOST_STATES = 300  # of their own; a larger table would be slow to multiply
REST = "(all others)"
Matrix = Float[np.ndarray, "from to"]
Distribution = Float[np.ndarray, " state"]


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """States and the probabilities of going from one to another: row i holds P(next state | state i)."""

    states: tuple[str, ...]
    transition: Matrix

    def __post_init__(self) -> None:
        size = len(self.states)
        if self.transition.shape != (size, size):
            raise ModelError(f"{size} states need a table of {size} x {size} numbers, not {self.transition.shape}.")
        if not (np.isfinite(self.transition).all() and (self.transition >= 0).all()):
            raise ModelError("Probabilities are numbers from 0 to 1.")
        if not np.allclose(self.transition.sum(1), 1.0, atol=1e-6):
            raise ModelError("Each row sums to 1: from every state the chain goes somewhere.")

    def after(self, steps: int) -> Matrix:
        """P(state after so many steps | state now): the matrix to that power (Chapman-Kolmogorov)."""
        power: Matrix = np.linalg.matrix_power(self.transition, steps)
        return power

    def walk(self, start: int, steps: int, seed: int) -> list[int]:
        """A random walk of so many steps, with the state where it starts."""
        generator = np.random.default_rng(seed)
        states = [start]
        for _ in range(steps):
            states.append(int(generator.choice(len(self.states), p=self.transition[states[-1]])))
        return states

    def power_iteration(self, start: Distribution, steps: int) -> Float[np.ndarray, "step state"]:
        """The distribution over the states after 0, 1, 2, ... steps; for most chains it settles down."""
        rows = [start]
        for _ in range(steps):
            rows.append(rows[-1] @ self.transition)
        return np.stack(rows)

    def stationary(self, tolerance: float = 1e-12, steps: int = 20_000) -> Distribution:
        """The distribution that a step leaves as it is, reached from the uniform one.

        Raises:
            ModelError: it does not settle down: the chain goes round in circles.
        """
        size = len(self.states)
        # Half of the time the chain rests: the same stationary distribution, without the circles.
        lazy = (self.transition + np.eye(size)) / 2
        now = np.full(size, 1 / size)
        for _ in range(steps):
            after = now @ lazy
            if np.abs(after - now).sum() < tolerance:
                return np.asarray(after / after.sum())
            now = after
        raise ModelError("The chain does not settle down.")


@dataclass(frozen=True)
class Dependence:
    """Whether a state depends on the one before it: Pearson's chi-square of the table of pairs."""

    chi_square: float
    degrees: int


def states_of(text: str, kind: str, vowels: str = VOWELS) -> tuple[list[int], list[str]]:
    """A text as states: their numbers in order, and their names.

    Args:
        text: any text.
        kind: "classes" (vowels and consonants), "letters" or "words"; signs and spaces are no states.
        vowels: the letters of the first class.

    >>> states_of("Banana!", "classes")
    ([1, 0, 1, 0, 1, 0], ['vowel', 'consonant'])
    """
    if kind == "words":
        names = [text[start:stop].lower() for start, stop in WordTokenizer.cut(text)]
    else:
        names = [letter for letter in text.lower() if letter.isalpha()]
    if kind == "classes":
        return [int(letter not in vowels.lower()) for letter in names], ["vowel", "consonant"]
    most = {name for name, _ in Counter(names).most_common(MOST_STATES)}
    names = [name if name in most else REST for name in names]
    place = {state: i for i, state in enumerate(dict.fromkeys(names))}
    return [place[name] for name in names], list(place)


def pair_counts(sequence: ArrayLike, size: int) -> Int[np.ndarray, "from to"]:
    """How often each state follows each other one, in a sequence of shape (pos,)."""
    states = np.asarray(sequence, dtype=np.int64)
    counts = np.zeros((size, size), dtype=np.int64)
    np.add.at(counts, (states[:-1], states[1:]), 1)
    return counts


def chain_of(counts: Int[np.ndarray, "from to"], states: Sequence[str]) -> MarkovChain:
    """The chain whose probabilities are the relative frequencies; a state that nothing follows goes to any state."""
    of = counts.sum(1, keepdims=True)
    transition = np.where(of > 0, counts / np.maximum(of, 1), 1 / len(states))
    return MarkovChain(tuple(states), transition)


def dependence(counts: Int[np.ndarray, "from to"]) -> Dependence:
    """Compares the pairs with what they would be if each state were drawn for itself."""
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / counts.sum()
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    return Dependence(chi_square, (counts.shape[0] - 1) * (counts.shape[1] - 1))
