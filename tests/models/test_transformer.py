"""The transformer against torch.nn's encoder layer and against its own trace; what each scheme of positions does."""

import math

import pytest
import torch
from torch import nn

from models.errors import ModelError
from models.mixers.transformer import TransformerConfig, TransformerNetwork
from models.tokens.positions import SCHEMES

_IDS = [3, 1, 4, 1, 5, 9, 2, 6]


def _network(positions: str, **sizes: int) -> TransformerNetwork:
    shape = {"vocab_size": 11, "n_embd": 16, "n_layer": 2, "n_head": 4, "block_size": 12} | sizes
    network = TransformerNetwork(TransformerConfig(positions=positions, **shape)).double()
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():  # larger than at first, so that nothing is nearly linear
        for weights in network.parameters():
            weights.copy_(torch.randn(weights.shape, generator=random, dtype=torch.double) * 0.4)
    return network


def test_it_equals_torchs_layers() -> None:
    network = _network("none")
    x = theirs = network.wte(torch.tensor([_IDS]))
    mask = nn.Transformer.generate_square_subsequent_mask(len(_IDS), dtype=torch.double)
    for block in network.layers:
        layer = nn.TransformerEncoderLayer(16, 4, 64, 0.0, "gelu", batch_first=True, norm_first=True).double()
        layer.load_state_dict(
            {
                "self_attn.in_proj_weight": block.attn.c_attn.weight,
                "self_attn.in_proj_bias": block.attn.c_attn.bias,
                "self_attn.out_proj.weight": block.attn.c_proj.weight,
                "self_attn.out_proj.bias": block.attn.c_proj.bias,
                "linear1.weight": block.mlp.c_fc.weight,
                "linear1.bias": block.mlp.c_fc.bias,
                "linear2.weight": block.mlp.c_proj.weight,
                "linear2.bias": block.mlp.c_proj.bias,
                "norm1.weight": block.ln_1.weight,
                "norm1.bias": block.ln_1.bias,
                "norm2.weight": block.ln_2.weight,
                "norm2.bias": block.ln_2.bias,
            }
        )
        theirs = layer(theirs, src_mask=mask, is_causal=True)
    ours, _ = network(torch.tensor([_IDS]), network.start(1))
    torch.testing.assert_close(ours, network.ln_f(theirs), atol=1e-9, rtol=0)
    assert x.shape == ours.shape


@pytest.mark.parametrize("positions", SCHEMES)
def test_the_trace_is_what_the_fused_attention_computes(positions: str) -> None:
    network = _network(positions)
    trace = network.trace(_IDS)
    hidden, _ = network(torch.tensor([_IDS]), network.start(1))
    torch.testing.assert_close(network.logits(hidden[0]), trace.logits, atol=1e-9, rtol=0)
    torch.testing.assert_close(network.logits_from(trace.embeddings), trace.logits, atol=1e-9, rtol=0)
    x = trace.resid_pre
    for layer in trace.layers:
        torch.testing.assert_close(layer.pattern.sum(-1), torch.ones(4, len(_IDS), dtype=torch.double))
        assert float(layer.pattern.detach().triu(1).abs().max()) == 0
        torch.testing.assert_close(x + layer.attn_out, layer.resid_mid)
        torch.testing.assert_close(layer.resid_mid + layer.mlp_out, layer.resid_post)
        x = layer.resid_post
    torch.testing.assert_close(network.ln_f(x), trace.final)


@pytest.mark.parametrize("positions", SCHEMES)
def test_a_token_never_sees_what_comes_after_it(positions: str) -> None:
    network = _network(positions)
    one, other = network.trace(_IDS).logits, network.trace([*_IDS[:5], 0, 0, 0]).logits
    torch.testing.assert_close(one[:5], other[:5], atol=1e-9, rtol=0)
    assert float((one[5:] - other[5:]).abs().max()) > 1e-3


@pytest.mark.parametrize("positions", SCHEMES)
def test_the_last_token_sees_the_order_of_the_others_only_by_positions_in_the_first_layer(positions: str) -> None:
    network = _network(positions, n_layer=1)
    one, other = (network.trace([*order, 7]).logits[-1] for order in ([1, 2, 3], [3, 1, 2]))
    differs = float((one - other).abs().max()) > 1e-6
    assert differs is (positions != "none")


def test_with_two_layers_the_mask_alone_lets_order_through() -> None:
    network = _network("none", n_layer=2)
    one, other = (network.trace([*order, 7]).logits[-1] for order in ([1, 2, 3], [3, 1, 2]))
    assert float((one - other).abs().max()) > 1e-3


@pytest.mark.parametrize("positions", ["alibi", "rope", "t5"])
def test_relative_schemes_score_by_the_offset_alone(positions: str) -> None:
    network = _network(positions)
    near, far = network.trace([1, 2, 3]).layers[0], network.trace([0] * 7 + [1, 2, 3]).layers[0]
    torch.testing.assert_close(near.scores, far.scores[:, -3:, -3:], atol=1e-9, rtol=0)


@pytest.mark.parametrize("positions", ["sinusoidal", "learned"])
def test_absolute_schemes_do_not(positions: str) -> None:
    network = _network(positions)
    near, far = network.trace([1, 2, 3]).layers[0], network.trace([0] * 7 + [1, 2, 3]).layers[0]
    assert float((near.scores - far.scores[:, -3:, -3:]).abs().max()) > 1e-3


def test_heads_add_up() -> None:
    network = _network("rope")
    for weights, layer in zip(network.inside().layers, network.trace(_IDS).layers, strict=True):
        torch.testing.assert_close((layer.z @ weights.w_o).sum(0) + weights.b_o, layer.attn_out)


def test_more_tokens_than_places_are_refused() -> None:
    with pytest.raises(ModelError, match="13 tokens are more than the 12 places"):
        _network("learned").trace([1] * 13)
    assert _network("rope").trace([1] * 13).logits.shape == (13, 11)


@pytest.mark.parametrize(
    ("wrong", "said"), [({"positions": "gps"}, "gps"), ({"n_head": 3}, "multiple of 6"), ({"n_layer": 0}, "n_layer")]
)
def test_a_shape_that_is_none_is_told(wrong: dict, said: str) -> None:
    shape = {"vocab_size": 11, "n_embd": 16, "n_layer": 2, "n_head": 4, "positions": "none"} | wrong
    with pytest.raises(ModelError, match=said):
        TransformerConfig(**shape)


def test_it_begins_by_knowing_nothing() -> None:
    network = TransformerNetwork(TransformerConfig(vocab_size=50, n_embd=32, n_layer=3, n_head=4, positions="rope"))
    probs = network.trace(_IDS).logits.softmax(-1)
    assert float(probs.max()) < 3 / 50
    assert math.isclose(float(probs.sum(-1)[0]), 1, rel_tol=1e-4)
