"""The attention view shows what the model's own attention gives."""

import base64
import json

import numpy as np
import pytest
import torch

from tests.app.conftest import run
from tests.app.test_analogies import components, texts
from tests.app.test_pages import ODD, charts, drawn, notices

PROMPT = "happy new year to all"


@pytest.fixture
def attended(tiny):
    """What transformers' own eager attention gives; shape (layer, head, query, key)."""
    import copy

    network = copy.deepcopy(tiny.network)
    network.set_attn_implementation("eager")
    ids = [tiny.tokenizer.start_id, *tiny.tokenizer.encode(PROMPT)]
    with torch.no_grad():
        output = network(torch.tensor([ids]), use_cache=False, output_attentions=True)
    return torch.cat(output.attentions).numpy()


def opened(open_page, **parameters):
    named = {f"transformer_{name}": value for name, value in parameters.items()}
    return open_page("transformer", prompt=PROMPT, transformer_view="attention", **named)


def large(app, count):
    return drawn(charts(app)[0], 0, "z").reshape(count, count)


def arcs(app):
    [data] = components(app, "weights")
    count = len(data["tokens"])
    return np.frombuffer(base64.b64decode(data["weights"]), dtype="<f4").reshape(count, count), data


def test_the_large_map_is_one_head_or_an_average(open_page, attended):
    count = attended.shape[-1]
    for parameters, expected in [
        ({}, attended[0].mean(0)),
        ({"layer": "2", "head": "3"}, attended[1, 2]),
        ({"layer": "2", "head": "mean"}, attended[1].mean(0)),
        ({"layer": "2", "head": "all"}, attended.mean((0, 1))),
        ({"layer": "99", "head": "99"}, attended[0].mean(0)),
    ]:
        app = opened(open_page, **parameters)
        np.testing.assert_allclose(large(app, count), expected, atol=1e-6)
        np.testing.assert_allclose(arcs(app)[0], expected, atol=1e-6)


def test_all_heads_stand_small_beside_it(open_page, attended):
    app = opened(open_page, layer="2", head="3")
    [data] = components(app, "maps")
    assert data["names"] == ["mean", "1", "2", "3", "4", "all layers"]
    assert data["names"][data["chosen"]] == "3"
    maps = np.frombuffer(base64.b64decode(data["maps"]), dtype=np.int8).reshape(6, *attended.shape[2:])
    expected = np.stack([attended[1].mean(0), *attended[1], attended.mean((0, 1))])
    np.testing.assert_allclose(maps / data["reach"], expected, atol=0.5 / 127 + 1e-6)


def test_scores_before_mask_and_softmax(open_page, attended):
    count = attended.shape[-1]
    scores, masked = (
        large(opened(open_page, layer="2", head="3", stage=stage), count) for stage in ("scores", "masked")
    )
    later = np.triu(np.ones((count, count), dtype=bool), 1)
    assert np.isfinite(scores).all()
    assert (np.isnan(masked) == later).all()
    np.testing.assert_array_equal(masked[~later], scores[~later])
    weights = np.where(later, 0, np.exp(scores))
    np.testing.assert_allclose(weights / weights.sum(1, keepdims=True), attended[1, 2], atol=1e-5)


def test_the_reading_token_is_the_last_or_that_of_the_link(open_page, attended):
    count = attended.shape[-1]
    for query, expected in [(None, count - 1), ("2", 2), ("999", count - 1), ("-1", count - 1), ("x", count - 1)]:
        app = opened(open_page, layer="1", head="2", **({} if query is None else {"query": query}))
        assert arcs(app)[1]["reading"] == expected
        (frame,) = json.loads(charts(app)[0].spec)["layout"]["shapes"]
        assert frame["y0"] == expected - 0.5
        key = int(attended[0, 1, expected].argmax())
        assert f"looks most at “{arcs(app)[1]['tokens'][key]}”" in texts(app)


def test_the_words_say_what_the_picture_does_not(open_page, attended):
    app = opened(open_page, layer="2")
    said = " ".join(caption.value for caption in app.caption)
    assert "Attention is not explanation" in said
    share = attended[1, :, 1:, 0].mean(1)
    assert f"put {share.mean():.1%}".replace("%", " %") in said
    assert f"head {share.argmax() + 1}, {share.max():.1%}".replace("%", " %") in said
    assert "Heads 1–2, 3–4 share their keys" in said


@pytest.mark.parametrize("head", ["2", "mean", "all"])
def test_formulas_with_the_numbers_on_screen(open_page, attended, head):
    app = opened(open_page, layer="2", head=head, query="3")
    app.session_state["how_computed"] = True
    run(app)
    formulas = [latex.value for latex in app.latex]
    assert len(formulas) >= 4
    row = {"2": attended[1, 1], "mean": attended[1].mean(0), "all": attended.mean((0, 1))}[head][3]
    key = int(row.argmax())
    assert f"= {row[key]:.4f}" in formulas[-1]
    strongest = attended[1, 1] if head == "2" else attended[1, attended[1, :, 3, key].argmax()]
    if head != "all":
        assert f"= {strongest[3, key]:.4f}" in formulas[3]
    if head == "mean":
        assert " + ".join(f"{one:.3f}" for one in attended[1, :, 3, key]) in formulas[-1]


@pytest.mark.parametrize("stage", ["weights", "masked", "scores"])
def test_odd_texts_get_a_map_or_a_clear_word(open_page, stage):
    app = opened(open_page, stage=stage, head="all")
    for name, text in ODD.items():
        run(app.text_area[0].input(text))
        assert charts(app) or notices(app), name
