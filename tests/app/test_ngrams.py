import re
from collections import Counter
from html import unescape

import pytest

from explorer.contents import FIRST_PROMPT
from explorer.texts import NEW_YEAR
from tests.app.conftest import run
from tests.app.test_pages import charts, notices
from tests.app.test_views import bodies, formulas, numbers

WORDS = [["<s>", *re.findall(r"\w+|[^\w\s]", line), "</s>"] for line in NEW_YEAR.splitlines()]


def occurrences(*gram):
    return sum(tuple(line[i : i + len(gram)]) == gram for line in WORDS for i in range(len(line)))


def table(app):
    [body] = [body for body in bodies(app) if "Counts of the histories" in body]
    rows = re.findall(r"<tr( aria-current=true)?><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", body)
    return [(bool(mark), unescape(history), int(times), unescape(said)) for mark, history, times, said in rows]


def test_the_table_holds_the_counts_of_the_text(open_page):
    first, second, none = table(open_page("ngrams"))
    year, month = occurrences("happy", "new", "year"), occurrences("happy", "new", "month")
    assert first == (True, "happy new", year + month, f"year {year}/{year + month} · month {month}/{year + month}")
    assert second[:3] == (False, "new", occurrences("new"))
    most = Counter(word for line in WORDS for word in line[1:]).most_common(1)[0][1]
    assert none[2] == sum(len(line) - 1 for line in WORDS)
    assert f" {most}/{none[2]}" in none[3]


def test_the_formula_is_the_fraction_of_the_table(open_page):
    app = open_page("ngrams")
    _, fraction, smoothed = formulas(app)
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


def test_n_from_1_to_6_is_measured_when_it_is_opened(open_page):
    app = open_page("ngrams", ngrams_method="kneser-ney")
    assert len(charts(app)) == 1
    app.session_state["by_order"] = True
    run(app)
    assert len(charts(app)) == 2
    [body] = [body for body in bodies(app) if "never seen</th>" in body]
    assert len(re.findall(r"<tr><td>\d</td>", body)) == 6
    run(app.text_area[1].input("a b\nc d"))
    assert any("fewer than five sentences" in notice for notice in notices(app))
