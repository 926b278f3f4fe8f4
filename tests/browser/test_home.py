"""Home: there at once, filled without a jump, and every part of the picture can be used."""

import pytest

from explorer.contents import PAGES, SECTIONS
from tests.browser.conftest import SETTLED, app_server, settle, type_text, visit

pytestmark = pytest.mark.browser
PLACES = """() => [
  "textarea", ".framework-head h2", ".framework-tokens", ".framework-box", ".st-key-framework_predictions",
  ".st-key-framework [data-testid=stPageLink]", "[data-testid=stExpander]",
].flatMap(selector => [...document.querySelectorAll(selector)].map(element => {
  const { x, y, width, height } = element.getBoundingClientRect()
  return [selector, x, y, width, height].join(" ")
}))"""


def tokens(page):
    return page.locator(".framework-tokens bdi").all_text_contents()


def buttons(page):
    return page.get_by_role("group", name="The most probable next tokens").get_by_role("button")


def bar_places(page):
    return [bar.bounding_box() for bar in page.locator(".st-key-framework_predictions .bar").all()]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_outline_is_there_before_the_model_and_is_filled_without_a_jump(width, tiny_folder, page):
    with app_server(LM_EXPLORER_MODEL=str(tiny_folder)) as address:
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(f"{address}/home")
        page.locator(".explorer-wait").wait_for()
        page.get_by_role("group", name="The most probable next tokens").wait_for()
        page.get_by_text("Words used here").wait_for()
        assert page.locator(".framework-tokens li").count() == 10
        assert not tokens(page)
        outline, bars = page.evaluate(PLACES), bar_places(page)
        assert page.locator(".explorer-wait").count() == 1  # still waiting: that was the outline
        box = page.get_by_label("Your text", exact=True)
        box.fill("half typed")
        settle(page)
        assert tokens(page)
        assert (page.evaluate(PLACES), bar_places(page)) == (outline, bars)
        assert box.input_value() == "half typed"  # what is being typed is not undone by the numbers that come


def test_a_click_on_a_prediction_appends_it(tiny_server, page):
    visit(page, f"{tiny_server}/home?prompt=happy")
    before, first = tokens(page), buttons(page).first.locator(".token").text_content()
    buttons(page).first.click()
    settle(page)
    assert tokens(page) == [*before, first]
    second = buttons(page).first.locator(".token").text_content()
    page.keyboard.press("Enter")  # the keyboard's place is where it was
    settle(page)
    assert tokens(page) == [*before, first, second]
    page.go_back()
    settle(page)
    assert tokens(page) == [*before, first]


def test_prompt_and_picture_are_seen_without_scrolling(tiny_server, page):
    page.set_viewport_size({"width": 1280, "height": 720})
    visit(page, f"{tiny_server}/home")
    for part in (".framework-tokens", ".framework-box", ".st-key-framework_predictions"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= 720


@pytest.mark.parametrize("width", [390, 700])
def test_the_parts_stack_where_there_is_no_room(width, tiny_server, page):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, f"{tiny_server}/home")
    heads = [head.bounding_box() for head in page.locator(".framework-head h2").all()]
    assert [head["y"] for head in heads] == sorted({head["y"] for head in heads})
    assert len({head["x"] for head in heads}) == 1
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_each_part_leads_to_its_pages(tiny_server, page):
    visit(page, f"{tiny_server}/home?prompt=happy%20new")
    for wing in SECTIONS:
        links = page.locator(f".st-key-framework_{wing}").get_by_test_id("stPageLink-NavLink").all_text_contents()
        titles = [entry.title for entry in PAGES if entry.wing == wing and entry.slug != "home"]
        assert [link.endswith(title) for link, title in zip(links, titles, strict=True)] == [True] * len(titles)
    page.locator(".st-key-framework_basics").get_by_text("Next token", exact=True).click()
    page.wait_for_url("**/next_token**")
    settle(page)
    assert page.get_by_label("Prompt", exact=True).input_value() == "happy new"


def test_odd_text_is_text_and_keeps_the_picture(tiny_server, page):
    visit(page, f"{tiny_server}/home")
    before = page.evaluate(PLACES)
    for odd in ("<img src=x onerror=document.title='hit'>", "שלום עולם", "a" * 900, "\n\n\t", ""):
        type_text(page, odd, "Your text")
        assert "hit" not in page.title()
        assert page.locator(".framework-tokens img").count() == 0
        assert page.evaluate(PLACES) == before


def test_without_a_model_it_says_so_and_leads_on(page):
    with app_server(LM_EXPLORER_MODEL="no/such-model", HF_HUB_OFFLINE="1") as address:
        visit(page, f"{address}/home")
        assert page.get_by_role("alert").count() == 1
        assert page.locator(".framework-box").get_by_text("Nothing was read yet").is_visible()
        assert page.locator(".framework-box").evaluate("box => box.scrollHeight <= box.clientHeight")
        assert buttons(page).first.is_disabled()
        page.locator(".st-key-framework_basics").get_by_text("Sentence probability", exact=True).click()
        page.wait_for_url("**/sentence**")
        page.wait_for_selector(SETTLED)
        assert page.locator("h1").text_content() == "Sentence probability"
