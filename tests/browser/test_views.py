"""The views of the next-token and sentence pages, as a reader uses them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import settle, type_text, visit
from tests.browser.test_pages import SCREENS, THEMES, open_and_check
from tests.views import VIEWS

pytestmark = pytest.mark.browser


def prompt(tab):
    return tab.get_by_label("Prompt", exact=True).input_value()


def written(tab):
    """Each text on screen that goes on from the prompt."""
    return ["".join(one.locator(".explorer-token").all_text_contents()) for one in tab.locator(".explorer-text").all()]


def boxes(tab):
    """The tokens in the tree, from above."""
    return tab.locator(".st-key-token_tree .textpoint text").all()


@pytest.mark.slow
def test_tokens_appear_as_they_come_and_stop_stops(smollm2_server, page):
    visit(page, f"{smollm2_server}/next_token?prompt=The%20old%20man%20and%20the&next_token_length=100")
    page.get_by_role("radio", name="Generate").click()
    token = page.locator(".explorer-token")
    expect(token.nth(2)).to_be_visible()
    assert token.count() < 90
    main = page.get_by_test_id("stMainBlockContainer")
    main.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    settle(page)
    stopped = written(page)
    page.wait_for_timeout(700)
    assert written(page) == stopped
    assert 2 < token.count() < 100
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_text("tokens in", exact=False)).to_be_visible(timeout=60_000)
    assert written(page)[0].startswith(stopped[0])
    assert token.count() == 100


@pytest.mark.slow
def test_greedy_is_not_the_best_sentence(smollm2_server, page):
    visit(page, f"{smollm2_server}/next_token")
    page.get_by_role("button", name="Greedy is not best").click()
    expect(page.get_by_text("times as probable", exact=False)).to_be_visible()
    settle(page)
    rows = page.locator(".explorer-paths tr:has(td)").all_text_contents()
    beam, greedy = (float(re.search(r"−(\d+\.\d+)", row)[1]) for row in rows)
    assert beam < greedy


@pytest.mark.slow
def test_the_example_of_a_loop_loops(smollm2_server, page):
    visit(page, f"{smollm2_server}/next_token")
    page.get_by_role("button", name="A loop").click()
    expect(page.get_by_role("alert")).to_contain_text("A loop", timeout=60_000)
    assert page.locator(".explorer-loop").count() >= 8


def test_the_seed_decides_the_text_on_any_visit(tiny_server, page):
    address = f"{tiny_server}/next_token?next_token_view=generate&next_token_way=sample&next_token_length=20"
    visit(page, f"{address}&next_token_seed=4")
    first = written(page)
    page.reload()
    settle(page)
    assert written(page) == first
    visit(page, f"{address}&next_token_seed=5")
    assert written(page) != first


def test_a_click_in_the_tree_goes_there_and_leaves_a_branch(tiny_server, page):
    visit(page, f"{tiny_server}/next_token?prompt=happy&next_token_view=tree&next_token_search=none")
    first = prompt(page)
    boxes(page)[1].click(force=True)
    settle(page)
    one = prompt(page)
    assert one != first
    page.get_by_label("The text as tokens").locator("button").last.click()
    settle(page)
    assert prompt(page) == first
    page.locator("h1").click()
    page.keyboard.press("3")
    settle(page)
    paths = re.search(r"prompt_paths=([\d.-]+)", page.url)[1]
    assert paths.count(".") == 2  # the root and both branches
    boxes(page)[2].click(force=True)  # after the root and the path that was taken last: the branch that was left
    settle(page)
    assert prompt(page) == one
    page.go_back()
    settle(page)
    page.go_back()
    settle(page)
    assert prompt(page) == first
    page.reload()
    settle(page)
    assert prompt(page) == first
    type_text(page, "happy new year")
    assert "prompt_paths" not in page.url


def test_a_wide_tree_scrolls_within_the_page(tiny_server, page):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, f"{tiny_server}/next_token?next_token_view=tree&next_token_depth=12")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    frame = page.locator(".st-key-scroll_tree")
    assert frame.evaluate("element => element.scrollWidth > element.clientWidth")


def test_going_on_from_a_sample_makes_it_the_prompt(tiny_server, page):
    visit(page, f"{tiny_server}/next_token?prompt=happy&next_token_view=samples&next_token_each=4")
    assert len(written(page)) == 8
    page.get_by_role("button", name="Go on").nth(2).click()
    settle(page)
    assert prompt(page).startswith("happy")
    assert len(prompt(page)) > len("happy")
    page.go_back()
    settle(page)
    assert prompt(page) == "happy"


def test_views_and_their_choices_survive_back_and_reload(tiny_server, page):
    visit(page, f"{tiny_server}/next_token")
    for view in ("Tree", "Generate", "8 samples"):
        page.get_by_role("radio", name=view).click()
        settle(page)
    for view in ("Generate", "Tree", "Next token"):
        page.go_back()
        settle(page)
        assert page.get_by_role("radio", name=view).is_checked()
    page.go_forward()
    settle(page)
    page.reload()
    settle(page)
    assert page.get_by_role("radio", name="Tree").is_checked()
    assert boxes(page)


def test_a_typed_model_that_is_refused_says_why_and_nothing_is_lost(tiny_server, page):
    visit(page, f"{tiny_server}/next_token?next_token_view=models")
    box = page.get_by_role("combobox", name="The other model")
    box.fill("no model!")
    box.press("Enter")
    settle(page)
    expect(page.get_by_role("alert")).to_contain_text("neither a folder nor the name of a model")
    assert page.locator(".js-plotly-plot").count() == 1
    assert "next_token_other=" in page.url


def test_a_guess_is_answered_and_kept_in_the_link(tiny_server, page):
    visit(page, f"{tiny_server}/sentence?sentence_view=right")
    page.get_by_role("button", name="A: ").click()
    settle(page)
    expect(page.get_by_text("(your guess)", exact=False)).to_be_visible()
    page.get_by_role("button", name="Next pair").click()
    settle(page)
    expect(page.get_by_text("2 of 48", exact=False)).to_be_visible()
    page.go_back()
    settle(page)
    expect(page.get_by_text("(your guess)", exact=False)).to_be_visible()
    page.go_back()
    settle(page)
    expect(page.get_by_role("button", name="A: ")).to_be_visible()


@pytest.mark.parametrize(("width", "theme"), SCREENS)
@pytest.mark.parametrize(("slug", "view"), VIEWS)
def test_no_serious_accessibility_finding_and_no_overflow(slug, view, width, theme, tiny_server, page):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, f"{tiny_server}/{slug}?{slug}_view={view}&sentence_guesses=A&next_token_length=12&{THEMES[theme]}")
    open_and_check(page)
