"""The numbers of the translation page are those of the models that ship."""

import base64
import json
from zlib import crc32

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU

from explorer.panels.translation_thought import GROUPS, SENTENCES
from models.tasks import translation_thoughts
from models.tasks.translation_words import french
from models.zoo import translation
from tests.app.conftest import run
from tests.app.test_analogies import components, texts
from tests.app.test_pages import ODD, charts, drawn, notices

PROMPT = "She is not my sister."
VIEWS = ("translate", "bottleneck", "search", "edit", "scores")


@pytest.fixture(scope="module")
def models():
    return {name: translation.load(name) for name in translation.NAMES}


def html(app):
    return " ".join(one.proto.body for one in app.get("html"))


def captions(app):
    return " ".join(one.value for one in app.caption)


def table(chart, trace):
    z = json.loads(chart.spec)["data"][trace]["z"]
    return np.frombuffer(base64.b64decode(z["bdata"]), dtype=z["dtype"]).reshape(
        [int(n) for n in z["shape"].split(",")]
    )


def test_both_translators_are_stepped_through(open_page, models):
    app = open_page("translation", prompt=PROMPT)
    [data] = components(app, "writers")
    assert data["source"] == ["She", "is", "not", "my", "sister", "."]
    assert [bool(writer["attention"]) for writer in data["writers"]] == [False, True]
    for writer, name in zip(data["writers"], translation.NAMES, strict=True):
        written = models[name].translate(PROMPT)
        assert writer["words"] == list(written.words)
        assert writer["title"].endswith(written.text)
        for rows, word in zip(writer["next"], written.words, strict=True):
            assert [row[0] for row in rows if row[3]] == [word]
    expected = models["attention"].translate(PROMPT).attention
    weights = np.frombuffer(base64.b64decode(data["writers"][1]["attention"]), dtype="<f4").reshape(expected.shape)
    np.testing.assert_array_equal(weights, expected)
    np.testing.assert_array_equal(table(charts(app)[0], 0), expected)


def test_the_step_of_the_link_is_framed(open_page):
    app = open_page("translation", prompt=PROMPT, translation_step="1")
    [frame] = json.loads(charts(app)[0].spec)["layout"]["shapes"]
    assert (frame["y0"], frame["y1"]) == (0.5, 1.5)
    app = open_page("translation", prompt=PROMPT, translation_step="999")
    assert json.loads(charts(app)[0].spec)["layout"]["shapes"]


def test_unknown_words_are_named(open_page):
    app = open_page("translation", prompt="Tom bought a frabjous zzyzx.")
    assert "Unknown words, read as <unk>: frabjous, zzyzx." in texts(app)
    [data] = components(app, "writers")
    assert data["unknown"] == [3, 4]
    app = open_page("translation", prompt="She is happy.")
    assert "Unknown" not in texts(app)


def test_a_long_source_is_read_as_far_as_it_goes(open_page):
    app = open_page("translation", prompt="happy new year " * 20)
    assert any(
        "The first 40 words and signs were read" in notice and "20 were not" in notice for notice in notices(app)
    )
    [data] = components(app, "writers")
    assert len(data["source"]) == 40


@pytest.mark.parametrize("view", VIEWS)
def test_odd_texts_get_a_result_or_a_clear_word_in_every_view(open_page, view):
    app = open_page("translation", prompt=PROMPT, translation_view=view)
    count = len(charts(app))
    for name, text in ODD.items():
        run(app.text_area[0].input(text))
        assert len(charts(app)) == count, name  # nothing on screen is lost
        assert text.strip() or notices(app), name


def test_what_was_there_stays_where_nothing_is_typed(open_page, models):
    app = open_page("translation", prompt=PROMPT)
    run(app.text_area[0].input(""))
    assert any("nothing to translate" in notice and "still belongs" in notice for notice in notices(app))
    [data] = components(app, "writers")
    assert data["source"][:2] == ["She", "is"]


def test_bleu_by_length_is_what_was_measured(open_page):
    app = open_page("translation", translation_view="bottleneck")
    for trace, name in enumerate(translation.NAMES):
        np.testing.assert_allclose(
            drawn(charts(app)[0], trace, "y"), [score for _, _, score in translation.lengths()[name]], rtol=1e-6
        )
    assert f"{sum(n for _, n, _ in translation.lengths()['attention']):,} English sentences" in captions(app)


def test_thought_vectors_stand_on_their_principal_plane(open_page, models):
    app = open_page("translation", prompt="Mary helped me.", translation_view="bottleneck")
    vectors = translation_thoughts.thoughts(models["encoder-decoder"], SENTENCES)
    centred = vectors - vectors.mean(0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    points = centred @ axes[:2].T
    typed = (translation_thoughts.thoughts(models["encoder-decoder"], ["Mary helped me."])[0] - vectors.mean(0)) @ axes[
        :2
    ].T
    for axis, values, own in zip("xy", points.T, typed, strict=True):
        shown = drawn(charts(app)[1], 0, axis)
        sign = np.sign(shown[0] * values[0])
        np.testing.assert_allclose(shown[:-1], sign * values, atol=1e-4)
        assert shown[-1] == pytest.approx(sign * own, abs=1e-4)
    share = (sizes[:2] ** 2).sum() / (sizes**2).sum()
    assert f"The plane shows {100 * share:.1f} %" in captions(app)
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1) + 1e9 * np.eye(len(vectors))
    alike = sum(GROUPS[i] == GROUPS[j] for i, j in enumerate(apart.argmin(1)))
    assert f"For {alike} of {len(SENTENCES)} sentences" in captions(app)


def test_a_beam_is_searched_and_a_word_forced(open_page, models):
    app = open_page("translation", prompt=PROMPT, translation_view="search", translation_width="3")
    model = models["attention"]
    read = model.read(PROMPT)
    found = model.search(read, 3)
    for one in found.hypotheses:
        assert model.target.decode(one.words).replace("'", "&#x27;") in html(app)
        assert f"−{-one.total:.2f}" in html(app)
    boxes = json.loads(charts(app)[0].spec)["data"][1]["customdata"]
    mark = boxes[0]
    for one in found.hypotheses:
        assert f"{mark}{'-'.join(map(str, one.words))}" in boxes
    run(app.button(key="force_1").click())
    forced = app.query_params["translation_forced"]
    forced = forced[0] if isinstance(forced, list) else forced
    word = int(forced.partition(".")[2])
    expected = model.search(read, 3, (word,)).best()
    assert model.target.decode(expected.words).replace("'", "&#x27;") in html(app)
    assert any(text.value == f"Forced: {model.target.decode([word])}" for text in app.text)
    run(app.button(key="free_all").click())
    assert "translation_forced" not in app.query_params


MARK = f"{crc32(PROMPT.encode()):x}"


@pytest.mark.parametrize(
    "forced",
    [
        "x",
        "1.2",
        "-5",
        "NaN.3-4",
        "12345678.999999",
        "<b>.1",
        *(f"{MARK}.{ids}" for ids in ("99999", "2-5", "a", "-1", "")),
    ],
)
def test_nonsense_is_not_forced(open_page, forced):
    app = open_page("translation", prompt=PROMPT, translation_view="search", translation_forced=forced)
    assert charts(app)
    assert not any(text.value.startswith("Forced") for text in app.text)


def test_forced_words_are_freed_with_another_source(open_page):
    app = open_page("translation", prompt=PROMPT, translation_view="search")
    run(app.button(key="force_1").click())
    assert any(text.value.startswith("Forced") for text in app.text)
    run(app.text_area[0].input("He is here."))
    assert not any(text.value.startswith("Forced") for text in app.text)


def test_two_sources_are_compared(open_page, models):
    app = open_page("translation", prompt="He is happy.", translation_view="edit")
    assert [area.value for area in app.text_area] == ["He is happy.", "She is happy."]
    assert "<mark>He</mark> is happy ." in html(app)
    assert "<mark>She</mark> is happy ." in html(app)
    first, second = translation_thoughts.thoughts(models["encoder-decoder"], ["He is happy.", "She is happy."])
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert f"{np.linalg.norm(first - second):.2f} apart, cosine {cosine:.3f}" in texts(app)
    for chart, text in zip(charts(app), ["He is happy.", "She is happy."], strict=True):
        np.testing.assert_array_equal(table(chart, 0), models["attention"].translate(text).attention)
    run(app.text_area[1].input("They are happy."))
    assert app.text_area[0].value == "He is happy."
    assert "<mark>They</mark>" in html(app)


def test_bleu_of_the_sentence_is_sacrebleus(open_page, models):
    reference = "Elle n'est pas ma sœur.\nCe n'est pas ma sœur."
    app = open_page("translation", prompt=PROMPT, translation_view="scores", translation_reference=reference)
    metric = BLEU(tokenize="none", effective_order=True)
    for model in models.values():
        words = [word for word in model.translate(PROMPT).words if word != "</s>"]
        lines = [" ".join(french(line)) for line in reference.splitlines()]
        score = metric.sentence_score(" ".join(words), lines)
        assert f"<td>{score.counts[0]}/{score.totals[0]}</td>" in html(app)
        assert f"<td>{score.score:.0f}</td>" in html(app)


def test_scores_are_those_of_the_cards(open_page):
    app = open_page("translation", translation_view="scores")
    cards = translation.cards()
    ours = [s for card in cards.values() for name, s in card.scores.items() if not name.startswith("BLEU")]
    others = list(cards["attention"].published.values())
    np.testing.assert_allclose(drawn(charts(app)[0], 0, "x"), 100 * np.array([*ours, *others]), rtol=1e-6)
    for card in cards.values():
        for name, score in card.scores.items():
            assert not name.startswith("BLEU") or f"<td>{score:.1f}</td>" in html(app)


def test_without_a_reference_it_is_asked_for(open_page):
    app = open_page("translation", prompt=PROMPT, translation_view="scores")
    assert app.text_area[1].value == ""
    assert any("how a person would say it" in notice for notice in notices(app))
    assert charts(app)


@pytest.mark.parametrize("view", VIEWS)
def test_how_it_is_computed_has_formulas_with_numbers(open_page, view):
    app = open_page("translation", translation_view=view, prompt=PROMPT, translation_reference="Ce n'est pas ma sœur.")
    app.session_state["how_computed"] = True
    run(app)
    formulas = [one.value for one in app.latex]
    assert len(formulas) > 2
    assert any(character.isdigit() for character in formulas[-1])
