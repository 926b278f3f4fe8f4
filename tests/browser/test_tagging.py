"""Rows of names in the browser: words are clicked and reached by keys, sentences are read step by step."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle, type_text, visit
from tests.browser.test_pages import SCREENS, THEMES, open_and_check

pytestmark = pytest.mark.browser
PROMPT = "prompt=Angela%20Merkel%20met%20the%20Iraqi%20president%20in%20Berlin."


def test_a_word_is_chosen_by_click_and_by_keys(tiny_server, page):
    visit(page, f"{tiny_server}/tagging?{PROMPT}")
    words = page.locator(".st-key-tagging_rows .word")
    expect(words).to_have_count(9)
    page.get_by_role("button", name="Word 8: Berlin").click()
    settle(page)
    page.wait_for_url(re.compile("tagging_token=7"))
    expect(page.get_by_role("button", name="Word 8: Berlin")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("“Berlin”, word 8")).to_be_visible()
    page.get_by_role("button", name="Word 8: Berlin").press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    settle(page)
    page.wait_for_url(re.compile("tagging_token=5"))
    page.go_back()
    settle(page)
    expect(page.get_by_text("“Berlin”, word 8")).to_be_visible()


def test_names_never_stand_outside_of_their_place_and_words_are_text(tiny_server, page):
    visit(page, f"{tiny_server}/tagging?{PROMPT}")
    type_text(page, "<b>Angela</b> Merkel saw <script>alert(1)</script> " + "x" * 300, "Text")
    assert page.locator(".st-key-tagging_rows script, .st-key-tagging_rows b").count() == 0
    expect(page.locator(".st-key-tagging_rows .word text").filter(has_text="script").first).to_be_visible()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_sentence_is_read_word_by_word(tiny_server, page):
    visit(page, f"{tiny_server}/tagging?tagging_view=directions&{PROMPT}")
    said = page.locator(".st-key-tagging_prefixes .said")
    expect(said).to_contain_text("9 of 9 read")
    unread = page.locator(".st-key-tagging_prefixes .unread")
    expect(unread).to_have_count(0)
    page.get_by_role("button", name="Back", exact=True).click()
    expect(said).to_contain_text("8 of 9 read")
    expect(unread).to_have_count(1)
    page.get_by_role("slider", name="Words read").press("Home")
    expect(said).to_contain_text("1 of 9 read")
    page.get_by_role("button", name="Step", exact=True).press("ArrowRight")
    expect(said).to_contain_text("2 of 9 read")
    expect(unread).to_have_count(7)
    page.get_by_role("button", name="Play").click()
    expect(said).to_contain_text("4 of 9 read", timeout=5_000)
    page.get_by_role("button", name="Pause").click()


def test_the_rows_are_saved_as_a_picture(tiny_server, page, tmp_path):
    visit(page, f"{tiny_server}/tagging?{PROMPT}")
    page.get_by_role("button", name="Download", exact=True).first.click()
    settle(page)
    with page.expect_download() as waited:
        page.get_by_role("button", name="SVG").click()
    waited.value.save_as(tmp_path / "x.svg")
    saved = (tmp_path / "x.svg").read_text()
    assert waited.value.suggested_filename == "tags.svg"
    assert all(word in saved for word in ("Angela", "Berlin", "person", "place", "BiLSTM-CRF"))


@pytest.mark.parametrize("view", ["tags", "directions", "crf", "scores"])
@pytest.mark.parametrize(("width", "theme"), SCREENS)
def test_every_view_is_accessible_and_fits(view, theme, width, tiny_server, page):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, f"{tiny_server}/tagging?tagging_view={view}&{PROMPT}&{THEMES[theme]}")
    open_and_check(page)
