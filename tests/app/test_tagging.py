"""The numbers of the tagging page are those of the taggers that ship."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

from explorer.numbers import percent
from explorer.panels import tagging_directions, tagging_text
from explorer.panels.tagging_tags import MOST
from models.tasks.card import read_task_cards
from models.tasks.tagging import TAGS, TYPES, possible
from models.tasks.tagging_data import DOMAINS, spans
from models.tasks.tagging_text import cut
from models.zoo.tagging import CARDS, NAMES, load
from tests.app.conftest import run
from tests.app.test_analogies import components
from tests.app.test_pages import ODD, charts, drawn, notices

PROMPT = "Angela Merkel met the Iraqi president in Berlin on Friday."
WORDS = [piece.word for piece in cut(PROMPT)]
VIEWS = ("tags", "directions", "crf", "scores")


@pytest.fixture(scope="module")
def taggers():
    return {name: load(name) for name in NAMES}


def opened(open_page, view="tags", **parameters):
    return open_page("tagging", tagging_view=view, **{"prompt": PROMPT} | parameters)


def told(app):
    return " ".join(one.value for one in (*app.text, *app.caption))


def test_each_tagger_has_its_row(open_page, taggers):
    [data] = components(opened(open_page), "frames")
    assert data["tokens"] == WORDS
    [frame] = data["frames"]
    assert frame["rows"] == [taggers[name].tag([WORDS])[0].path for name in NAMES]
    kinds = [[TAGS[tag][2:] for tag in row] for row in frame["rows"]]
    assert data["differ"] == [i for i, column in enumerate(zip(*kinds)) if len(set(column)) > 1]
    assert [kind["name"] for kind in data["kinds"]] == list(TYPES.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_probabilities_are_those_of_the_chosen_tagger(open_page, taggers, name):
    app = opened(open_page, tagging_tagger=name, tagging_token="5")
    probs = taggers[name].tag([WORDS])[0].probs.double().numpy()
    top = np.sort(probs[5])[::-1][:5]
    np.testing.assert_allclose(drawn(charts(app)[0], 0, "x"), [*top, 1 - top.sum()], atol=1e-5)
    table = drawn(charts(app)[1], 0, "z").reshape(len(TYPES) + 1, len(WORDS))
    for row, kind in enumerate(TYPES):
        both = probs[:, [TAGS.index(f"B-{kind}"), TAGS.index(f"I-{kind}")]].sum(1)
        np.testing.assert_allclose(table[row], both, atol=1e-5)
    np.testing.assert_allclose(table[-1], probs[:, 0], atol=1e-5)
    np.testing.assert_allclose(table.sum(0), 1, atol=1e-4)
    [data] = components(app, "frames")
    assert data["chosen"] == 5
    assert taggers[name].known(WORDS[5]) in told(app)


def test_a_long_text_is_shown_around_the_chosen_word(open_page):
    app = opened(open_page, prompt="Anna saw Paris . " * 100, tagging_token="390")
    assert len(json.loads(charts(app)[1].spec)["layout"]["xaxis"]["ticktext"]) == MOST // 2
    assert "Words 341 to 400 of 400" in told(app)
    [data] = components(app, "frames")
    assert len(data["tokens"]) == 400


def test_prefixes_are_read_one_by_one_and_changes_are_framed(open_page, taggers):
    app = opened(open_page, "directions")
    [data] = components(app, "frames")
    prefixes = [WORDS[: i + 1] for i in range(len(WORDS))]
    for row, name in enumerate(("lstm", "bilstm")):
        for i, one in enumerate(taggers[name].tag(prefixes)):
            assert data["frames"][i]["rows"][row] == [*one.path, *[-1] * (len(WORDS) - i - 1)]
    both = [[TAGS[tag][2:] for tag in one.path] for one in taggers["bilstm"].tag(prefixes)]
    changed = [(i, k) for i in range(1, len(both)) for k in range(i) if both[i][k] != both[i - 1][k]]
    marks = list(zip(drawn(charts(app)[1], 1, "y"), drawn(charts(app)[1], 1, "x")))
    assert marks == changed
    assert [(i, k) for i, frame in enumerate(data["frames"]) for k in frame["marked"][1]] == changed
    ends = [taggers[name].tag([WORDS])[0] for name in ("lstm", "bilstm")]
    for place, end in enumerate(ends):
        np.testing.assert_allclose(
            drawn(charts(app)[0], place, "y"),
            [float(end.probs[i, tag]) for i, tag in enumerate(ends[1].path)],
            atol=1e-5,
        )


def test_one_direction_never_takes_back_what_it_said(open_page):
    [data] = components(opened(open_page, "directions"), "frames")
    for i, frame in enumerate(data["frames"][1:], 1):
        assert frame["rows"][0][:i] == data["frames"][i - 1]["rows"][0][:i]


def test_the_preset_of_the_next_word_has_changes(open_page):
    app = open_page("tagging")
    run(app.button(key="preset_The next word").click())
    assert len(drawn(charts(app)[1], 1, "x")) == 1


def test_the_path_and_its_probability_are_the_crfs(open_page, taggers):
    app = opened(open_page, "crf")
    tagger = taggers["bilstm-crf"]
    trace, tagged = tagger.trace(WORDS), tagger.tag([WORDS])[0]
    [data] = components(app, "frames")
    assert data["frames"][0]["rows"] == [tagged.path, trace.alone]
    assert f"P(best path) = {percent(math.exp(tagged.log_prob))}" in told(app)
    [shown] = components(app, "pointers")
    assert [shown["states"][i] for i in shown["path"]] == [tagging_text.in_words(tag) for tag in trace.best.path]
    crf = tagger.network.crf
    grid = drawn(charts(app)[0], 0, "z").reshape(len(TAGS) + 1, len(TAGS) + 1)
    np.testing.assert_allclose(grid[1:, :-1], crf.transition, atol=1e-5)
    np.testing.assert_allclose(grid[0, :-1], crf.initial, atol=1e-5)
    np.testing.assert_allclose(grid[1:, -1], crf.final, atol=1e-5)
    assert math.isnan(grid[0, -1])
    for t, cells in enumerate(shown["cells"]):
        for cell, state in zip(cells, shown["states"], strict=True):
            tag = next(tag for tag in range(len(TAGS)) if tagging_text.in_words(tag) == state)
            value = f"{float(trace.best.scores[t, tag]):.2f}".replace("-", "−")
            assert cell["sum"]["total"].endswith(f"= {value}")


def test_the_preset_of_paths_has_a_sentence_whose_words_differ_from_its_path(open_page, taggers):
    app = open_page("tagging")
    run(app.button(key="preset_A path is not its words").click())
    [data] = components(app, "frames")
    best, alone = data["frames"][0]["rows"]
    assert best != alone
    assert data["differ"] == [i for i, (one, other) in enumerate(zip(best, alone)) if one != other]
    rules = possible()
    assert all(rules.steps[i, j] for i, j in pairwise(best))
    assert not all(rules.steps[i, j] for i, j in pairwise(alone)) or not rules.begins[alone[0]]


def test_forbidden_steps_are_not_on_the_path(open_page):
    app = opened(open_page, "crf", tagging_forbid="1")
    [shown] = components(app, "pointers")
    names = shown["states"]
    for i, before in enumerate(names):
        for j, after in enumerate(names):
            if after.startswith("I-"):
                assert shown["steps"][i][j] == (before[2:] == after[2:])
    assert all(shown["steps"][i][j] for i, j in pairwise(shown["path"]))
    assert not names[shown["path"][0]].startswith("I-")


def test_the_words_that_two_taggers_are_furthest_apart_about(open_page, taggers):
    app = opened(open_page, "directions")
    left, both = (taggers[name].tag([WORDS])[0] for name in ("lstm", "bilstm"))
    gaps = [abs(float(left.probs[i, tag] - both.probs[i, tag])) for i, tag in enumerate(both.path)]
    assert f"Furthest apart: “{WORDS[int(np.argmax(gaps))]}”" in charts(app)[0].alt


def test_scores_are_those_of_the_cards(open_page):
    app = opened(open_page, "scores")
    cards = read_task_cards(CARDS)
    bars = drawn(charts(app)[0], 0, "x")
    expected = [cards[name].scores[domain.title] for domain in DOMAINS.values() for name in NAMES]
    np.testing.assert_allclose(bars, [*expected, *cards["hmm"].published.values()], atol=1e-5)
    page = " ".join(one.proto.body for one in app.get("html"))
    assert percent(cards["bilstm"].scores["GMB, held out: per"]) in page
    app = opened(open_page, "scores", tagging_domain="wnut17")
    page = " ".join(one.proto.body for one in app.get("html"))
    assert percent(cards["bilstm"].scores["WNUT-17, test: person"]) in page


@pytest.mark.parametrize("view", VIEWS)
def test_controls_at_their_extremes_in_every_view(open_page, view):
    app = opened(open_page, view)
    for i in range(len(app.toggle)):
        run(app.toggle[i].set_value(True))
    for i in range(len(app.selectbox)):
        for option in app.selectbox[i].options:
            run(app.selectbox[i].set_value(next(n for n in NAMES if tagging_text.title(n) == option)))
    for i in reversed(range(len(app.segmented_control))):
        if app.segmented_control[i].label != "Show":
            for option in app.segmented_control[i].options:
                run(app.segmented_control[i].set_value(option.content if hasattr(option, "content") else option))
    assert charts(app)
    assert all(chart.alt for chart in charts(app))


@pytest.mark.parametrize("view", VIEWS)
def test_how_it_is_computed_has_formulas_and_sources(open_page, view):
    app = opened(open_page, view)
    app.session_state["how_computed"] = True
    run(app)
    assert len(app.latex) > 2
    assert app.code


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS[:3])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_in_every_view_get_a_result_or_a_clear_word(open_page, view, text):
    app = opened(open_page, view)
    before = [chart.spec for chart in charts(app)]
    run(app.text_area[0].input(text))
    assert app.text_area[0].value == text
    after = [chart.spec for chart in charts(app)]
    assert len(after) == len(before)
    [data, *_] = components(app, "frames")
    assert data["tokens"] != WORDS or notices(app)


def test_what_cannot_be_tagged_leaves_the_rest_as_it_was(open_page):
    app = opened(open_page)
    run(app.text_area[0].input("  "))
    assert any("no word" in notice for notice in notices(app))
    [data] = components(app, "frames")
    assert data["tokens"] == WORDS


def test_names_are_listed_for_who_cannot_see(taggers):
    tagged = taggers["bilstm-crf"].tag([WORDS])[0]
    said = tagging_text.listed(WORDS, tagged.path)
    assert said.count("(") == len(spans(tagged.tags)) > 0
    assert "Angela Merkel (person)" in said


def test_changes_are_found_in_prefixes(taggers):
    found = tagging_text.Said({"bilstm": taggers["bilstm"].tag([WORDS[: i + 1] for i in range(len(WORDS))])})
    assert all(place < read for read, place in tagging_directions.changes(found, "bilstm"))
    assert found.nbytes > 0
