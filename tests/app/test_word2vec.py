import json
import re
import time
from html import unescape

import numpy as np
import pytest

from explorer import loading
from explorer.jobs import State
from explorer.panels import word2vec_microscope
from explorer.panels.word2vec_microscope import KINGS
from models.tokens import word2vec
from models.tokens.word2vec_steps import Choices, Sentences, read_legs, replay
from tests.app.conftest import run
from tests.app.test_pages import ODD, charts, notices
from tests.app.test_views import bodies, formulas

ABC = "\n".join(["a b c d e", "e d c b a", "a c e", "b d a c"] * 30)


def sent(app, name):
    """What a component was sent."""
    [component] = [c.proto for c in app.get("bidi_component") if c.proto.component_name == f"explorer_{name}"]
    return json.loads(component.json)


def cells(app, label):
    """The rows of a table, without its head, as texts."""
    [body] = [body for body in bodies(app) if f'aria-label="{label}"' in body]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)[1:]
    return [
        [unescape(re.sub(r"<[^>]+>", "", cell.replace("<br>", ", "))) for cell in re.findall(r"<td>(.*?)</td>", row)]
        for row in rows
    ]


def number(text):
    return float(text.replace("−", "-").replace("+", ""))


def pair(text):
    return [number(part) for part in text.strip("()").split(", ")]


def trained(app):
    """The page once no job is under way."""
    for _ in range(400):
        if not any((button.key or "").startswith("stop_") for button in app.button):
            return app
        time.sleep(0.05)
        run(app)
    raise AssertionError("the training never ended")


@pytest.mark.parametrize("method", ["skip-gram", "cbow"])
@pytest.mark.parametrize("legs", ["", "c7r0.3x12"])
def test_every_number_of_the_step_is_that_of_autograd(open_page, csv_files, method, legs):
    import torch

    app = open_page("word2vec", prompt=KINGS, word2vec_method=method, word2vec_legs=legs)
    now = replay(Sentences.of(KINGS), Choices(method), read_legs(legs))
    example, words = now.next_step().example, now.sentences.text.words
    target, context = (torch.tensor(part, requires_grad=True) for part in (now.vectors.target, now.vectors.context))
    losses = word2vec.losses(target, context, example, method)
    losses.sum().backward()
    rows = cells(app, "Pairs of the next step")
    positives = example.contexts if method == "skip-gram" else [example.centre]
    assert [row[0] for row in rows] == [
        f"{sign} {words[word]}"
        for positive, negatives in zip(positives, example.negatives, strict=True)
        for sign, word in [("+", positive), *(("−", word) for word in negatives)]
    ]
    assert [number(row[3]) for row in rows] == pytest.approx(losses.detach().ravel().tolist(), abs=6e-4)
    for sign, dot, sigmoid, _, pull in ((row[0][0], *map(number, row[1:])) for row in rows):
        assert sigmoid == pytest.approx(1 / (1 + np.exp(-dot)), abs=1e-3)
        assert pull == pytest.approx(sigmoid - (sign == "+"), abs=1.1e-3)
    assert [(row["label"], row["word"]) for row in csv_files[-1]] == [
        ("1" if row[0].startswith("+") else "0", row[0][2:]) for row in rows
    ]
    for vector, at, gradient in cells(app, "Gradients"):
        kind, word = vector.split()
        part = target if kind == "t" else context
        assert pair(at) == pytest.approx(part[words.index(word)].tolist(), abs=6e-4)
        assert pair(gradient) == pytest.approx(part.grad[words.index(word)].tolist(), abs=6e-4)
    moved = int((target.grad.abs().sum(1) > 0).sum() + (context.grad.abs().sum(1) > 0).sum())
    assert len(cells(app, "Gradients")) == moved
    after = now.look(now.next_step()).loss
    assert any(f"L = {after:.3f} nats" in text.value for text in app.text)


def test_the_arrows_are_the_step_that_is_taken(open_page):
    app = open_page("word2vec", prompt=KINGS, word2vec_rate="0.5")
    before, arrows = sent(app, "word2vec_steps")["frames"][-1]["points"], sent(app, "word2vec_steps")["arrows"]
    run(app.button(key="take_1").click())
    after = sent(app, "word2vec_steps")["frames"][-1]
    assert after["step"] == 1
    moved = np.array(before)
    count = len(sent(app, "word2vec_steps")["words"])
    for arrow in arrows:
        at = 2 * (arrow["word"] + (count if arrow["kind"] == "c" else 0))
        moved[at : at + 2] += arrow["by"]
    np.testing.assert_allclose(after["points"], moved, atol=2e-4)
    assert not np.allclose(before, moved)
    assert {arrow["role"] for arrow in arrows} == {"centre", "positive", "negative"}


@pytest.mark.slow
def test_steps_are_taken_on_and_on_and_stand_in_the_url(open_page):
    app = open_page("word2vec", prompt=KINGS)
    for key, legs in (("take_1", "r0.2x1"), ("take_20", "r0.2x21"), ("take_500", "r0.2x521")):
        run(app.button(key=key).click())
        assert app.query_params["word2vec_legs"] == legs
    run(next(slider for slider in app.slider if slider.label.startswith("Learning rate")).set_value(0.5))
    run(app.button(key="take_2000").click())
    assert app.query_params["word2vec_legs"] == "r0.2x521-r0.5x2000"
    wanted = replay(Sentences.of(KINGS), Choices(), read_legs("r0.2x521-r0.5x2000")).vectors
    points = sent(app, "word2vec_steps")["frames"][-1]["points"]
    np.testing.assert_allclose(points, np.concatenate([wanted.target.ravel(), wanted.context.ravel()]), atol=1e-4)
    run(app.button(key="to_start").click())
    assert "word2vec_legs" not in app.query_params
    assert sent(app, "word2vec_steps")["at"] == 0


def test_a_link_shows_what_was_on_screen(open_page):
    app = open_page("word2vec", prompt=KINGS, word2vec_centre="5")
    run(app.button(key="take_20").click())
    assert app.query_params["word2vec_legs"] == "c5r0.2x20"
    assert "word2vec_centre" not in app.query_params
    shown = sent(app, "word2vec_steps")
    again = sent(open_page("word2vec", prompt=KINGS, word2vec_legs="c5r0.2x20"), "word2vec_steps")
    assert again == shown


def test_the_reader_chooses_the_centre(open_page):
    app = open_page("word2vec", prompt=KINGS, word2vec_centre="2")
    assert sent(app, "word2vec_steps")["place"] == 2
    assert any(text.value.startswith("Next step: queen.") for text in app.text)
    for nonsense in ("-1", "99", "x"):
        assert sent(open_page("word2vec", prompt=KINGS, word2vec_centre=nonsense), "word2vec_steps")["place"] == 0


def test_there_is_an_end_of_steps(open_page, monkeypatch):
    monkeypatch.setattr(word2vec_microscope, "MOST_STEPS", 30)
    app = open_page("word2vec", prompt=KINGS, word2vec_legs="r0.2x25")
    run(app.button(key="take_20").click())
    assert app.query_params["word2vec_legs"] == "r0.2x30"
    assert app.button(key="take_1").disabled
    assert not app.button(key="to_start").disabled


def test_vectors_beyond_all_bounds_are_told_and_what_was_there_stays(open_page):
    app = open_page("word2vec", prompt=KINGS, word2vec_legs="r0.2x20")
    before = sent(app, "word2vec_steps")
    run(next(slider for slider in app.slider if slider.label.startswith("Learning rate")).set_value(2.0))
    run(app.button(key="take_2000").click())
    assert any("beyond all bounds" in notice for notice in notices(app))
    assert sent(app, "word2vec_steps")["frames"] == before["frames"]
    run(app.button(key="remedy_microscope").click())
    assert not notices(app)
    assert sent(app, "word2vec_steps")["at"] == 0


def test_the_formula_has_this_steps_numbers(open_page):
    app = open_page("word2vec", prompt=KINGS)
    app.session_state["how_computed"] = True
    run(app)
    now = replay(Sentences.of(KINGS), Choices(), ())
    look = now.look(now.next_step())
    assert any(
        f"{look.dots[0, 0]:.3f}" in formula and f"{look.losses[0].sum():.3f}" in formula for formula in formulas(app)
    )
    assert any("def losses" in code.value for code in app.code)


def test_a_long_text_is_taken_in_part(open_page):
    app = open_page("word2vec", prompt="a king and a queen " * 30)
    assert len(sent(app, "word2vec_steps")["running"]) == 80
    assert any("70 are left out" in caption.value for caption in app.caption)


@pytest.mark.slow
def test_the_little_world_is_learned_by_itself(open_page):
    app = trained(open_page("word2vec", word2vec_view="training", word2vec_part="target"))
    rows = {row[0]: row[1:] for row in cells(app, "Neighbours of the followed words")}
    assert set(rows) == {"king", "paris", "puppy", "monday"}
    days = {"tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
    assert set(rows["monday"][-1].split(", ")) <= days
    film = sent(app, "word_frames")
    assert film["count"] > 10
    assert "king" in film["words"]
    assert [film["words"][i] for i in film["marked"]].count("king") == 1
    assert charts(app)
    assert not notices(app)


@pytest.mark.slow
def test_the_choice_of_the_vector_trains_nothing(open_page, monkeypatch):
    app = trained(open_page("word2vec", word2vec_view="training"))
    monkeypatch.setattr(loading.jobs(), "start", lambda *_: pytest.fail("a training was started"))
    before = sent(app, "word_frames")["frames"]
    part = next(control for control in app.segmented_control if control.label == "A word's vector")
    run(part.set_value("target"))
    assert sent(app, "word_frames")["frames"] != before


def test_what_was_learned_goes_to_analogies(open_page):
    app = trained(open_page("word2vec", word2vec_view="training", word2vec_model="cbow"))
    space = app.session_state["_trained"]["CBOW, a little world"]
    assert "queen" in space.words
    assert space.vectors.shape[1] == 24


@pytest.mark.slow
def test_a_text_of_the_readers_own_is_learned_when_asked(open_page):
    app = open_page(
        "word2vec", word2vec_view="training", word2vec_source="text", word2vec_corpus=ABC, word2vec_epochs="3"
    )
    assert any("press Train" in notice for notice in notices(app))
    assert charts(app)  # the little world until then
    trained(run(app.button(key="train_training").click()))
    assert not notices(app)
    assert sent(app, "word_frames")["words"] == ["a", "c", "b", "d", "e"]
    assert not any(button.key == "train_training" for button in app.button)


def test_a_training_is_stopped_and_what_it_had_learned_stays(open_page):
    app = open_page(
        "word2vec",
        word2vec_view="training",
        word2vec_source="text",
        word2vec_corpus="stop and go\n" + ABC * 40,
        word2vec_epochs="100",
        word2vec_size="200",
        word2vec_drawn="20",
    )
    run(app.button(key="train_training").click())
    run(app.button(key="stop_training").click())
    job = loading.jobs().of((app.session_state["_session"], "training"))
    assert job.wait(20)
    assert job.state is State.STOPPED
    run(app)
    assert any(button.key == "train_training" for button in app.button)
    assert charts(app)


def test_what_cannot_be_learned_says_why_and_what_was_there_stays(open_page):
    app = open_page("word2vec", word2vec_view="training", word2vec_source="text", word2vec_corpus=ABC)
    trained(run(app.button(key="train_training").click()))
    run(app.text_area(key="word2vec_widget_word2vec_corpus").input("word word"))
    run(app.button(key="train_training").click())
    trained(app)
    assert any("two different words" in notice for notice in notices(app))
    assert sent(app, "word_frames")["words"] == ["a", "c", "b", "d", "e"]


def test_without_a_file_the_little_world_is_shown(open_page):
    app = trained(open_page("word2vec", word2vec_view="training", word2vec_source="file"))
    assert any("choose one" in notice for notice in notices(app))
    assert "king" in sent(app, "word_frames")["words"]


def test_words_that_are_not_there_are_told(open_page):
    app = trained(open_page("word2vec", word2vec_view="training", word2vec_pinned="kingg, queen"))
    [row] = [row for row in cells(app, "Neighbours of the followed words") if row[0] == "kingg"]
    assert "Did you mean 'king'" in row[1]


def test_both_models_answer_the_same_questions(open_page):
    app = trained(open_page("word2vec", word2vec_view="compare"))
    answers = {row[0]: row[1:] for row in cells(app, "Analogies")}
    for answer in answers["king : man = ? : woman"]:
        assert answer.startswith("queen")
    for answer in answers["paris : france = ? : italy"]:
        assert answer.startswith("rome")
    axes = [json.loads(chart.spec)["layout"]["yaxis"]["title"]["text"] for chart in charts(app)]
    assert axes == ["loss, nats a pair", "loss, weighted squared miss"]
    questions = next(area for area in app.text_area if area.label.startswith("Analogies"))
    run(questions.input("dog dogs\ncats dogs dog"))
    answers = {row[0]: row[1:] for row in cells(app, "Analogies")}
    assert answers["dog : dogs = ? : "] == ["Three words are needed."] * 2
    assert all(answer.startswith("cat") for answer in answers["cats : dogs = ? : dog"])


def test_a_text_of_ones_own_is_compared_when_asked(open_page):
    app = open_page("word2vec", word2vec_view="compare", word2vec_source="text", word2vec_corpus=ABC + "\nf g")
    for model in ("skip-gram", "glove"):
        trained(run(app.button(key=f"train_compare {model}").click()))
    assert not notices(app)
    assert {row[0] for row in cells(app, "Neighbours")} <= set("abcdefg")


@pytest.mark.parametrize("name", ["empty", "one word of 100,000 letters", "right to left", "image", "line ends"])
def test_an_odd_text_to_learn_from_gets_a_result_or_a_clear_word(open_page, name):
    app = open_page("word2vec", word2vec_view="training", word2vec_source="text", word2vec_epochs="1")
    area = app.text_area(key="word2vec_widget_word2vec_corpus")
    run(area.input(ODD[name]))
    trained(run(app.button(key="train_training").click()))
    assert charts(app)
    assert notices(app) or sent(app, "word_frames")["words"]
