"""Logit lens and attribution on the page, against transformers' own hidden states."""

import json

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


def test_an_earlier_place(open_page, tiny, hidden):
    app = open_page("transformer", transformer_view="lens", prompt=TEXT, transformer_back="2")
    best = tiny.tokenizer.tokens([int(lens(tiny, hidden[-1][-3]).argmax())])[0]
    assert any(f"says “{best}”" in text.value for text in app.text)


@pytest.mark.parametrize("against", [None, "happy"])
def test_parts_sum_to_the_logit(open_page, tiny, hidden, against):
    chosen = {} if against is None else {"transformer_against": against}
    app = open_page("transformer", transformer_view="parts", prompt=TEXT, **chosen)
    logits = lens(tiny, hidden[-1][-1])
    wanted = float(logits.max())
    if against is not None:
        both = [ids[0] for word in (against, f" {against}") if len(ids := tiny.tokenizer.encode(word)) == 1]
        wanted -= float(logits[both].max())
    heads, total = charts(app)
    values = drawn(heads, 0, "z")
    parts = drawn(total, 0, "y")
    assert parts[:-1].sum() == pytest.approx(wanted, abs=1e-3)
    assert values.sum() == pytest.approx(parts[1:-2].sum(), abs=1e-4)
    assert any(f"own number {wanted:.3f}"[:-1] in caption.value.replace("−", "-") for caption in app.caption)


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
