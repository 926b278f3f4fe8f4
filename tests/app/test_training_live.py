"""Live training on the page: the shared example, one of one's own, pause, stop, and the model that is kept."""

import math
import re
import time

import numpy as np
import pytest

from explorer.texts import LETTERS
from models.prediction import score
from tests.app.conftest import run
from tests.app.test_pages import charts, drawn, notices
from tests.app.test_views import bodies, button

_TEXT = "\n".join(
    f"the {who} sees a {what} ." for who in ("cat", "dog", "man", "bird") for what in ("cat", "dog", "tree") * 4
)


def live(open_page, **parameters):
    return open_page(
        "training", training_view="live", **{f"training_{name}": value for name, value in parameters.items()}
    )


def facts(app):
    return next(body for body in bodies(app) if "explorer-facts" in body and "step" in body)


def until(app, done):
    for _ in range(200):
        if done(app):
            return
        time.sleep(0.1)
        run(app)
    raise AssertionError(facts(app))


def labels(app):
    return {one.label for one in app.button}


def test_an_example_is_on_screen_before_anything_is_trained(open_page):
    app = live(open_page)
    assert "LSTM, a little world: step" in facts(app)
    assert charts(app)
    assert not notices(app)
    assert "Train" in labels(app)
    assert "Keep this model" not in labels(app)


@pytest.mark.slow
def test_ones_own_is_trained_kept_and_read_by_other_pages(open_page):
    app = live(open_page, source="text", corpus=_TEXT, epochs="3", hidden="8", model="gru", batch="4")
    assert any("press Train" in notice for notice in notices(app))
    run(button(app, "Train").click())
    until(app, lambda app: "Keep this model" in labels(app))
    assert "GRU, your text: step 36 of 36" in facts(app)
    losses = drawn(charts(app)[0], 0, "y")
    assert losses[-1] < 3
    assert any("the" in body for body in bodies(app) if "what it writes" in body)
    run(button(app, "Keep this model").click())
    assert any("one of the models of this session" in text.value for text in app.text)
    [name] = [loader.name for loader in app.session_state["_kept"].values()]
    app.query_params.clear()
    app.query_params["model"] = name
    app.switch_page("app_pages/basics/next_token.py")
    run(app)
    assert any(text.value.startswith("Yours 1: GRU of words, your text") for text in app.text)
    assert not notices(app)
    app.query_params["recurrent_cell"] = name
    app.switch_page("app_pages/mixers/recurrent.py")
    run(app)
    assert any("Yours 1: GRU" in text.value for text in app.text)
    assert not notices(app)


def test_a_training_can_be_paused_and_stopped_and_steered(open_page):
    app = live(open_page, source="text", corpus=LETTERS, epochs="200", factor="0.5", temperature="0.0")
    run(button(app, "Train").click())
    until(app, lambda app: "LSTM, your text" in facts(app))  # the example may be before it
    plan = next(iter(app.session_state["_live_plans"].values()))
    assert (plan.steering.rate_factor, plan.steering.temperature) == (0.5, 0.0)
    run(button(app, "Pause").click())
    assert plan.steering.paused
    run(button(app, "Go on").click())
    assert not plan.steering.paused
    run(button(app, "Stop").click())
    until(app, lambda app: "Train again" in labels(app))
    assert "; stopped" in facts(app)
    run(button(app, "Keep this model").click())
    [kept] = [loader.model() for loader in app.session_state["_kept"].values()]
    assert re.fullmatch(r"stopped after \d+ of \d+ steps, the learning rate changed by hand", kept.card.training)


@pytest.mark.parametrize(("text", "said"), [("one line", "too few"), ("", "too few")])
def test_too_little_text_is_said(open_page, text, said):
    app = live(open_page, source="text", corpus=text)
    run(button(app, "Train").click())
    until(app, lambda app: any(said in notice for notice in notices(app)))
    assert charts(app)


@pytest.mark.slow
def test_a_kept_model_of_words_is_refused_where_it_does_not_fit(open_page):
    app = live(open_page, source="text", corpus=_TEXT, epochs="2", hidden="8", model="rnn")
    run(button(app, "Train").click())
    until(app, lambda app: "Keep this model" in labels(app))
    run(button(app, "Keep this model").click())
    [name] = [loader.name for loader in app.session_state["_kept"].values()]

    def recurrent(**parameters):
        app.query_params.clear()
        for parameter, value in parameters.items():
            app.query_params[parameter] = value
        app.switch_page("app_pages/mixers/recurrent.py")
        return run(app)

    recurrent(recurrent_view="units", recurrent_cell=name)  # which reads characters: the LSTM that ships does
    assert not notices(app)
    recurrent(recurrent_view="steps", recurrent_cell="lstm", recurrent_other=name, prompt="the cat sees a dog")
    lm = app.session_state["_kept"][name].model()
    expected = -score(lm, "the cat sees a dog", end=True).token_log_probs / math.log(2)
    np.testing.assert_allclose(drawn(charts(app)[0], 1, "y"), expected, rtol=1e-4)
    recurrent(recurrent_level="characters", recurrent_cell="lstm", recurrent_other=name, prompt="the cat")
    assert any("reads other tokens" in notice for notice in notices(app))
    recurrent(recurrent_view="memory", recurrent_cell=name)
    recurrent(recurrent_view="algorithms", recurrent_cell=name, recurrent_algorithm="inference")
    assert not notices(app)


@pytest.mark.slow
def test_a_loss_beyond_all_numbers_is_told(open_page):
    app = live(open_page, source="text", corpus=_TEXT, epochs="20", rate="0.1", factor="10.0", model="feedforward")
    run(button(app, "Train").click())
    until(app, lambda app: labels(app) & {"Train again", "Keep this model"} or notices(app))
    assert charts(app)
