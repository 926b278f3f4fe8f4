"""The steps of word2vec and the film of a training, in the browser, by mouse and by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle, visit

pytestmark = pytest.mark.browser


def status(page):
    return page.locator(".status").first


def take(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def places(page):
    """Where the points of the picture are."""
    return page.locator("svg.graph .point").evaluate_all(
        "points => points.map(point => point.getAttribute('transform'))"
    )


def test_steps_move_the_points_and_back_takes_them_back(tiny_server, page):
    visit(page, f"{tiny_server}/word2vec")
    first = places(page)
    assert status(page).inner_text() == "0 steps done"
    assert page.locator(".arrow").count() >= 3
    take(page, "One step")
    page.get_by_text("1 step done", exact=True).wait_for()
    assert places(page) != first
    assert page.url.endswith("word2vec_legs=r0.2x1")
    page.go_back()
    page.get_by_text("0 steps done", exact=True).wait_for()
    assert places(page) == first


def test_a_run_is_stopped_where_it_is(tiny_server, page):
    visit(page, f"{tiny_server}/word2vec")
    take(page, "Run")
    page.get_by_text(re.compile(r"^[1-9]\d\d of 2,000 steps")).wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text(re.compile(r"^[1-9]\d\d steps done")).wait_for()
    done = int(status(page).inner_text().split()[0])
    assert page.url.endswith(f"word2vec_legs=r0.2x{done}")


def test_with_reduced_motion_the_end_is_shown_at_once(tiny_server, page):
    page.emulate_media(reduced_motion="reduce")
    visit(page, f"{tiny_server}/word2vec")
    take(page, "500")
    page.get_by_text("500 steps done", exact=True).wait_for(timeout=3_000)
    assert not page.locator(".stop").is_visible()


def test_the_centre_is_chosen_by_click_and_by_keyboard(tiny_server, page):
    visit(page, f"{tiny_server}/word2vec?prompt=one+two+three+four")
    page.locator(".word").nth(2).click()
    page.get_by_text(re.compile(r"^Next step: three\.")).wait_for()
    assert page.locator(".word.centre").inner_text() == "three"
    page.locator(".word.centre").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text(re.compile(r"^Next step: four\.")).wait_for()
    assert page.locator(".word[tabindex='0']").inner_text() == "four"
    assert page.url.endswith("word2vec_centre=3")


def test_the_film_of_a_training_is_scrubbed_and_its_points_are_followed(tiny_server, page):
    visit(page, f"{tiny_server}/word2vec?word2vec_view=training")
    ended = page.get_by_text(re.compile(r"^Skip-gram, a little world: Epoch 30\.0"))
    ended.first.wait_for()
    settle(page)
    expect(ended).to_have_count(1)
    page.get_by_role("button", name="Play", exact=True).wait_for()
    scrubber = page.locator(".range")
    scrubber.press("End")
    page.wait_for_timeout(700)
    last = places(page)
    scrubber.press("Home")
    page.wait_for_timeout(700)
    assert status(page).inner_text().startswith("Epoch 0.0 of 30.")
    assert places(page) != last
    page.locator(".point", has_text="dogs").locator("circle").dispatch_event("click")
    expect(page.get_by_label("Words to follow")).to_have_value("king, paris, puppy, monday, dogs")
    assert page.locator(".point.marked", has_text="dogs").count() == 1


def test_words_of_a_text_are_text(tiny_server, page):
    visit(page, f"{tiny_server}/word2vec?prompt=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    assert page.locator(".word").all_inner_texts() == ["img", "src", "x", "onerror", "alert"]
    assert page.locator(".st-key-steps img").count() == 0


@pytest.mark.parametrize("view", ["steps", "training"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_pictures_fit_their_place(width, view, tiny_server, page):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, f"{tiny_server}/word2vec?word2vec_view={view}")
    frame = page.locator("svg.graph").bounding_box()
    for dot in page.locator("svg.graph circle").all():
        box = dot.bounding_box()
        assert frame["x"] <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert frame["y"] <= box["y"]
        assert box["y"] + box["height"] <= frame["y"] + frame["height"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
