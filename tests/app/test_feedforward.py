"""The numbers of the feed-forward page are those of the model that ships."""

import base64
import math
from html import unescape

import numpy as np
import pytest
import torch

import models
from models.prediction import score
from tests.app.conftest import run
from tests.app.test_analogies import components
from tests.app.test_pages import ODD, charts, drawn, notices
from tests.app.test_views import bodies

PROMPT = "happy new year"


def vector(part):
    return np.frombuffer(base64.b64decode(part["data"]), dtype="<f4")


@pytest.mark.parametrize(("name", "context"), [("ffn-2", 2), ("ffn-4", 4)])
def test_every_line_has_the_values_of_the_model(open_page, name, context):
    lm = models.load(name)
    app = open_page("feedforward", prompt=PROMPT, feedforward_n=name)
    [data] = components(app, "positions")
    ids = [0, *lm.tokenizer.encode(PROMPT), 1]
    assert data["tokens"] == ["<s>", "happy", "new", "year", "</s>"]
    assert len(data["positions"]) == 4
    with torch.no_grad():
        trace = lm.network.trace(ids[:-1])
    rows = lm.logits(ids[1:-1])
    for i, position in enumerate(data["positions"]):
        x, before, h, scores, bars, loss, *_ = position["blocks"]
        assert [part["label"] for part in x["parts"]] == [
            data["tokens"][max(0, i - context + 1 + j)] for j in range(context)
        ]
        np.testing.assert_allclose(np.concatenate([vector(part) for part in x["parts"]]), trace.x[i])
        np.testing.assert_allclose(np.tanh(vector(before["parts"][0])), vector(h["parts"][0]), atol=1e-6)
        log_probs = rows[i].log_softmax(-1)
        assert f"{-float(log_probs[ids[i + 1]]):.3f} nats" in loss["said"]
        assert bars["rows"][0][0] == lm.tokenizer.tokens([int(log_probs.argmax())])[0]
        assert next(row[0] for row in bars["rows"] if row[3]) == data["tokens"][i + 1]
        assert scores["said"].startswith("y ∈ R¹⁶⁰⁰⁰")
    total = score(lm, PROMPT, end=True).token_log_probs.sum()
    assert (
        f"perplexity exp({-float(total) / 4:.3f}) = {math.exp(-float(total) / 4):,.1f}"
        in data["positions"][-1]["blocks"][-1]["said"]
    )


def test_the_loss_of_each_token_here_and_in_the_model_that_counts(open_page):
    app = open_page("feedforward", prompt=PROMPT)
    for place, name in enumerate(("ffn-4", "5-gram")):
        expected = -score(models.load(name), PROMPT, end=True).token_log_probs / math.log(2)
        np.testing.assert_allclose(drawn(charts(app)[0], place, "y"), expected, rtol=1e-4)


def test_another_activation_changes_the_values_and_is_said(open_page):
    app = open_page("feedforward", prompt=PROMPT, feedforward_g="relu")
    [data] = components(app, "positions")
    before, h = (vector(block["parts"][0]) for block in data["positions"][2]["blocks"][1:3])
    np.testing.assert_allclose(h, np.maximum(before, 0))
    assert any("fit it badly" in caption.value for caption in app.caption)


def test_what_the_table_did_not_keep_is_no_0_and_similar_words_are_told(open_page):
    app = open_page("feedforward", prompt="the purple horse ran", feedforward_view="ngram")
    counted, alike = (body for body in bodies(app) if "<table" in body)
    lm = models.load("5-gram")
    ids = lm.tokenizer.encode("the purple horse ran")
    assert lm.times(ids) == 0
    assert f"<td>{lm.times(ids[-1:]):,}</td>" in counted
    assert "<td>not kept</td>" in counted
    [horse] = [row for row in alike.split("<tr>") if "<td>horse</td>" in row]
    e = models.load("ffn-4").network.wte.weight.detach()
    cosines = torch.nn.functional.cosine_similarity(e, e[ids[2]][None])
    cosines[ids[2]] = -2
    assert lm.tokenizer.tokens([int(cosines.argmax())])[0] in unescape(horse)


def test_weights_are_those_of_the_cards(open_page):
    app = open_page("feedforward", feedforward_view="weights")
    weights = drawn(charts(app)[0], 0, "y")
    for name, context in (("ffn-2", 2), ("ffn-4", 4), ("ffn-8", 8)):
        [card] = [card for card in models.catalog() if card.name == name]
        assert weights[context - 1] == card.parameters


@pytest.mark.slow
@pytest.mark.parametrize("view", ["steps", "ngram"])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_are_read_or_explained(open_page, view, text):
    app = open_page("feedforward", feedforward_view=view)
    run(app.text_area[0].input(text))
    assert charts(app) or notices(app)
