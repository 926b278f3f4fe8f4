"""What every page has, read from the table of contents: a new page is tested by its one line there."""

import base64
import json

import numpy as np
import pytest

from explorer.address import MAX_URL_BYTES
from explorer.contents import FIRST_PROMPT, PAGES
from tests.app.conftest import run

SLUGS = [page.slug for page in PAGES]
# Analogies reads words: the same is tested in test_analogies.py. What it costs reads no text.
PROMPTED = [slug for slug in SLUGS if slug not in {"analogies", "costs"}]
WITH_FIGURES = [slug for slug in SLUGS if slug != "home"]
ODD = {
    "empty": "",
    "one space": " ",
    "U+0004": "\x04",
    "100,000 characters": "word " * 20_000,
    "one word of 100,000 letters": "a" * 100_000,
    "emoji with joiners": "👩‍👩‍👧‍👦🏳️‍🌈",
    "right to left": "שלום עולם مرحبا",
    "control characters": "\x00\x01\x1b[31m\x7f\u202e",
    "script": "<script>alert(1)</script>",
    "image": "![](http://example.com/x.png) :red[x] $y$ <b>",
    "special token": "<|endoftext|><|im_start|>",
    "line ends": "a\r\nb\n\n\nc\t",
}


def notices(app):
    return [html.proto.body for html in app.get("html") if 'role="alert"' in html.proto.body]


def charts(app):
    return [chart.proto for chart in app.get("plotly_chart")]


def drawn(chart, trace, axis):
    """The numbers of a trace of a figure, as the browser gets them."""
    values = json.loads(chart.spec)["data"][trace][axis]
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"]))
    return np.array(values, dtype=float)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_first_result_without_any_input(open_page, slug):
    app = open_page(slug)
    assert app.title[0].value
    assert {"Undo", "Reset"} <= {button.label for button in app.button}
    if slug in WITH_FIGURES:
        assert charts(app)
        assert any(expander.label == "How this is computed" for expander in app.expander)


@pytest.mark.parametrize("slug", WITH_FIGURES)
def test_every_figure_has_an_alternative_text(open_page, slug):
    assert all(chart.alt for chart in charts(open_page(slug)))


@pytest.mark.parametrize("slug", PROMPTED)
def test_odd_input_gets_a_result_or_a_clear_word(open_page, slug):
    app = open_page(slug)
    for name, text in ODD.items():
        run(app.text_area[0].input("happy new"))
        before = [chart.spec for chart in charts(app)]
        run(app.text_area[0].input(text))
        assert app.text_area[0].value == text, name
        after = [chart.spec for chart in charts(app)]
        if slug != "home":
            assert after[0] != before[0] or notices(app), name  # a new figure, or a word why not
        if slug == "next_token":
            assert len(after) == 1, name  # whatever was typed, there is a distribution on screen


@pytest.mark.slow
@pytest.mark.parametrize("slug", SLUGS)
def test_presets_are_taken_and_reset_takes_them_back(open_page, slug):
    app = open_page(slug)
    first = [area.value for area in app.text_area]
    for key in [button.key for button in app.button if (button.key or "").startswith("preset_")]:
        run(app.button(key=key).click())
        assert charts(app) or any('class="explorer-token"' in html.proto.body for html in app.get("html"))
    run(app.button(key="reset").click())
    assert [area.value for area in app.text_area] == first


@pytest.mark.parametrize("slug", SLUGS)
def test_every_control_at_its_extremes(open_page, slug):
    app = open_page(slug)
    # From the last: a choice may take away those after it.
    for i in reversed(range(len(app.slider))):
        for extreme in (app.slider[i].min, app.slider[i].max):
            run(app.slider[i].set_value(extreme))
    for i in range(len(app.toggle)):
        run(app.toggle[i].set_value(True))
    for i in reversed(range(len(app.segmented_control))):
        if app.segmented_control[i].label not in {"Model", "Show"}:  # views have tests of their own
            for option in app.segmented_control[i].options:
                run(app.segmented_control[i].set_value(option.content if hasattr(option, "content") else option))


@pytest.mark.parametrize("slug", SLUGS)
def test_nonsense_parameters_are_ignored(open_page, slug):
    names = ("bars", "temperature", "top_p", "axis", "colour", "log", "end", "nothing")
    for nonsense in ("NaN", "-5", "99999", "1e309", "1e-40", "1e-320", "<b>", "\ufffd", ""):
        app = open_page(slug, prompt_ids=nonsense, **{f"{slug}_{name}": nonsense for name in names})
        assert charts(app) or slug == "home"


@pytest.mark.parametrize(
    ("model", "said"),
    [("no-such-model", "no-such-model"), ("smollm2-135m", "not on this machine"), ("../..", "not known")],
)
def test_a_link_to_an_absent_model_says_so_and_shows_another(open_page, model, said):
    app = open_page("next_token", model=model)
    assert any(said in notice for notice in notices(app))
    assert charts(app)
    run(app.text_area[0].input("happy new"))
    assert any("2 tokens," in text.value for text in app.text)


@pytest.mark.parametrize("slug", PROMPTED)
def test_the_prompt_is_kept_on_a_page_switch(open_page, slug):
    app = open_page(slug)
    run(app.text_area[0].input("happy new"))
    assert app.query_params["prompt"] == "happy new"
    other = next(page for page in PAGES if page.slug not in {slug, "home"})
    app.query_params.clear()  # as Streamlit does on a page switch
    app.switch_page(other.path)
    run(app)
    assert app.text_area[0].value == "happy new"


def test_long_texts_stay_in_the_session_and_out_of_the_url(open_page):
    app = open_page("home")
    text = "happy new year " * 500
    run(app.text_area[0].input(text))
    assert "prompt" not in app.query_params
    assert "prompt_here" in app.query_params
    assert sum(len(value) for value in app.query_params.values()) < MAX_URL_BYTES
    assert any("too long for a link" in caption.value for caption in app.caption)
    run(app)
    assert app.text_area[0].value == text


def test_a_link_without_its_long_text_says_so(open_page):
    app = open_page("next_token", prompt_here="0123456789ab")
    assert any("too long for a link" in notice for notice in notices(app))
    assert charts(app)
    run(app.text_area[0].input("happy new"))
    assert not notices(app)


def test_a_too_long_text_can_be_cut_to_its_end(open_page):
    app = open_page("next_token")
    run(app.text_area[0].input("happy new year " * 2_000 + "Paris"))
    run(app.button(key="remedy_next_token prompt").click())
    assert app.text_area[0].value.endswith("Paris")
    assert not notices(app)


def test_undo_takes_back_both_sentences_of_an_example(open_page):
    app = open_page("sentence")
    first = [area.value for area in app.text_area]
    preset = next(button for button in app.button if button.label == "Agreement")
    run(preset.click())
    run(app.button(key="preset_Agreement").click())
    assert [area.value for area in app.text_area] != first
    run(app.button(key="undo").click())
    assert [area.value for area in app.text_area] == first


def test_both_sentences_changed_at_once_are_both_kept(open_page):
    app = open_page("sentence")
    app.text_area[1].input("new b")
    app.text_area[0].input("new a")
    run(app)
    assert [area.value for area in app.text_area] == ["new a", "new b"]


def test_the_default_typed_at_home_is_what_other_pages_read(open_page):
    app = open_page("home")
    run(app.text_area[0].input("another"))
    run(app.text_area[0].input(FIRST_PROMPT))
    app.query_params.clear()
    app.switch_page("app_pages/basics/sentence.py")
    run(app)
    assert app.text_area[0].value == FIRST_PROMPT


def test_without_any_model_the_app_lives_on(open_page, monkeypatch):
    monkeypatch.setenv("LM_EXPLORER_MODEL", "no/such-model")
    for slug in ("next_token", "sentence"):
        app = open_page(slug, model="no/such-model")
        assert any("Check the name and the network" in notice for notice in notices(app))
        assert app.text_area[0].value
        assert "Model" in {control.label for control in app.segmented_control}


def test_two_too_long_sentences_are_two_notices(open_page):
    long = "happy new year " * 2_000
    app = open_page("sentence")
    run(app.text_area[0].input(long))
    run(app.text_area[1].input(long))
    assert len(notices(app)) == 2
    assert len(charts(app)) == 2


def test_undo_takes_back_changes_of_the_prompt_one_by_one(open_page):
    app = open_page("next_token")
    first = app.text_area[0].value
    for text in ("happy", "happy new", ""):
        run(app.text_area[0].input(text))
    for text in ("happy new", "happy", first):
        run(app.button(key="undo").click())
        assert app.text_area[0].value == text
    assert app.button(key="undo").disabled


def test_undo_after_back_undoes_what_is_left(open_page):
    app = open_page("next_token")
    for text in ("happy", "happy new", "happy new year"):
        run(app.text_area[0].input(text))
    app.query_params["prompt"] = "happy new"  # the browser's Back
    run(app)
    assert app.text_area[0].value == "happy new"
    run(app.button(key="undo").click())
    assert app.text_area[0].value == "happy"


def test_chosen_tokens_stay_as_they_were_cut(open_page, tiny):
    """The tokenizer would merge these; the link keeps them apart, since the model read them so."""
    pieces = [tiny.tokenizer.encode(letter)[0] for letter in "new"]
    assert tiny.tokenizer.encode("new") != pieces
    ids = ",".join(map(str, pieces))
    app = open_page("next_token", prompt="new", prompt_ids=ids)
    assert any("3 tokens," in text.value for text in app.text)
    app = open_page("next_token", prompt="another text", prompt_ids=ids)
    assert app.text_area[0].value == "another text"
    assert not any("3 tokens," in text.value for text in app.text)


def test_a_text_is_not_lost_when_the_next_page_is_on_its_way(open_page):
    app = open_page("sentiment")
    app.text_area[0].set_value("Anna liked it.")
    app.session_state["_slug"] = "tagging"  # a click on its link was quicker than what the box says
    app = run(app)
    assert app.text_area[0].value == "Anna liked it."
    assert app.query_params["prompt"] == "Anna liked it."
