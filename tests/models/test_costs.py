"""Steps against whole texts, memory against formulas, and the measured orders against the lecture's."""

import re
import weakref

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from models.errors import ModelError
from models.mixers.costs import (
    CELLS,
    CONTEXT,
    LECTURE,
    FeedForward,
    Recurrent,
    Transformer,
    _counted,
    _saved_bytes,
    machine,
    measure,
    measured,
    sizes,
    slope,
    state_bytes,
)


def _layer(family: str, length: int, width: int) -> FeedForward | Recurrent | Transformer:
    if family in CELLS:
        return Recurrent(family, width)
    return FeedForward(width) if family == "ffn" else Transformer(length, width)


def _kept_in_training(family: str, length: int, width: int) -> int:
    return _saved_bytes(_layer(family, length, width), torch.ones(1, length, width, requires_grad=True))


@pytest.mark.parametrize("family", [family for family in LECTURE if family != "n-gram"])
@pytest.mark.parametrize(("length", "width"), [(1, 6), (2, 64), (9, 96)])
@torch.no_grad()
def test_a_step_gives_the_last_row_of_the_whole_text(family: str, length: int, width: int) -> None:
    layer = _layer(family, length, width)
    x = torch.randn(2, length, width, generator=torch.Generator().manual_seed(1))
    other_end = x.clone()
    other_end[:, -1] = 5
    state = layer.before(other_end)  # knows nothing of the last token
    torch.testing.assert_close(layer.step(x[:, -1], state), layer(x)[:, -1], atol=1e-5, rtol=0)


@pytest.mark.parametrize("family", [family for family in LECTURE if family != "n-gram"])
@torch.no_grad()
def test_no_row_depends_on_later_tokens(family: str) -> None:
    layer = _layer(family, 8, 64)
    x = torch.randn(1, 8, 64, generator=torch.Generator().manual_seed(1))
    changed = x.clone()
    changed[:, 5] *= -1
    same = (layer(x) - layer(changed)).abs().amax(dim=2)[0] < 1e-6
    reach = CONTEXT if family == "ffn" else 8
    assert same.tolist() == [not 5 <= t < 5 + reach for t in range(8)]


@pytest.mark.parametrize("family", CELLS)
@torch.no_grad()
def test_the_unrolled_cell_is_torchs_layer(family: str) -> None:
    layer = Recurrent(family, 6)
    whole = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[family](6, 6, batch_first=True)
    whole.load_state_dict({f"{name}_l0": weights for name, weights in layer.cell.state_dict().items()})
    x = torch.randn(2, 7, 6, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(layer(x), whole(x)[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("family", LECTURE)
@pytest.mark.parametrize(("length", "width"), [(5, 8), (12, 64)])
def test_what_is_kept_between_tokens(family: str, length: int, width: int) -> None:
    cost = measure(family, length, width, turns=1)
    assert cost.state_bytes == state_bytes(family, length, width)
    assert cost.waits == (length if family in CELLS else 1)
    assert (cost.family, cost.length, cost.width) == (family, length, width)
    assert cost.train_seconds > 0
    assert cost.step_seconds > 0


def test_training_memory_of_simple_layers_is_what_their_equations_keep() -> None:
    length, width = 10, 6
    assert measure("n-gram", length, width, turns=1).train_bytes == 0
    # ffn: h, and the padded embeddings, of which the windows are views. rnn: h, and the zeros before it.
    assert measure("ffn", length, width, turns=1).train_bytes == 4 * (2 * length + CONTEXT - 1) * width
    assert measure("rnn", length, width, turns=1).train_bytes == 4 * (length + 1) * width


@pytest.mark.parametrize("family", [*CELLS, "ffn", "transformer"])
def test_training_memory_grows_as_the_text(family: str) -> None:
    lengths, widths = [64, 128, 256], [32, 64, 128]
    assert 0.9 < slope(lengths, [_kept_in_training(family, length, 32) for length in lengths]) < 1.1
    assert 0.9 < slope(widths, [_kept_in_training(family, 16, width) for width in widths]) < 1.1


@pytest.mark.parametrize("family", [*CELLS, "ffn"])
def test_what_was_counted_is_freed(family: str) -> None:
    layer, seen = _layer(family, 6, 32), list[weakref.ref[torch.Tensor]]()

    def see(_layer: nn.Module, _inputs: object, output: torch.Tensor | tuple[torch.Tensor, ...]) -> None:
        seen.extend(map(weakref.ref, output if isinstance(output, tuple) else (output,)))

    for part in layer.modules():
        part.register_forward_hook(see)
    _saved_bytes(layer, torch.ones(1, 6, 32, requires_grad=True))
    assert seen
    assert not any(one() is not None for one in seen)


def test_attention_weights_that_are_kept_make_training_memory_grow_faster() -> None:
    lengths = [256, 512, 1024]
    with sdpa_kernel(SDPBackend.MATH):
        kept = [_kept_in_training("transformer", length, 32) for length in lengths]
    assert 1.5 < slope(lengths, kept) < 2


def test_counts_come_after_the_tokens_before() -> None:
    assert _counted([1, 2, 1, 2, 1]) == {(-1, -1): {1: 1}, (-1, 1): {2: 1}, (1, 2): {1: 2}, (2, 1): {2: 1}}


def test_the_exponent_of_a_power_law() -> None:
    xs = [3.0, 5.0, 11.0, 40.0]
    for exponent in (0, 0.5, 1, 2):
        assert slope(xs, [7 * x**exponent for x in xs]) == pytest.approx(exponent, abs=1e-12)
    assert slope([1, 2, 4], [1, 2, 16]) == pytest.approx(2)  # between 1 and 3
    for no_line in [([1, 2], [0, 1]), ([2, 2], [1, 3]), ([3], [3]), ([], [])]:
        assert slope(*no_line) != slope(*no_line)


def test_a_sweep_begins_with_all_families_and_has_each_size_once() -> None:
    found = sizes([4, 2, 8], [8, 32, 16], length=4, width=16, most_waits=4)
    assert [family for family, *size in found[:6] if size == [4, 16]] == list(LECTURE)
    assert len(set(found)) == len(found) == 6 * 3 - 3 + 5 * 2
    assert {family for family, length, _ in found if length == 8} == set(LECTURE) - set(CELLS)
    assert {(length, width) for family, length, width in found if family == "n-gram"} == {(2, 16), (4, 16), (8, 16)}
    products = [length * width for _, length, width in found[6:]]
    assert products == sorted(products)


@pytest.mark.slow
def test_a_process_of_its_own_measures_and_ends_with_its_iterator() -> None:
    sizes = [("n-gram", 4, 8), ("gru", 4, 8), ("gru", 8, 8)]
    found = list(measured(sizes))
    assert [(cost.family, cost.length, cost.width) for cost in found] == sizes
    assert [cost.train_bytes for cost in found] == [measure(*size, turns=1).train_bytes for size in sizes]
    begun = measured([("gru", 4, 8)] * 1000)
    next(begun)
    begun.close()


@pytest.mark.slow
def test_a_measurement_that_breaks_off_is_no_result() -> None:
    with pytest.raises(ModelError, match="broke off"):
        list(measured([("mamba", 4, 8)]))


def test_the_machine_has_a_name() -> None:
    assert re.fullmatch(r"\S.* \d+ cores", machine())


def test_layers_that_do_not_exist_are_refused() -> None:
    for family, length, width in [("mamba", 4, 8), ("gru", 0, 8), ("n-gram", 4, 0)]:
        with pytest.raises(ModelError, match=f"no {family} of {length} x {width}"):
            measure(family, length, width)
    with pytest.raises(ModelError, match="3 heads"):
        measure("transformer", 4, 100)
