"""The page on sentiment in the browser: what is typed reaches the river, and choices come back by link and Back."""

import re

import pytest
from playwright.sync_api import expect

from models.zoo import sentiment as zoo
from tests.browser.conftest import settle, type_text, visit

pytestmark = pytest.mark.browser


def ticks(page):
    """The words under the first figure."""
    return page.locator(".js-plotly-plot").first.locator(".xtick text").all_text_contents()


def test_a_typed_text_flows_through_the_river(tiny_server, page):
    visit(page, f"{tiny_server}/sentiment")
    type_text(page, "A <b>good</b> film", label="Text")
    assert ticks(page) == ["start", "A", "<", "b", ">", "good", "<", "/", "b", ">", "film"]
    strip = page.locator(".explorer-chips span")
    expect(strip).to_have_count(10)
    expect(strip.nth(4)).to_contain_text("good")
    expect(strip.nth(4)).to_contain_text("+")
    assert page.locator(".js-plotly-plot .bars .point").count() == 5 * 11


def test_a_model_is_chosen_and_back_takes_it_back(tiny_server, page):
    visit(page, f"{tiny_server}/sentiment")
    verdict = page.get_by_text(re.compile(r"^LSTM gives"))
    expect(verdict).to_be_visible()
    page.get_by_role("radio", name="Bag of words").click()
    expect(page.get_by_text(re.compile(r"^Bag of words and pairs gives"))).to_be_visible()
    page.wait_for_url(re.compile("sentiment_model=bag"))
    settle(page)
    page.go_back()
    expect(verdict).to_be_visible()


def test_the_path_is_stepped_by_its_slider(tiny_server, page):
    visit(page, f"{tiny_server}/sentiment?sentiment_view=path&prompt=Not%20a%20bad%20film")
    points = page.locator(".js-plotly-plot .scatterlayer .points path")
    expect(points).to_have_count(5)
    slider = page.get_by_role("slider", name="Words read")
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    expect(points).to_have_count(3)
    page.wait_for_url(re.compile("sentiment_upto=2"))
    settle(page)
    page.reload()
    settle(page)
    expect(points).to_have_count(3)


def test_two_texts_are_compared_by_all_models(tiny_server, page):
    visit(page, f"{tiny_server}/sentiment?sentiment_view=two")
    page.get_by_role("button", name="Turned round").click()
    settle(page)
    assert page.get_by_label("Second text", exact=True).input_value() == "It was too long, but good."
    expect(page.locator(".explorer-table tbody tr")).to_have_count(len(zoo.NAMES))
    expect(page.locator(".js-plotly-plot")).to_have_count(2)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("view", ["words", "path", "two", "scores"])
def test_every_view_fits_the_screen_and_shows_formulas(tiny_server, page, view, width):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, f"{tiny_server}/sentiment?sentiment_view={view}")
    page.get_by_test_id("stExpander").locator("summary").last.click()
    settle(page)
    assert page.locator(".katex").count() > 2
    assert page.get_by_test_id("stCode").count() >= 2
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
