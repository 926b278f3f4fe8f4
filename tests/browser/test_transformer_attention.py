"""Attention maps and arcs: a head and a reading token are chosen by pointer and by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle, visit

pytestmark = pytest.mark.browser
HERE = "transformer?prompt=happy%20new%20year&transformer_view=attention"


def test_a_head_is_chosen_by_click_and_arrow_key(tiny_server, page):
    visit(page, f"{tiny_server}/{HERE}")
    group = page.get_by_role("radiogroup", name="Whose map")
    expect(group.get_by_role("radio", name="Mean of layer 1")).to_have_attribute("aria-checked", "true")
    group.get_by_role("radio", name="Layer 1, head 3").click()
    page.wait_for_url(re.compile("transformer_head=3"))
    settle(page)
    expect(page.get_by_text(re.compile("^Layer 1, head 3:"))).to_be_visible()
    third = group.get_by_role("radio", name="Layer 1, head 3")
    expect(third).to_be_focused()
    third.press("ArrowRight")
    page.wait_for_url(re.compile("transformer_head=4"))
    settle(page)
    expect(group.get_by_role("radio", name="Layer 1, head 4")).to_be_focused()


def test_a_token_is_pointed_at_and_chosen(tiny_server, page):
    visit(page, f"{tiny_server}/{HERE}")
    tokens = page.get_by_role("radiogroup", name="The text").get_by_role("radio")
    read = page.locator(".read")
    last = tokens.count() - 1
    expect(read).to_contain_text(f"({last}) looks at")
    tokens.nth(1).hover()
    expect(read).to_contain_text("(1) looks at")
    expect(page.locator(".arc")).to_have_count(2)
    page.mouse.move(0, 0)
    expect(read).to_contain_text(f"({last}) looks at")
    tokens.nth(2).click()
    page.wait_for_url(re.compile("transformer_query=2"))
    settle(page)
    page.mouse.move(0, 0)
    expect(tokens.nth(2)).to_be_focused()
    tokens.nth(2).press("ArrowLeft")
    expect(read).to_contain_text("(1) looks at")
    page.wait_for_url(re.compile("transformer_query=1"))
    page.reload()
    settle(page)
    expect(page.get_by_role("radio", name="Place 1:")).to_have_attribute("aria-checked", "true")
