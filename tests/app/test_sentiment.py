"""The numbers of the page on sentiment are those of the classifiers that ship."""

import itertools
import json

import numpy as np
import pytest

from explorer.panels.sentiment_reading import TEXT
from models.tasks import sentiment_influence
from models.tasks.sentiment_classifier import expected_stars
from models.zoo import sentiment as zoo
from tests.app.conftest import run
from tests.app.test_pages import ODD, charts, drawn, notices
from tests.app.test_views import bodies

VIEWS = ("river", "words", "path", "two", "scores")
READING = [view for view in VIEWS if view != "scores"]
WHO = ("lstm", "bag")


@pytest.mark.parametrize("name", zoo.NAMES)
def test_the_river_is_what_the_model_says_of_every_beginning(open_page, name):
    app = open_page("sentiment", sentiment_model=name)
    classifier, pieces = zoo.load(name), zoo.words_of(TEXT).pieces
    beginnings = classifier.log_probs([pieces[:count] for count in range(len(pieces) + 1)])
    for k in range(5):
        np.testing.assert_allclose(drawn(charts(app)[0], k, "y"), np.exp(beginnings[:, k]), atol=1e-5)
    stars = expected_stars(beginnings)
    np.testing.assert_allclose(drawn(charts(app)[0], 5, "y"), stars, atol=1e-5)
    [strip] = [body for body in bodies(app) if 'class="explorer-chips"' in body]
    moved = [float(part.split("</small>")[0].replace("−", "-").replace("+", "")) for part in strip.split("<small>")[1:]]
    np.testing.assert_allclose(moved, np.diff(stars), atol=0.0051)
    assert any(f"{stars[-1]:.2f} on average" in text.value for text in app.text)


@pytest.mark.parametrize("name", zoo.NAMES)
@pytest.mark.parametrize(("target", "how"), [("stars", "out"), ("5", "unknown")])
def test_bars_are_what_words_do(open_page, name, target, how):
    parameters = {"sentiment_model": name, "sentiment_target": target, "sentiment_how": how}
    app = open_page("sentiment", sentiment_view="words", prompt="It is not a bad film.", **parameters)
    classifier, pieces = zoo.load(name), list(zoo.words_of("It is not a bad film.").pieces)
    whole = sentiment_influence.target_of(classifier.log_probs([pieces]), target)[0]
    other = [sentiment_influence.without(pieces, place, unknown=how == "unknown") for place in range(len(pieces))]
    expected = whole - sentiment_influence.target_of(classifier.log_probs(other), target)
    np.testing.assert_allclose(drawn(charts(app)[0], 0, "y"), expected, atol=1e-5)
    told = (
        sentiment_influence.linear_shares(classifier.bag, pieces, target)
        if name == "bag"
        else sentiment_influence.gradient_times_input(classifier, pieces, target)
    )
    np.testing.assert_allclose(drawn(charts(app)[0], 1, "y"), told, atol=1e-5)
    marked = [shape["x0"] + 0.5 for shape in json.loads(charts(app)[0].spec)["layout"]["shapes"]]
    assert marked == sentiment_influence.disagreeing(expected, told)


@pytest.mark.parametrize("name", [name for name in zoo.NAMES if name != "bag"])
def test_the_path_goes_through_the_states(open_page, name):
    app = open_page("sentiment", sentiment_view="path", sentiment_model=name, sentiment_upto="4")
    classifier, pieces = zoo.load(name), zoo.words_of(TEXT).pieces
    h = classifier.states(pieces)
    network = classifier.network
    expected = (h - network.plane_origin.numpy()) @ network.plane_x.numpy()
    np.testing.assert_allclose(drawn(charts(app)[0], 1, "x"), expected[:5], atol=1e-4)
    [slider] = app.slider
    run(slider.set_value(len(pieces)))
    np.testing.assert_allclose(drawn(charts(app)[0], 1, "x"), expected, atol=1e-4)


def test_the_plane_of_this_text_holds_more_of_its_variance(open_page):
    shares = []
    for plane in ("shared", "own"):
        app = open_page("sentiment", sentiment_view="path", sentiment_plane=plane)
        [words] = [caption.value for caption in app.caption if "the plane shows" in caption.value]
        shares.append(float(words.split("shows ")[1].split(" %")[0]))
    assert shares[0] < shares[1] <= 100


def test_a_text_of_one_word_has_no_plane_of_its_own(open_page):
    app = open_page("sentiment", sentiment_view="path", sentiment_plane="own", prompt="Good")
    [words] = [caption.value for caption in app.caption if "the plane shows" in caption.value]
    assert "the same for all texts" in words


def test_the_same_text_twice_is_in_no_other_order(open_page):
    for other, is_so in (("It was good.", False), ("Good it was.", True)):
        app = open_page("sentiment", sentiment_view="two", prompt="It was good.", sentiment_other=other)
        assert any("in another order" in caption.value for caption in app.caption) is is_so


def test_two_texts_have_one_scale_and_five_verdicts(open_page):
    one, other = "Good, but long.", "It was far too long, but it was good."
    app = open_page("sentiment", sentiment_view="two", prompt=one, sentiment_other=other)
    ranges = [json.loads(chart.spec)["layout"]["xaxis"]["range"] for chart in charts(app)]
    assert ranges[0] == ranges[1] == [-0.5, len(zoo.words_of(other).pieces) + 0.5]
    [table] = [body for body in bodies(app) if "<table" in body]
    for name, row in zip(zoo.NAMES, table.split("<tr>")[2:], strict=True):
        log_probs = zoo.load(name).log_probs([zoo.words_of(text).pieces for text in (one, other)])
        for verdict, stars in zip(log_probs, expected_stars(log_probs), strict=True):
            assert f"<b>{verdict.argmax() + 1}</b>" in row
            assert f"mean {stars:.2f}" in row


def test_scores_are_those_of_the_cards(open_page):
    app = open_page("sentiment", sentiment_view="scores", sentiment_model="gru")
    cards = zoo.cards()
    ours = drawn(charts(app)[0], 0, "x")
    np.testing.assert_allclose(ours, sorted(card.scores["accuracy"] for card in cards.values()), atol=1e-6)
    published = drawn(charts(app)[0], 1, "x")
    np.testing.assert_allclose(published, sorted(cards["gru"].published.values()), atol=1e-6)
    table = np.array(zoo.measured("gru").confusion)
    shown = json.loads(charts(app)[1].spec)["data"][0]["text"]
    assert [[int(cell.split("<br>")[1].replace(",", "")) for cell in row] for row in shown] == table.tolist()


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_figures_alternatives_and_an_explanation(open_page, view):
    app = open_page("sentiment", sentiment_view=view, how_computed="1")
    assert charts(app)
    assert all(chart.alt for chart in charts(app))
    assert any(expander.label == "How this is computed" for expander in app.expander)
    if view in READING:
        assert app.text_area[0].value == TEXT


@pytest.mark.slow
@pytest.mark.parametrize(("view", "name"), itertools.product(READING, WHO))
def test_odd_texts_get_a_result_or_a_clear_word(open_page, view, name):
    app = open_page("sentiment", sentiment_view=view, sentiment_model=name)
    for title, text in ODD.items():
        run(app.text_area[0].input("happy new"))
        before = [chart.spec for chart in charts(app)]
        run(app.text_area[0].input(text))
        assert app.text_area[0].value == text, title
        assert [chart.spec for chart in charts(app)] != before or notices(app), title


def test_long_texts_are_read_whole_and_shown_in_part(open_page):
    text = "This is a good film. " * 60
    app = open_page("sentiment")
    run(app.text_area[0].input(text))
    assert len(drawn(charts(app)[0], 5, "y")) == 121
    assert any("the first 120 of 360 words" in one.value for one in app.text)
    [log_probs] = zoo.load("lstm").log_probs([zoo.words_of(text).pieces])
    assert any(f"{float(expected_stars(log_probs)):.2f} on average" in one.value for one in app.text)


def test_too_long_a_text_can_be_cut_to_its_beginning(open_page):
    app = open_page("sentiment")
    run(app.text_area[0].input("good film " * 300))
    assert any("More than 500 words" in notice for notice in notices(app))
    assert charts(app)
    run(app.button(key="remedy_sentiment prompt").click())
    assert len(app.text_area[0].value.split()) == 500
    assert not notices(app)


def test_unknown_words_are_named_as_they_are_typed(open_page):
    app = open_page("sentiment", prompt="A <i>zzzqqq</i> film with 🎬")
    [named] = [text.value for text in app.text if text.value.startswith("Unknown")]
    assert "“zzzqqq”" in named
    assert "“🎬”" in named
    assert "“film”" not in named


def test_what_is_typed_is_never_markup(open_page):
    app = open_page("sentiment", prompt="<script>alert(1)</script> $x$ **b**", sentiment_view="words")
    assert not any("<script>" in body for body in bodies(app))
    app = open_page("sentiment", prompt="<script>alert(1)</script> $x$ **b**")
    [strip] = [body for body in bodies(app) if 'class="explorer-chips"' in body]
    assert "<script>" not in strip
