"""Parts taken out one by one, against traces of copies whose weights are zero; divergences against scipy's."""

import copy
import math

import pytest
import torch
from scipy.special import rel_entr

from models.mixers import ablation
from models.mixers.inside import Ablation, opened
from models.mixers.transformer import TransformerConfig, TransformerNetwork

IDS = [0, 17, 3, 250, 9, 9, 120, 44]
SEVERAL = [
    Ablation(heads=frozenset({(0, 1), (1, 3)})),
    Ablation(attention=frozenset({1}), mlps=frozenset({0})),
    Ablation(tokens=frozenset({0, 4})),
    Ablation(),
    Ablation(heads=frozenset({(1, 0)}), tokens=frozenset({2})),
]


@pytest.fixture(scope="module")
def ours():
    shape = {"vocab_size": 310, "n_embd": 32, "n_layer": 2, "n_head": 4, "positions": "rope"}
    network = TransformerNetwork(TransformerConfig(**shape))
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weights in network.parameters():
            weights.copy_(torch.randn(weights.shape, generator=random) * 0.3)
    return network.inside()


@pytest.mark.parametrize("kind", ["pretrained", "ours"])
def test_several_at_once_are_as_one_after_the_other(tiny, ours, kind):
    inside = opened(tiny) if kind == "pretrained" else ours
    together = inside.next_without(IDS, SEVERAL)
    for without, logits in zip(SEVERAL, together, strict=True):
        torch.testing.assert_close(logits, inside.trace(IDS, without).logits[-1], atol=1e-4, rtol=1e-4)
    assert float((together[:3] - together[3]).abs().amax(1).min()) > 0.01


def test_each_part_is_what_zero_weights_leave_out(tiny):
    place, token = 5, 40
    rows = torch.stack(list(ablation.singly(opened(tiny), IDS, place, token)))
    assert rows.shape == (2, 5)

    def log2_p(layer=0, rows=slice(0), columns=slice(0)):
        """Without some columns of the attention's last matrix, and some rows of the MLP's."""
        network = copy.deepcopy(tiny.network)
        with torch.no_grad():
            network.model.layers[layer].self_attn.o_proj.weight[:, columns].zero_()
            network.model.layers[layer].mlp.down_proj.weight[rows].zero_()
            logits = network(torch.tensor([IDS]), use_cache=False).logits[0, place]
        return float(logits.double().log_softmax(-1)[token]) / math.log(2)

    whole = log2_p()
    for layer in range(2):
        for head in range(4):
            without = log2_p(layer, columns=slice(8 * head, 8 * head + 8))
            assert float(rows[layer, head]) == pytest.approx(without - whole, abs=1e-3)
        without = log2_p(layer, rows=slice(None))
        assert float(rows[layer, 4]) == pytest.approx(without - whole, abs=1e-3)


def test_divergence_is_the_sum_over_all_tokens_in_bits():
    random = torch.Generator().manual_seed(1)
    y, z = torch.randn(50, generator=random) * 3, torch.randn(50, generator=random)
    p, q = y.double().softmax(-1), z.double().softmax(-1)
    assert ablation.divergence(y, z) == pytest.approx(rel_entr(p.numpy(), q.numpy()).sum() / math.log(2), rel=1e-9)
    assert ablation.divergence(y, y) == 0
    y[3] = -math.inf  # as tokens that no text has
    p = y.double().softmax(-1)
    assert ablation.divergence(y, z) == pytest.approx(rel_entr(p.numpy(), q.numpy()).sum() / math.log(2), rel=1e-9)


def test_texts_come_apart_where_they_differ(ours):
    other = [*IDS[:3], 77, *IDS[4:]]
    one, two = ours.trace(IDS), ours.trace(other)
    apart, length = ablation.arrival(one, two, 7, 7)
    assert apart[0] == 0
    for depth, layer in enumerate(one.layers, 1):
        difference = (two.layers[depth - 1].resid_post[7] - layer.resid_post[7]).square().sum().sqrt()
        assert float(apart[depth]) == pytest.approx(float(difference), rel=1e-5)
        assert float(length[depth]) == pytest.approx(float(layer.resid_post[7].square().sum().sqrt()), rel=1e-5)
    before, _ = ablation.arrival(one, two, 2, 2)
    assert float(before.abs().max()) == 0
    elsewhere, _ = ablation.arrival(one, one, 4, 5)  # the same token, at another place
    assert elsewhere[0] == 0
    assert float(elsewhere[-1]) > 0
