"""The cells by their equations, against torch.nn's, in values and gradients."""

import pytest
import torch

from models.errors import ModelError
from models.mixers.recurrent import CELLS, STEPS, RecurrentConfig, RecurrentNetwork

_IDS = [3, 1, 4, 1, 5, 9, 2, 6]


def _network(cell: str, **sizes: int) -> RecurrentNetwork:
    shape = {"vocab_size": 11, "n_embd": 5, "n_hidden": 7, "n_layer": 2} | sizes
    return RecurrentNetwork(RecurrentConfig(cell=cell, **shape)).double()


@pytest.mark.parametrize("cell", CELLS)
def test_one_step_is_that_of_torchs_cell(cell: str) -> None:
    theirs = {"rnn": torch.nn.RNNCell, "lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}[cell](5, 7).double()
    random = torch.Generator().manual_seed(1)
    x, h, c = (torch.randn(3, size, generator=random, dtype=torch.float64, requires_grad=True) for size in (5, 7, 7))
    weights = (theirs.weight_ih, theirs.weight_hh, theirs.bias_ih, theirs.bias_hh)
    ours = STEPS[cell](x, (h, c) if cell == "lstm" else (h,), weights)
    if cell == "lstm":
        expected, expected_c = theirs(x, (h, c))
        assert ours.c is not None
        torch.testing.assert_close(ours.c, expected_c, atol=1e-12, rtol=0)
    else:
        expected = theirs(x, h)
    torch.testing.assert_close(ours.h, expected, atol=1e-12, rtol=0)
    inputs = [x, h, *weights]
    for one, other in zip(
        torch.autograd.grad(ours.h.square().sum(), inputs), torch.autograd.grad(expected.square().sum(), inputs)
    ):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("n_layer", [1, 3])
def test_the_trace_is_what_torchs_layers_compute(cell: str, n_layer: int) -> None:
    network = _network(cell, n_layer=n_layer)
    whole = CELLS[cell](5, 7, n_layer, batch_first=True).double()
    whole.load_state_dict(
        {
            name: network.layers[layer].state_dict()[f"{name.rsplit('_l', 1)[0]}_l0"]
            for name in whole.state_dict()
            for layer in [int(name[-1])]
        }
    )
    trace = network.trace(_IDS)
    expected, last = whole(network.wte(torch.tensor([_IDS])))
    torch.testing.assert_close(trace.h[-1], expected[0], atol=1e-12, rtol=0)
    torch.testing.assert_close(trace.h[:, -1], (last[0] if cell == "lstm" else last)[:, 0], atol=1e-12, rtol=0)
    if cell == "lstm":
        assert trace.c is not None
        torch.testing.assert_close(trace.c[:, -1], last[1][:, 0], atol=1e-12, rtol=0)
    hidden, state = network(torch.tensor([_IDS]), network.start(1))
    torch.testing.assert_close(network.logits(hidden[0]), trace.logits, atol=1e-12, rtol=0)
    torch.testing.assert_close(state[0][:, 0], trace.h[:, -1], atol=1e-12, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_through_the_trace_are_torchs(cell: str) -> None:
    network = _network(cell)
    by_trace = torch.autograd.grad(network.trace(_IDS).logits.square().sum(), list(network.parameters()))
    hidden, _ = network(torch.tensor([_IDS]), network.start(1))
    by_torch = torch.autograd.grad(network.logits(hidden).square().sum(), list(network.parameters()))
    for one, other in zip(by_trace, by_torch, strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-10)


def test_gates_and_pre_activations_belong_to_the_states() -> None:
    trace = _network("lstm").trace(_IDS)
    assert trace.c is not None
    assert set(trace.gates) == set("ifgo")
    torch.testing.assert_close(trace.gates["o"] * torch.tanh(trace.c), trace.h)
    before = torch.cat([torch.zeros_like(trace.c[:, :1]), trace.c[:, :-1]], dim=1)
    torch.testing.assert_close(trace.gates["f"] * before + trace.gates["i"] * trace.gates["g"], trace.c)
    torch.testing.assert_close(torch.sigmoid(trace.pre_activations["i"]), trace.gates["i"])
    gru = _network("gru").trace(_IDS)
    torch.testing.assert_close(torch.tanh(gru.pre_activations["n"]), gru.gates["n"])
    rnn = _network("rnn").trace(_IDS)
    assert not rnn.gates
    torch.testing.assert_close(torch.tanh(rnn.pre_activations["h"]), rnn.h)


@pytest.mark.parametrize("cell", CELLS)
def test_reading_in_two_parts_is_reading_in_one(cell: str) -> None:
    network = _network(cell)
    idx = torch.tensor([_IDS, _IDS[::-1]])
    whole, _ = network(idx, network.start(2))
    first, state = network(idx[:, :3], network.start(2))
    second, _ = network(idx[:, 3:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole, atol=1e-12, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("n_layer", [1, 3])
def test_embeddings_are_read_as_their_tokens_are(cell: str, n_layer: int) -> None:
    network = _network(cell, n_layer=n_layer)
    x = network.wte(torch.tensor(_IDS)).detach().requires_grad_()
    logits = network.logits_from(x)
    torch.testing.assert_close(logits, network.trace(_IDS).logits, atol=1e-12, rtol=0)
    (gradient,) = torch.autograd.grad(logits[3].sum(), x)
    assert (gradient[:4].norm(dim=1) > 0).all()
    assert (gradient[4:] == 0).all()


def test_what_is_dropped_stands_where_it_should() -> None:
    seen: list[tuple[int, ...]] = []

    def drop(x: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(x.shape))
        return x

    network = _network("gru")
    network(torch.tensor([_IDS]), network.start(1), drop)
    assert seen == [(1, 8, 5), (1, 8, 7), (1, 8, 7)]  # embeddings, between the layers, the last hidden state


def test_shapes_out_of_range_are_refused() -> None:
    with pytest.raises(ModelError, match="n_hidden is 0"):
        RecurrentConfig(cell="lstm", vocab_size=3, n_embd=2, n_hidden=0)
    with pytest.raises(ModelError, match="'transformer' is not known"):
        RecurrentConfig(cell="transformer", vocab_size=3, n_embd=2, n_hidden=1)
