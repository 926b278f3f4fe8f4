"""The feed-forward network against the sums of the paper."""

import pytest
import torch

from models.errors import ModelError
from models.mixers.feedforward import ACTIVATIONS, FeedForwardConfig, FeedForwardNetwork

_IDS = [3, 1, 4, 1, 5]


def _network(activation: str = "tanh", n_hidden: int = 7) -> FeedForwardNetwork:
    shape = FeedForwardConfig(vocab_size=11, context=3, n_embd=5, n_hidden=n_hidden, start_id=0, activation=activation)
    return FeedForwardNetwork(shape).double()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_position_is_a_softmax_of_its_last_tokens(activation: str) -> None:
    network = _network(activation)
    trace = network.trace(_IDS)
    read = [0, 0, *_IDS]
    for i in range(len(_IDS)):
        window = read[i : i + 3]
        assert trace.windows[i].tolist() == window
        x = torch.cat([network.wte.weight[token] for token in window])
        h = ACTIVATIONS[activation](network.mix.weight @ x + network.mix.bias)
        torch.testing.assert_close(trace.h[i], h, atol=1e-12, rtol=0)
        assert network.proj is not None
        y = network.wte.weight @ (network.proj.weight @ h) + network.bias
        torch.testing.assert_close(trace.logits[i], y, atol=1e-12, rtol=0)


@pytest.mark.parametrize("n_hidden", [5, 7])
def test_reading_in_parts_is_reading_in_one(n_hidden: int) -> None:
    network = _network(n_hidden=n_hidden)
    idx = torch.tensor([_IDS, _IDS[::-1]])
    state, parts = network.start(2), []
    for part in idx.split(2, dim=1):
        hidden, state = network(part, state)
        parts.append(hidden)
    whole, _ = network(idx, network.start(2))
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)
    torch.testing.assert_close(network.logits(whole)[0], network.trace(_IDS).logits)


@pytest.mark.parametrize("context", [1, 3])
def test_embeddings_are_read_as_their_tokens_are(context: int) -> None:
    shape = FeedForwardConfig(vocab_size=11, context=context, n_embd=5, n_hidden=7, start_id=2)
    network = FeedForwardNetwork(shape).double()
    idx = torch.tensor([_IDS])
    x = network.wte(idx[0]).detach().requires_grad_()
    logits = network.logits_from(x)
    hidden, _ = network(idx, network.start(1))
    torch.testing.assert_close(logits, network.logits(hidden[0]), atol=1e-12, rtol=0)
    (gradient,) = torch.autograd.grad(logits[3].sum(), x)
    assert [length > 0 for length in gradient.norm(dim=1)] == [4 - context <= t < 4 for t in range(5)]


def test_what_is_farther_back_is_not_seen() -> None:
    network = _network()
    one, other = network.trace([7, 1, 4, 1, 5]).logits, network.trace([2, 1, 4, 1, 5]).logits
    torch.testing.assert_close(one[3:], other[3:])
    assert not torch.allclose(one[2], other[2])


def test_shapes_out_of_range_are_refused() -> None:
    with pytest.raises(ModelError, match="context is 0"):
        FeedForwardConfig(vocab_size=3, context=0, n_embd=2, n_hidden=1, start_id=0)
    with pytest.raises(ModelError, match="'gelu' is not known"):
        _network("gelu")


@pytest.mark.parametrize(("n_embd", "n_hidden"), [(5, 7), (6, 6)])
def test_weights_are_counted_without_being_made(n_embd: int, n_hidden: int) -> None:
    config = FeedForwardConfig(vocab_size=11, context=3, n_embd=n_embd, n_hidden=n_hidden, start_id=0)
    assert config.count_weights() == sum(weights.numel() for weights in FeedForwardNetwork(config).parameters())
