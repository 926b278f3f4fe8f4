"""Cached steps against whole readings; multiplications against torch's own counter."""

import pytest
import torch
import transformers
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import models
from models.errors import ModelError
from models.mixers import caching
from models.mixers.caching import ReadsOn
from models.mixers.inside import opened
from models.mixers.transformer import TransformerConfig, TransformerNetwork
from models.tokens.positions import SCHEMES

IDS = [0, 17, 3, 250, 9, 9, 120, 44]


def network_of(positions, **sizes):
    shape = {"vocab_size": 310, "n_embd": 32, "n_layer": 3, "n_head": 4, "block_size": 12} | sizes
    network = TransformerNetwork(TransformerConfig(positions=positions, **shape))
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weights in network.parameters():
            weights.copy_(torch.randn(weights.shape, generator=random) * 0.3)
    return network


@pytest.mark.parametrize("positions", SCHEMES)
@pytest.mark.parametrize("cuts", [(1,) * 8, (8,), (3, 5), (4, 1, 2, 1)])
@torch.no_grad()
def test_cached_steps_equal_the_whole(positions, cuts):
    network = network_of(positions)
    trace, known, first = network.trace(IDS), (), 0
    for cut in cuts:
        earlier = [part.clone() for layer in known for part in layer]
        before = known
        logits, known = network.read_on(IDS[first : first + cut], known)
        first += cut
        torch.testing.assert_close(logits, trace.logits[first - 1], atol=1e-4, rtol=1e-4)
        for old, part in zip(earlier, (part for layer in before for part in layer), strict=True):
            assert torch.equal(old, part)  # what was known is left as it was
    for (k, v), layer in zip(known, trace.layers, strict=True):
        torch.testing.assert_close(k, layer.k, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(v, layer.v, atol=1e-5, rtol=1e-5)
    assert caching.known_bytes(known) == caching.kept_bytes(trace, network.inside()) == 3 * 2 * 8 * 32 * 4


def test_more_places_than_the_table_has_are_refused_in_steps_too():
    network = network_of("learned")
    _, known = network.read_on([1] * 12)
    with pytest.raises(ModelError, match="13 tokens are more than the 12 places"):
        network.read_on([1], known)


FAMILIES = {
    "Llama": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2},
    "GPT2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
    "Mistral": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 1,
        "sliding_window": 3,
    },
}


@pytest.mark.parametrize("family", FAMILIES)
def test_pretrained_cached_steps_equal_the_whole(family, tmp_path, tiny_folder):
    config = getattr(transformers, f"{family}Config")(
        vocab_size=310, bos_token_id=0, eos_token_id=1, initializer_range=0.2, **FAMILIES[family]
    )
    torch.manual_seed(1)
    made = getattr(transformers, f"{family}{'LMHeadModel' if family == 'GPT2' else 'ForCausalLM'}")(config)
    made.save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((tiny_folder / "tokenizer.json").read_bytes())
    lm = models.load(str(tmp_path))
    assert isinstance(lm, ReadsOn)
    with torch.no_grad():
        whole = lm.network(torch.tensor([IDS]), use_cache=False).logits[0]
    _, known = lm.read_on(IDS[:5])
    kept = [part.clone() for layer in known for part in layer]
    logits, six = lm.read_on(IDS[5:6], known)
    torch.testing.assert_close(logits, whole[5], atol=1e-4, rtol=1e-4)
    logits, eight = lm.read_on(IDS[6:], six)
    torch.testing.assert_close(logits, whole[7], atol=1e-4, rtol=1e-4)
    for old, part in zip(kept, (part for layer in known for part in layer), strict=True):
        assert torch.equal(old, part)
    assert caching.known_bytes(eight) == caching.kept_bytes(opened(lm).trace(IDS), opened(lm))
    assert caching.known_bytes(known) * 8 == caching.known_bytes(eight) * 5


def test_bytes_are_of_the_models_own_precision(tiny_folder, monkeypatch):
    monkeypatch.setenv("LM_EXPLORER_DTYPE", "bfloat16")
    lm = models.load(str(tiny_folder))
    _, known = lm.read_on(IDS)
    assert known[0][0].dtype == torch.bfloat16
    of_two_layers = 2 * 2 * 8 * 2 * 8 * 2  # keys and values, 8 tokens, 2 heads of 8 numbers, of two bytes
    assert caching.known_bytes(known) == caching.kept_bytes(opened(lm).trace(IDS), opened(lm)) == of_two_layers


def counted(work):
    """Multiplications of matrices that torch sees, by its own counter, which counts each with its addition."""
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        work()
    return counter.get_total_flops() / 2


@pytest.mark.parametrize("kind", ["pretrained", "ours"])
def test_multiplications_are_those_that_torch_counts(tiny, kind):
    lm = tiny if kind == "pretrained" else network_of("rope")
    network = tiny.network if kind == "pretrained" else lm
    inside = opened(tiny) if kind == "pretrained" else lm.inside()
    found = caching.multiplications(network, inside)
    _, known = lm.read_on(IDS[:-1])
    assert counted(lambda: lm.read_on(IDS[-1:], known)) == found.with_cache(8)
    # torch computes what the mask hides too: the other half of the square.
    assert counted(lambda: lm.read_on(IDS)) == found.without(8) + found.pair * (8 * 8 - 8 * 9 // 2)


def test_times_come_with_the_bytes_of_what_is_kept():
    network = network_of("rope")
    events = list(caching.timed(network, IDS, (4, 20)))
    found = [event for event in events if event is not None]
    assert [one.length for one in found] == [4, 20]
    assert [one.bytes for one in found] == [3 * 2 * length * 32 * 4 for length in (4, 20)]
    assert all(one.cached > 0 and one.whole > 0 for one in found)
    assert None in events


def test_a_model_without_keys_and_values_says_so():
    with pytest.raises(ModelError, match="keeps no keys"):
        models.load("lstm").read_on([0])


def test_recurrent_states_do_not_grow():
    lm = models.load("lstm")
    n_layer, width = lm.network.config.n_layer, lm.network.config.n_hidden
    assert caching.state_bytes(lm.network.start(1)) == 2 * n_layer * width * 4
