"""Byte-pair encoding stepped in the browser: the pieces, the pairs that competed, and the URL that follows."""

from urllib.parse import parse_qs, urlparse

import pytest

from models.tokens.bpe import PairTokenizer, learn
from tests.browser.conftest import settle, visit

pytestmark = pytest.mark.browser
TEXT = "low low lower newest newest newest"
PAGE = f"/tokens?tokens_corpus={TEXT.replace(' ', '%20')}&tokens_merges=1"


def pieces(page):
    return page.locator(".piece").all_text_contents()


def cut_after(merges):
    tokenizer = PairTokenizer(TEXT, [one.pair for one in learn(TEXT, merges)])
    return tokenizer.tokens(tokenizer.encode(TEXT))


def button(page, name):
    return page.locator(".st-key-merges").get_by_role("button", name=name, exact=True)


def test_each_merge_shows_its_pieces_and_the_pairs_that_competed(tiny_server, page):
    visit(page, tiny_server + PAGE)
    wanted = list(learn(TEXT, 100))
    assert pieces(page) == cut_after(1)
    for merges in (2, 3):
        button(page, "Next merge").click()
        assert pieces(page) == cut_after(merges)
        one = wanted[merges - 1]
        assert set(page.locator(".piece.new").all_text_contents()) == {"".join(one.pair)}
        assert page.locator(".pair .number").all_text_contents() == [
            str(count) for count in (one.count, *(count for _, count in one.runners_up))
        ]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert pieces(page) == cut_after(1)
    page.locator(".range").press("Home")
    assert pieces(page) == list(TEXT.replace(" ", ""))


def test_the_page_and_its_url_follow_and_back_goes_back(tiny_server, page):
    visit(page, tiny_server + PAGE)
    button(page, "Next merge").click()
    button(page, "Next merge").click()
    page.wait_for_url("**tokens_merges=3**")
    settle(page)
    assert page.get_by_role("heading", name="Byte pairs, 3 merges").count() == 1
    assert pieces(page) == cut_after(3)
    page.go_back()
    settle(page)
    assert page.get_by_role("heading", name="Byte pairs, 1 merge").count() == 1
    assert pieces(page) == cut_after(1)


def test_playing_goes_on_and_can_be_stopped(tiny_server, page):
    visit(page, tiny_server + PAGE)
    button(page, "Play").click()
    page.get_by_text("Merge 3 of").wait_for()
    button(page, "Pause").click()
    stopped = pieces(page)
    assert len(stopped) < len(cut_after(1))
    page.wait_for_timeout(1_500)
    assert pieces(page) == stopped
    settle(page)
    merges = int(parse_qs(urlparse(page.url).query)["tokens_merges"][0])
    assert cut_after(merges) == stopped


def test_nothing_is_wider_than_a_phone(tiny_server, page):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, f"{tiny_server}/tokens")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
