"""Training an RNN: every number on screen against what the models give when they are asked here."""

import base64
import json
import math
import re
from html import unescape

import numpy as np
import pytest

import models
from explorer.numbers import percent
from explorer.panels import training_collapse
from explorer.panels.training_collapse import TEMPERATURES, TOP_PS, shares
from models.mixers import forcing, gradients
from models.mixers.writing import written
from models.prediction import Decoding, next_token
from models.prediction.generating import loop
from tests.app.conftest import run
from tests.app.test_pages import ODD, charts, notices
from tests.app.test_views import bodies, formulas, numbers

STORY = "Once upon a time there was a little girl."


def opened(open_page, view, text=STORY, **parameters):
    return open_page(
        "training", prompt=text, training_view=view, **{f"training_{name}": value for name, value in parameters.items()}
    )


def words(app):
    return "\n".join(text.value for text in app.text)


def lines(app, chart=0):
    """The lines of a figure by their names, and the figure's layout."""
    spec = json.loads(charts(app)[chart].spec)
    return {trace.get("name", "apart"): values(trace["y"]) for trace in spec["data"]}, spec["layout"]


def values(y):
    if isinstance(y, dict):
        return np.frombuffer(base64.b64decode(y["bdata"]), dtype=np.dtype(y["dtype"]))
    return np.array(y, dtype=float)


def cells(app, label):
    [body] = [body for body in bodies(app) if f'aria-label="{label}"' in body]
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", body)[1:]]
    return [[unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in row] for row in rows]


@pytest.mark.parametrize(("cell", "level", "share"), [("lstm", "words", 1.0), ("rnn", "characters", 0.5)])
def test_both_runs_are_those_of_the_network(open_page, cell, level, share):
    app = opened(open_page, "forcing", cell=cell, level=level, share=str(share), seed="3")
    lm = models.load(cell if level == "words" else f"char-{cell}")
    tokenizer = lm.tokenizer
    targets = [*tokenizer.encode(STORY), tokenizer.end_id]
    seed = 3 if share < 1 else 1
    banned = [tokenizer.start_id, tokenizer.unk_id]
    forced, own = (forcing.run(lm.network, targets, tokenizer.start_id, p, seed, banned=banned) for p in (0.0, share))
    drawn, layout = lines(app)
    assert drawn["Teacher forcing"] == pytest.approx(forced.losses / math.log(2), abs=1e-4)
    assert drawn["Own tokens"] == pytest.approx(own.losses / math.log(2), abs=1e-4)
    assert drawn["apart"] == pytest.approx(forcing.divergence(forced, own), abs=1e-4)
    assert layout["shapes"][0]["x0"] == own.first_error
    truth, reads, predicts, costs, own_reads, own_predicts, own_costs = cells(app, "Both runs, step by step")
    assert truth[1:] == tokenizer.tokens(targets)
    assert reads[1:] == tokenizer.tokens(forced.inputs)
    assert own_reads[1:] == tokenizer.tokens(own.inputs)
    for shown, one in ((predicts, forced), (own_predicts, own)):
        assert [token.removesuffix(" ✓") for token in shown[1:]] == tokenizer.tokens(one.predictions)
        assert [token.endswith(" ✓") for token in shown[1:]] == [p == t for p, t in zip(one.predictions, targets)]
    for shown, one in ((costs, forced), (own_costs, own)):
        assert [float(cost) for cost in shown[1:]] == pytest.approx(one.losses / math.log(2), abs=0.006)
    means = [one.losses.mean() / math.log(2) for one in (forced, own)]
    assert f"On average {means[0]:.2f} bits a token with teacher forcing, {means[1]:.2f} with" in words(app)
    read, true = tokenizer.tokens([own.inputs[own.first_error], targets[own.first_error - 1]])
    assert f"At step {own.first_error + 1} it first" in words(app)
    assert f"“{read}”, where “{true}” is true" in words(app)
    *_, total, count, mean, total_own, count_own, mean_own = numbers(formulas(app)[2])
    assert (total / count, total_own / count_own) == pytest.approx((mean, mean_own), abs=1e-3)
    assert (mean, mean_own) == pytest.approx(means, abs=1e-3)


def test_without_own_tokens_both_runs_are_one(open_page):
    app = opened(open_page, "forcing", share="0.0")
    drawn, layout = lines(app)
    assert drawn["Own tokens"] == pytest.approx(drawn["Teacher forcing"])
    assert not drawn["apart"].any()
    assert "shapes" not in layout
    assert "No false token of its own was read." in words(app)
    assert not [slider for slider in app.slider if slider.label == "Seed"]


def test_a_long_text_is_cut_and_that_is_said(open_page):
    app = opened(open_page, "forcing", "happy new year " * 40)
    assert len(lines(app)[0]["Own tokens"]) == 60
    assert "These are the first 60 of 121 steps." in words(app)
    app = opened(open_page, "forcing", "The zyxomma flew")
    assert "is read as <unk>" in words(app)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "radius", "steps"), [("trained", None, None), ("rescaled", 2.0, 5), ("fresh", 0.5, 14)]
)
def test_gradients_are_those_of_the_networks(open_page, kind, radius, steps):
    chosen = {"networks": kind} | ({} if radius is None else {"radius": str(radius)})
    app = opened(open_page, "gradients", clip="2.5", **chosen | ({} if steps is None else {"steps": str(steps)}))
    drawn, _ = lines(app)
    rows = cells(app, "Gradients of all weights, and what clipping makes of them")
    said = words(app)
    for row, cell in zip(rows, ("lstm", "gru", "rnn"), strict=True):
        lm = models.load(cell)
        network, title = lm.network, cell.upper()
        if kind == "rescaled":
            network = gradients.rescaled(network, radius)
        elif kind == "fresh":
            network = gradients.fresh(cell, network.config.vocab_size, 64, 64, radius, 1)
        ids = lm.tokenizer.encode(STORY)
        ids = [lm.tokenizer.start_id, *(ids * 2)[-(steps or len(ids)) :]] if steps != 5 else [0, *ids[-5:]]
        flow = gradients.flow(network, ids[:-1], ids[-1])
        assert drawn[f"{title} h" if cell == "lstm" else title] == pytest.approx(flow.h, rel=1e-6)
        if cell == "lstm":
            assert drawn["LSTM c"] == pytest.approx(flow.c, rel=1e-6)
        if cell == "rnn":
            assert drawn["RNN at most"] == pytest.approx(flow.bound, rel=1e-6)
        norm = gradients.gradient_norm(network, ids)
        factor = gradients.clipped(norm, 2.5)
        name, *shown = row
        assert name == title
        expected = [gradients.spectral_radius(network), gradients.largest_singular_value(network)]
        expected += [flow.loss / math.log(2), norm, factor, factor * norm]
        assert [float(one) for one in shown] == pytest.approx(expected, rel=0.006, abs=0.006)
        assert f"{title} " in said
    assert f"{len(ids) - 2} steps back" in said


def test_connectivity_is_that_of_the_token_that_the_reader_chose(open_page):
    text = "The keys to the old wooden cabinet in the kitchen"
    lm = models.load("gru")
    ids = [lm.tokenizer.start_id, *lm.tokenizer.encode(text)]
    probs = next_token(lm, text).probs
    first = int(probs.argmax())
    for typed in (None, "are", "is", "spoke"):
        app = opened(open_page, "gradients", text, cell="gru", **({} if typed is None else {"target": typed}))
        target = first if typed is None else lm.tokenizer.encode(typed)[0]
        lengths = gradients.connectivity(lm.network, ids, target)
        [body] = [body for body in bodies(app) if 'class="explorer-token" style="--shade' in body]
        titles = re.findall(r'title="(.*?): ([\d.e+-]+)"', body)
        assert [float(length) for _, length in titles] == pytest.approx(lengths, rel=1e-3)
        shades = [float(shade) for shade in re.findall(r"--shade: ([\d.]+)", body)]
        assert shades == pytest.approx(0.8 * lengths / lengths.max(), abs=1e-3)
        assert f"P({lm.tokenizer.tokens([target])[0]}) = {percent(float(probs[target]))}." in words(app)
    for typed, said in (("two words", "2 tokens"), ("zyxomma", "not in the vocabulary")):
        app = opened(open_page, "gradients", text, target=typed)
        assert any(said in notice for notice in notices(app))


def test_no_text_has_no_gradients_and_that_is_said(open_page):
    app = opened(open_page, "gradients", "")
    assert any("write a text of one token or more" in notice for notice in notices(app))
    run(app.text_area[0].input("happy new"))
    assert charts(app)


@pytest.mark.slow
@pytest.mark.parametrize("measure", ["pairs", "repeated"])
def test_variety_is_that_of_the_texts_that_were_written(open_page, measure):
    app = opened(open_page, "collapse", "He said that", measure=measure)
    by_temperature, _ = lines(app, 0)
    by_top_p, _ = lines(app, 1)
    rows = {row[0]: row[1:] for row in cells(app, "What each model writes greedily")}
    ways = [*(Decoding(one, seed=1) for one in TEMPERATURES), *(Decoding(top_p=one, seed=1) for one in TOP_PS)]
    for name, title in (("gru", "GRU"), ("5-gram", "5-gram")):
        lm = models.load(name)
        never = [lm.tokenizer.start_id, lm.tokenizer.unk_id, lm.tokenizer.end_id]
        texts = written(lm, lm.tokenizer.encode("He said that"), ways, 8, 40, never)
        found = shares(texts, measure)
        assert by_temperature[title] == pytest.approx(found[: len(TEMPERATURES)])
        assert by_top_p[title] == pytest.approx(found[len(TEMPERATURES) :])
        [greedy, *_] = texts[0]
        assert rows[title][0].split(" ") == lm.tokenizer.tokens(greedy)
        assert float(rows[title][2].split()[0]) == pytest.approx(100 * shares([[greedy]], "repeated")[0], abs=0.06)


@pytest.mark.slow
def test_loops_are_underlined(open_page):
    app = opened(open_page, "collapse", "He said that")
    [body] = [body for body in bodies(app) if "What each model writes greedily" in body]
    lm = models.load("lstm")
    never = [lm.tokenizer.start_id, lm.tokenizer.unk_id, lm.tokenizer.end_id]
    [[ids]] = written(lm, lm.tokenizer.encode("He said that"), [Decoding(0.0)], 1, 40, never)
    found = loop(ids)
    assert found is not None
    underlined = re.search(r"LSTM.*?explorer-loop\">(.*?)</span>", body).group(1)
    assert unescape(underlined).split(" ") == lm.tokenizer.tokens(ids[found.start :])
    assert f"{found.period}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{found.times}" in body


@pytest.fixture
def short(monkeypatch):
    """Few and short texts, where it does not matter what they are."""
    monkeypatch.setattr(training_collapse, "_SAMPLES", 2)
    monkeypatch.setattr(training_collapse, "_LENGTH", 6)


@pytest.mark.usefixtures("short")
def test_the_default_model_writes_where_it_is_asked_to(open_page):
    app = opened(open_page, "collapse", "happy new", other="1", ends="1")
    assert len(lines(app, 0)[0]) == len(lines(app, 1)[0]) == 6
    assert not notices(app)


@pytest.mark.slow
@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("view", ["forcing", "gradients", "collapse"])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_input_gets_a_result_or_a_clear_word(open_page, view, text):
    app = opened(open_page, view, "happy new")
    run(app.text_area[0].input(text))
    assert app.text_area[0].value == text
    assert charts(app) or notices(app)
    assert not any("<script" in body or "<b> " in body for body in bodies(app))


@pytest.mark.slow
@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("view", ["forcing", "gradients", "collapse"])
def test_every_control_at_its_extremes(open_page, view):
    app = opened(open_page, view, "happy new year", networks="fresh", share="0.5")
    for i in reversed(range(len(app.slider))):  # the share may take away the seed after it
        for extreme in (app.slider[i].min, app.slider[i].max):
            run(app.slider[i].set_value(extreme))
            assert charts(app)
    for i in reversed(range(len(app.segmented_control))):  # a choice may take away those after it
        for one in app.segmented_control[i].options if app.segmented_control[i].label != "Show" else ():
            run(app.segmented_control[i].set_value(one.content if hasattr(one, "content") else one))
    assert all(chart.alt for chart in charts(app))


@pytest.mark.parametrize("nonsense", ["NaN", "-5", "99999", "1e309", "<b>", ""])
@pytest.mark.parametrize("view", ["forcing", "gradients"])
def test_nonsense_parameters_are_ignored(open_page, view, nonsense):
    names = ("cell", "level", "share", "seed", "steps", "networks", "radius", "clip", "target")
    app = opened(open_page, view, "happy new", **dict.fromkeys(names, nonsense))
    assert charts(app)
