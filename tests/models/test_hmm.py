import itertools
import math

import numpy as np
import pytest
import torch
from hmmlearn.hmm import CategoricalHMM
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import ModelError
from models.mixers.hmm import HMM, baum_welch, expected, padded

sequences = st.lists(st.integers(0, 3), min_size=1, max_size=5)


def some(seed, states=3, symbols=4):
    generator = torch.Generator().manual_seed(seed)
    shapes = ((states,), (states, states), (states, symbols))
    return HMM.of(*((torch.randn(shape, generator=generator) * 1.5).softmax(-1).double() for shape in shapes))


def every_path(hmm, observed):
    """ln P(path, observed) of all paths, added up by hand."""
    pi, a, b = (table.tolist() for table in (hmm.log_initial, hmm.log_transition, hmm.log_emission))
    found = {}
    for path in itertools.product(range(hmm.n_states), repeat=len(observed)):
        total = pi[path[0]] + sum(b[state][symbol] for state, symbol in zip(path, observed))
        found[path] = total + sum(a[i][j] for i, j in itertools.pairwise(path))
    return found


@settings(max_examples=15)
@given(st.integers(0, 1000), sequences)
def test_equal_to_adding_up_all_paths(seed, observed):
    hmm = some(seed)
    paths = every_path(hmm, observed)
    batch = torch.tensor([observed])
    total = math.log(sum(math.exp(value) for value in paths.values()))
    assert float(hmm.log_likelihood(batch)[0]) == pytest.approx(total)
    best = max(paths, key=paths.get)
    viterbi = hmm.viterbi(batch[0])
    assert viterbi.log_prob == pytest.approx(paths[best])
    assert paths[viterbi.path] == pytest.approx(paths[best])
    posterior = hmm.posterior(batch)[0]
    for t in range(len(observed)):
        for state in range(hmm.n_states):
            wanted = sum(math.exp(value - total) for path, value in paths.items() if path[t] == state)
            assert float(posterior[t, state]) == pytest.approx(wanted, abs=1e-9)
    both = hmm.forward(batch)[0] + hmm.backward(batch)[0]
    assert both.logsumexp(-1).tolist() == pytest.approx([total] * len(observed))


@settings(max_examples=15)
@given(st.integers(0, 100), st.lists(sequences, min_size=1, max_size=4))
def test_a_batch_equals_single_sequences(seed, many):
    hmm = some(seed)
    together = hmm.posterior(padded(many))
    likelihoods = hmm.log_likelihood(padded(many))
    for i, one in enumerate(many):
        alone = torch.tensor([one])
        assert float(likelihoods[i]) == pytest.approx(float(hmm.log_likelihood(alone)[0]))
        torch.testing.assert_close(together[i, : len(one)], hmm.posterior(alone)[0])


def reference(hmm):
    size = hmm.log_emission.shape[1]
    theirs = CategoricalHMM(hmm.n_states, n_features=size, init_params="", n_iter=5, tol=-math.inf)
    theirs.startprob_ = hmm.log_initial.exp().numpy()
    theirs.transmat_ = hmm.log_transition.exp().numpy()
    theirs.emissionprob_ = hmm.log_emission.exp().numpy()
    return theirs


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_hmmlearn(seed):
    hmm = some(seed)
    many = [some(seed + 10).sample(length, seed)[1] for length in (12, 1, 30, 7)]
    theirs, flat = reference(hmm), np.concatenate(many)[:, None]
    lengths = list(map(len, many))
    assert float(hmm.log_likelihood(padded(many)).sum()) == pytest.approx(theirs.score(flat, lengths))
    log_prob, path = theirs.decode(flat[:12], [12])
    assert hmm.viterbi(torch.tensor(many[0])).log_prob == pytest.approx(log_prob)
    assert list(hmm.viterbi(torch.tensor(many[0])).path) == path.tolist()
    theirs.fit(flat, lengths)
    *_, (ours, _) = baum_welch(hmm, padded(many), 5)
    assert ours.log_transition.exp().numpy() == pytest.approx(theirs.transmat_, abs=1e-6)
    assert ours.log_emission.exp().numpy() == pytest.approx(theirs.emissionprob_, abs=1e-6)
    assert ours.log_initial.exp().numpy() == pytest.approx(theirs.startprob_, abs=1e-6)


@settings(max_examples=10)
@given(st.integers(0, 50))
def test_the_likelihood_never_falls(seed):
    many = padded([some(seed, states=2).sample(15, i)[1] for i in range(6)])
    values = [value for _, value in baum_welch(HMM.random(2, 4, seed), many, 12)]
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(values))


def test_what_is_very_improbable_is_not_impossible():
    """Two states that nothing connects; after many steps one is far less probable, and then the only one possible."""
    emission = torch.tensor([[1.0, 0.0], [1e-30, 1.0]], dtype=torch.double)
    emission[1] /= emission[1].sum()
    hmm = HMM.of(torch.tensor([0.5, 0.5], dtype=torch.double), torch.eye(2, dtype=torch.double), emission)
    observed = torch.tensor([[0] * 12 + [1]])
    wanted = math.log(0.5) + 12 * math.log(1e-30)
    assert float(hmm.log_likelihood(observed)[0]) == pytest.approx(wanted)
    assert hmm.viterbi(observed[0]).log_prob == pytest.approx(wanted)
    [(after, _)] = baum_welch(hmm, observed, 1)
    assert after.log_initial.exp().tolist() == pytest.approx([0, 1])


@pytest.mark.parametrize("seed", range(3))
def test_many_states_are_computed_like_few(seed, monkeypatch):
    few, observed = some(seed, states=5, symbols=6), padded([some(seed, 5, 6).sample(n, n)[1] for n in (9, 1, 4)])
    likelihood, counts = few.log_likelihood(observed), expected(few, observed)
    monkeypatch.setattr("models.mixers.hmm._FEW", 0)
    torch.testing.assert_close(few.log_likelihood(observed), likelihood)
    again = expected(few, observed)
    torch.testing.assert_close(again.transition, counts.transition)
    torch.testing.assert_close(again.emission, counts.emission)


def test_samples_are_known_by_their_seed_and_follow_the_model():
    hmm = HMM.of(torch.tensor([1.0, 0.0]), torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.eye(2))
    assert hmm.sample(4, 1) == ([0, 1, 0, 1], [0, 1, 0, 1])
    assert some(1).sample(20, 3) == some(1).sample(20, 3) != some(1).sample(20, 4)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [((torch.tensor([0.5, 0.6]), torch.eye(2), torch.eye(2)), "row of pi"),
     ((torch.tensor([0.5, 0.5]), torch.eye(2), torch.tensor([[1.5, -0.5], [0.5, 0.5]])), "B holds")],
)  # fmt: skip
def test_what_is_no_model_is_explained(wrong, said):
    with pytest.raises(ModelError, match=said):
        HMM.of(*wrong)
