"""The view of texts longer than trained says what was measured, and measures the reader's text."""

import dataclasses
import json
import math

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

import models
from explorer import loading
from explorer.panels import positions_longer
from models.mixers.neural_lm import NeuralLM
from models.mixers.transformer import TransformerConfig, TransformerNetwork
from models.tokens.positions import SCHEMES
from models.zoo import extrapolation, neural
from tests.app.conftest import run
from tests.app.test_pages import ODD, charts, drawn, notices
from tests.app.test_views import bodies

LENGTHS = (16, 64, 128, 256, 512)
PLACES = [0, 16, 64, 128, 512]
AT = {"none": 160.0, "sinusoidal": 150.0, "learned": 155.0, "alibi": 140.0, "rope": 142.0, "t5": 144.0}  # at 64
RISES = {"none": 1.1, "sinusoidal": 1.4, "learned": 2.5, "alibi": 0.95, "rope": 1.2, "t5": 1.0}  # at 256
TEXT = "The house is old. " * 30
VIEW = {"positions_view": "longer"}


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Made-up figures that ship."""
    file = tmp_path / "extrapolation.json"

    def losses(scheme):
        rise = {16: 1.05, 64: 1.0, 128: 1.01, 256: RISES[scheme], 512: RISES[scheme] ** 2}
        return {length: math.log(AT[scheme] * rise[length]) for length in LENGTHS}

    curves = {
        one: {
            "by_length": losses(one),
            "by_place": [6.0, 5.0, 5.1, 5.0 + math.log(RISES[one])],
            "at_once": [6.0, 5.0, 5.15, 5.2],
            "sha256": "",
        }
        for one in SCHEMES
    }
    file.write_text(json.dumps({"text": "the zoo's text", "tokens": 5_120, "places": PLACES, "curves": curves}))
    monkeypatch.setattr(extrapolation, "FILE", file)


@pytest.fixture
def transformers(monkeypatch):
    """Small random ones stand in for those that ship."""

    def made(scheme, name):
        config = TransformerConfig(vocab_size=16_000, n_embd=8, n_layer=1, n_head=2, positions=scheme)
        network = TransformerNetwork(config, torch.Generator().manual_seed(5))
        with torch.no_grad():
            for weights in network.parameters():
                weights.mul_(10)
        card = dataclasses.replace(models.load("lstm").card, name=name)
        return NeuralLM(network, neural.tokenizer(name), card)

    found = {name: made(scheme, name) for scheme, name in zip(SCHEMES, extrapolation.NAMES, strict=True)}
    monkeypatch.setattr(loading, "catalog", lambda: [lm.card for lm in found.values()])
    loaded = loading.model
    monkeypatch.setattr(loading, "model", lambda name, place: found.get(name) or loaded(name, place))
    return found


def said(app):
    return " ".join(one.value for one in (*app.markdown, *app.caption))


def lines(app):
    """The lines of the figure; every second trace leads to a name."""
    [chart] = charts(app)
    return [drawn(chart, trace, "y") for trace in range(1, 2 * len(SCHEMES), 2)]


def test_the_figures_that_ship_are_drawn_and_said(open_page, measured):
    app = open_page("positions", **VIEW)
    for scheme, line in zip(SCHEMES, lines(app), strict=True):
        np.testing.assert_allclose(line[[1, 3, 4]], AT[scheme] * np.array([1, RISES[scheme], RISES[scheme] ** 2]))
    words = said(app)
    assert "is 160.0, 14.3 % more than the 140.0 with ALiBi" in words
    assert "the perplexity of the one with ALiBi rises least: it falls by 5.0 %." in words
    assert "That of the one with learned positions rises most: it rises to 2.5 times as much." in words
    assert "the first 64 were trained" in words
    assert "5,120 tokens of the zoo's text" in words
    [table] = [body for body in bodies(app) if "<table" in body]
    assert f"<td>{142 * 1.2:,.1f}</td>" in table
    assert "<td>× 0.95</td>" in table
    assert not notices(app)


def test_the_words_follow_the_numbers(open_page, measured):
    facts = json.loads(extrapolation.FILE.read_text())
    facts["curves"]["none"]["by_length"] = {str(length): math.log(120 - length / 100) for length in LENGTHS}
    del facts["curves"]["learned"]
    extrapolation.FILE.write_text(json.dumps(facts))
    words = said(open_page("positions", **VIEW))
    assert "is 119.4, no more than the 140.0 with ALiBi" in words
    assert "the perplexity of the one with ALiBi rises least: it falls by 5.0 %." in words
    assert "That of the one with sinusoids rises most: it rises by 40.0 %." in words
    assert "were trained" not in words


def test_by_place_the_break_is_seen(open_page, measured):
    app = open_page("positions", positions_by="place", **VIEW)
    np.testing.assert_allclose(lines(app)[2], np.exp([6.0, 5.0, 5.1, 5.0 + math.log(2.5)]))
    words = said(app)
    where = "From places 16–63 to places 128–511"
    assert f"{where} the perplexity of the one with ALiBi rises least: it falls by 5.0 %." in words
    assert "Stretches of 512 tokens" in words
    assert "mean of 160 tokens, at the right of 3,840" in words


def test_the_same_tokens_are_compared_place_by_place(open_page, measured):
    app = open_page("positions", positions_by="paired", **VIEW)
    wanted = np.array([1, 1, math.exp(-0.05), 2.5 * math.exp(-0.2)])
    np.testing.assert_allclose(lines(app)[2], wanted)
    assert f"with learned positions rises most: it rises to {wanted[-1]:.1f} times" in said(app)


def by_hand(network, ids, length):
    total = 0.0
    for start in range(0, len(ids) - 1, length):
        part = ids[start : start + length + 1]
        with torch.no_grad():
            logits = network.trace(part[:-1]).logits
        total += float(cross_entropy(logits, torch.tensor(part[1:]), reduction="sum"))
    return math.exp(total / (len(ids) - 1))


@pytest.mark.slow
def test_the_readers_text_is_read_by_all_models(open_page, measured, transformers):
    app = open_page("positions", positions_whose="own", positions_long=TEXT, **VIEW)
    tokenizer = neural.tokenizer("transformer-rope")
    ids = [tokenizer.start_id, *tokenizer.encode("The house is old."), tokenizer.end_id] * 30
    assert f"{len(ids) - 1} tokens of your text" in said(app)
    lengths = [length for length in extrapolation.LENGTHS if length < len(ids)]
    for lm, line in zip(transformers.values(), lines(app), strict=True):
        wanted = [by_hand(lm.network, ids, length) for length in lengths]
        np.testing.assert_allclose(line, wanted, rtol=1e-4)


def test_the_readers_text_by_place(open_page, measured, transformers):
    """Up to the trained length both ways of reading are the same."""
    app = open_page("positions", positions_whose="own", positions_long=TEXT, positions_by="paired", **VIEW)
    trained = extrapolation.PLACES.index(extrapolation.TRAINED)
    for line in lines(app):
        np.testing.assert_allclose(line[:trained], 1, atol=1e-4)
    assert max(np.abs(line[trained:] - 1).max() for line in lines(app)) > 1e-3


@pytest.mark.slow
def test_the_first_text_is_long_enough(open_page, measured, transformers):
    app = open_page("positions", positions_whose="own", **VIEW)
    assert len(lines(app)[0]) == len(extrapolation.LENGTHS)
    assert "of your text" in said(app)
    assert not notices(app)


@pytest.mark.parametrize(
    ("text", "word"), [("", "0 tokens are too few"), ("happy", "2 tokens"), ("word " * 3_000, "2,000")]
)
def test_a_text_of_another_length_is_explained(open_page, measured, transformers, text, word):
    app = open_page("positions", positions_whose="own", **VIEW)
    run(app.text_area[0].input(text))
    assert any(word in notice for notice in notices(app))
    assert len(lines(app)[0]) == len(extrapolation.LENGTHS)  # what was there before


def test_what_has_not_been_measured_is_said(open_page, tmp_path, monkeypatch):
    monkeypatch.setattr(extrapolation, "FILE", tmp_path / "none.json")
    app = open_page("positions", **VIEW)
    assert any("Nothing has been measured" in notice for notice in notices(app))
    assert not charts(app)


def test_without_the_models_the_figures_that_ship_are_shown(open_page, measured, monkeypatch):
    monkeypatch.setattr(loading, "catalog", lambda: [models.load("lstm").card])
    app = open_page("positions", positions_whose="own", **VIEW)
    assert any("None of the transformers is here" in notice for notice in notices(app))
    assert len(charts(app)) == 1


def test_how_it_is_computed_has_the_numbers_on_screen(open_page, measured, monkeypatch):
    shown = []
    monkeypatch.setattr(
        positions_longer.explain, "explanation", lambda words, formulas, functions: shown.extend(formulas())
    )
    open_page("positions", **VIEW)
    assert any("= 140.00" in one and "{64}" in one for one in shown)
    assert shown[-1].endswith("= 0.9500")


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_are_read_or_explained(open_page, measured, transformers, text):
    app = open_page("positions", positions_whose="own", **VIEW)
    run(app.text_area[0].input(text))
    assert charts(app)
