"""Parts taken out on the page: its numbers are those of the model."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

import models
from explorer import parts_out
from explorer.panels import inside
from models.mixers.inside import Ablation, opened
from tests.app.conftest import run
from tests.app.test_analogies import components, texts
from tests.app.test_pages import ODD, charts, drawn, notices

PROMPT = "happy new year to all"


def read(tiny, prompt=PROMPT, without=None):
    ids = [tiny.tokenizer.start_id, *tiny.tokenizer.encode(prompt)]
    return opened(tiny).trace(ids, without or Ablation()).logits[-1].double()


def labels(chart):
    return json.loads(chart.spec)["layout"]["yaxis"]["ticktext"]


def test_parts_of_the_url_are_out_and_the_bars_are_the_models(open_page, tiny):
    start = tiny.tokenizer.start_id
    url = {"transformer_out": "h1.2,a2,m1,h9.9", "transformer_hide": f"0.{start},1.{start},99.1"}
    app = open_page("transformer", transformer_view="out", prompt=PROMPT, **url)
    without = Ablation(frozenset({(0, 1)}), frozenset({1}), frozenset({0}), frozenset({0}))
    p, q = read(tiny).softmax(-1), read(tiny, without=without).softmax(-1)
    before, after = (drawn(charts(app)[0], trace, "x") for trace in (0, 1))
    shown = labels(charts(app)[0])
    top = {int(i) for probs in (p, q) for i in probs.topk(8).indices}
    assert len(shown) == len(top) + 1
    assert shown[-1] == f"{len(p) - len(top):,} others"
    np.testing.assert_allclose(np.sort(before[:-1]), np.sort(p[list(top)]), rtol=1e-4)
    np.testing.assert_allclose(np.sort(after[:-1]), np.sort(q[list(top)]), rtol=1e-4)
    assert before.sum() == pytest.approx(1, abs=1e-5)
    assert after.sum() == pytest.approx(1, abs=1e-5)
    bits = float((p * (p / q).log2()).sum())
    best = int(p.argmax())
    said = texts(app)
    assert f"KL divergence {bits:.3f} bits" in said
    assert f"rank {int((q > q[best]).sum()) + 1:,}" in said
    tokens, parts = components(app, "covers")
    assert tokens["off"] == [f"0.{start}"]
    assert parts["off"] == ["h1.2", "m1", "a2"]
    assert [row["name"] for row in parts["rows"]] == ["2", "1"]
    assert parts["columns"] == ["1", "2", "3", "4", "all", "MLP"]
    assert parts["covers"]["a2"] == [parts_out.head(1, i) for i in range(4)]


def test_all_is_put_back(open_page, tiny):
    app = open_page("transformer", transformer_view="out", prompt=PROMPT, transformer_out="m1", transformer_hide="0.0")
    run(next(button for button in app.button if button.label == "Put all back").click())
    assert "transformer_out" not in app.query_params
    assert "transformer_hide" not in app.query_params
    assert all(not one["off"] for one in components(app, "covers"))
    p = read(tiny).softmax(-1)
    np.testing.assert_allclose(drawn(charts(app)[0], 0, "x")[:-1], p.topk(8).values, rtol=1e-4)


def test_each_part_by_itself(open_page, tiny):
    app = open_page("transformer", transformer_view="out", prompt=PROMPT, transformer_each="1")
    best = int(read(tiny).argmax())
    [chart] = [chart for chart in charts(app) if json.loads(chart.spec)["data"][0]["type"] == "heatmap"]
    values = drawn(chart, 0, "z").reshape(2, 5)
    whole = read(tiny).log_softmax(-1)[best]
    for layer in range(2):
        outs = [Ablation(heads=frozenset({(layer, head)})) for head in range(4)] + [Ablation(mlps=frozenset({layer}))]
        for part, without in enumerate(outs):
            bits = (read(tiny, without=without).log_softmax(-1)[best] - whole) / np.log(2)
            assert values[layer, part] == pytest.approx(float(bits), abs=1e-3)


def test_two_texts_are_compared(open_page, tiny):
    other = "happy new years to all"
    app = open_page("transformer", transformer_view="out", prompt=PROMPT, transformer_other=other)
    p, q = read(tiny).softmax(-1), read(tiny, other).softmax(-1)
    best = int(p.argmax())
    assert f"KL divergence {float((p * (p / q).log2()).sum()):.3f} bits" in texts(app)
    pair, lines = charts(app)[1:3]
    np.testing.assert_allclose(drawn(pair, 0, "x")[0], p[best], rtol=1e-4)
    np.testing.assert_allclose(drawn(pair, 1, "x")[0], q[best], rtol=1e-4)
    one, two = (
        opened(tiny).trace([tiny.tokenizer.start_id, *tiny.tokenizer.encode(text)]).stream[:, -1]
        for text in (PROMPT, other)
    )
    expected = torch.linalg.vector_norm(two - one, dim=-1) / torch.linalg.vector_norm(one, dim=-1)
    np.testing.assert_allclose(drawn(lines, 0, "y"), expected, rtol=1e-4, atol=1e-6)


def test_the_other_text_is_this_one_until_a_word_is_edited(open_page):
    app = open_page("transformer", transformer_view="out", prompt=PROMPT)
    assert app.text_area[1].value == PROMPT
    assert "nothing differs" in texts(app)
    run(app.text_area[1].input("happy new years to all"))
    assert "nothing differs" not in texts(app)
    assert app.query_params["transformer_other"] in ("happy new years to all", ["happy new years to all"])


def test_the_formulas_have_the_numbers_on_screen(open_page, tiny):
    app = open_page("transformer", transformer_view="out", prompt=PROMPT, transformer_out="m2", transformer_other="a")
    app.session_state["how_computed"] = True
    run(app)
    formulas = [latex.value for latex in app.latex]
    assert len(formulas) >= 5
    p, q = read(tiny).softmax(-1), read(tiny, without=Ablation(mlps=frozenset({1}))).softmax(-1)
    best = int(p.argmax())
    assert f"= {float((p * (p / q).log2()).sum()):.4f} " in formulas[3]
    assert f"= {float((q[best] / p[best]).log2()):.3f}" in formulas[4]
    one, two = (
        opened(tiny).trace([tiny.tokenizer.start_id, *tiny.tokenizer.encode(text)]).stream[-1, -1]
        for text in (PROMPT, "a")
    )
    assert f"= {float((two - one).norm() / one.norm()):.3f}" in formulas[6]


@pytest.mark.parametrize("text", ["", "happy", "<b>&amp;</b>", "привет", "👩‍👩‍👧‍👦", "happy new " * 300, "\x04"])
def test_odd_texts_are_read_or_explained(open_page, text):
    app = open_page("transformer", transformer_view="out", transformer_out="h1.1,m2", transformer_hide="0.0,1.5")
    run(app.text_area[0].input(text))
    assert charts(app) or notices(app)


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_every_odd_text_is_read_or_explained(open_page, text):
    app = open_page("transformer", transformer_view="out")
    run(app.text_area[0].input(text))
    assert charts(app) or notices(app)


@pytest.fixture
def wider_folder(tmp_path, tiny_folder):
    """A model of the tiny one's tokenizer, of another width and depth."""
    torch.manual_seed(5)
    sizes = {"hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4}
    vocab = models.load(str(tiny_folder)).network.config.vocab_size
    config = LlamaConfig(vocab_size=vocab, bos_token_id=0, eos_token_id=1, initializer_range=0.3, **sizes)
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((tiny_folder / "tokenizer.json").read_bytes())
    return tmp_path


def said_bits(lm, text, other):
    p, q = read(lm, text).softmax(-1), read(lm, other).softmax(-1)
    return f"KL divergence {float((p * (p / q).log2()).sum()):.3f} bits"


def test_another_text_that_cannot_be_read_and_another_model(open_page, tiny, wider_folder):
    app = open_page("transformer", transformer_view="out", prompt=PROMPT, transformer_other="\x04")
    assert any("Below is an example" in one for one in notices(app))
    assert len(charts(app)) == 3
    assert said_bits(tiny, PROMPT, inside.TEXT) in texts(app)
    run(app.text_area[1].input("happy new years to all"))
    run(app.text_area[1].input("\x04"))
    assert any("still belongs to what was there before" in one for one in notices(app))
    assert said_bits(tiny, PROMPT, "happy new years to all") in texts(app)
    app.query_params["transformer_model"] = str(wider_folder)
    run(app)
    assert any("Below is an example" in one for one in notices(app))
    assert said_bits(models.load(str(wider_folder)), PROMPT, inside.TEXT) in texts(app)


def test_what_is_no_transformer_makes_way_for_one_that_ships(open_page, monkeypatch):
    app = open_page("transformer", transformer_view="out", transformer_model="lstm")
    [notice] = notices(app)
    assert "no transformer" in notice
    assert "Another model is shown" in notice
    assert charts(app)
    monkeypatch.setattr(inside, "registry", SimpleNamespace(catalog=list))
    app = open_page("transformer", transformer_view="out", transformer_model="lstm")
    assert any("No small transformer comes with" in one for one in notices(app))
    assert not charts(app)


def test_a_long_other_text_is_cut_and_it_is_said(open_page, tiny):
    long = "happy new " * 60
    app = open_page("transformer", transformer_view="out", prompt=PROMPT, transformer_other=long)
    count = len(tiny.tokenizer.encode(long))
    assert [one.value for one in app.caption if "The first" in one.value] == [f"The first 63 of {count} tokens."]


@pytest.mark.parametrize("other", ["happy new years to all", "happy new year to Paris"])
def test_the_largest_step_is_named_the_embeddings_among_them(open_page, tiny, other):
    app = open_page("transformer", transformer_view="out", prompt=PROMPT, transformer_other=other)
    one, two = (
        opened(tiny).trace([tiny.tokenizer.start_id, *tiny.tokenizer.encode(text)]).stream[:, -1].numpy()
        for text in (PROMPT, other)
    )
    apart = np.linalg.norm(two - one, axis=1) / np.linalg.norm(one, axis=1)
    steps = [apart[0], apart[1] - apart[0], apart[2] - apart[1]]
    largest = int(np.argmax(steps))
    assert (largest == 0) == other.endswith("Paris")
    of = f" of {apart[-1]:.2f}" if steps[largest] <= apart[-1] else ""
    where = f"in layer {largest}" if largest else "there from the beginning, in the embeddings"
    assert f"the largest single step, {steps[largest]:.2f}{of}, is {where}." in texts(app)
