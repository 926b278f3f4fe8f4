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
_FEW = 16  # states


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
            after = _log_product(steps[-1], self.log_transition) + self._seen(observed[:, t])
            steps.append(torch.where(observed[:, t, None] == _PAD, steps[-1], after))
        return torch.stack(steps, 1)

    def backward(self, observed: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos state"]:
        """ln P(w_{t+1} ... w_n | h_t); 0 at the last position and beyond it."""
        steps = [self.log_initial.new_zeros(len(observed), self.n_states)]
        for t in range(observed.shape[1] - 1, 0, -1):
            later = self._seen(observed[:, t]) + steps[-1]
            before = _log_product(later, self.log_transition.T)
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
    """Expectation maximisation: the model after each round, and ln P of all sequences before it, which never falls."""
    for _ in range(rounds):
        found = expected(hmm, observed)
        hmm = HMM(
            _distribution(found.initial[None], hmm.log_initial[None])[0],
            _distribution(found.transition, hmm.log_transition),
            _distribution(found.emission, hmm.log_emission),
        )
        yield hmm, found.log_likelihood


@dataclass(frozen=True, eq=False)
class Expected:
    """How often each thing happened in sequences of which only the symbols were seen: expectations under a model."""

    initial: Float[Tensor, " state"]  # sequences that began in each state
    transition: Float[Tensor, "state state"]  # steps from each state to each
    emission: Float[Tensor, "state symbol"]  # symbols that came from each state
    log_likelihood: float  # ln P of all sequences


def expected(hmm: HMM, observed: Int[Tensor, "batch pos"]) -> Expected:
    """The expectation step. Source: Rabiner 1989, equations 37 and 40, summed over sequences as in 109 to 111."""
    there = observed != _PAD
    symbols = observed.clamp(min=0)
    forward, backward = hmm.forward(observed), hmm.backward(observed)
    of_each = forward[:, -1].logsumexp(-1)
    gamma = (forward + backward - of_each[:, None, None]).exp() * there[..., None]
    # xi_t(i, j) = alpha_t(i) A_ij B_j(w_t+1) beta_t+1(j) / P(w), of which only the sum over t is needed: a product of
    # matrices, with the largest numbers taken out of both first.
    before, after = forward[:, :-1], hmm.log_emission.T[symbols[:, 1:]] + backward[:, 1:]
    if hmm.n_states <= _FEW:
        xi = before[..., None] + hmm.log_transition + after[:, :, None, :] - of_each[:, None, None, None]
        steps = (xi.exp() * there[:, 1:, None, None]).sum((0, 1))
    else:
        most_before, most_after = _most(before), _most(after)
        share = (most_before + most_after - of_each[:, None, None]).exp() * there[:, 1:, None]
        pairs = torch.einsum("bpi,bpj->ij", (before - most_before).exp() * share, (after - most_after).exp())
        steps = pairs * hmm.log_transition.exp()
    emission = gamma.new_zeros(hmm.log_emission.T.shape).index_add_(0, symbols.flatten(), gamma.flatten(0, 1))
    return Expected(gamma[:, 0].sum(0), steps, emission.T, float(of_each.sum()))


def _log_product(log_rows: Float[Tensor, "batch i"], log_matrix: Float[Tensor, "i j"]) -> Float[Tensor, "batch j"]:
    """ln of the product of exp(log_rows) and exp(log_matrix).

    Of few states number by number. Of many as a product of matrices, with the largest number of each row taken out
    first: ten times as fast, but a state that is e^745 times less probable than another counts as impossible.
    """
    if len(log_matrix) <= _FEW:
        return (log_rows[..., None] + log_matrix).logsumexp(-2)
    most = _most(log_rows)
    return ((log_rows - most).exp() @ log_matrix.exp()).log() + most


def _most(log_rows: Float[Tensor, "*batch i"]) -> Float[Tensor, "*batch 1"]:
    """The largest number of each row, never minus infinity: what is impossible stays so when it is taken away."""
    return log_rows.amax(-1, keepdim=True).clamp(min=torch.finfo(log_rows.dtype).min)


def _distribution(expected: Float[Tensor, "row column"], before: Float[Tensor, "row column"]) -> Tensor:
    """Expected counts as logarithms of shares; a row that was never visited stays as it was."""
    of = expected.sum(-1, keepdim=True)
    return torch.where(of > 0, (expected / of.clamp(min=1e-300)).log(), before)
