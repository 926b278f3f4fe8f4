import json

import pytest

from tests.app.conftest import run
from tests.app.test_pages import charts, notices
from tests.app.test_views import formulas, numbers


def facts(app):
    return next(text.value for text in app.text if "pairs" in text.value)


def test_markovs_own_table(open_page):
    app = open_page("markov", markov_source="onegin")
    said = facts(app)
    assert "8,639 vowels, 11,361 consonants: P(vowel) = 0.432" in said
    assert "P(vowel | vowel) = 0.128" in said
    assert "P(vowel | consonant) = 0.663" in said
    assert "each depends on the one before it" in said
    labels = json.loads(charts(app)[0].spec)["data"][-1]["text"]
    assert set(labels) == {"12.8 %", "87.2 %", "66.3 %", "33.7 %"}


def test_vowels_are_what_the_reader_says(open_page):
    app = open_page("markov", prompt="banana")
    assert "3 vowels, 3 consonants" in facts(app)
    assert "P(vowel | consonant) = 1.000" in facts(app)
    run(app.text_area[1].input("n"))
    assert "2 vowels, 4 consonants" in facts(app)


@pytest.mark.parametrize(("states", "of"), [("letters", 12), ("words", 5)])
def test_letters_and_words_are_states_too(open_page, states, of):
    app = open_page("markov", prompt="A rose is a rose", markov_states=states)
    assert f"{of} states, {of - 1} pairs" in facts(app)
    assert len(charts(app)) == 2


def test_the_formula_is_the_share_of_a_pair(open_page):
    app = open_page("markov", prompt="banana")
    _, share, _, stationary = formulas(app)
    pairs, of, quotient = numbers(share.split("=", 1)[1])
    assert (pairs, of, quotient) == (3, 3, 1.0)
    assert numbers(stationary)[-1] == 0.5  # it goes to and fro


def test_too_short_a_text_is_explained(open_page):
    app = open_page("markov", prompt="a")
    assert any("longer text" in notice for notice in notices(app))
