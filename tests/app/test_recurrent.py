"""The numbers of the pages on recurrent networks are those of the models that ship."""

import base64
import math

import numpy as np
import pytest
import torch

import models
from explorer.texts import STORY
from models.mixers import probing
from models.prediction import Decoding, generate, score
from tests.app.conftest import run
from tests.app.test_analogies import components
from tests.app.test_pages import ODD, charts, drawn, notices

PROMPT = "happy new year"


def table(text, steps):
    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(steps, -1)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("level", ["words", "characters"])
def test_states_and_gates_of_every_step(open_page, cell, level):
    app = open_page("recurrent", prompt=PROMPT, recurrent_cell=cell, recurrent_level=level)
    lm = models.load(cell if level == "words" else f"char-{cell}")
    ids = [0, *lm.tokenizer.encode(PROMPT)]
    with torch.no_grad():
        trace = lm.network.trace(ids)
    [data] = components(app, "networks")
    [network] = data["networks"]
    assert data["tokens"] == lm.tokenizer.tokens(ids)
    fields = network["fields"]
    assert set(fields) == {
        "h",
        *(["c"] if cell == "lstm" else []),
        *trace.gates,
        *(f"before {g}" for g in trace.pre_activations),
    }
    np.testing.assert_array_equal(table(fields["h"], len(ids)), trace.h[-1])
    for name, values in trace.gates.items():
        np.testing.assert_array_equal(table(fields[name], len(ids)), values[-1])
        squashed = np.tanh if name in "gn" else lambda x: 1 / (1 + np.exp(-x))
        np.testing.assert_allclose(squashed(table(fields[f"before {name}"], len(ids))), values[-1], atol=1e-6)
    for t, rows in enumerate(network["next"]):
        probs = lm.logits(ids[1:])[t].softmax(-1)
        assert rows[0][0] == lm.tokenizer.tokens([int(probs.argmax())])[0]
        came = [row[0] for row in rows if row[3]]
        assert came == ([data["tokens"][t + 1]] if t + 1 < len(ids) else [])


def test_two_cells_read_the_same_text(open_page):
    app = open_page("recurrent", prompt=PROMPT, recurrent_other="rnn")
    [data] = components(app, "networks")
    assert [network["cell"] for network in data["networks"]] == ["lstm", "rnn"]
    for place, name in enumerate(("lstm", "rnn")):
        expected = -score(models.load(name), PROMPT, end=True).token_log_probs / math.log(2)
        np.testing.assert_allclose(drawn(charts(app)[0], place, "y"), expected, rtol=1e-4)


def test_the_forward_pass_ends_with_the_mean_loss(open_page):
    app = open_page("recurrent", prompt=PROMPT, recurrent_view="algorithms", recurrent_cell="gru")
    [data] = components(app, "positions")
    mean = -float(score(models.load("gru"), PROMPT, end=True).token_log_probs.mean())
    assert f"= {mean:.3f} nats" in data["positions"][-1]["blocks"][-1]["said"]


@pytest.mark.parametrize("cell", ["lstm", "rnn"])
def test_inference_writes_what_the_model_would(open_page, cell):
    app = open_page(
        "recurrent",
        prompt="Once upon a time",
        recurrent_view="algorithms",
        recurrent_algorithm="inference",
        recurrent_cell=cell,
    )
    [data] = components(app, "positions")
    lm = models.load(cell)
    expected = [step.token_id for step in generate(lm, "Once upon a time", Decoding(temperature=0.0), max_tokens=24)]
    assert data["tokens"][-len(expected) :] == lm.tokenizer.tokens(expected)
    assert len(data["positions"]) == len(expected)
    ends = expected[-1] == lm.tokenizer.end_id
    assert (data["positions"][-1]["blocks"][-1]["said"] == "This is the end.") is ends


def test_the_best_unit_is_that_of_the_highest_correlation(open_page):
    app = open_page("recurrent", recurrent_view="units")
    lm = models.load("char-lstm")
    h = probing.states_by_line(lm.network, lm.tokenizer, STORY)
    quotes = probing.PROPERTIES["inside quotes"](STORY)
    r = np.array([np.corrcoef(h[:, j], quotes)[0, 1] for j in range(h.shape[1])])
    best = int(np.abs(r).argmax())
    assert abs(r[best]) > 0.7  # Karpathy's quote cell
    [data] = components(app, "values")
    assert data["name"] == f"Unit {best + 1}"
    np.testing.assert_allclose(table(data["values"], len(STORY))[:, 0], h[:, best])
    assert drawn(charts(app)[0], 0, "x")[0] == pytest.approx(r[best], abs=1e-4)


def test_a_marked_span_names_the_units_that_are_on_there(open_page):
    start = STORY.index("the shop")
    app = open_page(
        "recurrent", recurrent_view="units", recurrent_span=f"{start}-{start + 7}", recurrent_property="span"
    )
    lm = models.load("char-lstm")
    h = probing.states_by_line(lm.network, lm.tokenizer, STORY)
    inside = np.zeros(len(STORY))
    inside[start : start + 8] = 1
    best = np.abs(np.nan_to_num(np.corrcoef(h.T, inside)[-1, :-1])).argmax()
    [data] = components(app, "values")
    assert data["name"] == f"Unit {best + 1}"
    assert len(data["places"]) == 6


@pytest.mark.slow
def test_the_memory_of_three_networks(open_page):
    app = open_page("recurrent", recurrent_view="memory", recurrent_level="characters", prompt=PROMPT)
    now = [drawn(charts(app)[1], place, "y")[0] for place in range(4)]
    assert min(now) > 0.8  # the token just read
    usual = drawn(charts(app)[1], 4, "y")
    assert max(usual) < 0.3


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_the_algorithms_run_on_odd_texts_or_say_why_not(open_page, text):
    app = open_page("recurrent", recurrent_view="algorithms", prompt="happy")
    run(app.text_area[0].input(text))
    [data] = components(app, "positions")
    known = models.load("lstm").tokenizer
    expected = ["<s>", *known.tokens(known.encode(text)), "</s>"]
    assert data["tokens"] == expected[: len(data["tokens"])] or any("more than" in notice for notice in notices(app))


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_units_are_those_of_an_odd_text_or_the_text_before_stays(open_page, text):
    app = open_page("recurrent", recurrent_view="units")
    run(app.text_area[0].input(text))
    [data] = components(app, "values")
    if notices(app):
        assert data["text"] == STORY
        assert len(text) < 2 or len(text) > 20_000
    else:
        assert data["text"] == text


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_the_path_of_an_odd_text_has_a_point_for_each_step(open_page, text):
    app = open_page("recurrent", recurrent_view="memory", recurrent_level="characters", prompt="happy")
    run(app.text_area[0].input(text))
    steps = len(drawn(charts(app)[0], 1, "x"))
    assert steps == min(60, len(text) + 1) or any("more than" in notice for notice in notices(app))
