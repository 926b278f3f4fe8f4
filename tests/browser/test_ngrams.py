"""The two algorithms of the bigram model, stepped in the browser; a file that is counted."""

import re

import pytest

from tests.browser.conftest import settle, visit

pytestmark = pytest.mark.browser
STEPS = "/ngrams?ngrams_view=steps&ngrams_corpus=a%20b%0Aa%20c%0Aa%20b"


def part(page, key):
    return page.locator(f".st-key-{key}")


def rows(page, key):
    return [" ".join(text.split()) for text in part(page, key).locator(".row").all_inner_texts()]


def test_pairs_are_counted_step_by_step(tiny_server, page):
    visit(page, tiny_server + STEPS)
    training = part(page, "pre_training")
    assert training.locator(".said").inner_text() == "Step 1 of 9. Pair <s> a: one more."
    assert rows(page, "pre_training") == ["<s> a 1/1"]
    training.get_by_role("button", name="Step").click()
    page.keyboard.press("ArrowRight")
    assert training.locator(".lit bdi, bdi.lit").all_inner_texts()[-2:] == ["b", "</s>"]
    training.get_by_role("slider").press("End")
    assert "All pairs are counted" in training.locator(".said").inner_text()
    assert set(rows(page, "pre_training")) == {"<s> a 3/3", "a b 2/3 c 1/3", "b </s> 2/2", "c </s> 1/1"}
    training.get_by_role("button", name="Reset").click()
    assert rows(page, "pre_training") == []


def test_a_text_is_written_until_its_end(tiny_server, page):
    visit(page, tiny_server + STEPS)
    inference = part(page, "inference")
    inference.get_by_role("button", name="Play").click()
    inference.get_by_text(re.compile("The end token")).wait_for()
    assert inference.locator(".text bdi").all_inner_texts() == ["<s>", "a", "b", "</s>"]
    assert rows(page, "inference") == ["b </s> 2/2", "a b 2/3 c 1/3", "<s> a 3/3"]
    page.get_by_role("radio", name="Drawn").click()
    settle(page)
    assert inference.locator(".said").inner_text().startswith("Step 1 of")


def test_a_file_is_counted(tiny_server, page):
    visit(page, tiny_server + "/ngrams?ngrams_source=file&prompt=a%20b")
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.txt", "mimeType": "text/plain", "buffer": b"a b c\na b c\na b d\n" * 20_000}
    )
    page.get_by_text("c 40,000/60,000 · d 20,000/60,000").first.wait_for()
    settle(page)
    page.get_by_role("link", name="Markov chain").first.click()
    settle(page)
    page.get_by_role("link", name="N-grams").first.click()
    settle(page)
    assert page.get_by_text("c 40,000/60,000 · d 20,000/60,000").first.is_visible()  # the file is kept for the session
