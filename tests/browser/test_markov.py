"""The walk over a chain: stepped, played and stopped in the browser, by mouse and by keyboard."""

import json
import re

import pytest

from tests.browser.conftest import settle, visit

pytestmark = pytest.mark.browser
CIRCLE = "/markov?markov_source=matrix&markov_matrix=a%3A%200%201%200%0Ab%3A%200%200%201%0Ac%3A%201%200%200"


def status(page):
    return page.locator(".status").inner_text()


def button(page, name):
    return page.locator(".st-key-walk").get_by_role("button", name=name, exact=True)


def shares(page):
    return page.locator(".share .number").all_text_contents()


def test_the_walk_is_stepped_by_buttons_keys_and_slider(tiny_server, page):
    visit(page, tiny_server + CIRCLE)
    assert status(page) == "0 of 500 steps: in a"
    assert button(page, "Back").is_disabled()
    button(page, "Step").click()
    assert status(page) == "1 of 500 steps: in b"
    assert page.locator(".node.here text").text_content() == "b"
    assert page.locator(".edge.taken").count() == 1
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert status(page) == "2 of 500 steps: in c"
    assert page.locator(".trail").inner_text() == "a → b → c"
    assert shares(page) == ["33.3 %"] * 3
    page.locator(".range").press("End")
    assert status(page) == "500 of 500 steps: in c"
    assert button(page, "Step").is_disabled()
    button(page, "Reset").click()
    assert status(page) == "0 of 500 steps: in a"
    assert shares(page) == ["100.0 %", "0.0 %", "0.0 %"]


def test_playing_can_be_interrupted(tiny_server, page):
    visit(page, tiny_server + CIRCLE)
    button(page, "Play").click()
    page.get_by_text(re.compile(r"^[2-9] of 500 steps")).wait_for()
    button(page, "Pause").click()
    stopped = status(page)
    page.wait_for_timeout(1_500)
    assert status(page) == stopped
    button(page, "Play").click()
    page.get_by_text(stopped, exact=True).wait_for(state="hidden")
    button(page, "Back").click()
    assert button(page, "Play").is_visible()


def test_with_reduced_motion_nothing_runs_along_the_arrows(tiny_server, page):
    page.emulate_media(reduced_motion="reduce")
    visit(page, tiny_server + CIRCLE)
    button(page, "Step").click()
    page.wait_for_timeout(100)
    assert page.locator(".dot").get_attribute("visibility") == "hidden"
    assert status(page) == "1 of 500 steps: in b"


def test_another_walk_begins_anew_and_other_changes_leave_it_where_it_is(tiny_server, page):
    visit(page, f"{tiny_server}/markov?markov_source=onegin")
    button(page, "Step").click()
    page.get_by_role("slider", name="Steps k").press("ArrowRight")
    settle(page)
    assert status(page).startswith("1 of")
    page.get_by_role("slider", name="Another walk").press("ArrowRight")
    settle(page)
    assert status(page).startswith("0 of")


def test_names_of_states_are_text(tiny_server, page):
    name = "<img src=x onerror=alert(1)>"
    matrix = json.dumps(f"{name}: 1 1\nb: 1 1")[1:-1].replace("\\n", "%0A").replace(" ", "%20").replace("=", "%3D")
    visit(page, f"{tiny_server}/markov?markov_source=matrix&markov_matrix={matrix}")
    assert page.locator(".share bdi").first.text_content() == name
    assert page.locator(".st-key-walk img").count() == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_the_graph_fits_its_place(width, tiny_server, page):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, tiny_server + CIRCLE)
    frame = page.locator("svg.graph").bounding_box()
    for part in page.locator("svg.graph circle[cx], svg.graph text").all():
        box = part.bounding_box()
        if box is not None:
            assert frame["x"] <= box["x"]
            assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
            assert frame["y"] <= box["y"]
            assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1
    assert page.evaluate("document.documentElement.scrollWidth") == width
