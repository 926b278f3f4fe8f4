"""What is seen inside a transformer, against hooks on transformers' own modules, and against its parts taken out."""

import copy

import pytest
import torch
import transformers
from torch import nn

import models
from models.errors import ModelError
from models.mixers import pretrained_inside
from models.mixers.inside import Ablation, opened, ranks
from models.mixers.transformer import TransformerConfig, TransformerNetwork
from models.tokens.positions import SCHEMES

IDS = [0, 17, 3, 250, 9, 9, 120, 44]
FAMILIES = {
    "Llama": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 48,
    },
    "GPT2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
    "GPTNeoX": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64},
    "Qwen2": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 48,
    },
    "Mistral": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 1,
        "intermediate_size": 48,
        "sliding_window": 3,
    },
}


def of_family(family, folder, tokenizer):
    config = getattr(transformers, f"{family}Config")(
        vocab_size=310, bos_token_id=0, eos_token_id=1, initializer_range=0.2, **(FAMILIES | OTHERS)[family]
    )
    torch.manual_seed(1)
    made = getattr(transformers, f"{family}{'LMHeadModel' if family == 'GPT2' else 'ForCausalLM'}")(config)
    with torch.no_grad():
        for weights in made.parameters():
            if weights.ndim == 1:  # norms and biases that do something
                weights.add_(torch.randn_like(weights) * 0.2)
    made.save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    return models.load(str(folder))


OTHERS = {
    "Phi": {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48},
    "Cohere": FAMILIES["Llama"] | {"pad_token_id": 0},
    "Granite": FAMILIES["Llama"] | {"embedding_multiplier": 12.0},
    "Qwen3": FAMILIES["Llama"] | {"head_dim": 8},
    "BitNet": FAMILIES["Llama"],
}


def their_logits(network):
    with torch.no_grad():
        return network(torch.tensor([IDS]), use_cache=False).logits[0].float()


@pytest.fixture(scope="module", params=FAMILIES)
def pretrained(request, tmp_path_factory, tiny_folder):
    return of_family(request.param, tmp_path_factory.mktemp(request.param), tiny_folder / "tokenizer.json")


def _random(positions="learned", **sizes):
    shape = {"vocab_size": 310, "n_embd": 32, "n_layer": 2, "n_head": 4, "block_size": 64} | sizes
    network = TransformerNetwork(TransformerConfig(positions=positions, **shape))
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weights in network.parameters():
            weights.copy_(torch.randn(weights.shape, generator=random) * 0.3)
    return network


def test_ours_equals_gpt2():
    """With GPT-2's shape and weights: same logits, same hidden states, same attention."""
    config = transformers.GPT2Config(
        vocab_size=310,
        n_embd=32,
        n_layer=2,
        n_head=4,
        n_positions=64,
        activation_function="gelu",
        attn_implementation="eager",
    )
    theirs = transformers.GPT2LMHeadModel(config).eval()
    ours = _random("learned")
    with torch.no_grad():
        ours.bias.zero_()  # GPT-2's scores have none
        body = theirs.transformer
        for mine, its in [(ours.wte, body.wte), (ours.wpe, body.wpe), (ours.ln_f, body.ln_f)]:
            its.load_state_dict(mine.state_dict())
        for mine, its in zip(ours.layers, body.h, strict=True):
            its.ln_1.load_state_dict(mine.ln_1.state_dict())
            its.ln_2.load_state_dict(mine.ln_2.state_dict())
            for one, other in [
                (mine.attn.c_attn, its.attn.c_attn),
                (mine.attn.c_proj, its.attn.c_proj),
                (mine.mlp.c_fc, its.mlp.c_fc),
                (mine.mlp.c_proj, its.mlp.c_proj),
            ]:
                other.weight.copy_(one.weight.T)
                other.bias.copy_(one.bias)
        wanted = theirs(torch.tensor([IDS]), output_hidden_states=True, output_attentions=True)
    trace = ours.inside().trace(IDS)
    torch.testing.assert_close(trace.logits, wanted.logits[0], atol=1e-5, rtol=1e-5)
    for layer, pattern in zip(trace.layers, wanted.attentions, strict=True):
        torch.testing.assert_close(layer.pattern, pattern[0], atol=1e-5, rtol=0)
    for stream, hidden in zip(trace.stream[:-1], wanted.hidden_states[:-1], strict=True):
        torch.testing.assert_close(stream, hidden[0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(trace.final, wanted.hidden_states[-1][0], atol=1e-5, rtol=1e-5)


def _seen(network, names):
    """What transformers' own modules take and give, by hooks on a copy of its own."""
    network = copy.deepcopy(network)
    network.set_attn_implementation("eager")
    taken, given = {}, {}

    def hook(name):
        def note(_module, args, kwargs, output):
            taken[name] = (args[0] if args else kwargs["hidden_states"])[0]
            given[name] = (output if isinstance(output, torch.Tensor) else output[0])[0]

        return note

    for name, module in network.named_modules():
        if name in names:
            module.register_forward_hook(hook(name), with_kwargs=True)
    with torch.no_grad():
        output = network(torch.tensor([IDS]), use_cache=False, output_attentions=True, output_hidden_states=True)
    return taken, given, output


PARTS = {
    "GPT2": ("transformer", "h", "attn", "c_proj", "mlp", "c_proj"),
    "GPTNeoX": ("gpt_neox", "layers", "attention", "dense", "mlp", "dense_4h_to_h"),
}


def test_every_traced_tensor_is_what_the_modules_give(pretrained):
    family = pretrained.network.config.model_type
    body, layers, attn, attn_last, mlp, mlp_last = PARTS.get(
        {"gpt2": "GPT2", "gpt_neox": "GPTNeoX"}.get(family, ""),
        ("model", "layers", "self_attn", "o_proj", "mlp", "down_proj"),
    )
    each = [f"{body}.{layers}.{i}" for i in range(2)]
    names = {
        name
        for one in each
        for name in (one, f"{one}.{attn}", f"{one}.{attn}.{attn_last}", f"{one}.{mlp}", f"{one}.{mlp}.{mlp_last}")
    }
    taken, given, output = _seen(pretrained.network, names)
    inside = opened(pretrained)
    trace = inside.trace(IDS)

    def same(mine, wanted):
        torch.testing.assert_close(mine, wanted, atol=1e-5, rtol=1e-5)

    same(trace.logits, output.logits[0])
    same(trace.final, output.hidden_states[-1][0])
    same(trace.resid_pre, output.hidden_states[0][0])
    for i, (one, layer) in enumerate(zip(each, trace.layers, strict=True)):
        same(layer.pattern, output.attentions[i][0])
        same(layer.attn_in, taken[f"{one}.{attn}"])
        same(layer.attn_out, given[f"{one}.{attn}"])
        same(layer.z.transpose(0, 1).flatten(1), taken[f"{one}.{attn}.{attn_last}"])
        same(layer.mlp_in, taken[f"{one}.{mlp}"])
        same(layer.mlp_hidden, taken[f"{one}.{mlp}.{mlp_last}"])
        same(layer.mlp_out, given[f"{one}.{mlp}"])
        same(layer.resid_post, given[one])
        same(layer.resid_mid, taken[one] + given[f"{one}.{attn}"])
        # Queries, keys and values by what they make.
        shared = inside.n_head // inside.n_kv_head
        same(layer.scores, layer.q @ layer.k.repeat_interleave(shared, 0).mT / layer.q.shape[-1] ** 0.5)
        same(layer.z, layer.pattern @ layer.v.repeat_interleave(shared, 0))
        weights = inside.layers[i]
        out = (layer.z @ weights.w_o).sum(0)
        same(out if weights.b_o is None else out + weights.b_o, layer.attn_out)
        if weights.w_v is not None:
            v = layer.attn_in @ weights.w_v
            same(v if weights.b_v is None else v + weights.b_v[:, None], layer.v)
            q = (layer.attn_in @ weights.w_q)[:, 0]  # at place 0 rotary positions turn nothing
            same(q if weights.b_q is None else q + weights.b_q, layer.q[:, 0])
            k = (layer.attn_in @ weights.w_k)[:, 0]
            same(k if weights.b_k is None else k + weights.b_k, layer.k[:, 0])
        assert weights.scale == pytest.approx(layer.q.shape[-1] ** -0.5)


def test_the_shared_model_is_not_touched(pretrained):
    before = pretrained.logits(IDS)
    inside = opened(pretrained)
    inside.trace(IDS, Ablation(mlps=frozenset({0}), heads=frozenset({(1, 2)})))
    assert opened(pretrained) is inside
    assert torch.equal(pretrained.logits(IDS), before)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in pretrained.network.modules())
    assert inside.w_u.data_ptr() == pretrained.network.get_output_embeddings().weight.data_ptr()


@pytest.mark.parametrize("place", [0, 3, len(IDS) - 1])
def test_attribution_sums_to_the_logit(pretrained, place):
    inside = opened(pretrained)
    trace = inside.trace(IDS)
    logits = their_logits(pretrained.network)[place]
    for token, against in [(5, None), (300, None), (5, 17)]:
        parts = inside.attribution(trace, place, token, against)
        wanted = logits[token] - (0 if against is None else logits[against])
        assert parts.total == pytest.approx(float(wanted), abs=1e-3)
        assert parts.logit == pytest.approx(float(wanted), abs=1e-4)


@pytest.mark.parametrize("place", [0, len(IDS) - 1])
def test_attribution_in_bfloat16_sums_to_the_logit_within_its_rounding(pretrained, place):
    network = copy.deepcopy(pretrained.network).to(torch.bfloat16)
    inside = pretrained_inside.opened(network, "x")
    trace, logits = inside.trace(IDS), their_logits(network)[place]
    for token in (5, 300, int(logits.argmax())):
        off = abs(inside.attribution(trace, place, token).total - float(logits[token]))
        assert off < 0.05 * float(logits.abs().max())


@pytest.mark.parametrize(("family", "scaling"), [("Llama", 1.0), ("Granite", 12.0), ("GPT2", None), ("GPTNeoX", 1.0)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_scaled_embeddings_are_told_from_added_positions(family, scaling, dtype, tmp_path, tiny_folder):
    lm = of_family(family, tmp_path, tiny_folder / "tokenizer.json")
    inside = pretrained_inside.opened(copy.deepcopy(lm.network).to(dtype), "x")
    for ids in (IDS, IDS[:1]):
        trace = inside.trace(ids)
        assert trace.scaling == (None if scaling is None else pytest.approx(scaling, rel=4e-3))
        torch.testing.assert_close(trace.last, trace.stream[-1], rtol=0, atol=0)


@pytest.mark.parametrize("positions", SCHEMES)
def test_ours_never_scale_and_add_two_kinds_of_positions(positions):
    added = positions in ("sinusoidal", "learned")
    assert _random(positions).inside().trace(IDS).scaling == (None if added else 1.0)


@pytest.mark.parametrize("positions", SCHEMES)
def test_ours_sums_to_the_logit(positions):
    inside = _random(positions).inside()
    trace = inside.trace(IDS)
    parts = inside.attribution(trace, 4, 12)
    assert parts.total == pytest.approx(float(trace.logits[4, 12]), abs=1e-3)
    assert (parts.positions == 0) is (positions not in ("sinusoidal", "learned"))


def test_an_mlps_part_is_what_the_logit_loses_without_it_at_the_same_scale(pretrained):
    """The last layer's MLP: nothing reads it but the last norm, whose scale is put back."""
    inside = opened(pretrained)
    trace, place, token = inside.trace(IDS), 5, 40
    x, less = trace.stream[-1, place], trace.stream[-1, place] - trace.layers[-1].mlp_out[place]
    norm, w = inside.norm, inside.w_u[token]
    if isinstance(norm, nn.LayerNorm):
        scale = x.var(unbiased=False).add(norm.eps).sqrt()
        wanted = w @ (norm.weight * ((x - x.mean()) - (less - less.mean()))) / scale
    else:
        wanted = w @ (norm.weight * (x - less)) / x.square().mean().add(norm.variance_epsilon).sqrt()
    assert float(inside.attribution(trace, place, token).mlps[-1]) == pytest.approx(float(wanted), abs=1e-4)


def test_the_lens_after_the_last_layer_is_the_network_itself(pretrained):
    inside = opened(pretrained)
    trace = inside.trace(IDS)
    torch.testing.assert_close(inside.unembed(trace.stream[-1]), trace.logits, atol=1e-4, rtol=1e-4)


def _without(network, ids, change):
    """Logits of a copy whose weights were changed by hand."""
    network = copy.deepcopy(network)
    with torch.no_grad():
        change(network)
        return network(torch.tensor([ids]), use_cache=False).logits[0]


def test_taking_out_is_as_weights_of_zero(tiny):
    inside = opened(tiny)
    size = tiny.network.config.hidden_size // tiny.network.config.num_attention_heads

    def head(network):
        network.model.layers[1].self_attn.o_proj.weight[:, 2 * size : 3 * size] = 0

    def attention(network):
        network.model.layers[0].self_attn.o_proj.weight.zero_()

    def mlp(network):
        network.model.layers[1].mlp.down_proj.weight.zero_()

    for without, change in [
        (Ablation(heads=frozenset({(1, 2)})), head),
        (Ablation(attention=frozenset({0})), attention),
        (Ablation(mlps=frozenset({1})), mlp),
    ]:
        wanted = _without(tiny.network, IDS, change)
        torch.testing.assert_close(inside.trace(IDS, without).logits, wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["pretrained", "ours"])
def test_a_hidden_token_changes_nothing_for_others(tiny, kind):
    inside = opened(tiny) if kind == "pretrained" else _random("rope").inside()
    other = [*IDS[:3], 77, *IDS[4:]]
    without = Ablation(tokens=frozenset({3}))
    one, two = inside.trace(IDS, without), inside.trace(other, without)
    others = [i for i in range(len(IDS)) if i != 3]
    torch.testing.assert_close(one.logits[others], two.logits[others], atol=1e-6, rtol=0)
    assert float((inside.trace(IDS).logits[others[3:]] - inside.trace(other).logits[others[3:]]).abs().max()) > 1e-3
    assert float(one.layers[0].pattern[:, 4:, 3].abs().max()) == 0
    assert float(one.layers[0].pattern[:, 3, 3].min()) > 0


def test_ours_without_a_head_an_attention_an_mlp():
    network = _random("rope")

    def changed(change):
        other = copy.deepcopy(network)
        with torch.no_grad():
            change(other.layers[1])
        return other.inside().trace(IDS).logits

    def head(layer):
        layer.attn.c_proj.weight[:, 8:16] = 0

    def attention(layer):
        layer.attn.c_proj.weight.zero_()
        layer.attn.c_proj.bias.zero_()

    def mlp(layer):
        layer.mlp.c_proj.weight.zero_()
        layer.mlp.c_proj.bias.zero_()

    for without, change in [
        (Ablation(heads=frozenset({(1, 1)})), head),
        (Ablation(attention=frozenset({1})), attention),
        (Ablation(mlps=frozenset({1})), mlp),
    ]:
        torch.testing.assert_close(network.inside().trace(IDS, without).logits, changed(change))


def test_ranks():
    logits = torch.tensor([[0.1, 0.5, 0.3], [2.0, -1.0, 0.0]])
    assert ranks(logits, 2).tolist() == [2, 2]
    assert ranks(logits, 1).tolist() == [1, 3]


def test_a_model_that_is_no_transformer_says_so(tmp_path, tiny_folder):
    with pytest.raises(ModelError, match="no transformer"):
        opened(models.load("trigram"))
    with pytest.raises(ModelError, match="is no transformer"):
        opened(models.load("lstm"))
    config = transformers.MambaConfig(vocab_size=310, hidden_size=32, num_hidden_layers=2, state_size=4)
    transformers.MambaForCausalLM(config).save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((tiny_folder / "tokenizer.json").read_bytes())
    with pytest.raises(ModelError, match="built in a way"):
        opened(models.load(str(tmp_path)))


@pytest.mark.parametrize(("family", "is_parallel"), [("Llama", False), ("GPTNeoX", True), ("Phi", True)])
def test_it_is_known_whether_the_mlp_reads_what_the_attention_reads(family, is_parallel, tmp_path, tiny_folder):
    lm = of_family(family, tmp_path, tiny_folder / "tokenizer.json")
    assert opened(lm).parallel is is_parallel


def test_what_does_not_add_up_is_refused(tmp_path, tiny_folder):
    """Cohere's scores are scaled once more, and its norm is one of its own."""
    lm = of_family("Cohere", tmp_path, tiny_folder / "tokenizer.json")
    with pytest.raises(ModelError, match="built in a way"):
        opened(lm)
