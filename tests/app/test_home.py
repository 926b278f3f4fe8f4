"""Home: the picture shows what tokenizer and model say of this text, and leads to every page."""

import json
import re
import subprocess
import sys
from html import unescape

import pytest

import models
from explorer import loading
from explorer.contents import PAGES, SECTIONS
from explorer.numbers import percent
from explorer.panels import framework
from models.errors import ModelError
from models.prediction import next_token
from tests.app.conftest import ENTRY, run
from tests.app.test_pages import notices

WAITING = """
import models, sys, threading
from streamlit.testing.v1 import AppTest

models.load = lambda *_args: threading.Event().wait()
try:
    AppTest.from_file(sys.argv[1], default_timeout=3).run()
except RuntimeError as error:
    print("waits" if "timed out" in str(error) else error)
print(*{"torch", "transformers", "explorer.figures"} & set(sys.modules))
"""


def bodies(app):
    return [html.proto.body for html in app.get("html")]


def drawn(app, name):
    [body] = [body for body in bodies(app) if f'class="framework-{name}"' in body]
    return body


def token_rows(app):
    found = re.findall(r"<bdi>(.*?)</bdi><span class=\"id\">(.*?)</span>", drawn(app, "tokens"), re.DOTALL)
    return [(unescape(token), token_id) for token, token_id in found]


def bars(app):
    [component] = [c.proto for c in app.get("bidi_component") if c.proto.component_name == "explorer_framework"]
    return json.loads(component.json)["rows"]


@pytest.mark.parametrize(
    "text", ["happy new year", "", "שלום 👩‍👩‍👧‍👦", "<b>x</b> & ![](http://example.com/x.png) $y$"]
)
def test_ids_and_probabilities_are_those_of_tokenizer_and_model(open_page, tiny, text):
    app = open_page("home", prompt=text)
    ids = tiny.tokenizer.encode(text)
    start = (tiny.tokenizer.tokens([tiny.tokenizer.start_id])[0], f"start · {tiny.tokenizer.start_id}")
    own = list(zip(tiny.tokenizer.tokens(ids), map(str, ids), strict=True))
    rows = token_rows(app)
    assert rows[0] == start
    if len(ids) < framework.ROWS:
        assert rows[1:] == own
    else:
        assert rows[1 : 1 + framework.FIRST] == own[: framework.FIRST]
        assert rows[1 + framework.FIRST :] == own[framework.FIRST + 2 - framework.ROWS :]
    after = next_token(tiny, text)
    shown = bars(app)
    assert [row["id"] for row in shown[:-1]] == after.top_ids(framework.TOP)
    for row, (token, probability) in zip(shown[:-1], after.top(framework.TOP), strict=True):
        assert (row["token"], row["percent"]) == (token, percent(row["share"]))
        assert row["share"] == pytest.approx(probability, abs=1e-6)
    assert sum(row["share"] for row in shown) == pytest.approx(1, abs=1e-6)
    assert f"{len(after.probs) - framework.TOP:,}" in shown[-1]["token"]
    assert shown[-1]["id"] is None
    assert any(f"{tiny.tokenizer.vocab_size:,}" in body for body in bodies(app))


def test_a_long_text_keeps_the_size_of_the_picture(open_page, tiny):
    app = open_page("home")
    text = "happy new year " * 150
    run(app.text_area[0].input(text))
    assert drawn(app, "tokens").count("<li") == framework.ROWS
    said = int(re.search(r"… ([\d,]+) tokens …", drawn(app, "tokens"))[1].replace(",", ""))
    assert said + len(token_rows(app)) - 1 == len(tiny.tokenizer.encode(text))


def test_the_picture_follows_the_text(open_page, tiny):
    app = open_page("home")
    run(app.text_area[0].input("happy"))
    assert bars(app)[0]["id"] == next_token(tiny, "happy").top_ids(1)[0]
    run(app.text_area[0].input("happy new year " * 2_000))
    assert any("Keep only the end" in button.label for button in app.button)
    assert bars(app)[0]["id"] == next_token(tiny, "happy").top_ids(1)[0]


def test_markup_is_text(open_page):
    app = open_page("home")
    before = bodies(app)
    run(app.text_area[0].input("<script>"))
    new = "".join(set(bodies(app)) - set(before))
    assert "&lt;" in new
    assert "<script" not in new


def test_the_family_that_runs_is_marked(open_page):
    box = drawn(open_page("home"), "mixing")
    assert re.findall(r"<li aria-current=true><b>(.*?)</b>", box) == ["Transformer"]


def test_without_a_model_the_page_lives(open_page, monkeypatch):
    monkeypatch.setenv("LM_EXPLORER_MODEL", "no/such-model")
    app = open_page("home")
    assert len(notices(app)) == 1
    assert "Nothing was read yet" in drawn(app, "mixing")
    assert drawn(app, "tokens").count("<li></li>") == framework.ROWS
    assert [row["id"] for row in bars(app)] == [None] * (framework.TOP + 1)
    assert len(app.get("page_link")) == len(PAGES)  # all but home, and "Next"
    assert "Model" in {control.label for control in app.segmented_control}
    run(app.text_area[0].input("happy"))
    assert app.text_area[0].value == "happy"


def test_a_model_that_comes_later_fills_the_picture(open_page, monkeypatch):
    def absent(*_args):
        raise ModelError("not yet")

    loading._large.clear()
    monkeypatch.setattr(loading, "RETRY_AFTER", 0.0)
    with monkeypatch.context() as without:
        without.setattr(models, "load", absent)
        app = open_page("home")
        assert bars(app)[0]["id"] is None
    run(app)
    assert bars(app)[0]["id"] is not None
    assert "Nothing was read yet" not in drawn(app, "mixing")
    assert not notices(app)


def test_every_page_is_linked_in_its_part(open_page):
    order = [*framework._WINGS, *(wing for wing in SECTIONS if wing not in framework._WINGS)]
    wanted = [page.title for wing in order for page in PAGES if page.wing == wing and page.slug != "home"]
    app = open_page("home")
    links = [link.proto for link in app.get("page_link")]
    assert [link.label for link in links] == [*wanted, f"Next: {PAGES[1].title}"]
    slugs = {page.title: page.slug for page in PAGES}
    assert all(link.page == slugs[link.label] for link in links[:-1])


def test_the_page_is_drawn_before_torch_is_there():
    """A process of its own, in which the model never comes: the page waits for it, and has imported nothing heavy."""
    command = [sys.executable, "-c", WAITING, ENTRY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ["waits", ""], done.stderr
