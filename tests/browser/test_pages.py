"""What every page has in a browser, read from the table of contents."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from explorer.contents import PAGES
from tests.browser.conftest import app_server, settle, visit

pytestmark = pytest.mark.browser
SLUGS = [page.slug for page in PAGES]
# Streamlit's own list markup of the navigation; formulas and trees wider than the screen: browsers let the keyboard
# scroll them.
NOT_OURS = {"exclude": [["[data-testid=stSidebarNavItems]"], [".katex-display"], [".st-key-scroll_tree"]]}
THEMES = {"light": "embed_options=light_theme", "dark": "embed_options=dark_theme"}
SCREENS = [(390, "light"), (1280, "dark")]  # what a width breaks, it breaks in either theme, and the other way round


@pytest.mark.parametrize("slug", SLUGS)
def test_the_first_request_to_a_fresh_server_shows_prompt_and_figure_without_scrolling(slug, tiny_folder, page):
    page.set_viewport_size({"width": 1280, "height": 720})
    with app_server(LM_EXPLORER_MODEL=str(tiny_folder)) as address:
        visit(page, f"{address}/{slug}")
        title = next(entry.title for entry in PAGES if entry.slug == slug)
        assert page.locator("h1").text_content() == title
        assert page.get_by_test_id("stSidebarNavLink").count() == len(PAGES)
        if slug != "costs":  # which reads no text
            assert page.locator("textarea, .field input").first.bounding_box()["y"] < 400
        if slug != "home":
            figures = page.locator(".js-plotly-plot, .explorer-cut, svg.graph, .picture svg, .picture canvas").all()
            assert min(box["y"] for figure in figures if (box := figure.bounding_box())) < 540


def open_and_check(page):
    """Opens all that is folded; nothing in it may be hard to read for anyone, or wider than the screen."""
    # What is still fading in has no contrast yet.
    page.add_style_tag(content="*, ::before, ::after { transition: none !important; animation: none !important }")
    for expander in page.get_by_test_id("stExpander").locator("summary").all():
        expander.click()
    settle(page)
    found = [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]])
        for violation in Axe().run(page, NOT_OURS).response["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]
    assert not found
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize(("width", "theme"), SCREENS)
@pytest.mark.parametrize("slug", SLUGS)
def test_no_serious_accessibility_finding_and_no_overflow(slug, width, theme, tiny_server, page):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, f"{tiny_server}/{slug}?{THEMES[theme]}")
    open_and_check(page)
    assert page.locator("h1").count() == 1
    assert page.locator(".katex").count() > 2 or slug == "home"
