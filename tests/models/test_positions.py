"""Positions against the papers' formulas, written a second time, and against transformers' ALiBi, RoPE and T5."""

import math

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, T5Config
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb
from transformers.models.t5.modeling_t5 import T5Attention

from models.tokens import positions


@pytest.mark.parametrize(("length", "width", "base"), [(7, 8, 10_000.0), (50, 6, 100.0), (3, 5, 10_000.0)])
def test_sinusoids_are_those_of_the_paper(length: int, width: int, base: float) -> None:
    table = positions.sinusoidal(length, width, base)
    for t in range(length):
        for i in range(width):
            angle = t / base ** ((i - i % 2) / width)
            assert float(table[t, i]) == pytest.approx(math.cos(angle) if i % 2 else math.sin(angle), abs=1e-6)


def test_a_step_of_k_is_a_turn_that_does_not_depend_on_where() -> None:
    width, k = 8, 5
    table = positions.sinusoidal(100, width).double()
    turn = torch.zeros(width, width, dtype=torch.double)
    for pair, frequency in enumerate(positions.frequencies(width).tolist()):
        cos, sin = math.cos(k * frequency), math.sin(k * frequency)
        turn[2 * pair : 2 * pair + 2, 2 * pair : 2 * pair + 2] = torch.tensor([[cos, sin], [-sin, cos]])
    torch.testing.assert_close(table[:-k] @ turn.T, table[k:], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("heads", "slopes"),
    [
        (8, [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]),
        (4, [1 / 4, 1 / 16, 1 / 64, 1 / 256]),
        (6, [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8]),
        (1, [1 / 256]),
    ],
)
def test_slopes_of_alibi_are_those_of_its_authors_code(heads: int, slopes: list[float]) -> None:
    assert positions.alibi_slopes(heads).tolist() == pytest.approx(slopes)


@pytest.mark.parametrize("heads", [4, 6, 8])
def test_alibi_gives_the_weights_that_transformers_gives(heads: int) -> None:
    """Bloom counts from the first key, which adds the same to a whole row: the softmax does not see it."""
    theirs = build_alibi_tensor(torch.ones(1, 7), heads, torch.float32).expand(heads, 7, 7)
    scores = torch.randn(heads, 7, 7, generator=torch.Generator().manual_seed(1))
    later = torch.ones(7, 7, dtype=torch.bool).triu(1)
    ours, wanted = (
        (scores + bias).masked_fill(later, -math.inf).softmax(-1) for bias in (positions.alibi(7, 7, heads), theirs)
    )
    torch.testing.assert_close(ours, wanted, atol=1e-6, rtol=0)


def test_alibi_takes_more_the_farther_a_key_is() -> None:
    bias = positions.alibi(3, 5, 4)
    assert bias.shape == (4, 3, 5)
    torch.testing.assert_close(bias[0], -0.25 * torch.tensor([[2.0, 1, 0, 0, 0], [3, 2, 1, 0, 0], [4, 3, 2, 1, 0]]))


@pytest.mark.parametrize("first", [0, 499])
def test_rope_is_that_of_transformers(first: int) -> None:
    random = torch.Generator().manual_seed(1)
    q, k = (torch.randn(1, 2, 6, 16, generator=random) for _ in range(2))
    config = LlamaConfig(hidden_size=32, num_attention_heads=2, head_dim=16)
    cos, sin = LlamaRotaryEmbedding(config)(q, torch.arange(first, first + 6)[None])
    for ours, theirs in zip(
        (positions.turned(q, first), positions.turned(k, first)), apply_rotary_pos_emb(q, k, cos, sin)
    ):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=0)


def test_buckets_are_those_of_t5() -> None:
    attention = T5Attention(T5Config(relative_attention_num_buckets=32, relative_attention_max_distance=128))
    theirs = attention._relative_position_bucket(
        torch.arange(300)[None] - torch.arange(300)[:, None], bidirectional=False, num_buckets=32, max_distance=128
    )
    torch.testing.assert_close(positions.t5_buckets(300, 300), theirs)


def test_attempt_1_grows_with_the_text() -> None:
    table = positions.index(4, 3)
    assert table.tolist() == [[0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3]]


def test_products_and_distances_depend_on_the_offset_alone() -> None:
    table = positions.sinusoidal(40, 12)
    products, distances = positions.products(table, table), positions.distances(table, table)
    for place in range(40):
        for t in range(40):
            cosines = [math.cos((t - place) / 10_000 ** (2 * i / 12)) for i in range(6)]
            assert float(products[t, place]) == pytest.approx(sum(cosines), abs=1e-5)
            assert float(distances[t, place]) == pytest.approx(math.sqrt(max(0.0, 12 - 2 * sum(cosines))), abs=2e-3)


def test_products_and_distances_to_some_are_those_of_numpy() -> None:
    table = torch.randn(9, 5, generator=torch.Generator().manual_seed(1))
    all_of, some = table.double().numpy(), table.double().numpy()[[2, 7, 8]]
    np.testing.assert_allclose(positions.products(table, table[[2, 7, 8]]), all_of @ some.T, rtol=1e-12)
    found = positions.distances(table, table[[2, 7, 8]])
    np.testing.assert_allclose(found, np.linalg.norm(all_of[:, None] - some[None], axis=-1), rtol=1e-12)
    assert float(found[7, 1]) == 0


def test_wavelengths_go_from_2_pi_to_almost_the_base_times_that() -> None:
    lengths = positions.wavelengths(512).tolist()
    assert lengths[0] == pytest.approx(2 * math.pi)
    assert lengths[-1] == pytest.approx(2 * math.pi * 10_000 ** (510 / 512))
    wave = positions.sinusoidal(64, 4, 16 / math.pi**2)
    assert positions.wavelengths(4, 16 / math.pi**2)[1] == pytest.approx(8)
    torch.testing.assert_close(wave[:56, 2:], wave[8:, 2:], atol=1e-5, rtol=0)
