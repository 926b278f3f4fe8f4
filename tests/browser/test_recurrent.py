"""Networks stepped in the browser: by buttons, keys and clicks; spans that are marked; a training that is watched."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle, visit

pytestmark = pytest.mark.browser


def lit(page):
    return page.locator(".node.lit .h")


def test_a_network_is_stepped_by_button_key_slider_and_click(tiny_server, page):
    visit(page, f"{tiny_server}/recurrent?prompt=happy%20new%20year")
    expect(lit(page)).to_have_text("h4")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(lit(page)).to_have_text("h3")
    page.get_by_role("button", name="Back", exact=True).press("ArrowLeft")
    expect(lit(page)).to_have_text("h2")
    page.get_by_role("button", name="Step 4: year").click()
    expect(lit(page)).to_have_text("h4")
    page.get_by_role("slider", name="Step").press("Home")
    expect(lit(page)).to_have_text("h1")
    settle(page)
    page.wait_for_url(re.compile("recurrent_step=0"))
    page.reload()
    settle(page)
    expect(lit(page)).to_have_text("h1")


def test_gates_are_shown_and_a_unit_is_chosen(tiny_server, page):
    visit(page, f"{tiny_server}/recurrent?prompt=happy%20new%20year&recurrent_cell=gru")
    expect(page.locator(".equation")).to_have_count(4)
    page.get_by_role("button", name="z", exact=True).click()
    expect(page.locator(".meaning")).to_contain_text("update gate")
    heat = page.locator("canvas.heat")
    heat.click(position={"x": 4, "y": 4})
    expect(lit(page)).to_have_text("h1")
    chosen = page.locator(".equations .head").inner_text()
    assert re.fullmatch(r"Unit \d", chosen)
    heat.press("ArrowDown")
    assert page.locator(".equations .head").inner_text() != chosen


def test_two_cells_share_one_step(tiny_server, page):
    visit(page, f"{tiny_server}/recurrent?prompt=happy%20new%20year&recurrent_other=rnn")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(lit(page)).to_have_text(["h3", "h3"])


def test_an_algorithm_runs_line_by_line(tiny_server, page):
    visit(page, f"{tiny_server}/feedforward?prompt=happy%20new%20year")
    line = page.locator(".code li.lit")
    expect(line).to_have_text("return loss / T")
    page.get_by_role("button", name="Step 1: <s>").click()
    expect(line).to_contain_text("loss = loss")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(line).to_contain_text("p = softmax(y)")
    expect(page.locator(".block.later")).to_have_count(1)
    expect(page.locator(".token.target")).to_have_text("happy")


def test_inference_shows_a_token_when_it_is_written(tiny_server, page):
    visit(
        page, f"{tiny_server}/recurrent?prompt=Once%20upon%20a&recurrent_view=algorithms&recurrent_algorithm=inference"
    )
    page.get_by_role("button", name="Step 4: a", exact=True).click()
    assert page.locator(".token:visible").count() == 5
    for _ in range(3):
        page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator(".code li.lit")).to_contain_text("p = softmax")
    assert page.locator(".token:visible").count() == 4


def test_a_span_is_marked_by_dragging_and_by_keyboard(tiny_server, page):
    visit(page, f"{tiny_server}/recurrent?recurrent_view=units")
    text = page.locator(".text")
    letters = text.locator("span")
    start, end = letters.nth(4).bounding_box(), letters.nth(9).bounding_box()
    page.mouse.move(start["x"] + 2, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 2, end["y"] + 5, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile("recurrent_span=4-9"))
    settle(page)
    expect(page.locator(".marked")).to_have_count(6)
    expect(page.locator(".alike")).to_have_count(6)
    text.press("Shift+ArrowRight")
    text.press("Enter")
    page.wait_for_url(re.compile("recurrent_span=4-10"))


def test_a_training_is_watched_paused_and_stopped(tiny_server, page):
    visit(page, f"{tiny_server}/training?training_view=live&training_source=text&training_epochs=200")
    page.get_by_role("button", name="Train", exact=True).click()
    pause = page.get_by_role("button", name="Pause", exact=True)
    pause.wait_for()
    pause.click()
    page.get_by_text(re.compile("; paused")).wait_for()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Recurrent networks").click()
    settle(page)
    page.go_back()
    page.get_by_role("button", name="Go on", exact=True).click()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text(re.compile("; stopped")).wait_for()
