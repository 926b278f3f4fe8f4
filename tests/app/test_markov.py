import json
import re
from html import unescape
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from models.mixers.markov import pair_counts
from models.zoo import onegin
from tests.app.conftest import run
from tests.app.test_pages import charts, notices
from tests.app.test_views import bodies, formulas, numbers

WEATHER = np.array([[0.8, 0.15, 0.05], [0.3, 0.4, 0.3], [0.2, 0.4, 0.4]])


def walk(app):
    """What the component of the walk was sent."""
    [component] = [c.proto for c in app.get("bidi_component") if c.proto.component_name == "explorer_chain_walk"]
    return json.loads(component.json)


def matrix_of(sent):
    table = np.zeros((len(sent["states"]),) * 2)
    for edge in sent["edges"]:
        table[edge["start"], edge["end"]] = edge["p"]
    return table


def cells(app, head):
    """The rows of the table with these words in it, as texts."""
    [body] = [body for body in bodies(app) if head in body]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[unescape(re.sub(r"<[^>]+>", " ", cell)).split() for cell in re.split(r"</t[hd]>", row)] for row in rows]


def said(app, words):
    return any(words in text.value for text in app.text)


def chart(app, alt):
    """The figure whose alternative text has these words, as sent."""
    [proto] = [proto for proto in charts(app) if alt in proto.alt]
    return json.loads(proto.spec)


def test_markovs_own_table_beside_the_recount(open_page):
    app = open_page("markov", markov_source="onegin")
    rows = {" ".join(row[0]): [" ".join(cell) for cell in row[1:3]] for row in cells(app, "Markov's numbers")[1:]}
    assert rows == {
        "Vowels": ["8,638", "8,639"],
        "P(vowel)": ["0.432", "0.4320"],
        "Pairs of two vowels": ["1,104", "1,107"],
        "P(vowel | vowel)": ["0.128", "0.1281"],
        "P(vowel | consonant)": ["0.663", "0.6630"],
    }
    assert matrix_of(walk(app))[:, 0] == pytest.approx([0.1281, 0.6630], abs=5e-5)


def test_the_pairs_stand_beside_what_independence_would_give(open_page):
    app = open_page("markov", markov_source="onegin")
    counts = pair_counts((~onegin.load()).astype(int), 2)
    wanted = chi2_contingency(counts, correction=False)
    _, *rows, _ = cells(app, "drawn for itself.")
    for i, row in enumerate(rows):
        for j in range(2):
            seen, _, expected = row[1 + j]
            assert seen == f"{counts[i, j]:,}"
            assert expected == f"{wanted.expected_freq[i, j]:,.1f}"
    assert said(app, f"χ² = {wanted.statistic:,.1f} with 1 degree of freedom, 19,999 pairs")
    assert said(app, "p < 10⁻³⁰⁰: the next one depends on this one")


@pytest.mark.parametrize(("text", "verdict"), [("ab" * 30, "depends"), ("aabb" * 20 + "a", "no clear dependence")])
def test_dependence_is_told_from_none(open_page, text, verdict):
    app = open_page("markov", prompt=text)
    [line] = [text.value for text in app.text if "χ²" in text.value]
    assert verdict in line


def test_classes_are_what_the_reader_says(open_page):
    app = open_page("markov", prompt="Banana, ruler", markov_classes="vowel: aeiou; liquid: l, r; other")
    sent = walk(app)
    assert [state["name"] for state in sent["states"]] == ["vowel", "liquid", "other"]
    sequence = ["other", "vowel"] * 3 + ["liquid", "vowel", "liquid", "vowel", "liquid"]
    pairs = list(pairwise(sequence))
    for edge in sent["edges"]:
        one, other = (sent["states"][edge[end]]["name"] for end in ("start", "end"))
        assert edge["p"] == pytest.approx(pairs.count((one, other)) / sum(a == one for a, _ in pairs))
    run(app.text_area[1].input("vowel: aeiou; liquid: lra"))
    assert any("'a' is in two classes" in notice for notice in map(unescape, notices(app)))
    assert [state["name"] for state in walk(app)["states"]] == ["vowel", "consonant"]


def test_letters_in_no_class_are_left_out_and_counted(open_page):
    app = open_page("markov", prompt="banana", markov_classes="first: a; second: n")
    assert any("1 letters are in no class" in caption.value for caption in app.caption)


@pytest.mark.parametrize(("states", "names"), [("letters", "arosei"), ("words", ["a", "rose", "is"])])
def test_letters_and_words_are_states_too(open_page, states, names):
    app = open_page("markov", prompt="A rose is a rose", markov_states=states)
    assert [state["name"] for state in walk(app)["states"]] == [*dict.fromkeys(names)]


def test_many_states_have_a_heat_map_and_no_graph(open_page):
    app = open_page("markov", prompt="the quick brown fox jumps", markov_states="letters")
    assert walk(app)["edges"] == []
    assert chart(app, "going from each of")["data"][0]["type"] == "heatmap"
    app = open_page("markov", prompt="banana", markov_states="letters")
    assert walk(app)["edges"]


def test_the_walk_goes_only_where_it_may_and_another_seed_is_another_walk(open_page):
    app = open_page("markov", markov_source="matrix", markov_matrix="a: 0 1 0\nb: .5 0 .5\nc: 1 0 0", markov_start="c")
    sent = walk(app)
    assert sent["walk"][0] == 2
    assert set(pairwise(sent["walk"])) == {(0, 1), (1, 0), (1, 2), (2, 0)}
    shares = [state["stationary"] for state in sent["states"]]
    assert shares @ matrix_of(sent) == pytest.approx(shares)
    run(next(slider for slider in app.slider if slider.label == "Another walk").set_value(1))
    assert walk(app)["walk"] != sent["walk"]
    assert walk(app)["walk"][0] == 2


def test_the_power_of_a_typed_matrix_and_its_distance(open_page):
    app = open_page("markov", markov_source="matrix", markov_k="5")
    table = chart(app, "5 steps after")["data"][0]
    power = np.linalg.matrix_power(WEATHER, 5)
    assert [text for row in table["text"] for text in row] == [
        f"{a} → {b}: {100 * power[i, j]:.1f} %"
        for i, a in enumerate(("sunny", "cloudy", "rainy"))
        for j, b in enumerate(("sunny", "cloudy", "rainy"))
    ]
    limit = np.linalg.matrix_power(WEATHER, 500)[0]
    distance = 0.5 * np.abs(power - limit).sum(1).max()
    assert chart(app, "Distance from")["data"][2]["text"] == [f"k = 5: {distance:.3f}"]
    second = sorted(np.abs(np.linalg.eigvals(WEATHER)))[-2]
    assert said(app, f"|λ₂| = {second:.3f}")
    assert said(app, "The rows become equal")


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ("a: 0 1 0\nb: 0 0 1\nc: 1 0 0", "Periodic: the chain comes back to a state only after multiples of 3"),
        ("m: .4 .3 .3\nl: 0 1 0\nr: 0 0 1", "Reducible: the chain ends in one of 2 groups"),
        ("m: .4 .3 .3\nl: 0 1 0\nr: 0 0 1", "Left for ever sooner or later: m"),
        ("a: .999 .001\nb: .001 .999", "but slowly"),
        ("alone: 1", "The rows become equal"),
    ],
)
def test_chains_of_every_kind_are_explained(open_page, matrix, words):
    app = open_page("markov", markov_source="matrix", markov_matrix=matrix)
    assert said(app, words)
    assert not notices(app)


def test_where_a_chain_with_two_ends_stops_depends_on_its_start(open_page):
    matrix = {"markov_source": "matrix", "markov_matrix": "m: .4 .3 .3\nl: 0 1 0\nr: 0 0 1"}
    ends = [
        [state["stationary"] for state in walk(open_page("markov", markov_start=start, **matrix))["states"]]
        for start in "mlr"
    ]
    assert ends == [pytest.approx([0, 0.5, 0.5]), pytest.approx([0, 1, 0]), pytest.approx([0, 0, 1])]


def test_rows_that_do_not_sum_to_1_are_scaled_and_named(open_page):
    app = open_page("markov", markov_source="matrix", markov_matrix="a: 1 3\nb: 0.5 0.5")
    assert said(app, "Not summing to 1, so divided by their sum: a.")
    assert matrix_of(walk(app))[0] == pytest.approx([0.25, 0.75])


def test_a_matrix_that_is_none_is_explained_and_the_example_stays(open_page):
    app = open_page("markov", markov_source="matrix")
    run(app.text_area[0].input("a: 0.5 0.5\nb: <b>x</b> 1"))
    [notice] = notices(app)
    assert "&lt;b&gt;x&lt;/b&gt;" in notice
    assert matrix_of(walk(app)) == pytest.approx(WEATHER)


def test_the_formula_is_the_share_of_a_pair(open_page):
    app = open_page("markov", prompt="banana")
    _, share, _, stationary, _ = formulas(app)
    pairs, of, quotient = numbers(share.split("=", 1)[1])
    assert (pairs, of, quotient) == (3, 3, 1.0)
    assert numbers(stationary)[-1] == 0.5  # it goes to and fro


def test_too_short_a_text_is_explained(open_page):
    app = open_page("markov", prompt="a")
    assert any("longer text" in notice for notice in notices(app))


@pytest.mark.parametrize("nonsense", ["NaN", "-5", "99999", "<b>", "\ufffd", "a;b;c:", ":"])
def test_nonsense_in_a_link_leaves_a_chain_on_screen(open_page, nonsense):
    for source in ("text", "matrix"):
        names = ("classes", "matrix", "states", "start", "k", "seed")
        app = open_page("markov", markov_source=source, **{f"markov_{name}": nonsense for name in names})
        assert walk(app)["walk"]
