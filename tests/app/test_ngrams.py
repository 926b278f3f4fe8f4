import base64
import itertools
import json
import re
from collections import Counter
from html import unescape

import numpy as np
import pytest

import models
from explorer.contents import FIRST_PROMPT
from explorer.numbers import power_of_ten
from explorer.texts import NEW_YEAR
from models.mixers.counted_text import read
from models.mixers.ngram_lm import train
from models.prediction import score
from tests.app.conftest import run
from tests.app.test_pages import charts, notices
from tests.app.test_views import bodies, formulas, numbers

WORDS = [["<s>", *re.findall(r"\w+|[^\w\s]", line), "</s>"] for line in NEW_YEAR.splitlines()]


def occurrences(*gram):
    return sum(tuple(line[i : i + len(gram)]) == gram for line in WORDS for i in range(len(line)))


def floats(array):
    """The numbers of a figure's array, as plotly sends it."""
    return np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"]).tolist()


def stepped(app):
    """What the step-by-step components show: pre-training, then inference."""
    every = [json.loads(one.proto.json) for one in app.get("bidi_component") if one.proto.json]
    return [data for data in every if data.get("mode") in {"train", "infer"}]


def table(app):
    """Bold or not, the history, its count (None: not kept), what comes next."""
    [body] = [body for body in bodies(app) if "Counts of the histories" in body]
    rows = re.findall(r"<tr( aria-current=true)?><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", body)
    return [
        (bool(mark), unescape(history), None if times == "not kept" else int(times.replace(",", "")), unescape(said))
        for mark, history, times, said in rows
    ]


def test_the_table_holds_the_counts_of_the_text(open_page):
    first, second, none = table(open_page("ngrams"))
    year, month = occurrences("happy", "new", "year"), occurrences("happy", "new", "month")
    assert first == (True, "happy new", year + month, f"year {year}/{year + month} · month {month}/{year + month}")
    assert second[:3] == (False, "new", occurrences("new"))
    most = Counter(word for line in WORDS for word in line[1:]).most_common(1)[0][1]
    assert none[2] == sum(len(line) - 1 for line in WORDS)
    assert f" {most}/{none[2]}" in none[3]


def test_the_fraction_is_on_the_page_and_in_the_formulas(open_page):
    app = open_page("ngrams")
    on_page, _, fraction, smoothed = formulas(app)
    assert on_page == fraction
    times, of, quotient = numbers(fraction.split(" = ", 1)[1])
    assert (times, of) == (occurrences("happy", "new", "year"), occurrences("happy", "new"))
    assert quotient == pytest.approx(times / of, abs=1e-4)
    assert numbers(smoothed)[-1] == quotient


def test_a_paraphrase_has_another_count(open_page):
    app = open_page("ngrams", ngrams_order="6", prompt=FIRST_PROMPT)
    assert table(app)[0][2] == occurrences("people", "usually", "say", "happy", "new") > 0
    app = open_page("ngrams", ngrams_order="6", prompt="On January first people usually speak happy new")
    assert table(app)[0][3] == "never seen: 0/0"
    assert [row[0] for row in table(app)].index(True) == 3  # happy new


def test_another_text_has_other_counts_and_none_is_explained(open_page):
    app = open_page("ngrams", prompt="a b")
    run(app.text_area[1].input("a b c\na b c\na b d"))
    assert table(app)[0] == (True, "a b", 3, "c 2/3 · d 1/3")
    assert charts(app)
    run(app.text_area[1].input("  \n "))
    assert any("no text to count" in notice for notice in notices(app))


def test_smoothing_gives_something_to_the_unseen(open_page):
    app = open_page("ngrams", prompt="The new people")
    masses = json.loads(charts(app)[1].spec)
    notes = dict(label.split("<br>") for label in masses["layout"]["yaxis"]["ticktext"])
    unseen = dict(zip(notes, floats(masses["data"][1]["x"])))
    text = read(NEW_YEAR, "words")
    followers = {line[i + 1] for line in WORDS for i, word in enumerate(line) if word == "people"}
    # 0 / 0 after "new people": all tokens equally probable; seen are those that followed "people".
    size = read(NEW_YEAR, "words").tokenizer.vocab_size - 1
    assert unseen["Relative frequency"] == pytest.approx(1 - len(followers) / size)
    assert notes["Relative frequency"] == "P(prompt) = 0"
    ids = text.tokenizer.encode("The new people")
    for name, method in (("Kneser-Ney", "kneser-ney"), ("Stupid back-off", "backoff")):
        lm = train(text, order=3, method=method)
        assert notes[name] == f"P(prompt) = {power_of_ten(score(lm, 'The new people').total)}"
        seen = text.tokenizer.encode(" ".join(followers))
        assert unseen[name] == pytest.approx(1 - lm.smoothing.probs([0, *ids])[seen].sum(), abs=1e-6)


def test_the_places_of_the_last_tokens_are_shown(open_page):
    app = open_page("ngrams", ngrams_view="places")
    [body] = [body for body in bodies(app) if "Places in the text" in body]
    following = sorted(unescape(token) for token in re.findall(r"<mark>(.*?)</mark>", body))
    assert following == sorted(["year"] * occurrences("happy", "new", "year") + ["month"])
    [phrases] = [body for body in bodies(app) if "Phrase h" in body]
    found = dict(re.findall(r"<tr><td>([^<]*)</td><td>(\d+)</td></tr>", phrases))
    assert found == {
        "happy new": "7",
        "On January 1": str(occurrences("On", "January", "1")),
        "On January first": "0",
        "On the first of January": "1",
    }


def test_the_matrix_holds_the_counts_of_the_pairs(open_page):
    app = open_page("ngrams", ngrams_view="matrix", ngrams_rows="20")
    figure = json.loads(charts(app)[0].spec)
    words = [unescape(word) for word in figure["layout"]["yaxis"]["ticktext"]]
    cells = figure["data"][0]["text"]
    assert len(words) == 20
    for i, first in enumerate(words):
        for j, second in enumerate(words):
            times = occurrences(first, second)
            assert cells[i][j] == (str(times) if times else "")
    pairs = {pair for line in WORDS for pair in itertools.pairwise(line)}
    assert any(f"{len(pairs)} are not zero" in text.value for text in app.text)


def test_the_algorithms_are_stepped_on_the_text(open_page):
    app = open_page("ngrams", ngrams_view="steps")
    training, inference = stepped(app)
    pairs = [(training["tokens"][step["place"]], training["tokens"][step["place"] + 1]) for step in training["steps"]]
    assert pairs == [pair for line in WORDS for pair in itertools.pairwise(line)]
    history = "<s>"
    for step in inference["steps"]:
        assert step["history"] == history
        counts = dict(map(tuple, step["followers"]))
        assert counts == {word: occurrences(history, word) for word in counts}
        assert sum(counts.values()) == step["of"] == occurrences(history)
        assert counts[step["token"]] == max(counts.values())
        history = step["token"]


def test_argmax_that_runs_in_a_circle_is_said(open_page):
    app = open_page("ngrams", ngrams_view="steps", ngrams_corpus="a b a b a b a b c")
    _, inference = stepped(app)
    assert inference["ended"].startswith("A loop: the last 2 tokens")


def test_n_from_1_to_6_is_measured(open_page):
    app = open_page("ngrams", ngrams_view="orders", ngrams_method="kneser-ney")
    assert len(charts(app)) == 1
    [body] = [body for body in bodies(app) if "never seen</th>" in body]
    assert len(re.findall(r"<tr><td>\d</td>", body)) == 6
    run(next(area for area in app.text_area if area.label.startswith("Text")).input("a b\nc d"))
    assert any("fewer than five sentences" in notice for notice in notices(app))


def test_the_table_that_ships_is_a_source_too(open_page):
    app = open_page("ngrams", ngrams_source="table", prompt="in the United", ngrams_order="3")
    first = table(app)[0]
    assert first[1] == "the United"
    assert "States" in first[3]
    for view in ("places", "matrix", "steps", "orders"):
        app = open_page("ngrams", ngrams_source="table", ngrams_view=view)
        assert charts(app) or notices(app)


def test_what_the_table_did_not_keep_is_not_called_0(open_page):
    app = open_page("ngrams", ngrams_source="table", prompt=FIRST_PROMPT, ngrams_order="3")
    counts = models.load("trigram").counts
    assert counts.count(models.load("trigram").tokenizer.encode("happy new")) == 0
    first, second, _ = table(app)
    assert first == (False, "happy new", None, "unknown")
    assert second[:2] == (True, "new")
    assert any("the count is unknown" in caption.value for caption in app.caption)
    fraction = formulas(app)[0]
    assert r"\frac{\text{not kept}}{\text{not kept}}" in fraction
    assert "0" not in fraction
    app = open_page("ngrams", ngrams_source="table", ngrams_view="matrix", ngrams_order="2")
    said = [cell.rsplit(": ", 1)[-1] for row in json.loads(charts(app)[0].spec)["data"][0]["hovertext"] for cell in row]
    assert "0" not in said
    assert "not kept" in said


def test_without_a_file_an_example_is_counted(open_page):
    app = open_page("ngrams", ngrams_source="file")
    assert any("No file yet" in notice for notice in notices(app))
    assert table(app)[0][1] == "happy new"


def test_a_file_is_counted_and_another_encoding_explained(open_page):
    app = open_page("ngrams", ngrams_source="file", prompt="a b")
    [uploader] = app.get("file_uploader")
    run(uploader.set_value(("mine.txt", b"a b c\na b c\na b d", "text/plain")))
    assert table(app)[0] == (True, "a b", 3, "c 2/3 · d 1/3")
    run(app.get("file_uploader")[0].set_value(("mine.txt", "a\nb é".encode("latin-1"), "text/plain")))
    assert any("not UTF-8: byte 0xe9 in line 2" in notice for notice in notices(app))
