"""Markov chains: the next state depends on the present one only.

Sources: Markov 1913, An Example of Statistical Investigation of the Text Eugene Onegin (translated in Science in
Context 19(4), 2006); Levin, Peres and Wilmer 2017, Markov Chains and Mixing Times, chapters 1 and 4; Grassmann, Taksar
and Heyman 1985 for the stationary distribution.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from models.errors import ModelError

MIXED = 0.25  # total variation distance from which on a chain counts as mixed
Matrix = Float[np.ndarray, "from to"]
Distribution = Float[np.ndarray, " state"]


@dataclass(frozen=True)
class Group:
    """States of which each can be reached from each: a communicating class."""

    states: tuple[int, ...]
    closed: bool  # the chain never leaves it
    period: int  # it comes back only after multiples of so many steps; 0: it never comes back


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

    def from_state(self, state: int) -> Distribution:
        """The distribution of a chain that is in one state for sure."""
        start: Distribution = np.eye(len(self.states))[state]
        return start

    def after(self, steps: int) -> Matrix:
        """P(state after so many steps | state now): the matrix to that power (Chapman-Kolmogorov)."""
        power: Matrix = np.linalg.matrix_power(self.transition, steps)
        return power

    def walk(self, start: int, steps: int, seed: int) -> list[int]:
        """A random walk of so many steps, with the state where it starts."""
        below = self.transition.cumsum(1)
        below /= below[:, -1:]
        states = [start]
        for draw in np.random.default_rng(seed).random(steps):
            states.append(int(np.searchsorted(below[states[-1]], draw, side="right")))
        return states

    def power_iteration(self, start: Distribution, steps: int) -> Float[np.ndarray, "step state"]:
        """The distribution over the states after 0, 1, 2, ... steps; for most chains it settles down."""
        rows = [start]
        for _ in range(steps):
            rows.append(rows[-1] @ self.transition)
        return np.stack(rows)

    @cached_property
    def groups(self) -> list[Group]:
        """The communicating classes; a chain is irreducible where there is one, aperiodic where its period is 1."""
        size = len(self.states)
        edges = self.transition > 0
        reach = edges | np.eye(size, dtype=bool)
        for _ in range(size.bit_length()):
            reach = reach.astype(np.float32) @ reach.astype(np.float32) > 0
        mutual = reach & reach.T
        found = []
        for first in range(size):
            members = np.flatnonzero(mutual[first])
            if members[0] == first:
                outside = reach[first].sum() > len(members)
                found.append(Group(tuple(members.tolist()), not outside, _period(edges[np.ix_(members, members)])))
        return found

    def stationary(self, start: Distribution | None = None) -> Distribution:
        """The share of time that the chain spends in each state in the long run; a step leaves it as it is.

        Where the chain can end in several closed groups, it depends on `start`, which is uniform unless given.
        """
        size = len(self.states)
        start = np.full(size, 1 / size) if start is None else start
        passing = [state for group in self.groups if not group.closed for state in group.states]
        # How often each state that is left for ever is visited before.
        within = self.transition[np.ix_(passing, passing)]
        visits = np.linalg.solve(np.eye(len(passing)) - within.T, start[passing])
        shares = np.zeros(size)
        for states, balance in self._balances:
            ends_here = start[states].sum() + (visits @ self.transition[np.ix_(passing, states)]).sum()
            shares[states] = ends_here * balance
        return shares

    @cached_property
    def _balances(self) -> list[tuple[list[int], Distribution]]:
        """The states of each closed group, and the stationary distribution within it."""
        closed = [list(group.states) for group in self.groups if group.closed]
        return [(states, _balance(self.transition[np.ix_(states, states)])) for states in closed]

    def distances(self, stationary: Distribution, steps: int) -> Float[np.ndarray, " step"]:
        """How far the worst start is from `stationary` after 0, 1, 2, ... steps, in total variation, from 0 to 1."""
        now = np.eye(len(self.states))
        found = []
        for _ in range(steps + 1):
            found.append(0.5 * np.abs(now - stationary).sum(1).max())
            now = now @ self.transition
        return np.array(found)

    def second_eigenvalue(self) -> float:
        """The second largest modulus of an eigenvalue: about what a step leaves of the distance, in the long run."""
        moduli = np.sort(np.abs(np.linalg.eigvals(self.transition)))
        return float(moduli[-2]) if len(moduli) > 1 else 0.0


@dataclass(frozen=True)
class Dependence:
    """Whether a state depends on the one before it: Pearson's chi-square of the table of pairs."""

    chi_square: float
    degrees: int  # also the chi-square to expect, were each state drawn for itself
    p_value: float  # how probable one at least as large would be then


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


def expected_pairs(counts: Int[np.ndarray, "from to"]) -> Float[np.ndarray, "from to"]:
    """The pairs to expect if a state did not depend on the one before it: row sum times column sum by the total."""
    expected: Matrix = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / counts.sum()
    return expected


def dependence(counts: Int[np.ndarray, "from to"]) -> Dependence:
    """Compares the pairs with what they would be if each state were drawn for itself."""
    from scipy.special import chdtrc

    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    expected = expected_pairs(counts)
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    degrees = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return Dependence(chi_square, degrees, float(chdtrc(degrees, chi_square)) if degrees else 1.0)


def _balance(table: Matrix) -> Distribution:
    """The stationary distribution of a chain of one group: states are taken out one by one, and nothing subtracted."""
    left = table.copy()
    for last in range(len(left) - 1, 0, -1):
        left[:last, last] /= left[last, :last].sum()
        left[:last, :last] += np.outer(left[:last, last], left[last, :last])
    weights = np.ones(len(left))
    for state in range(1, len(left)):
        weights[state] = weights[:state] @ left[:state, state]
    return np.asarray(weights / weights.sum())


def _period(edges: np.ndarray) -> int:
    """The greatest common divisor of the lengths of all circles in a group; 0 if it has none."""
    level, queue = {0: 0}, [0]
    for state in queue:
        for after in np.flatnonzero(edges[state]).tolist():
            if after not in level:
                level[after] = level[state] + 1
                queue.append(after)
    return math.gcd(*(level[i] + 1 - level[j] for i, j in np.argwhere(edges).tolist()))
