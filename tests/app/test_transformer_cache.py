"""Keys and values on the page: its numbers are those of the model."""

import html
import re
import threading
import time

import numpy as np
import pytest
import torch

import models
from explorer.panels import transformer_cache as panel
from models.mixers.inside import opened
from tests.app.conftest import run
from tests.app.test_analogies import texts
from tests.app.test_memory import traces
from tests.app.test_pages import ODD, charts, drawn, notices
from tests.app.test_views import bodies

PROMPT = "happy new year to all"


@pytest.fixture
def ids(tiny):
    return [tiny.tokenizer.start_id, *tiny.tokenizer.encode(PROMPT)]


def test_rows_are_the_keys_and_values_of_the_model(open_page, tiny, ids):
    app = open_page(
        "transformer", transformer_view="cache", prompt=PROMPT, transformer_kept_layer="2", transformer_kept_head="3"
    )
    with torch.no_grad():
        output = tiny.network(torch.tensor([ids]), use_cache=True)
    layer = output.past_key_values.layers[1]  # heads 3 and 4 share the second key
    np.testing.assert_allclose(drawn(charts(app)[0], 0, "z"), layer.keys[0, 1].flatten(), atol=1e-5)
    np.testing.assert_allclose(drawn(charts(app)[0], 2, "z"), layer.values[0, 1].flatten(), atol=1e-5)
    weights = drawn(charts(app)[0], 1, "z")
    np.testing.assert_allclose(weights, opened(tiny).trace(ids).layers[1].pattern[2, -1], atol=1e-6)
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert f"{len(ids) - 1} keys and values are kept" in texts(app)


def test_the_table_counts_what_is_computed(open_page, tiny, ids):
    app = open_page("transformer", transformer_view="cache", prompt=PROMPT)
    [body] = [body for body in bodies(app) if "<table" in body]
    rows = {
        name: [int(cell.replace(",", "")) if cell != "–" else 0 for cell in cells]
        for name, *cells in (
            [html.unescape(re.sub("<.*?>", "", cell)) for cell in re.findall("<td>(.*?)</td>", row)]
            for row in body.split("<tr>")[2:]
        )
    }
    n = len(ids)  # 2 layers, 4 heads of 8 numbers, 2 of them with keys and values
    assert rows["keys and values"] == [2 * 2 * 2 * 8, 2 * 2 * 2 * 8 * (n - 1), 2 * 2 * 2 * 8 * n]
    assert rows["queries"] == [2 * 4 * 8, 0, 2 * 4 * 8 * n]
    assert rows["scores"] == [2 * 4 * n, 0, 2 * 4 * n * (n + 1) // 2]
    layer = 32 * 32 + 2 * 32 * 16 + 32 * 32 + 3 * 32 * 64  # q; k, v; o; the MLP's three
    with_cache, _, without = rows["multiplications"]
    scores = 32 * tiny.card.vocab_size
    assert with_cache == 2 * layer + scores + 2 * 2 * 4 * 8 * n
    assert without == 2 * layer * n + scores + 2 * 2 * 4 * 8 * n * (n + 1) // 2


def test_memory_grows_with_the_text_and_a_state_does_not(open_page):
    app = open_page("transformer", transformer_view="cache", prompt=PROMPT)
    memory = charts(app)[1]
    lengths, kept = drawn(memory, 1, "x"), drawn(memory, 1, "y")
    np.testing.assert_allclose(kept, 2 * 2 * 2 * 8 * 4 * lengths)
    assert lengths[-1] == 1024
    for trace, name in ((3, "lstm"), (5, "gru")):
        state = models.load(name).network.start(1)
        assert set(drawn(memory, trace, "y")) == {sum(4 * part.numel() for part in state)}


def status(app):
    return next((one for one in bodies(app) if 'role="status"' in one and "explorer-facts" in one), "")


def test_times_are_measured_when_asked_for(open_page, monkeypatch):
    monkeypatch.setattr(panel, "LENGTHS", (8, 16, 24))
    app = open_page("transformer", transformer_view="cache", prompt=PROMPT)
    assert len(charts(app)) == 2
    app = open_page("transformer", transformer_view="cache", prompt=PROMPT, transformer_times="1")
    for _ in range(200):
        if "Measured here" in status(app):
            break
        time.sleep(0.1)
        run(app)
    assert "Measured here" in status(app)
    times = charts(app)[2]
    for trace in (1, 3):
        assert list(drawn(times, trace, "x")) == [8, 16, 24]
        assert drawn(times, trace, "y").min() > 0
    np.testing.assert_allclose(drawn(charts(app)[1], -1, "x"), [8, 16, 24])
    np.testing.assert_allclose(drawn(charts(app)[1], -1, "y"), [2 * 2 * 2 * 8 * 4 * n for n in (8, 16, 24)])
    assert any("what the model itself kept when it was measured, on the line" in one.value for one in app.caption)
    assert any(button.label == "Measure again" for button in app.button)


def test_the_formulas_have_the_numbers_on_screen(open_page, ids):
    app = open_page("transformer", transformer_view="cache", prompt=PROMPT)
    app.session_state["how_computed"] = True
    run(app)
    formulas = [latex.value for latex in app.latex]
    assert len(formulas) >= 4
    assert f"= {2 * 2 * 2 * 8 * 4 * len(ids)}" in formulas[1]
    [body] = [body for body in bodies(app) if "<table" in body]
    for formula in formulas[2:4]:
        total = int(re.findall(r"= (\d+)", formula)[-1])
        assert f"{total:,}" in body


@pytest.mark.parametrize("text", ["", "happy", "<b>&amp;</b>", "привет", "👩‍👩‍👧‍👦", "happy new " * 300, "\x04"])
def test_odd_texts_are_read_or_explained(open_page, text):
    app = open_page("transformer", transformer_view="cache")
    run(app.text_area[0].input(text))
    assert charts(app) or notices(app)


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_every_odd_text_is_read_or_explained(open_page, text):
    app = open_page("transformer", transformer_view="cache")
    run(app.text_area[0].input(text))
    assert charts(app) or notices(app)


def test_each_press_measures_anew(open_page, monkeypatch):
    ran = []

    def timed(_lm, _ids, lengths):
        ran.append(lengths)
        yield panel.Timed(lengths[0], 1.0, 2.0, 512 * lengths[0])

    monkeypatch.setattr(panel.caching, "timed", timed)

    def pressed(app):
        run(next(button for button in app.button if button.label == "Measure again").click())
        for _ in range(200):
            if "Measured here" in status(app):
                return
            time.sleep(0.05)
            run(app)

    apps = [open_page("transformer", transformer_view="cache", transformer_times="1") for _ in range(2)]
    for app in apps:
        for _ in range(200):
            if any(button.label == "Measure again" for button in app.button):
                break
            time.sleep(0.05)
            run(app)
    before = len(ran)
    for app in apps:
        pressed(app)
    assert len(ran) == before + 2  # the second session is not given what the first one measured


def test_a_measurement_under_way_holds_no_trace(open_page, monkeypatch):
    go_on = threading.Event()

    def timed(_lm, _ids, _lengths):
        while not go_on.wait(0.02):
            yield None

    monkeypatch.setattr(panel.caching, "timed", timed)
    app = open_page("transformer", transformer_view="cache", prompt="a text of its own")
    app.session_state["_times_run"] = "not yet"  # else what another test measured is shown
    run(next(one for one in app.toggle if one.label == "Measure it on this machine").set_value(True))
    try:
        assert any(button.label == "Stop" for button in app.button)
        assert traces() == 0
    finally:
        go_on.set()
