"""The main flow, as a lecturer goes through it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import labels, settle, type_text, visit

pytestmark = pytest.mark.browser


def prompt(tab):
    return tab.get_by_label("Prompt", exact=True).input_value()


def tokens(tab):
    return tab.locator(".token .text").all_text_contents()


@pytest.mark.slow
def test_the_main_flow_on_the_real_model(smollm2_server, page, browser):
    visit(page, f"{smollm2_server}/next_token")
    assert prompt(page) == "On January 1 people usually say happy new"
    assert "␣year" in labels(page)[0]
    type_text(page, "The capital of France is")
    assert "␣Paris" in labels(page)[0]
    assert tokens(page) == ["The", "␣capital", "␣of", "␣France", "␣is"]
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("1")
    expect(page.locator(".token .text").last).to_have_text("␣Paris")
    settle(page)
    assert prompt(page) == "The capital of France is Paris"
    page.get_by_role("button", name="Undo").click()
    settle(page)
    assert prompt(page) == "The capital of France is"
    shown = labels(page)
    other = browser.new_context().new_page()
    visit(other, page.url)
    assert labels(other) == shown
    other.context.close()


@pytest.mark.slow
def test_a_long_reading_can_be_stopped_and_taken_up_again(smollm2_server, page):
    visit(page, f"{smollm2_server}/next_token")
    before = labels(page)
    page.get_by_label("Prompt", exact=True).fill("The quick brown fox jumps over the lazy dog. " * 60)
    page.get_by_label("Prompt", exact=True).press("Control+Enter")
    body = page.get_by_test_id("stMainBlockContainer")
    expect(page.locator(".explorer-wait")).to_contain_text("tokens")
    body.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert")).to_contain_text("Stopped")
    assert labels(page) == before
    body.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("601 tokens,")).to_be_visible(timeout=60_000)


def test_a_click_on_a_bar_appends_its_token(tiny_server, page):
    visit(page, f"{tiny_server}/next_token?prompt=happy")
    before = tokens(page)
    second = labels(page)[1].split()[0]
    row = page.locator(".barlayer .trace.bars").last.locator("path").nth(1).bounding_box()
    page.mouse.click(row["x"] + row["width"] * 0.9, row["y"] + row["height"] / 2)  # far right of its short bar
    settle(page)
    assert tokens(page) == [*before, second]


def test_a_click_on_a_token_cuts_the_prompt_there(tiny_server, page):
    visit(page, f"{tiny_server}/next_token?prompt=happy%20new%20year")
    before = tokens(page)
    page.locator("button.token").nth(1).click()
    settle(page)
    assert tokens(page) == before[:1]
    page.go_back()
    settle(page)
    assert tokens(page) == before


def test_a_token_tells_what_the_model_would_have_said(tiny_server, page):
    visit(page, f"{tiny_server}/next_token?prompt=happy%20new")
    page.locator("button.token").nth(1).hover()
    card = page.locator(".card")
    expect(card).to_be_visible()
    expect(card).to_contain_text("token id")
    expect(card.locator("dt")).to_have_count(5)
    page.locator("button.token").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("button.token").nth(1)).to_be_focused()


def test_back_forward_and_reload(tiny_server, page):
    visit(page, f"{tiny_server}/next_token")
    first = prompt(page)
    for text in ("happy", "happy new", "Paris & <b> 😀"):
        type_text(page, text)
    for text in ("happy new", "happy", first, None):
        if text is not None:
            page.go_back()
            settle(page)
            assert prompt(page) == text
    for text in ("happy", "happy new", "Paris & <b> 😀"):
        page.go_forward()
        settle(page)
        assert prompt(page) == text
    shown = labels(page)
    page.reload()
    settle(page)
    assert prompt(page) == "Paris & <b> 😀"
    assert labels(page) == shown


def test_back_undoes_one_change_of_any_control(tiny_server, page):
    visit(page, f"{tiny_server}/next_token")
    type_text(page, "happy")
    page.get_by_text("Logarithmic").click()
    settle(page)
    page.get_by_role("radio", name="Rank").click()
    settle(page)
    assert "next_token_axis=log" in page.url
    page.go_back()
    settle(page)
    assert "colour" not in page.url
    assert page.get_by_role("radio", name="Surprisal").is_checked()
    page.go_back()
    settle(page)
    assert "axis" not in page.url
    assert page.get_by_role("radio", name="Linear").is_checked()
    assert prompt(page) == "happy"


def test_what_was_typed_goes_along_to_other_pages_and_back(tiny_server, page):
    visit(page, f"{tiny_server}/next_token")
    type_text(page, "once upon")
    page.get_by_text("Logarithmic").click()
    settle(page)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Sentence").click()
    settle(page)
    assert page.get_by_label("Sentence A", exact=True).input_value() == "once upon"
    assert "prompt=once" in page.url
    page.reload()
    settle(page)
    assert page.get_by_label("Sentence A", exact=True).input_value() == "once upon"
    page.go_back()
    settle(page)
    assert re.search(r"/next_token\?", page.url)
    assert prompt(page) == "once upon"
    assert page.get_by_role("radio", name="Logarithmic").is_checked()
    page.go_forward()
    settle(page)
    assert page.get_by_label("Sentence A", exact=True).input_value() == "once upon"
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Next token").click()
    settle(page)
    assert prompt(page) == "once upon"


def test_a_click_that_comes_with_the_end_of_typing_is_not_lost(tiny_server, page):
    visit(page, f"{tiny_server}/next_token")
    page.get_by_label("Prompt", exact=True).fill("once upon")
    link = page.get_by_test_id("stSidebarNavLink").filter(has_text="Sentence")
    # As a quick tap does: the box loses the focus and the link is clicked before the page has come to say the text.
    link.evaluate("link => { document.activeElement.blur(); link.click(); link.click() }")
    page.wait_for_url("**/sentence*")
    settle(page)
    assert page.get_by_label("Sentence A", exact=True).input_value() == "once upon"


def test_the_copied_link_shows_the_same_in_a_fresh_browser(tiny_server, page, context, browser):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(page, f"{tiny_server}/next_token")
    type_text(page, "new\nyear 100 %")
    page.get_by_text("Logarithmic").click()
    settle(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    other = browser.new_context().new_page()
    visit(other, link)
    assert prompt(other) == "new\nyear 100 %"
    assert labels(other) == labels(page)
    assert other.get_by_role("radio", name="Logarithmic").is_checked()
    other.context.close()


def test_fast_clicks_lose_nothing(tiny_server, page):
    visit(page, f"{tiny_server}/next_token?prompt=happy")
    page.get_by_text("Logarithmic").click()
    page.get_by_role("radio", name="Rank").click()
    page.locator("h1").click()
    page.keyboard.press("1")
    settle(page)
    settle(page)
    assert page.get_by_role("radio", name="Logarithmic").is_checked()
    assert page.get_by_role("radio", name="Rank").is_checked()
    assert len(tokens(page)) > 1
    assert {"next_token_axis=log", "next_token_colour=rank"} <= set(page.url.split("?")[1].split("&"))


ODD = (
    "![](http://example.com/x.png)",
    "<img src=http://example.com/y.png>",
    "<script>alert(1)</script>",
    "$x$ :red[a] [a](http://example.com)",
    "<|endoftext|>",
    "👩‍👩‍👧 שלום\u202e",
    " ",
    "",
)


@pytest.mark.parametrize(("slug", "label"), [("next_token", "Prompt"), ("sentence", "Sentence A")])
def test_typed_text_is_text(slug, label, tiny_server, page):
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog) or dialog.dismiss())
    visit(page, f"{tiny_server}/{slug}")
    for text in ODD:
        type_text(page, text, label)
        assert page.get_by_label(label, exact=True).input_value() == text
        assert page.locator(".js-plotly-plot").count() >= 1
    assert not dialogs
    assert not page.locator("[data-testid=stMain] img[src*=example]").count()


@pytest.mark.parametrize("gap", [0, 50, 120])
def test_fast_keys_append_one_after_the_other(gap, tiny_server, page):
    """Each key means the chart that the one before has brought; box, strip and address agree at the end."""
    visit(page, f"{tiny_server}/next_token?prompt=happy")
    wanted = []
    for _ in range(3):
        wanted.append(labels(page)[0].split()[0])
        page.locator("h1").click()
        page.keyboard.press("1")
        settle(page)
    visit(page, f"{tiny_server}/next_token?prompt=happy")
    before = tokens(page)
    page.locator("h1").click()
    for _ in range(3):
        page.keyboard.press("1")
        page.wait_for_timeout(gap)
    expect(page.locator("button.token")).to_have_count(len(before) + 3)
    settle(page)
    assert tokens(page) == before + wanted
    shown = prompt(page)
    page.reload()
    settle(page)
    assert prompt(page) == shown
    assert tokens(page) == before + wanted


@pytest.mark.parametrize(
    "query", ["prompt=%ED%A0%80", "prompt=%FF%FE", "prompt=%00", "next_token_bars=NaN&next_token_top_p=-1", "x" * 300]
)
def test_nonsense_in_the_url_is_survived(query, tiny_server, page):
    visit(page, f"{tiny_server}/next_token?{query}")
    assert page.locator(".js-plotly-plot").count() == 1
    assert not page.get_by_test_id("stException").count()


def test_100_000_characters_are_no_hang(tiny_server, page):
    visit(page, f"{tiny_server}/next_token")
    type_text(page, "word " * 20_000)
    expect(page.get_by_role("alert")).to_contain_text("tokens are more than")
    assert page.locator(".js-plotly-plot").count() == 1
    page.get_by_role("button", name="Keep only the end").click()
    settle(page)
    assert not page.get_by_role("alert").count()
    assert prompt(page).endswith("word ")
