"""Gradients through time against torch.nn's cells, unrolled one step at a time, and against finite differences."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from models.errors import ModelError
from models.mixers.feedforward import FeedForwardConfig, FeedForwardNetwork
from models.mixers.gradients import (
    clipped,
    connectivity,
    flow,
    fresh,
    gradient_norm,
    largest_singular_value,
    rescaled,
    spectral_radius,
)
from models.mixers.network import Network
from models.mixers.recurrent import CELLS, RecurrentConfig, RecurrentNetwork

_IDS, _TARGET = [0, 3, 1, 4, 1, 5, 9, 2], 6
_GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def _network(cell: str, n_layer: int = 2) -> RecurrentNetwork:
    shape = RecurrentConfig(cell=cell, vocab_size=11, n_embd=5, n_hidden=7, n_layer=n_layer)
    return RecurrentNetwork(shape, torch.Generator().manual_seed(3)).double()


def _feed_forward() -> FeedForwardNetwork:
    return FeedForwardNetwork(FeedForwardConfig(vocab_size=11, context=3, n_embd=5, n_hidden=7, start_id=0)).double()


def _states(network: RecurrentNetwork, nudged: int = -1, nudge_h=0, nudge_c=0):
    """h_t, and of an LSTM c_t, of the last layer by torch's cells, and the loss; one step's state may be nudged."""
    x = network.wte(torch.tensor([_IDS]))
    for cells in network.layers[:-1]:
        x, _ = cells(x)
    state, states = None, []
    for t in range(len(_IDS)):
        _, state = network.layers[-1](x[:, t : t + 1], state)
        if t == nudged and isinstance(state, tuple):
            h, c = state
            gate = h / torch.tanh(c)
            state = (gate * torch.tanh(c + nudge_c) + nudge_h, c + nudge_c)
        elif t == nudged:
            state = state + nudge_h
        states.append(state if isinstance(state, tuple) else (state,))
    logits = network.logits(network.projected(states[-1][0][0]))
    return states, cross_entropy(logits, torch.tensor([_TARGET]))


def _unchanged(network: Network, before: dict[str, torch.Tensor]) -> bool:
    return all(
        torch.equal(weights, before[name]) and weights.dtype == before[name].dtype
        for name, weights in network.state_dict().items()
    ) and all(weights.grad is None for weights in network.parameters())


def _blocks(network: RecurrentNetwork) -> list[np.ndarray]:
    u = network.layers[-1].weight_hh_l0.detach().double().numpy()
    return np.split(u, _GATES[network.config.cell])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("n_layer", [1, 3])
def test_flow_is_autograd_through_torchs_unrolled_cells(cell: str, n_layer: int) -> None:
    network = _network(cell, n_layer)
    measured = flow(network, _IDS, _TARGET)
    states, loss = _states(network)
    by_h = torch.autograd.grad(loss, [state[0] for state in states], retain_graph=True)
    np.testing.assert_allclose(measured.h, [one.norm().item() for one in by_h], atol=1e-12, rtol=1e-8)
    assert measured.loss == pytest.approx(loss.item(), abs=1e-12)
    if cell != "lstm":
        assert measured.c is None
        return
    by_c = torch.autograd.grad(loss, [state[1] for state in states], allow_unused=True, materialize_grads=True)
    through_h = [g * h / c.tanh() * (1 - c.tanh() ** 2) for g, (h, c) in zip(by_h, states)]
    expected = [(later + now).norm().item() for later, now in zip(by_c, through_h)]
    np.testing.assert_allclose(measured.c, expected, atol=1e-12, rtol=1e-8)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("t", [0, 4, len(_IDS) - 1])
@torch.no_grad()
def test_flow_is_how_the_loss_changes_when_a_state_is_nudged(cell: str, t: int) -> None:
    network = _network(cell)
    measured = flow(network, _IDS, _TARGET)
    for part, lengths in (("nudge_h", measured.h), ("nudge_c", measured.c)):
        if lengths is not None:
            nudges = 1e-5 * torch.eye(7, dtype=torch.float64)
            slopes = [
                (_states(network, t, **{part: nudge})[1] - _states(network, t, **{part: -nudge})[1]).item() / 2e-5
                for nudge in nudges
            ]
            assert lengths[t] == pytest.approx(np.linalg.norm(slopes), rel=1e-5)


@pytest.mark.parametrize("radius", [0.3, 1.0, 4.0])
def test_no_gradient_of_an_rnn_is_over_its_bound(radius: float) -> None:
    for seed in range(20):
        network = fresh("rnn", 11, 5, 7, radius, seed)
        measured = flow(network, _IDS, _TARGET)
        assert measured.bound is not None
        assert (measured.h <= measured.bound * (1 + 1e-12)).all()
        longest = np.linalg.norm(_blocks(network)[0], ord=2)
        np.testing.assert_allclose(measured.bound, [measured.h[-1] * longest ** (7 - t) for t in range(8)], rtol=1e-9)


def test_the_bound_is_reached_where_tanh_is_a_line() -> None:
    network = fresh("rnn", 11, 5, 1, 0.7, 1)
    with torch.no_grad():
        for weights in (network.layers[0].weight_ih_l0, network.layers[0].bias_ih_l0, network.layers[0].bias_hh_l0):
            weights.mul_(1e-6)
    measured = flow(network, _IDS, _TARGET)
    np.testing.assert_allclose(measured.h, measured.bound, rtol=1e-9)


def test_gated_cells_have_no_bound() -> None:
    assert flow(_network("lstm"), _IDS, _TARGET).bound is None
    assert flow(_network("gru"), _IDS, _TARGET).bound is None


@pytest.mark.parametrize("cell", CELLS)
def test_measuring_leaves_the_network_alone_in_every_thread(cell: str) -> None:
    network = _network(cell).float().requires_grad_(False)
    before = copy.deepcopy(network.state_dict())
    expected = flow(network, _IDS, _TARGET), connectivity(network, _IDS, _TARGET), gradient_norm(network, _IDS)

    @torch.no_grad()
    def measured(_):
        return flow(network, _IDS, _TARGET), connectivity(network, _IDS, _TARGET), gradient_norm(network, _IDS)

    with ThreadPoolExecutor(4) as threads:
        for one, lengths, norm in threads.map(measured, range(12)):
            np.testing.assert_array_equal(one.h, expected[0].h)
            np.testing.assert_array_equal(lengths, expected[1])
            assert norm == expected[2]
    assert _unchanged(network, before)
    assert not any(weights.requires_grad for weights in network.parameters())


@pytest.mark.parametrize("cell", CELLS)
def test_a_rescaled_network_has_the_radius_and_is_a_copy(cell: str) -> None:
    network = _network(cell).float()
    before = copy.deepcopy(network.state_dict())
    radii = [abs(np.linalg.eigvals(block)).max() for block in _blocks(network)]
    assert spectral_radius(network) == pytest.approx(max(radii), rel=1e-9)
    lengths = [np.linalg.norm(block, ord=2) for block in _blocks(network)]
    assert largest_singular_value(network) == pytest.approx(max(lengths), rel=1e-9)
    for radius in (0.2, 1.0, 3.0):
        other = rescaled(network, radius)
        others = [abs(np.linalg.eigvals(block)).max() for block in _blocks(other)]
        np.testing.assert_allclose(others, np.array(radii) * radius / max(radii), rtol=1e-9)
        for name, weights in other.state_dict().items():
            if name != "layers.1.weight_hh_l0":
                torch.testing.assert_close(weights, before[name].double(), atol=0, rtol=0)
        assert spectral_radius(rescaled(other, 0.5)) == pytest.approx(0.5, rel=1e-9)
    assert _unchanged(network, before)


def test_a_radius_that_cannot_be_is_refused() -> None:
    network = _network("rnn")
    with pytest.raises(ModelError, match=r"is -1\.0"):
        rescaled(network, -1.0)
    with torch.no_grad():
        network.layers[-1].weight_hh_l0.zero_()
    with pytest.raises(ModelError, match="All eigenvalues of U are 0"):
        rescaled(network, 1.0)


@pytest.mark.parametrize("cell", CELLS)
def test_a_fresh_network_differs_in_its_radius_only(cell: str) -> None:
    one, other = fresh(cell, 11, 5, 7, 0.5, 1), fresh(cell, 11, 5, 7, 1.5, 1)
    assert max(abs(np.linalg.eigvals(block)).max() for block in _blocks(one)) == pytest.approx(0.5, rel=1e-9)
    for (name, weights), larger in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
        torch.testing.assert_close(weights * (3 if "weight_hh" in name else 1), larger, atol=1e-12, rtol=0)
    assert not torch.equal(one.wte.weight, fresh(cell, 11, 5, 7, 0.5, 2).wte.weight)


@pytest.mark.parametrize("name", [*CELLS, "ffn"])
@torch.no_grad()
def test_connectivity_is_how_the_score_changes_when_an_embedding_is_nudged(name: str) -> None:
    network = _feed_forward() if name == "ffn" else _network(name)
    x = network.wte(torch.tensor(_IDS))

    def score(nudged: torch.Tensor) -> float:
        if isinstance(network, RecurrentNetwork):
            return network.logits(network.projected(torch.cat([one.h for one in network.steps(nudged)[-1]])))[
                -1, _TARGET
            ]
        return network.logits(network.projected(torch.tanh(network.mix(nudged[-3:].flatten()))))[_TARGET]

    slopes = torch.zeros_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            nudge = torch.zeros_like(x)
            nudge[i, j] = 1e-5
            slopes[i, j] = (score(x + nudge) - score(x - nudge)) / 2e-5
    measured = connectivity(network, _IDS, _TARGET)
    np.testing.assert_allclose(measured, slopes.norm(dim=1).numpy(), rtol=1e-5, atol=1e-10)


def test_connectivity_of_a_feed_forward_network_ends_with_its_window() -> None:
    measured = connectivity(_feed_forward(), _IDS, _TARGET)
    assert (measured[:-3] == 0).all()
    assert (measured[-3:] > 0).all()
    assert (connectivity(_feed_forward(), _IDS[:2], _TARGET) > 0).all()


@pytest.mark.parametrize("name", [*CELLS, "ffn"])
def test_the_gradient_norm_is_that_of_clipping(name: str) -> None:
    network = _feed_forward() if name == "ffn" else _network(name)
    other = copy.deepcopy(network)
    hidden, _ = other(torch.tensor([_IDS[:-1]]), other.start(1))
    cross_entropy(other.logits(hidden[0]), torch.tensor(_IDS[1:])).backward()
    before = clip_grad_norm_(other.parameters(), 0.01).item()
    after = clip_grad_norm_(other.parameters(), 100).item()
    measured = gradient_norm(network, _IDS)
    assert measured == pytest.approx(before, rel=1e-10)
    assert measured * clipped(measured, 0.01) == pytest.approx(after, rel=1e-4)


def test_a_short_gradient_is_not_clipped() -> None:
    assert [clipped(norm, 2.0) for norm in (0.0, 1.0, 2.0, 8.0, float("inf"))] == [1, 1, 1, 0.25, 0]


def test_a_text_without_a_word_teaches_nothing() -> None:
    with pytest.raises(ModelError, match="nothing to predict"):
        gradient_norm(_network("rnn"), [0])
