"""The way through: a station is opened by a click on its box, a number by a click on its cell."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle, visit

pytestmark = pytest.mark.browser
HERE = "transformer?prompt=happy%20new%20year"
HEAT = "document.querySelector('.st-key-walk_map .js-plotly-plot').data[0]"


def test_a_box_and_a_cell_are_clicked(tiny_server, page):
    visit(page, f"{tiny_server}/{HERE}")
    before, rows = page.evaluate(f"[JSON.stringify({HEAT}.z), {HEAT}.y.length]")
    page.get_by_role("button", name=re.compile("^norm, .*gain$")).first.click()
    page.wait_for_url(re.compile("transformer_station=norm_1"))
    settle(page)
    expect(page.get_by_text(re.compile("^Norm before the attention"))).to_be_visible()
    assert page.evaluate(f"JSON.stringify({HEAT}.z)") != before

    area = page.locator(".st-key-walk_map .nsewdrag").first
    area.click(position={"x": 5, "y": 5})  # the first number of the first row
    page.wait_for_url(re.compile("transformer_number=1(&|$)"))
    assert re.search(rf"transformer_back={rows - 1}(&|$)", page.url)
    settle(page)
    area.click(position={"x": 5, "y": 5 + area.bounding_box()["height"] / rows})  # once more, in a map that is new
    page.wait_for_url(re.compile(rf"transformer_back={rows - 2}(&|$)"))
