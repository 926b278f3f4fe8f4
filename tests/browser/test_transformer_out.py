"""Parts of a network taken out by clicks, however quick, and put back."""

import re
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle, visit

pytestmark = pytest.mark.browser
HERE = "transformer?prompt=happy%20new%20year&transformer_view=out"


def out(page):
    return parse_qs(urlparse(page.url).query).get("transformer_out", [""])[0]


def test_heads_are_taken_out_and_put_back(tiny_server, page):
    visit(page, f"{tiny_server}/{HERE}")
    parts = page.get_by_role("group", name="Heads, whole attentions and MLPs of each layer")

    def head(number):
        return parts.get_by_role("button", name=f"Layer 1, head {number}", exact=True)

    head(3).click()
    page.wait_for_url(re.compile("transformer_out="))
    settle(page)
    assert out(page) == "h1.3"
    expect(head(3)).to_have_attribute("aria-pressed", "true")
    # Two clicks before the page has heard of the first.
    head(1).evaluate(
        "(one) => { one.click(); one.getRootNode().querySelector('[aria-label=\"Layer 1, head 4\"]').click() }"
    )
    settle(page)
    page.wait_for_url(re.compile(r"h1\.4"))
    assert set(out(page).split(",")) == {"h1.1", "h1.3", "h1.4"}
    for number, pressed in ((1, "true"), (2, "false"), (3, "true"), (4, "true")):
        expect(head(number)).to_have_attribute("aria-pressed", pressed)
    page.get_by_role("button", name="Put all back").click()
    settle(page)
    expect(head(3)).to_have_attribute("aria-pressed", "false")
    assert out(page) == ""
    head(2).click()  # after it was put back, what is clicked counts as before
    page.wait_for_url(re.compile("transformer_out="))
    settle(page)
    assert out(page) == "h1.2"
