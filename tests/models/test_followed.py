"""Numbers followed to their products, against torch's own modules and functions."""

import math

import pytest
import torch
from torch.nn.functional import linear

from models.mixers.followed import STATIONS, followed, normed, seen, share
from models.mixers.inside import opened
from models.mixers.transformer import TransformerConfig, TransformerNetwork
from models.tokens import positions
from models.tokens.positions import SCHEMES
from tests.models.test_inside import FAMILIES, IDS, of_family

PLACE, LAYER, HEAD = 5, 1, 2
FOLLOWED = ("placed", "q", "k", "v", "scores", "mix", "attention", "mid", "mlp", "post", "logits")


def ours(scheme):
    network = TransformerNetwork(
        TransformerConfig(positions=scheme, vocab_size=310, n_embd=32, n_layer=2, n_head=4, block_size=64)
    )
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weights in network.parameters():
            weights.copy_(torch.randn(weights.shape, generator=random) * 0.3)
    return network


@pytest.fixture(scope="module", params=FAMILIES)
def pretrained(request, tmp_path_factory, tiny_folder):
    return of_family(request.param, tmp_path_factory.mktemp(request.param), tiny_folder / "tokenizer.json")


def all_sums(inside):
    """Every number of every station that can be followed, at one place: (station, index, product)."""
    trace = inside.trace(IDS)
    for station in FOLLOWED:
        numbers = seen(inside, trace, station, LAYER, HEAD)[PLACE]
        for index in range(PLACE + 1 if station == "scores" else len(numbers)):
            product = followed(inside, trace, station, LAYER, HEAD, PLACE, index)
            if product is not None:
                assert product.result == float(numbers[index])
                yield station, index, product


def test_every_sum_is_the_networks_number(pretrained):
    fused = pretrained.network.config.model_type in ("gpt2", "gpt_neox")
    found = set()
    for station, _, product in all_sums(opened(pretrained)):
        found.add(station)
        if product.turned is None:
            assert product.total == pytest.approx(product.result, abs=2e-4)
        else:
            assert station in ("q", "k")
            assert product.turned[0] == pytest.approx(product.turned[1], rel=1e-4)
    assert found == set(FOLLOWED) - ({"q", "k", "v"} if fused else set())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_sum_is_our_networks_number(scheme):
    turned = set()
    for station, _, product in all_sums(ours(scheme).inside()):
        if product.turned is None:
            assert product.total == pytest.approx(product.result, abs=2e-4)
        else:
            turned.add(station)
    assert turned == ({"q", "k"} if scheme == "rope" else set())


def test_products_are_those_of_torchs_linear_layers(tiny):
    """By the weights in the network's own modules, as linear() takes them."""
    inside = opened(tiny)
    trace, layer = inside.trace(IDS), tiny.network.model.layers[LAYER]
    one, size = trace.layers[LAYER], 8

    def totals(station, count):
        return torch.tensor([followed(inside, trace, station, LAYER, HEAD, PLACE, i).total for i in range(count)])

    def same(station, wanted):
        torch.testing.assert_close(totals(station, len(wanted)), wanted, atol=1e-4, rtol=1e-4)

    with torch.no_grad():
        attention = layer.self_attn
        same("q", attention.q_proj(one.attn_in[PLACE])[HEAD * size : (HEAD + 1) * size])
        same("k", attention.k_proj(one.attn_in[PLACE])[size : 2 * size])  # heads 2 and 3 share the second
        same("v", attention.v_proj(one.attn_in[PLACE])[size : 2 * size])
        same("attention", attention.o_proj(one.z[:, PLACE].flatten()))
        same("mlp", layer.mlp.down_proj(one.mlp_hidden[PLACE]))
        same("logits", linear(trace.final[PLACE], tiny.network.lm_head.weight))
        same("mix", one.pattern[HEAD, PLACE] @ one.v[1])
        same("scores", (one.k[1] @ one.q[HEAD, PLACE])[: PLACE + 1] / math.sqrt(size))
        same("mid", trace.layers[0].resid_post[PLACE] + attention.o_proj(one.z[:, PLACE].flatten()))


def test_a_turned_query_is_turned_back(tiny):
    """The number before the turn, turned as RoPE's authors do it, is the one that the network has."""
    inside = opened(tiny)
    trace = inside.trace(IDS)
    products = [followed(inside, trace, "q", LAYER, HEAD, PLACE, i) for i in range(8)]
    before = torch.tensor([product.total for product in products])
    turned = positions.turned(before[None, None, None], PLACE)[0, 0, 0]
    torch.testing.assert_close(turned, torch.tensor([product.result for product in products]), atol=1e-4, rtol=1e-4)
    assert followed(inside, trace, "q", LAYER, HEAD, 0, 3).turned is None


@pytest.mark.parametrize("scheme", ["alibi", "t5"])
def test_positions_that_are_added_to_scores_are_a_part_of_them(scheme):
    network = ours(scheme)
    inside = network.inside()
    trace = inside.trace(IDS)
    one = trace.layers[LAYER]
    for key in range(PLACE + 1):
        product = followed(inside, trace, "scores", LAYER, HEAD, PLACE, key)
        wanted = one.scores[HEAD, PLACE, key] - one.q[HEAD, PLACE] @ one.k[HEAD, key] / math.sqrt(8)
        assert product.bias == pytest.approx(float(wanted), abs=1e-4)


def test_weights_and_probabilities_are_shares(pretrained):
    inside = opened(pretrained)
    trace = inside.trace(IDS)
    for key in range(PLACE + 1):
        found = share(trace, "weights", LAYER, HEAD, PLACE, key)
        assert found.value == pytest.approx(float(trace.layers[LAYER].pattern[HEAD, PLACE, key]), abs=1e-6)
    assert share(trace, "weights", LAYER, HEAD, PLACE, PLACE + 1) is None
    assert share(trace, "q", LAYER, HEAD, PLACE, 0) is None
    for token in (0, 7, 300):
        found = share(trace, "probs", LAYER, HEAD, PLACE, token)
        wanted = float(torch.softmax(trace.logits[PLACE], -1)[token])
        assert (found.value, found.result) == (pytest.approx(wanted, rel=1e-4), pytest.approx(wanted, rel=1e-4))


def test_norms_are_those_of_the_modules(pretrained):
    """What is left after the division is the same share of the result at every place: the learned gain and shift."""
    inside = opened(pretrained)
    trace = inside.trace(IDS)
    for station in ("norm_1", "norm_2", "norm_3"):
        for index in (0, 11, 31):
            found = [normed(inside, trace, station, LAYER, place, index) for place in (1, 2, 5, 7)]
            x = torch.tensor([[one.divided, 1.0] for one in found], dtype=torch.double)
            y = torch.tensor([one.after for one in found], dtype=torch.double)
            fit = torch.linalg.lstsq(x, y[:, None]).solution
            torch.testing.assert_close((x @ fit)[:, 0], y, atol=1e-4, rtol=1e-4)
    x = trace.layers[0].resid_post[PLACE]
    one = normed(inside, trace, "norm_1", LAYER, PLACE, 3)
    assert one.mean == pytest.approx(float(x.mean()), abs=1e-5)
    assert one.variance == pytest.approx(float(torch.var(x, correction=0)), rel=1e-4)
    assert one.root_mean_square == pytest.approx(float(x.pow(2).mean().sqrt()), rel=1e-4)
    assert normed(inside, trace, "q", LAYER, PLACE, 3) is None


def test_stations_hold_what_the_trace_has(tiny):
    inside = opened(tiny)
    trace = inside.trace(IDS)
    shapes = {station: tuple(seen(inside, trace, station, 0, 3).shape) for station in STATIONS}
    square, heads = (len(IDS), len(IDS)), (len(IDS), 8)
    assert [shapes[name] for name in ("scores", "weights")] == [square] * 2
    assert [shapes[name] for name in ("q", "k", "v", "mix")] == [heads] * 4
    assert shapes["hidden"] == (len(IDS), 64)
    assert shapes["logits"] == shapes["probs"] == tuple(trace.logits.shape)
    scores = seen(inside, trace, "scores", 0, 3)
    assert torch.isnan(scores).sum() == len(IDS) * (len(IDS) - 1) / 2
