"""Hidden Markov models: a Markov chain that is not seen, and in each of its states a distribution of what is seen.

Batched, in log space. Two assumptions carry it: the hidden state h_t depends on h_{t-1} only, and the observed w_t on
h_t only.

Sources: Rabiner 1989, A Tutorial on Hidden Markov Models; Jurafsky and Martin, Speech and Language Processing, 3rd ed.,
appendix A (alpha_t: `forward[t]`, beta_t: `backward[t]`, gamma_t: `posterior[t]`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.errors import ModelError

_PAD = -1


@dataclass(frozen=True, eq=False)
class HMM:
    """pi, A and B as logarithms; rows are distributions."""

    log_initial: Float[Tensor, " state"]  # ln P(h_1)
    log_transition: Float[Tensor, "state state"]  # row i: ln P(h_t | h_{t-1} = i), from before to
    log_emission: Float[Tensor, "state symbol"]  # row i: ln P(w_t | h_t = i)

    @classmethod
    def of(cls, initial: Tensor, transition: Tensor, emission: Tensor) -> "HMM":
        """From probabilities.

        Raises:
            ModelError: a row is no distribution.
        """
        for name, table in (("pi", initial), ("A", transition), ("B", emission)):
            rows = table if table.dim() == 2 else table[None]
            if not (torch.isfinite(rows).all() and (rows >= 0).all()):
                raise ModelError(f"{name} holds probabilities: numbers from 0 to 1.")
            if not torch.allclose(rows.sum(1), torch.ones(len(rows), dtype=rows.dtype), atol=1e-4):
                raise ModelError(f"Each row of {name} sums to 1.")
        return cls(initial.double().log(), transition.double().log(), emission.double().log())

    @classmethod
    def random(cls, states: int, symbols: int, seed: int) -> "HMM":
        """Rows drawn near the uniform distribution: where training begins."""
        generator = torch.Generator().manual_seed(seed)

        def rows(*shape: int) -> Tensor:
            return (1 + torch.rand(shape, generator=generator, dtype=torch.double)).log().log_softmax(-1)

        return cls(rows(states), rows(states, states), rows(states, symbols))

    @property
    def n_states(self) -> int:
        """How many hidden states there are."""
        return len(self.log_initial)

    def forward(self, observed: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos state"]:
        """ln P(w_1 ... w_t, h_t). Positions beyond the end of a sequence (-1) repeat its last one."""
        steps = [self.log_initial + self._seen(observed[:, 0])]
        for t in range(1, observed.shape[1]):
            after = (steps[-1][:, :, None] + self.log_transition).logsumexp(1) + self._seen(observed[:, t])
            steps.append(torch.where(observed[:, t, None] == _PAD, steps[-1], after))
        return torch.stack(steps, 1)

    def backward(self, observed: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos state"]:
        """ln P(w_{t+1} ... w_n | h_t); 0 at the last position and beyond it."""
        steps = [torch.zeros(len(observed), self.n_states, dtype=torch.double)]
        for t in range(observed.shape[1] - 1, 0, -1):
            later = self._seen(observed[:, t]) + steps[-1]
            before = (self.log_transition[None] + later[:, None, :]).logsumexp(2)
            steps.append(torch.where(observed[:, t, None] == _PAD, torch.zeros_like(before), before))
        return torch.stack(steps[::-1], 1)

    def log_likelihood(self, observed: Int[Tensor, "batch pos"]) -> Float[Tensor, " batch"]:
        """ln P(w_1 ... w_n) of each sequence."""
        return self.forward(observed)[:, -1].logsumexp(-1)

    def posterior(self, observed: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos state"]:
        """P(h_t | the whole sequence); of no meaning beyond its end."""
        return (self.forward(observed) + self.backward(observed)).softmax(-1)

    def viterbi(self, observed: Int[Tensor, " pos"]) -> "Viterbi":
        """The most probable path of hidden states of one sequence."""
        scores = [self.log_initial + self._seen(observed[None, 0])[0]]
        pointers = [torch.full((self.n_states,), -1)]
        for t in range(1, len(observed)):
            best = (scores[-1][:, None] + self.log_transition).max(0)
            scores.append(best.values + self._seen(observed[None, t])[0])
            pointers.append(best.indices)
        path = [int(scores[-1].argmax())]
        for pointer in reversed(pointers[1:]):
            path.append(int(pointer[path[-1]]))
        return Viterbi(tuple(path[::-1]), float(scores[-1].max()), torch.stack(scores), torch.stack(pointers))

    def sample(self, length: int, seed: int) -> tuple[list[int], list[int]]:
        """Hidden states and what is seen of them."""
        generator = torch.Generator().manual_seed(seed)
        states, seen = list[int](), list[int]()
        for _ in range(length):
            row = self.log_transition[states[-1]] if states else self.log_initial
            states.append(int(torch.multinomial(row.exp(), 1, generator=generator)))
            seen.append(int(torch.multinomial(self.log_emission[states[-1]].exp(), 1, generator=generator)))
        return states, seen

    def _seen(self, symbols: Int[Tensor, " batch"]) -> Float[Tensor, "batch state"]:
        return self.log_emission.T[symbols.clamp(min=0)]


@dataclass(frozen=True, eq=False)
class Viterbi:
    """The best path, and how it was found."""

    path: tuple[int, ...]
    log_prob: float  # ln P(path, what was seen)
    scores: Float[Tensor, "pos state"]  # ln P of the best path that ends in each state
    pointers: Int[Tensor, "pos state"]  # the state before, on that path; -1 at first


def padded(sequences: Sequence[Sequence[int]]) -> Int[Tensor, "batch pos"]:
    """Sequences of different lengths side by side; -1 stands beyond their ends."""
    rows = torch.full((len(sequences), max(map(len, sequences))), _PAD)
    for row, sequence in zip(rows, sequences, strict=True):
        row[: len(sequence)] = torch.tensor(sequence)
    return rows


def baum_welch(hmm: HMM, observed: Int[Tensor, "batch pos"], rounds: int) -> Iterator[tuple[HMM, float]]:
    """Expectation maximisation: the model after each round, and ln P of all sequences before it, which never falls.

    Source: Rabiner 1989, equations 40a to 40c and 109 to 111 for several sequences.
    """
    there = observed != _PAD
    symbols = hmm.log_emission.shape[1]
    one_hot = torch.nn.functional.one_hot(observed.clamp(min=0), symbols).double() * there[..., None]
    for _ in range(rounds):
        forward, backward = hmm.forward(observed), hmm.backward(observed)
        of_each = forward[:, -1].logsumexp(-1)
        gamma = (forward + backward - of_each[:, None, None]).exp() * there[..., None]
        seen = hmm.log_emission.T[observed[:, 1:].clamp(min=0)]
        pairs = forward[:, :-1, :, None] + hmm.log_transition + (seen + backward[:, 1:])[:, :, None, :]
        xi = (pairs - of_each[:, None, None, None]).exp() * there[:, 1:, None, None]
        hmm = HMM(
            _distribution(gamma[:, 0].sum(0)[None], hmm.log_initial[None])[0],
            _distribution(xi.sum((0, 1)), hmm.log_transition),
            _distribution(torch.einsum("bps,bpw->sw", gamma, one_hot), hmm.log_emission),
        )
        yield hmm, float(of_each.sum())


def _distribution(expected: Float[Tensor, "row column"], before: Float[Tensor, "row column"]) -> Tensor:
    """Expected counts as logarithms of shares; a row that was never visited stays as it was."""
    of = expected.sum(-1, keepdim=True)
    return torch.where(of > 0, (expected / of.clamp(min=1e-300)).log(), before)
