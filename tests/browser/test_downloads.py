"""Every file that can be downloaded is opened, and says what the page says."""

import csv
import io
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import app_server, labels, settle, visit

pytestmark = pytest.mark.browser
BACKGROUNDS = {"light": (255, 255, 255), "dark": (0x11, 0x16, 0x1D)}


@pytest.fixture(scope="module")
def drawings_server():
    with app_server("tests/browser/drawings_app.py") as address:
        yield address


def open_choice(tab, place=0):
    tab.get_by_role("button", name="Download", exact=True).nth(place).click()
    settle(tab)


@pytest.fixture
def download(page, tmp_path):
    """Presses a button; the path of the file that it saved, under the name that it gave it."""

    def downloaded(kind):
        with page.expect_download() as waited:
            page.get_by_role("button", name=kind).click()
        path = tmp_path / waited.value.suggested_filename
        waited.value.save_as(path)
        return path

    return downloaded


def picture(path):
    with Image.open(path) as image:
        assert image.format == "PNG"
        return image.convert("RGB")


def serious(found):
    return [one["id"] for one in found.response["violations"] if one["impact"] in {"serious", "critical"}]


def texts(path):
    root = ElementTree.parse(path).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_csv_has_the_numbers_of_the_page(tiny_server, page, download):
    visit(page, f"{tiny_server}/next_token?prompt=happy&next_token_bars=5")
    open_choice(page)
    path = download("CSV")
    assert path.name == "next_token.csv"
    header, *rows = csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
    assert header == ["rank", "token", "token id", "logit", "probability"]
    shown = [label.split()[0] for label in labels(page)[:5]]
    assert [token.removeprefix("'") for _, token, *_ in rows[:5]] == shown
    assert sum(float(row[-1]) for row in rows) == pytest.approx(1, abs=1e-5)
    percents = page.locator(".js-plotly-plot .textpoint").all_text_contents()[:5]
    assert [f"{float(row[-1]) * 100:.1f} %" for row in rows[:5]] == [text.strip() for text in percents]


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_the_png_is_what_is_on_screen(theme, tiny_server, page, download):
    visit(page, f"{tiny_server}/next_token?prompt=happy&embed_options={theme}_theme")
    open_choice(page)
    box = page.locator(".js-plotly-plot .main-svg").first.bounding_box()
    path = download("PNG")
    assert path.name == "next_token.png"
    image = picture(path)
    assert image.width == pytest.approx(3 * (box["width"] + 32), abs=3)
    assert image.height == pytest.approx(3 * (box["height"] + 32), abs=3)
    colours = {colour: count for count, colour in image.getcolors(1 << 24)}
    assert max(colours, key=colours.get) == image.getpixel((0, 0)) == BACKGROUNDS[theme]
    assert colours[0x2E, 0x86, 0xC1] > 10_000  # bars
    assert sum(abs(sum(colour) - sum(BACKGROUNDS[theme])) > 500 for colour in colours)  # text that can be read


def test_the_svg_stands_alone(tiny_server, page, download, browser):
    visit(page, f"{tiny_server}/next_token?prompt=happy")
    open_choice(page)
    path = download("SVG")
    shown = texts(path)
    assert "probability" in shown
    assert labels(page)[0] in shown
    text = path.read_text()
    assert "currentcolor" not in text.lower()
    assert text.count("@font-face") == 2  # sans and monospace
    assert "data:font/woff2" in text or "data:application/octet-stream" in text
    assert "://" not in text.replace("http://www.w3.org/", "")
    fresh = browser.new_context(offline=True).new_page()
    fresh.goto(path.as_uri())
    assert fresh.get_by_text("probability").bounding_box()["width"] > 20
    fresh.context.close()


def test_the_html_opens_without_a_network(tiny_server, page, download, browser):
    visit(page, f"{tiny_server}/next_token?prompt=%3Cb%3Ehappy%3C/b%3E&next_token_bars=4")
    open_choice(page)
    path = download("HTML")
    assert path.name == "next_token.html"
    for scheme, background in BACKGROUNDS.items():
        fresh = browser.new_context(
            color_scheme=scheme, offline=True, viewport={"width": 390, "height": 844}, service_workers="block"
        )
        asked, wrong = [], []
        fresh.on("request", lambda request, asked=asked: asked.append(request.url))
        fresh.on("console", lambda message, wrong=wrong: wrong.append(message.text))
        fresh.on("weberror", lambda error, wrong=wrong: wrong.append(error.error))
        tab = fresh.new_page()
        tab.goto(path.as_uri())
        expect(tab.locator(".xtitle")).to_have_text("probability")
        assert tab.locator(".ytick text").first.text_content().split() == labels(page)[0].split()
        assert tab.locator("td").count() == 4 * 5
        expect(tab.get_by_text("Prompt: <b>happy</b>")).to_be_visible()
        colours = "element => [getComputedStyle(document.body).backgroundColor, getComputedStyle(element).fill]"
        shown, text = tab.locator(".xtitle").evaluate(colours)
        assert shown == f"rgb{background}"
        assert text == tab.evaluate("getComputedStyle(document.body).color")
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        assert not [
            violation for violation in Axe().run(tab).response["violations"] if violation["impact"] == "serious"
        ]
        assert asked == [path.as_uri()]
        assert not wrong
        fresh.close()


def test_two_figures_on_a_page_are_two_downloads(tiny_server, page, download):
    visit(page, f"{tiny_server}/sentence?prompt=happy&sentence_b=new%20year")
    seen = []
    for place, name in enumerate("AB"):
        open_choice(page, place)
        path = download("CSV")
        assert path.name == f"sentence_{name}.csv"
        *_, last = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
        seen.append(float(last["running sum of ln P"]))
        path = download("SVG")
        assert path.name == f"sentence_{name}.svg"
        assert "running sum of ln P" in texts(path)
        page.keyboard.press("Escape")
        settle(page)
    for name, total in zip("AB", seen, strict=True):
        expect(page.get_by_text(f"ln P({name}) = {total:,.2f}".replace("-", "−"))).to_be_visible()


@pytest.mark.parametrize("theme", BACKGROUNDS)
@pytest.mark.parametrize("width", [390, 1280])
def test_the_choice_is_accessible(width, theme, tiny_server, page):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, f"{tiny_server}/next_token?prompt=happy&embed_options={theme}_theme")
    open_choice(page)
    names = [page.get_by_role("button", name=f"{kind}:") for kind in ("PNG", "SVG", "CSV", "HTML")]
    for button in names:
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 24
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert not serious(Axe().run(page, {"include": [["[data-testid=stPopoverBody]"]]}))


def test_by_keyboard_alone(tiny_server, page):
    visit(page, f"{tiny_server}/next_token?prompt=happy")
    page.get_by_role("button", name="Download", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="HTML:")).to_be_visible()
    settle(page)
    expect(page.get_by_role("button", name="PNG:")).to_be_focused()
    page.keyboard.press("Tab")
    with page.expect_download() as waited:
        page.keyboard.press("Enter")
    assert waited.value.suggested_filename == "next_token.svg"
    expect(page.get_by_text("Saved next_token.svg")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="HTML:")).to_have_count(0)


def test_a_components_own_drawings(drawings_server, page, download):
    visit(page, drawings_server)
    open_choice(page)
    image = picture(download("PNG"))
    assert image.size == (3 * 132, 3 * 132)
    assert image.getpixel((3 * 66, 3 * 40)) == (0, 128, 0)  # canvas
    assert image.getpixel((3 * 110, 3 * 100)) == (255, 0, 0)  # coloured by the component's stylesheet
    path = download("SVG")
    assert path.name == "drawing.svg"
    assert texts(path) == ["shalom"]
    assert not page.get_by_role("button", name="HTML:").count()


def test_a_figure_that_is_not_there_is_told(drawings_server, page):
    visit(page, drawings_server)
    open_choice(page, 1)
    page.get_by_role("button", name="PNG:").click()
    expect(page.get_by_role("status")).to_have_text("The figure is not on this page now.")


def test_a_table_alone_is_a_csv(drawings_server, page, download):
    visit(page, drawings_server)
    path = download("Download CSV")
    assert path.name == "table.csv"
    assert path.read_text("utf-8-sig").splitlines() == ["token,probability", "'=1,0.25"]
