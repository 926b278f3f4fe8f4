import itertools
import json
import math

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.figures.hmm import belief_map, beliefs, dependencies, letters_by_state, likelihood_curves
from explorer.panels import hmm_steps
from explorer.panels.hmm_model import FISH, HIKE, ICE_CREAMS, WORD_CLASSES, observe, parse
from models.errors import ModelError

TEXTS = [
    (WORD_CLASSES, FISH),
    (WORD_CLASSES, "people can the fish"),
    (ICE_CREAMS, "2 3 1 3 2"),
    (HIKE, "walking resting"),
]


def by_hand(text, observed):
    """P(path, text) of every path, from the numbers as they are written."""
    rows = {}
    for line in text.splitlines():
        name, rest = line.split(": ")
        first, after, words = rest.split(" | ")
        pairs = [part.split() for part in (after, words)]
        rows[name] = (float(first), *({k: float(v) for k, v in zip(p[::2], p[1::2])} for p in pairs))
    words = observed.split()
    return {
        path: rows[path[0]][0]
        * math.prod(rows[a][1].get(b, 0.0) for a, b in itertools.pairwise(path))
        * math.prod(rows[state][2].get(word, 0.0) for state, word in zip(path, words))
        for path in itertools.product(rows, repeat=len(words))
    }


def last_number(words):
    written = words.rsplit("= ", 1)[1].split(":")[0]
    mantissa, _, power = written.partition(" × 10")
    exponent = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(mantissa) * 10 ** int(exponent or 0)


@pytest.mark.parametrize(("model", "text"), TEXTS)
def test_every_number_of_the_trellis_is_that_of_all_its_paths(model, text):
    paths, seen = by_hand(model, text), observe(parse(model), text)
    whole = sum(paths.values())
    forward, posterior, viterbi = (make(seen) for make in (hmm_steps.forward, hmm_steps.posterior, hmm_steps.viterbi))
    assert last_number(forward["end"]["total"]) == pytest.approx(whole, rel=0.01)
    best = max(paths, key=paths.get)
    assert [seen.model.states[state] for state in viterbi["path"]] == list(best)
    assert last_number(viterbi["end"]["total"]) == pytest.approx(paths[best], rel=0.01)
    for t, word in enumerate(text.split()):
        for j, state in enumerate(seen.model.states):
            begun = by_hand(model, " ".join(text.split()[: t + 1]))
            here = [p for path, p in begun.items() if path[t] == state]
            assert last_number(forward["cells"][t][j]["sum"]["total"]) == pytest.approx(sum(here), rel=0.01), word
            assert last_number(viterbi["cells"][t][j]["sum"]["total"]) == pytest.approx(max(here), rel=0.01)
            through = sum(p for path, p in paths.items() if path[t] == state) / whole
            assert last_number(posterior["cells"][t][j]["sum"]["total"]) == pytest.approx(through, rel=0.01)
            assert posterior["cells"][t][j]["share"] == pytest.approx(through)
            assert seen.so_far(t, j) == pytest.approx(sum(here) / sum(begun.values()))


def test_what_comes_into_a_circle_is_shared_among_its_rows():
    forward = hmm_steps.forward(observe(parse(ICE_CREAMS), "2 3"))
    cell = forward["cells"][1][0]
    rows = [float(row[-1]) for row in cell["sum"]["rows"]]
    assert cell["comes_from"] == pytest.approx([row / sum(rows) for row in rows], abs=0.01)
    assert rows == pytest.approx([0.15 * 0.7, 0.15 * 0.4])


def test_pointers_lead_along_the_best_path():
    viterbi = hmm_steps.viterbi(observe(parse(WORD_CLASSES), FISH))
    state = viterbi["path"][-1]
    for t in reversed(range(1, 4)):
        state = viterbi["pointers"][t - 1][state]
        assert state == viterbi["path"][t - 1]
    assert viterbi["pointers"][0][0] == -1  # no determiner can be second: nothing points there


def test_rows_are_divided_by_their_sums_and_that_is_told():
    model = parse("A: 1 | A 2 B 2 | x 3, y 1\nB: 3 | A 1 | y 1")
    assert model.hmm.log_initial.exp().tolist() == pytest.approx([0.25, 0.75])
    assert model.hmm.log_emission.exp().tolist()[0] == pytest.approx([0.75, 0.25])
    assert list(model.divided) == ["P(first) (4)", "A: next states (4)", "A: words (4)"]
    assert not parse(WORD_CLASSES).divided


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "0 lines"), ("A\n" * 7, "7 lines"), ("A 1 | A 1 | x 1", "Line 1"), ("A: 1 | A 1", "Line 1"),
     ("A: x | A 1 | x 1", "'x' is no number"), ("A: -1 | A 1 | x 1", "from 0 to 1"), ("A: nan | A 1 | x 1", "from 0"),
     ("A: inf | A 1 | x 1", "from 0"), ("A: 1 | A | x 1", "after each name"), ("A: 1 | C 1 | x 1", "no state 'C'"),
     ("A: 1 | A 0 | x 1", "sum to 0"), ("A: 0 | A 1 | x 1", r"P\(first\): the numbers sum to 0"),
     ("A: 1 | A 1 | x 1 x 2", "twice"), ("A: 1 | A 1 | x 1\nA: 1 | A 1 | x 1", "same name"),
     ("A: 1 | A 1 | x 1e308 y 1e308", "sum to inf"),
     ("A: 1 | A 1 | " + " ".join(f"w{i} 1" for i in range(51)), "at most 50")],
)  # fmt: skip
def test_what_is_no_model_is_explained(text, said):
    with pytest.raises(ModelError, match=said):
        parse(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no text yet"), ("the cat", "'cat'"), ("fish " * 15, "15 words"), ("may the", "No path")],
)
def test_what_a_model_can_not_read_is_explained(text, said):
    with pytest.raises(ModelError, match=said):
        observe(parse(WORD_CLASSES), text)
    assert observe(parse(WORD_CLASSES), "The FISH").words == ("The", "FISH")


def test_bars_of_beliefs_stand_side_by_side_and_sum_to_one():
    so_far, whole = np.array([[0.3, 0.7], [1, 0]]), np.array([[0.2, 0.8], [0.5, 0.5]])
    figure = beliefs(["a", "<b>"], ["S", "T"], so_far, whole)
    assert np.sum([bar.y for bar in figure.data], axis=0) == pytest.approx([1] * 4)
    assert list(figure.data[1].y) == pytest.approx([0.7, 0, 0.8, 0.5])
    assert list(figure.data[0].x) == pytest.approx([-0.21, 0.79, 0.21, 1.21])
    assert figure.layout.xaxis.ticktext[1] == "&lt;b&gt;"
    with pytest.raises(ValueError, match=r"\(2, 2\).*\(1, 2\)"):
        beliefs(["a", "b"], ["S", "T"], so_far[:1], whole)


def test_the_best_curve_is_drawn_last_and_strongly():
    figure = likelihood_curves([[-3.0, -2.5], [-3.0, -2.0, -1.9], [-3.0, -2.2]], 1)
    assert list(figure.data[-1].y) == pytest.approx([-3.0, -2.0, -1.9])
    assert figure.data[-1].line.width > max(line.width for line in (trace.line for trace in figure.data[:-1]))
    low, high = figure.layout.yaxis.range
    assert low < -2.5 < -1.9 < high


def test_letters_are_grouped_by_their_state():
    figure = letters_by_state(["a", "b", "e", " "], [[1, 9], [4, 0], [0, 5], [2, 1]], ["one", "two"])
    assert list(figure.layout.xaxis.ticktext) == ["␣", "b", "a", "e"]
    assert list(figure.data[0].y) == pytest.approx([2 / 3, 1, 0.1, 0])
    assert np.add(figure.data[0].y, figure.data[1].y) == pytest.approx([1] * 4)
    with pytest.raises(ValueError, match=r"\(1, 2\).*\(2,\)"):
        letters_by_state(["a"], [1, 2], ["one", "two"])


def test_a_belief_map_has_a_column_a_word_and_the_first_choices_below():
    belief = np.array([[0.2, 0.3, 0.5], [0.9, 0.1, 0.0]])
    figure = belief_map(["<s>", "new"], ["the a", "<unk>", "all other 3"], belief, [("The", 0.3), ("year", 0.2)])
    assert np.asarray(figure.data[0].z) == pytest.approx(belief.T)
    assert list(figure.layout.xaxis2.ticktext) == ["The", "year"]
    assert figure.layout.xaxis2.range == figure.layout.xaxis.range
    assert list(figure.layout.xaxis.ticktext) == ["&lt;s&gt;", "new"]
    assert figure.layout.yaxis.ticktext[1] == "&lt;unk&gt;"
    with pytest.raises(ValueError, match=r"\(1, 3\).*\(2, 3\)"):
        belief_map(["a"], ["x", "y", "z"], belief, [("The", 0.3)])


def test_the_graph_has_an_arrow_for_each_assumption():
    figure = dependencies()
    arrows = [trace for trace in figure.data if trace.mode == "lines+markers"]
    across = [arrow for arrow in arrows if arrow.y[0] == arrow.y[1]]
    down = [arrow for arrow in arrows if arrow.x[0] == arrow.x[1]]
    assert (len(across), len(down)) == (4, 3)
    assert all(arrow.x[0] < arrow.x[1] for arrow in across)
    assert all(arrow.y[0] > arrow.y[1] for arrow in down)


@pytest.mark.parametrize(
    "make",
    [dependencies,
     lambda: beliefs(["a"], ["S", "T"], [[0.3, 0.7]], [[0.2, 0.8]]),
     lambda: likelihood_curves([[-3.0, -2.5], [-2.0]], 1),
     lambda: letters_by_state(["a", "b"], [[1, 9], [4, 0]], ["one", "two"]),
     lambda: belief_map(["<s>"], ["a", "rest"], [[0.4, 0.6]], [("The", 0.3)])],
)  # fmt: skip
def test_figures_are_valid_and_equal_input_gives_equal_figures(make):
    assert make().to_json() == make().to_json()
    go.Figure(json.loads(make().to_json()))
