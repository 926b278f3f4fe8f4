"""The way through a transformer on the page, against transformers' own attention, hidden states and weights."""

import json
import re

import numpy as np
import pytest
import torch

from tests.app.conftest import run
from tests.app.test_analogies import components
from tests.app.test_pages import ODD, charts, drawn, notices
from tests.models.test_inside import of_family

TEXT = "happy new year to all"


def opened(open_page, station, text=TEXT, **parameters):
    named = {f"transformer_{name}": str(value) for name, value in parameters.items()}
    return open_page("transformer", transformer_station=station, prompt=text, **named)


def lines(app):
    return " ".join(text.value for text in app.text).replace("−", "-")


def stations(app):
    [data] = components(app, "parts")
    return {box["id"]: box for part in data["parts"] for row in part["rows"] for box in row}


@pytest.fixture
def theirs(tiny):
    ids = [tiny.tokenizer.start_id, *tiny.tokenizer.encode(TEXT)]
    tiny.network.set_attn_implementation("eager")
    with torch.no_grad():
        output = tiny.network(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    tiny.network.set_attn_implementation("sdpa")
    return ids, output


def test_at_first_the_attention_weights_are_open(open_page, theirs):
    ids, output = theirs
    app = open_page("transformer", prompt=TEXT)
    shown = drawn(charts(app)[0], 0, "z").reshape(len(ids), len(ids))
    wanted = output.attentions[0][0, 0].numpy()
    lower = np.tril_indices(len(ids))
    np.testing.assert_allclose(shown[lower], wanted[lower], atol=1e-5)
    assert np.isnan(shown[np.triu_indices(len(ids), 1)]).all()
    best = float(wanted[-1].max())
    assert f"= {best:.4g}, the network’s number {best:.4g}" in lines(app)
    terms = drawn(charts(app)[1], 0, "x")[:-1]
    assert terms.max() / terms.sum() == pytest.approx(best, abs=1e-5)


def test_boxes_have_the_networks_shapes(open_page, theirs):
    ids, _ = theirs
    boxes, n = stations(opened(open_page, "q")), len(ids)
    assert "placed" not in boxes  # RoPE adds nothing to the embeddings
    shapes = {name: box["shape"] for name, box in boxes.items()}
    assert shapes["q"] == shapes["mix"] == f"4 × {n} × 8"
    assert shapes["k"] == shapes["v"] == f"2 × {n} × 8"
    assert shapes["scores"] == shapes["weights"] == f"4 × {n} × {n}"
    assert shapes["hidden"] == f"{n} × 64"
    assert shapes["embedding"] == shapes["post"] == shapes["norm_3"] == f"{n} × 32"
    assert shapes["logits"].startswith(f"{n} × ")


def test_layer_head_and_place_choose_what_is_drawn(open_page, theirs):
    ids, output = theirs
    app = opened(open_page, "weights", layer=2, head=3, back=1, key=2)
    wanted = output.attentions[1][0, 2].numpy()
    shown = drawn(charts(app)[0], 0, "z").reshape(len(ids), len(ids))
    np.testing.assert_allclose(shown[-2, : len(ids) - 1], wanted[-2, :-1], atol=1e-5)
    number = f"{float(wanted[-2, 2]):.4g}"
    assert f"the network’s number {number}" in lines(app)


def test_a_value_is_the_product_of_the_norm_and_the_matrix(open_page, tiny, theirs):
    """By transformers' own modules: v_proj of the normed stream that layer 2 reads."""
    _, output = theirs
    app = opened(open_page, "v", layer=2, head=4, number=5)
    layer = tiny.network.model.layers[1]
    with torch.no_grad():
        x = layer.input_layernorm(output.hidden_states[1][0, -1])
        terms = x * layer.self_attn.v_proj.weight[8 + 4]  # the second pair of heads, number 5
    said = re.search(r"the sum is (\S+), the network’s number (\S+)\.", lines(app))
    assert float(said[1]) == pytest.approx(float(terms.sum()), abs=2e-4)
    assert float(said[2]) == pytest.approx(float(terms.sum()), abs=2e-4)
    largest = terms[terms.abs().argsort(descending=True)]
    shown = drawn(charts(app)[1], 0, "x")
    np.testing.assert_allclose(shown[:8], largest[:8], atol=1e-5)
    assert shown[8] == pytest.approx(float(largest[8:].sum()), abs=1e-4)
    assert "all other 24 terms" in json.loads(charts(app)[1].spec)["layout"]["yaxis"]["ticktext"]


def test_a_logit_and_the_bars_are_the_networks(open_page, tiny, theirs):
    _, output = theirs
    app = opened(open_page, "logits")
    logits = output.logits[0, -1]
    best = int(logits.argmax())
    assert f"the network’s number {float(logits[best]):.4f}" in lines(app)
    [data] = components(app, "bars")
    probs = logits.softmax(-1)
    assert [bar[0] for bar in data["bars"][:5]] == tiny.tokenizer.tokens(probs.topk(5).indices.tolist())
    assert data["bars"][5][0] == f"all other {len(probs) - 5:,}"


@pytest.mark.parametrize("station", ["embedding", "norm_1", "q", "k", "scores", "mix", "attention", "mid"])
def test_stations_of_attention_have_a_map_and_a_word(open_page, station):
    app = opened(open_page, station, layer=2)
    assert len(charts(app)) == (1 if station in ("embedding", "norm_1") else 2)
    assert re.search(r"the sum is|root mean square|embedding table", lines(app))
    assert not notices(app)
    if station in ("q", "k"):
        assert re.search(r"as long as before: (\S+), \1\.", lines(app))


@pytest.mark.parametrize("station", ["norm_2", "hidden", "mlp", "post", "norm_3", "logits", "probs"])
def test_stations_after_attention_have_a_map_and_a_word(open_page, station):
    app = opened(open_page, station, layer=2)
    assert len(charts(app)) == (1 if station in ("norm_2", "hidden", "norm_3") else 2)
    assert re.search(r"the network’s number|root mean square|can't be followed", lines(app))
    assert not notices(app)


def formulas(app):
    app.session_state["how_computed"] = True
    run(app)
    assert len(app.latex) == 4
    return " ".join(one.value for one in app.latex)


@pytest.mark.parametrize("station", ["q", "k", "v", "attention", "hidden", "mlp", "logits"])
def test_formulas_have_only_what_the_network_has(open_page, station):
    """A Llama: no biases, turned queries and keys, a gated MLP."""
    said = formulas(opened(open_page, station))
    assert " + b" not in said
    assert "phi" not in said
    assert (r"\mathrm{RoPE}" in said) is (station in ("q", "k"))


def test_the_first_place_is_not_turned(open_page):
    app = opened(open_page, "q", back=5)
    assert "RoPE" not in lines(app)
    assert re.search(r"the sum is (\S+), the network’s number \1\.", lines(app))


@pytest.fixture
def other(tmp_path, tiny_folder):
    """Opens the page on a small network of another family."""

    def made(open_page, family, station, **parameters):
        lm = of_family(family, tmp_path, tiny_folder / "tokenizer.json")
        return lm, opened(open_page, station, model=tmp_path, **parameters)

    return made


def test_scaled_embeddings_are_called_scaled(open_page, other):
    lm, app = other(open_page, "Granite", "placed", number=7)
    assert stations(app)["placed"]["name"] == "scaled"
    token = lm.tokenizer.encode(TEXT)[-1]
    embedding = lm.network.model.embed_tokens.weight[token, 6].item()
    assert f"the sum is {12 * embedding:.4f}, the network’s number {12 * embedding:.4f}." in lines(app)
    assert r"x_t = 12 \cdot e_t" in formulas(app)


def test_biases_positions_and_centred_norms_are_in_the_formulas(open_page, other):
    _, app = other(open_page, "GPT2", "attention")
    assert stations(app)["placed"]["name"] == "+ position"
    assert "W_O + b_O" in formulas(app)
    assert "less its mean" in stations(app)["norm_1"]["said"]


def test_an_mlp_beside_the_attention_reads_the_same(open_page, other):
    _, app = other(open_page, "Phi", "hidden")
    assert r"\mathrm{norm}(x_t)" in formulas(app)
    assert "x'_t" not in formulas(app)


def test_normed_queries_are_called_normed(open_page, other):
    _, app = other(open_page, "Qwen3", "q")
    assert "norms or scales the vector, and its place turns it (RoPE)" in lines(app)
    assert r"\mathrm{RoPE}_t(\mathrm{scaled}(" in formulas(app)


def test_what_is_wider_than_the_map_is_said(open_page, monkeypatch):
    monkeypatch.setattr("explorer.panels.transformer_walk._WIDEST", 20)
    app = opened(open_page, "post")
    assert "Drawn: the first 20 of 32 numbers." in " ".join(one.value for one in app.markdown)
    assert drawn(charts(app)[0], 0, "z").size % 20 == 0


def test_a_station_that_the_network_lacks_is_not_open(open_page):
    app = opened(open_page, "placed")
    [data] = components(app, "parts")
    assert data["station"] == "weights"


def test_nonsense_is_ignored(open_page):
    for nonsense in ("NaN", "-5", "99999", "<b>", ""):
        app = opened(open_page, nonsense, layer=nonsense, head=nonsense, number=nonsense, key=nonsense)
        assert stations(app)
        assert len(charts(app)) == 2


@pytest.mark.parametrize("name", ["empty", "emoji with joiners", "image", "100,000 characters"])
@pytest.mark.parametrize("station", ["weights", "logits"])
def test_odd_texts(open_page, name, station):
    app = opened(open_page, station, text="happy")
    run(app.text_area[0].input(ODD[name]))
    assert charts(app) or notices(app)


def test_sliders_at_their_extremes(open_page):
    app = opened(open_page, "mix")
    for i in range(len(app.slider)):
        for extreme in (app.slider[i].min, app.slider[i].max):
            run(app.slider[i].set_value(extreme))
    assert len(charts(app)) == 2
