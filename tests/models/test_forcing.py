"""What is read while training, against one pass over the truth and a loop that writes greedily."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch

from models.errors import ModelError
from models.mixers.feedforward import FeedForwardConfig, FeedForwardNetwork
from models.mixers.forcing import Run, divergence, run
from models.mixers.network import Network
from models.mixers.recurrent import CELLS, RecurrentConfig, RecurrentNetwork

_TARGETS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4]
_START = 0
_SHARES = [0.0, 0.1, 0.3, 0.5, 0.8, 1.0]
_NETWORKS = [*CELLS, "ffn"]


def _network(name: str) -> Network:
    generator = torch.Generator().manual_seed(5)
    if name == "ffn":
        shape = FeedForwardConfig(vocab_size=11, context=3, n_embd=5, n_hidden=7, start_id=_START)
        network: Network = FeedForwardNetwork(shape, generator).double()
    else:
        config = RecurrentConfig(cell=name, vocab_size=11, n_embd=5, n_hidden=7, n_layer=2)
        network = RecurrentNetwork(config, generator).double()
    with torch.no_grad():
        for weights in network.parameters():
            weights.mul_(4)  # small weights would predict the same word all the time
    return network


def _run(name: str, share: float, temperature: float = 0.0, banned: tuple[int, ...] = (), seed: int = 2) -> Run:
    return run(_network(name), _TARGETS, _START, share, seed, temperature, banned)


@pytest.mark.parametrize("name", _NETWORKS)
@torch.no_grad()
def test_teacher_forcing_is_one_pass_over_the_truth(name: str) -> None:
    network, read = _network(name), [_START, *_TARGETS[:-1]]
    forced = _run(name, share=0.0)
    h, _ = network.hidden(torch.tensor([read]), network.start(1), lambda x: x)
    log_probs = network.logits(network.projected(h[0])).log_softmax(-1)
    assert forced.inputs == read
    assert forced.targets == _TARGETS
    assert forced.predictions == log_probs.argmax(-1).tolist()
    assert forced.is_own == [False] * len(_TARGETS)
    assert forced.first_error is None
    np.testing.assert_allclose(forced.losses, -log_probs[range(len(_TARGETS)), _TARGETS].numpy(), atol=1e-12)
    np.testing.assert_allclose(forced.h, h[0].numpy(), atol=1e-12)


@pytest.mark.parametrize("name", _NETWORKS)
@torch.no_grad()
def test_free_running_writes_as_a_greedy_loop_does(name: str) -> None:
    network, read, losses = _network(name), [_START], []
    for target in _TARGETS:
        log_probs = network.trace(read).logits[-1].log_softmax(-1)
        losses.append(-log_probs[target].item())
        read.append(log_probs.argmax().item())
    free = _run(name, share=1.0)
    assert free.inputs == read[:-1]
    assert free.predictions == read[1:]
    assert free.is_own == [False] + [True] * (len(_TARGETS) - 1)
    np.testing.assert_allclose(free.losses, losses, atol=1e-10)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_larger_share_only_adds_own_words(temperature: float) -> None:
    runs = [_run("gru", share, temperature) for share in _SHARES]
    for fewer, more in itertools.pairwise(runs):
        assert all(after or not before for before, after in zip(fewer.is_own, more.is_own))
    counts = [sum(one.is_own) for one in runs]
    assert counts == sorted(set(counts))
    for one in runs:
        for t in range(1, len(_TARGETS)):
            assert one.inputs[t] == (one.predictions if one.is_own[t] else _TARGETS)[t - 1]


def test_the_share_is_that_of_own_words_in_a_long_text() -> None:
    mixed = run(_network("rnn"), _TARGETS * 50, _START, 0.3, seed=1)
    assert np.mean(mixed.is_own) == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("name", _NETWORKS)
@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_runs_part_with_the_first_error(name: str, temperature: float) -> None:
    truth = _run(name, share=0.0, temperature=temperature)
    for share in _SHARES[2:]:
        other = _run(name, share, temperature)
        apart, error = divergence(truth, other), other.first_error
        assert error is not None
        assert other.inputs[:error] == truth.inputs[:error]
        assert other.inputs[error] != truth.inputs[error]
        assert (apart[:error] == 0).all()
        assert apart[error] > 0
        np.testing.assert_allclose(apart, np.sqrt(((truth.h - other.h) ** 2).sum(1)))


def test_an_own_word_that_is_true_is_no_error() -> None:
    forced = _run("lstm", share=0.0)
    guessed = dataclasses.replace(forced, is_own=[False] + [True] * (len(_TARGETS) - 1))
    assert guessed.first_error is None
    last = dataclasses.replace(forced, inputs=[*forced.inputs[:-1], _TARGETS[-2] + 1])
    assert last.first_error == len(_TARGETS) - 1


def test_predictions_are_drawn_from_the_tempered_distribution() -> None:
    network = _network("rnn")
    with torch.no_grad():
        expected = (network.trace([_START]).logits[0] / 3.0).softmax(-1).numpy()
    drawn = [run(network, _TARGETS[:1], _START, 1.0, seed, 3.0).predictions[0] for seed in range(2000)]
    shares = np.bincount(drawn, minlength=11) / 2000
    np.testing.assert_allclose(shares, expected, atol=4 * np.sqrt(0.25 / 2000))
    assert _run("rnn", 1.0, 1.0).inputs == _run("rnn", 1.0, 1.0).inputs
    assert _run("rnn", 1.0, 1.0).inputs != _run("rnn", 1.0, 1.0, seed=3).inputs


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_banned_tokens_are_never_predicted_and_cost_what_they_did(temperature: float) -> None:
    free = _run("gru", 0.0, temperature)
    banned = tuple(set(free.predictions))[:3]
    other = _run("gru", 0.0, temperature, banned)
    assert not set(other.predictions) & set(banned)
    np.testing.assert_array_equal(other.losses, free.losses)


def test_what_cannot_be_run_is_refused() -> None:
    with pytest.raises(ModelError, match="no text"):
        run(_network("rnn"), [], _START, 0.0, 1)
    with pytest.raises(ModelError, match=r"is 1\.5"):
        _run("rnn", share=1.5)
    with pytest.raises(ModelError, match="temperature"):
        _run("rnn", share=1.0, temperature=-1.0)
