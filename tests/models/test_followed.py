"""Numbers followed to their products, against torch's own modules and functions."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import linear
from transformers.models.qwen3.modeling_qwen3 import apply_rotary_pos_emb

from models.errors import ModelError
from models.mixers import pretrained_checked, pretrained_inside
from models.mixers.followed import STATIONS, change, followed, normed, seen, share
from models.mixers.inside import opened
from models.mixers.pretrained import PretrainedLM
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
        if product.changed is None:
            assert product.total == pytest.approx(product.result, abs=2e-4)
        else:
            assert station in ("q", "k")
            assert (product.changed.scaled, product.changed.turned) == (False, True)
            assert product.changed.before == pytest.approx(product.changed.after, rel=1e-4)
    assert found == set(FOLLOWED) - ({"q", "k", "v"} if fused else set())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_sum_is_our_networks_number(scheme):
    turned = set()
    for station, _, product in all_sums(ours(scheme).inside()):
        if product.changed is None:
            assert product.total == pytest.approx(product.result, abs=2e-4)
        else:
            assert not product.changed.scaled
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
    assert followed(inside, trace, "q", LAYER, HEAD, 0, 3).changed is None


def test_queries_that_are_normed_are_not_called_turned_where_they_are_not(tmp_path, tiny_folder):
    """Qwen3: against its own q_norm, k_norm and rotation."""
    lm = of_family("Qwen3", tmp_path, tiny_folder / "tokenizer.json")
    inside, body = opened(lm), lm.network.model
    trace, attention = inside.trace(IDS), body.layers[LAYER].self_attn
    for station, projection, norm, head in [("q", "q_proj", "q_norm", HEAD), ("k", "k_proj", "k_norm", HEAD // 2)]:
        with torch.no_grad():
            made = getattr(attention, projection)(trace.layers[LAYER].attn_in).view(len(IDS), -1, 8)[:, head]
            after = getattr(attention, norm)(made)
            cos, sin = body.rotary_emb(after[None], torch.arange(len(IDS))[None])
            turned = apply_rotary_pos_emb(after[None, None], after[None, None], cos, sin)[0][0, 0]
        for place in (0, PLACE):
            product = followed(inside, trace, station, LAYER, HEAD, place, 3)
            assert product.total == pytest.approx(float(made[place, 3]), abs=1e-4)
            assert product.result == pytest.approx(float(turned[place, 3]), abs=1e-4)
            assert (product.changed.scaled, product.changed.turned) == (True, place > 0)
            assert product.changed.before == pytest.approx(float(made[place].norm()), rel=1e-4)
            assert product.changed.after == pytest.approx(float(after[place].norm()), rel=1e-4)
    assert change(inside, trace, "v", LAYER, HEAD, PLACE) is None


def test_a_norm_alone_turns_nothing(tmp_path, tiny_folder):
    """Qwen3 with its rotation taken out."""
    lm = of_family("Qwen3", tmp_path, tiny_folder / "tokenizer.json")
    lm.network.model.rotary_emb.inv_freq.zero_()
    inside = opened(lm)
    found = change(inside, inside.trace(IDS), "q", LAYER, HEAD, PLACE)
    assert (found.scaled, found.turned) == (True, False)


def test_embeddings_that_are_scaled_are_no_sum(tmp_path, tiny_folder):
    lm = of_family("Granite", tmp_path, tiny_folder / "tokenizer.json")
    inside = opened(lm)
    product = followed(inside, inside.trace(IDS), "placed", LAYER, HEAD, PLACE, 4)
    [embedding], [factor] = product.left.tolist(), product.right.tolist()
    assert embedding == pytest.approx(lm.network.model.embed_tokens.weight[IDS[PLACE], 4].item())
    assert factor == pytest.approx(12)
    assert product.total == pytest.approx(product.result, rel=1e-5)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_what_is_only_rounded_is_not_called_changed(precision, tmp_path, tiny_folder):
    lm = of_family("Qwen2", tmp_path, tiny_folder / "tokenizer.json")
    inside = pretrained_inside.opened(lm.network.to(precision), "x")
    trace = inside.trace(IDS)
    for head in range(4):
        assert change(inside, trace, "v", LAYER, head, PLACE) is None
        assert change(inside, trace, "q", LAYER, head, 0) is None
        found = change(inside, trace, "q", LAYER, head, PLACE)
        assert (found.scaled, found.turned) == (False, True)


def test_a_network_with_a_norm_between_two_steps_is_refused_once(tmp_path, tiny_folder, monkeypatch):
    """BitNet norms what the heads bring before the last matrix: that is no mix of values."""
    lm = of_family("BitNet", tmp_path, tiny_folder / "tokenizer.json")
    with pytest.raises(ModelError, match="built in a way"):
        opened(lm)
    monkeypatch.setattr(pretrained_inside, "opened", None)  # is not asked again
    with pytest.raises(ModelError, match="built in a way"):
        opened(lm)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA"), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_too_little_memory_is_told_as_that_and_tried_again(error, tiny, monkeypatch):
    lm = PretrainedLM(tiny.network, tiny.tokenizer, tiny.card)

    def fails(*_):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(pretrained_inside, "_opened", fails)
        with pytest.raises(ModelError, match="too little free memory"):
            opened(lm)
    assert opened(lm).n_head == 4


@pytest.mark.parametrize("part", ["scores", "z", "attn_out", "v", "mlp_out", "resid_post"])
def test_each_step_that_is_another_one_is_found(part, tiny):
    inside = opened(tiny)

    def read(ids, without):
        trace = inside.read(ids, without)
        layer = trace.layers[0]
        wrong = replace(layer, **{part: getattr(layer, part) * 1.01})
        return replace(trace, layers=(wrong, *trace.layers[1:]))

    pretrained_checked.checked(inside, tiny.network)
    with pytest.raises(ValueError, match=r"something else|do not add up"):
        pretrained_checked.checked(replace(inside, read=read), tiny.network)


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


@pytest.mark.slow
def test_in_bfloat16_a_large_network_is_not_refused(smollm2):
    network = copy.deepcopy(smollm2.network).to(torch.bfloat16)
    inside = pretrained_inside.opened(network, "x")
    trace = inside.trace([smollm2.tokenizer.start_id, *smollm2.tokenizer.encode("The keys to the cabinet")])
    for layer in (0, 15, 29):
        assert change(inside, trace, "v", layer, HEAD, 4) is None
        found = change(inside, trace, "k", layer, HEAD, 4)
        assert (found.scaled, found.turned) == (False, True)
