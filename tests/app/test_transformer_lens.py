"""Logit lens and attribution on the page, against transformers' own hidden states."""

import json
import re

import numpy as np
import pytest
import torch

from tests.app.conftest import run
from tests.app.test_pages import ODD, charts, drawn, notices

TEXT = "happy new year to all"


def spec(chart):
    return json.loads(chart.spec)


@pytest.fixture
def hidden(tiny):
    """Before each layer and after the last, by transformers; its last one is normed already."""
    idx = torch.tensor([[tiny.tokenizer.start_id, *tiny.tokenizer.encode(TEXT)]])
    with torch.no_grad():
        before = tiny.network(idx, output_hidden_states=True).hidden_states[:-1]
        seen = []
        handle = tiny.network.model.layers[-1].register_forward_hook(lambda _m, _i, output: seen.append(output))
        tiny.network(idx)
        handle.remove()
    return [one[0] for one in (*before, seen[0])]


def lens(tiny, x):
    with torch.no_grad():
        return tiny.network.lm_head(tiny.network.model.norm(x))


def test_best_guesses_after_each_layer(open_page, tiny, hidden):
    app = open_page("transformer", transformer_view="lens", prompt=TEXT)
    heat = spec(charts(app)[0])["data"][0]
    shown = drawn(charts(app)[0], 0, "z").reshape(len(hidden), -1)
    width = shown.shape[1]
    for depth, x in enumerate(hidden):
        probs = lens(tiny, x[-width:]).softmax(-1)
        np.testing.assert_allclose(shown[depth], probs.max(-1).values, atol=1e-5)
        assert len(heat["customdata"][depth]) == width
    best = tiny.tokenizer.tokens([int(lens(tiny, hidden[-1][-1]).argmax())])[0]
    assert heat["customdata"][-1][-1] == best.replace("<", "&lt;").replace(">", "&gt;")
    assert any(f"says “{best}”" in text.value for text in app.text)


def test_ranks_and_lengths(open_page, tiny, hidden):
    year = next(ids[0] for word in (" year", "year") if len(ids := tiny.tokenizer.encode(word)) == 1)
    app = open_page("transformer", transformer_view="lens", prompt=TEXT, transformer_target="year")
    _, ranks, lengths = charts(app)
    rows = [lens(tiny, x[-1]) for x in hidden]
    assert list(drawn(ranks, 0, "y")) == [int((row > row[year]).sum()) + 1 for row in rows]
    np.testing.assert_allclose(drawn(lengths, 0, "y"), [float(x[-1].norm()) for x in hidden], rtol=1e-5)
    np.testing.assert_allclose(drawn(lengths, 1, "y"), [float(x[0].norm()) for x in hidden], rtol=1e-5)
    assert "Length of the residual stream" in [header.value for header in app.subheader]


def test_an_earlier_place(open_page, tiny, hidden):
    app = open_page("transformer", transformer_view="lens", prompt=TEXT, transformer_back="2")
    best = tiny.tokenizer.tokens([int(lens(tiny, hidden[-1][-3]).argmax())])[0]
    assert any(f"says “{best}”" in text.value for text in app.text)


def parts_page(open_page, against):
    chosen = {} if against is None else {"transformer_against": against}
    return open_page("transformer", transformer_view="parts", prompt=TEXT, **chosen)


def wanted_logit(tiny, hidden, against):
    logits = lens(tiny, hidden[-1][-1])
    if against is None:
        return float(logits.max())
    both = [ids[0] for word in (against, f" {against}") if len(ids := tiny.tokenizer.encode(word)) == 1]
    return float(logits.max() - logits[both].max())


@pytest.mark.parametrize("against", [None, "happy"])
def test_parts_sum_to_the_logit(open_page, tiny, hidden, against):
    app = parts_page(open_page, against)
    wanted = wanted_logit(tiny, hidden, against)
    heads, total = charts(app)
    values = drawn(heads, 0, "z")
    parts = drawn(total, 0, "x")
    assert parts[:-1].sum() == pytest.approx(wanted, abs=1e-3)
    assert values.sum() == pytest.approx(parts[1:-2].sum(), abs=1e-4)
    name = "logit" if against is None else "difference"
    assert any(f"own {name} {wanted:.3f}"[:-1] in caption.value.replace("−", "-") for caption in app.caption)


@pytest.mark.parametrize("against", [None, "happy"])
def test_the_formula_says_whose_logit_its_numbers_sum_to(open_page, tiny, hidden, against):
    app = parts_page(open_page, against)
    app.session_state["how_computed"] = True
    run(app)
    stream, logit, scale, numbers = (latex.value.strip("$\n ") for latex in app.latex)
    bare = re.sub(r"_\{\\text\{\w+\}\}|\\(begin|end)\{aligned\}| \\\\( &\\quad)?", "", numbers)
    left, terms, total = bare.strip().split(" &= ")
    logits, said = lens(tiny, hidden[-1][-1]), 0.0
    for sign, word in re.findall(r"(^|- )y\(\\fbox\{\\texttt\{(.*?)\}\}\)", left):
        [token] = [i for i in range(len(logits)) if tiny.tokenizer.tokens([i]) == [word]]
        said += float(logits[token]) * (-1 if sign else 1)
    assert said == pytest.approx(wanted_logit(tiny, hidden, against), abs=1e-6)
    assert float(total) == pytest.approx(said, abs=1e-3)
    assert sum(float(term) for term in terms.split()) == pytest.approx(said, abs=4e-3)
    assert logit.startswith("y_w = u_w" if against is None else "y_a - y_b = (u_a - u_b)")
    assert stream.startswith(r"x = e + \sum")  # rotary positions are not added
    assert rf"root mean square of }} x = {float(hidden[-1][-1].square().mean().sqrt()):.4g}," in scale
    name = "logit" if against is None else "difference"
    assert spec(charts(app)[1])["data"][0]["y"][-1] == name
    assert f"They add up to the {name}" in [header.value for header in app.subheader]
    assert any(f"own {name} " in one.value and "root mean square" in one.value for one in app.caption)


def test_added_positions_are_a_part_and_the_last_norm_is_named(open_page):
    """Ours with a sinusoidal code, whose last norm is a LayerNorm."""
    app = open_page("transformer", transformer_view="parts", prompt=TEXT, transformer_model="transformer-sinusoidal")
    app.session_state["how_computed"] = True
    run(app)
    assert spec(charts(app)[1])["data"][0]["y"][:2] == ["embedding", "position"]
    assert app.latex[0].value.strip("$\n ").startswith(r"x = e + p + \sum")
    assert r"_{\text{position}}" in app.latex[3].value
    assert "standard deviation of" in app.latex[2].value
    assert "its mean" in app.latex[1].value
    assert any("standard deviation" in caption.value for caption in app.caption)


def test_a_typed_token_that_is_none_is_told(open_page):
    app = open_page("transformer", transformer_view="parts", prompt=TEXT, transformer_target="xylophone quartz")
    assert any("tokens, not one" in notice for notice in notices(app))
    assert charts(app)


def test_a_model_that_is_no_transformer_is_told(open_page):
    app = open_page("transformer", transformer_view="lens", transformer_model="trigram", prompt=TEXT)
    assert any("no transformer" in notice for notice in notices(app))
    assert charts(app)


@pytest.mark.parametrize("view", ["lens", "parts"])
@pytest.mark.parametrize("odd", ODD)
def test_any_text(open_page, view, odd):
    app = open_page("transformer", transformer_view=view)
    run(app.text_area[0].set_value(ODD[odd]))
    assert charts(app) or notices(app)
