"""Attention maps and the single weight, against the formula written out."""

import math

import pytest
import torch
import transformers

import models
from models.mixers import attention_maps
from models.mixers.inside import opened
from models.mixers.transformer import TransformerConfig, TransformerNetwork

IDS = [0, 17, 3, 250, 9, 9, 120, 44]


@pytest.fixture(params=["rope", "alibi", "t5", "tiny"])
def inside(request, tiny):
    if request.param == "tiny":
        return opened(tiny)
    config = TransformerConfig(vocab_size=310, n_embd=32, n_layer=2, n_head=4, positions=request.param)
    network = TransformerNetwork(config)
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weights in network.parameters():
            weights.copy_(torch.randn(weights.shape, generator=random) * 0.3)
    return network.inside()


def test_masked_scores_make_the_weights(inside):
    for layer in inside.trace(IDS).layers:
        masked = attention_maps.masked(layer)
        torch.testing.assert_close(masked.softmax(-1), layer.pattern, atol=1e-6, rtol=0)
        for query in range(len(IDS)):
            assert masked[:, query, query + 1 :].eq(-math.inf).all()
            assert torch.equal(masked[:, query, : query + 1], layer.scores[:, query, : query + 1])
        assert torch.equal(attention_maps.maps(layer, "scores"), layer.scores)
        assert torch.equal(attention_maps.maps(layer, "weights"), layer.pattern)


def test_a_window_hides_what_is_too_far_back(tmp_path, tiny_folder):
    config = transformers.MistralConfig(
        vocab_size=310,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=1,
        intermediate_size=48,
        sliding_window=3,
    )
    transformers.MistralForCausalLM(config).save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((tiny_folder / "tokenizer.json").read_bytes())
    layer = opened(models.load(str(tmp_path))).trace(IDS).layers[1]
    seen = attention_maps.masked(layer).isfinite()
    for query in range(len(IDS)):
        assert seen[:, query].nonzero()[:, 1].unique().tolist() == list(range(max(0, query - 2), query + 1))


def test_weights_too_small_for_float32_are_not_taken_for_masked():
    config = TransformerConfig(vocab_size=310, n_embd=32, n_layer=1, n_head=4, positions="rope")
    network = TransformerNetwork(config, torch.Generator().manual_seed(3))
    with torch.no_grad():
        network.layers[0].attn.c_attn.weight.mul_(1500)
    layer = network.inside().trace(IDS).layers[0]
    later = torch.ones(len(IDS), len(IDS), dtype=torch.bool).triu(1)
    assert ((layer.pattern == 0).all(0) & ~later).any()  # there are such weights, in all heads
    masked = attention_maps.masked(layer)
    assert torch.equal(masked.isinf(), later.expand_as(masked))
    assert torch.equal(masked[:, ~later], layer.scores[:, ~later])


def test_the_average_is_that_of_all_heads_of_all_layers(inside):
    trace = inside.trace(IDS)
    total = sum(layer.pattern[head] for layer in trace.layers for head in range(inside.n_head))
    average = attention_maps.average(trace, "weights")
    torch.testing.assert_close(average, total / (inside.n_head * inside.n_layer))
    torch.testing.assert_close(average.sum(-1), torch.ones(len(IDS)))
    assert attention_maps.average(trace, "masked")[2].isinf().tolist() == [False] * 3 + [True] * 5


def test_what_the_first_token_gets_is_counted_without_its_own(inside):
    layer = inside.trace(IDS).layers[0]
    for head, share in enumerate(attention_maps.on_the_first(layer).tolist()):
        expected = sum(float(layer.pattern[head, query, 0]) for query in range(1, len(IDS))) / (len(IDS) - 1)
        assert share == pytest.approx(expected)


@pytest.mark.parametrize(("head", "query", "key"), [(0, 0, 0), (3, 7, 0), (2, 5, 4)])
def test_a_weight_step_by_step(inside, head, query, key):
    layer = inside.trace(IDS).layers[1]
    found = attention_maps.weight(layer, inside.layers[1].scale, head, query, key)
    of = head * inside.n_kv_head // inside.n_head
    dot = sum(a * b for a, b in zip(layer.q[head, query].tolist(), layer.k[of, key].tolist(), strict=True))
    assert found.dot == pytest.approx(dot, abs=1e-4)
    assert found.scale == pytest.approx(layer.q.shape[-1] ** -0.5, abs=1e-5)
    assert found.score == pytest.approx(float(layer.scores[head, query, key]))
    assert found.scale * found.dot + found.bias == pytest.approx(found.score)
    total = sum(math.exp(score) for score in layer.scores[head, query, : query + 1].tolist())
    assert math.exp(found.log_denominator) == pytest.approx(total, rel=1e-5)
    assert found.weight == pytest.approx(float(layer.pattern[head, query, key]), abs=1e-6)


def test_what_positions_add_is_told_apart_from_the_product():
    config = TransformerConfig(vocab_size=310, n_embd=32, n_layer=1, n_head=4, positions="alibi")
    inside = TransformerNetwork(config, torch.Generator().manual_seed(3)).inside()
    layer = inside.trace(IDS).layers[0]
    for head, slope in enumerate((2**-2, 2**-4, 2**-6, 2**-8)):  # Press et al. 2022, of four heads
        found = attention_maps.weight(layer, inside.layers[0].scale, head, 6, 1)
        assert found.bias == pytest.approx(-5 * slope, abs=1e-5)
