"""Words typed with suggestions, and the map of all words, by mouse and by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle, visit

pytestmark = pytest.mark.browser
MAP = "/analogies?analogies_view=map"


def box(page, label):
    return page.get_by_role("combobox", name=label)


def test_suggestions_by_keyboard_and_the_link_keeps_the_words(tiny_server, page):
    visit(page, f"{tiny_server}/analogies")
    first = box(page, "The first word, as king")
    first.click()
    page.keyboard.type("pari", delay=40)
    options = page.get_by_role("option")
    expect(options.first).to_have_text("paris")
    assert all(option.startswith("pari") for option in options.all_text_contents())
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator(".explorer-table caption")).to_have_text("paris − man + woman ≈")
    assert "analogies_a=paris" in page.url
    page.keyboard.press("Tab")
    page.keyboard.type("france")
    page.keyboard.press("Tab")
    page.keyboard.type("germany")
    page.keyboard.press("Enter")
    expect(page.locator(".explorer-table tr[aria-current=true] bdi")).to_have_text("berlin")
    page.go_back()
    settle(page)
    expect(box(page, "as what is to the third")).to_have_value("woman")
    expect(box(page, "The first word, as king")).to_have_value("paris")


def test_a_misspelt_word_is_explained_and_markup_is_text(tiny_server, page):
    visit(page, f"{tiny_server}/analogies")
    first = box(page, "The first word, as king")
    first.fill("<img src=x onerror=alert(1)>")
    first.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("'<img src=x onerror=alert(1)>' is not in the vocabulary")
    first.fill("qeen")
    first.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Did you mean 'queen'")
    page.get_by_role("button", name="Capitals").click()
    expect(first).to_have_value("paris")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_map_is_dragged_zoomed_and_clicked(tiny_server, page):
    visit(page, tiny_server + MAP)
    canvas = page.locator("canvas")
    expect(canvas).to_have_attribute("aria-label", re.compile("30,000 words as points. king"))
    place = canvas.bounding_box()

    def picture():
        page.wait_for_timeout(100)
        return canvas.evaluate("canvas => canvas.toDataURL()")

    seen = [picture()]
    page.mouse.move(place["x"] + 250, place["y"] + 200)
    page.mouse.down()
    page.mouse.move(place["x"] + 200, place["y"] + 180, steps=4)
    page.mouse.up()
    seen.append(picture())
    assert "analogies_word" not in page.url  # a drag is no click
    page.get_by_role("button", name="Zoom in").click()
    seen.append(picture())
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    seen.append(picture())
    assert len(set(seen)) == 4
    page.get_by_role("button", name="Show all words").click()
    page.mouse.move(5, 5)
    assert picture() == seen[0]
    for down in range(40, 400, 12):  # somewhere in the middle column there is a word
        page.mouse.move(place["x"] + place["width"] / 2, place["y"] + down)
        if "over" in (canvas.get_attribute("class") or ""):
            page.mouse.click(place["x"] + place["width"] / 2, place["y"] + down)
            break
    page.wait_for_url(re.compile("analogies_word="))
    settle(page)
    word = re.search(r"analogies_word=([^&]+)", page.url)[1]
    expect(page.locator(".explorer-table thead bdi")).to_have_text(word)
    expect(canvas).to_have_attribute("aria-label", re.compile(f" {word} and its neighbours"))


def test_on_a_phone_nothing_is_cut_off(tiny_server, page):
    page.set_viewport_size({"width": 390, "height": 844})
    for view in ("words", "relation", "map", "accuracy&analogies_test=wordsim353"):
        visit(page, f"{tiny_server}/analogies?analogies_view={view}")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
