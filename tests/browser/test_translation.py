"""Translators stepped in the browser, a word forced by a click in the tree, and what a phone shows."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle, type_text, visit

pytestmark = pytest.mark.browser
VIEWS = ("translate", "bottleneck", "search", "edit", "scores")


def lit(page):
    return page.locator(".writer .word.lit text")


def test_translators_are_stepped_by_button_key_slider_and_click(tiny_server, page):
    visit(page, f"{tiny_server}/translation?prompt=He%20is%20happy.")
    first = lit(page).all_text_contents()
    page.get_by_role("slider", name="Word that is written").press("End")
    assert lit(page).all_text_contents() == ["</s>", "</s>"]
    settle(page)
    page.wait_for_url(re.compile("translation_step="))
    page.get_by_role("slider", name="Word that is written").press("Home")
    assert lit(page).all_text_contents() == first
    page.get_by_role("button", name="Step", exact=True).click()
    second = lit(page).all_text_contents()
    assert second != first
    page.get_by_role("button", name="Back", exact=True).press("ArrowLeft")
    assert lit(page).all_text_contents() == first
    page.locator(".writer").nth(1).locator(".word").nth(1).click()
    assert lit(page).all_text_contents() == second
    settle(page)
    page.wait_for_url(re.compile("translation_step=1"))
    page.reload()
    settle(page)
    assert lit(page).all_text_contents() == second


def test_attention_draws_a_line_for_each_word_it_looks_at_and_the_vector_one_for_all(tiny_server, page):
    visit(page, f"{tiny_server}/translation?prompt=He%20is%20happy.&translation_step=0")
    expect(page.locator(".writer").nth(0).locator(".vector")).to_have_count(1)
    expect(page.locator(".writer").nth(0).locator("line.plain")).to_have_count(4)
    expect(page.locator(".writer").nth(1).locator(".vector")).to_have_count(0)
    weights = page.locator(".writer").nth(1).locator("rect.weight")
    shares = [4 / 3 * 1.25 * float(one.get_attribute("opacity")) for one in weights.all()]
    assert sum(shares) == pytest.approx(1, abs=0.01)
    assert page.locator(".writer").nth(1).locator(".name.marked").text_content() == lit(page).nth(1).text_content()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_tree_at_first_fits_a_screen_and_scrolls_on_a_phone(tiny_server, page, width):
    page.set_viewport_size({"width": width, "height": 800})
    visit(page, f"{tiny_server}/translation?translation_view=search")
    beyond = page.locator(".st-key-scroll_tree").evaluate("element => element.scrollWidth - element.clientWidth")
    assert (beyond > 0) == (width < 1280)


def test_a_click_in_the_tree_forces_a_word_and_back_frees_it(tiny_server, page):
    visit(page, f"{tiny_server}/translation?prompt=He%20is%20happy.&translation_view=search")
    expect(page.get_by_text("Forced:")).to_have_count(0)
    page.get_by_role("button", name=re.compile(r"^Elle|^C'|^On|^Je|^Tom")).first.click()
    settle(page)
    page.wait_for_url(re.compile("translation_forced="))
    expect(page.get_by_text("Forced:")).to_have_count(1)
    forced = page.get_by_text("Forced:").text_content()
    # After the root and the forced word: the one behind it.
    page.locator(".st-key-token_tree .textpoint text").nth(2).click(force=True)
    settle(page)
    longer = page.get_by_text("Forced:").text_content()
    assert longer.startswith(forced)
    assert len(longer) > len(forced)
    page.go_back()
    settle(page)
    assert page.get_by_text("Forced:").text_content() == forced
    page.get_by_role("button", name="Free all").click()
    settle(page)
    expect(page.get_by_text("Forced:")).to_have_count(0)


def test_markup_is_text(tiny_server, page):
    visit(page, f"{tiny_server}/translation")
    type_text(page, "<b>He</b> is <script>alert(1)</script> $happy$ :red[x] ![](y)", "English")
    assert page.locator(".stMain b, .stMain script").count() == 0
    expect(page.locator(".writer").nth(0).locator(".source").first).to_contain_text("<")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_is_wider_than_the_screen(view, width, tiny_server, page):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, f"{tiny_server}/translation?translation_view={view}")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert page.locator(".js-plotly-plot").count() >= 1
