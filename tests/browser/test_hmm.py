"""The trellis, stepped in the browser."""

import pytest

from tests.browser.conftest import settle, visit

pytestmark = pytest.mark.browser


def test_the_trellis_is_stepped_by_buttons_keys_and_slider(tiny_server, page):
    visit(page, f"{tiny_server}/hmm")
    said = page.locator("output")
    page.get_by_role("slider", name="Step").press("Home")
    assert said.inner_text().startswith("Word 1 of")
    page.get_by_role("button", name="Step ▶").click()
    assert said.inner_text().startswith("Word 2 of")
    formula = page.locator(".formula").inner_text()
    page.locator(".picture").press("ArrowRight")
    assert said.inner_text().startswith("Word 3 of")
    assert page.locator(".formula").inner_text() != formula
    chosen = page.locator(".total").inner_text()
    page.locator(".picture").press("ArrowDown")
    assert page.locator(".total").inner_text() != chosen
    page.locator(".picture").press("ArrowLeft")
    assert said.inner_text().startswith("Word 2 of")


def test_words_are_read_and_clicked(tiny_server, page):
    visit(page, f"{tiny_server}/hmm?hmm_view=words&prompt=happy%20new")
    page.locator(".st-key-next_token_bars").wait_for()
    page.keyboard.press("1")
    settle(page)
    assert page.get_by_label("Prompt", exact=True).input_value().startswith("happy new")
    assert page.get_by_label("Prompt", exact=True).input_value() != "happy new"
