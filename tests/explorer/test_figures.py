import json

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer import style
from explorer.figures import made, word_ticks
from explorer.figures.markov import chain_graph, convergence, transition_table
from explorer.figures.next_token import next_token_bars
from explorer.figures.ngrams import perplexity_by_order
from explorer.figures.one_hot import one_hot
from explorer.figures.sentence import sentence_factors
from explorer.figures.token_tree import TreeNode, token_tree
from explorer.figures.two_models import model_bars
from explorer.style import figure_text

BARS = {
    "tokens": ["␣year", "<b>", "$x$"],
    "token_ids": [5, 6, 7],
    "before": np.array([0.5, 0.25, 0.05], dtype=np.float32),
    "after": None,
    "others": 97,
    "others_before": 0.2,
    "others_after": 0.0,
}


def bar_values(figure, index=0):
    return np.asarray(figure.data[index].x, dtype=float)


def test_bars_show_the_whole_distribution():
    figure = next_token_bars(**BARS)
    assert bar_values(figure).sum() == pytest.approx(1)
    assert figure.layout.yaxis.ticktext[-1].startswith("97 others")
    assert list(figure.data[-1].customdata) == [5, 6, 7, -1]


def test_decoding_is_drawn_over_the_models_own_distribution():
    figure = next_token_bars(**BARS | {"after": np.array([0.8, 0.2, 0.0], dtype=np.float32)})
    assert bar_values(figure, 0) == pytest.approx([0.5, 0.25, 0.05, 0.2])
    assert bar_values(figure, 1) == pytest.approx([0.8, 0.2, 0, 0])
    words = list(figure.data[2].text)
    assert "50.0 % → 80.0 %" in words[0]
    assert "5.0 % → 0 %" in words[2]
    assert "20.0 % → 0 %" in words[3]


def test_a_log_axis_shows_what_decoding_left():
    figure = next_token_bars(**BARS | {"after": np.array([0.9, 1e-6, 0.0]), "log": True})
    assert 10 ** figure.layout.xaxis.range[0] < 1e-6


def test_a_log_axis_shows_every_bar():
    figure = next_token_bars(**BARS | {"before": np.array([0.8, 1e-9, 0.0]), "log": True})
    low, high = figure.layout.xaxis.range
    assert 10**low < 1e-9
    assert 10**high > 0.8


def test_text_is_never_markup():
    assert figure_text("<b>&$x$") == "&lt;b&gt;&amp;&#36;x&#36;"
    figure = next_token_bars(**BARS)
    assert "<b>" not in figure.layout.yaxis.ticktext[1]
    factors = sentence_factors(["<b>", "$a$"], [-1.0, -2.0], [], unit="ln", lowest=-2, lowest_sum=-3)
    assert "<b>" not in json.dumps(list(factors.layout.xaxis.ticktext))


def test_a_right_to_left_token_does_not_change_places_with_its_rank():
    label = next_token_bars(**BARS | {"tokens": ["␣א", "a", "b"]}).layout.yaxis.ticktext[0]
    assert label == "\u2068␣א\u2069   1"
    assert figure_text("year") == "year"


def test_wrong_shapes_are_quoted():
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        next_token_bars(**BARS | {"before": [0.5, 0.5]})
    with pytest.raises(ValueError, match=r"\(1,\).*\(2,\)"):
        sentence_factors(["a"], [-1.0, -2.0], [], unit="ln", lowest=-2, lowest_sum=-3)


def test_factors_and_running_sum():
    figure = sentence_factors(["a", "b", "c"], [-1.0, -2.0, -3.0], [1], unit="log₂", lowest=-3, lowest_sum=-6)
    assert list(figure.data[0].y) == [-1, -2, -3]
    assert list(figure.data[1].y) == [-1, -3, -6]
    assert list(figure.data[0].customdata) == pytest.approx([0.5, 0.25, 0.125])
    assert [bool(shape) for shape in figure.data[0].marker.pattern.shape] == [False, True, False]


TREE = [
    TreeNode("␣a", -1, -1.0, -1.0, ("here",), "1"),
    TreeNode("<b>", 0, -2.0, -3.0, ("here",), "1-2"),
    TreeNode("␣c", 0, -0.5, -1.5, ("beam", "greedy"), "1-3"),
    TreeNode("␣d", -1, -0.2, -0.2, ("next",), "4"),
    TreeNode("a very long token, truly", 3, -0.1, -0.3, ("greedy",), "4-5"),
]


def test_a_tree_reads_from_left_to_right_with_the_most_probable_straight_on():
    figure = token_tree("root", TREE, {2: "beam 1", 4: "greedy"}, here=1)
    boxes, words = figure.data[1], figure.data[2]
    rows = dict(zip(boxes.customdata, boxes.y, strict=True))
    assert rows[""] == rows["4"] == rows["4-5"] == 0
    assert rows["1"] == rows["1-3"] > 0
    assert rows["1-2"] > rows["1-3"]
    left, right = np.asarray(boxes.base), np.asarray(boxes.base) + np.asarray(boxes.x)
    for i, node in enumerate(TREE, 1):
        assert left[i] > right[node.parent + 1]
    assert words.text[1] == "<b>␣a</b><br>−1.00"
    assert "&lt;b&gt;" in words.text[2]
    assert words.text[5].startswith("<b>a very long tok…")
    assert list(figure.data[3].text) == ["beam 1", "greedy"]
    assert [width > 2 for width in boxes.marker.line.width] == [False, False, True, False, False, False]
    assert boxes.marker.line.color[3] == style.DECIDES
    assert boxes.marker.color[3] == style.faded(style.BEAM, 0.28)


def test_boxes_of_a_tree_do_not_overlap_and_hold_their_tokens():
    figure = token_tree("…the end of a root", TREE, {}, here=-1)
    boxes = figure.data[1]
    places = list(zip(boxes.y, boxes.base, boxes.x, strict=True))
    for i, (y, x, width) in enumerate(places):
        assert not any(other_y == y and x < other_x < x + width for other_y, other_x, _ in places[i + 1 :])
    assert figure.layout.width > max(x + width for _, x, width in places)
    assert figure.layout.height > max(y for y, _, _ in places)
    with pytest.raises(ValueError, match="parent 3"):
        token_tree("", [TreeNode("a", 3, -1.0, -1.0, ("here",), "1")], {}, here=-1)
    assert len(token_tree("x", [], {}, here=-1).data[1].y) == 1
    assert token_tree("x", [], {}, here=-1, title="words").layout.xaxis.title.text == "words"


def test_a_narrow_tree_has_room_for_its_title():
    next_ones = [TreeNode(token, -1, -1.0, -1.0, ("next",), token) for token in "abcde"]
    narrow = token_tree("hi", next_ones, {}, here=-1)
    # Letters of running text are about half as wide as the type is high.
    assert narrow.layout.width > 0.5 * style.FONT_SIZE * len(narrow.layout.xaxis.title.text) > 300
    # Still one unit is one pixel.
    low, high = narrow.layout.xaxis.range
    margin = narrow.layout.margin
    assert high - low == pytest.approx(narrow.layout.width - margin.l - margin.r, abs=3)
    assert token_tree("hi", next_ones, {}, here=-1, title="t" * 80).layout.width > narrow.layout.width


def test_names_of_an_axis_are_cut_by_the_cells_that_they_take():
    ticks, room = word_ticks(["ab", "a<b" * 9, "語" * 9, "longest of all", "c"], every=2, most=8)
    assert ticks["tickvals"] == [0, 2, 4]
    assert ticks["ticktext"] == ["ab", "語語語…", "c"]
    assert ticks["tickfont"]["family"] == style.MONOSPACE
    assert room == pytest.approx(7 * 0.6 * style.FONT_SIZE)  # the unnamed words take none
    ticks, room = word_ticks(["M" * 8, "a<b" * 9], every=1, most=8)
    assert ticks["ticktext"] == ["M" * 8, "a&lt;ba&lt;ba…"]
    assert room == pytest.approx(8 * 0.6 * style.FONT_SIZE)
    assert word_ticks([], every=1, most=8)[1] == 0


def test_two_models_mark_what_both_show():
    figure = model_bars(["␣a", "<b>", "␣c"], [0.5, 0.3, 0.1], [(2, 0.2), (9, 0.01), None], most=0.5)
    bars, numbers = figure.data
    assert [bool(shape) for shape in bars.marker.pattern.shape] == [False, True, True]
    assert [text.strip() for text in numbers.text] == ["50.0 %  #2", "30.0 %  #9", "10.0 %  not there"]
    assert "0.2, rank 2" in bars.hovertext[0]
    assert "<b>&lt;b&gt;</b>" in bars.hovertext[1]
    alone = model_bars(["␣a"], [0.5], None, most=0.5)
    assert not alone.data[0].marker.pattern.shape[0]
    with pytest.raises(ValueError, match=r"\(2,\).*\(1,\)"):
        model_bars(["a", "b"], [0.5], None, most=0.5)


def test_a_chain_shows_every_probability_once():
    figure = chain_graph(["a", "<b>"], [[0.25, 0.75], [1.0, 0.0]], here=1)
    assert sorted(figure.data[-1].text) == ["100.0 %", "25.0 %", "75.0 %"]
    assert list(figure.data[-2].text) == ["<b>a</b>", "<b>&lt;b&gt;</b>"]
    assert len(figure.data) == 3 + 2
    with pytest.raises(ValueError, match=r"\(2, 2\).*\(1, 2\)"):
        chain_graph(["a", "b"], [[0.5, 0.5]])


def test_a_table_of_transitions_reads_from_row_to_column():
    figure = transition_table(["a", "b"], [[0.25, 0.75], [1.0, 0.0]])
    assert np.asarray(figure.data[0].z)[0, 1] == 0.75
    assert figure.data[0].text[0][1] == "a → b: 75.0 %"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("to", "from")


def test_labels_of_a_convergence_stand_apart():
    figure = convergence(["a", "b", "c"], [[1, 0, 0], [0.3, 0.3, 0.4]], [0.33, 0.33, 0.34])
    heights = sorted(figure.data[-1].y)
    assert min(np.diff(heights)) > 0.05
    assert list(figure.data[0].y) == pytest.approx([1, 0.3])
    with pytest.raises(ValueError, match="shapes"):
        convergence(["a"], [[1, 0]], [1.0])


def test_an_infinite_perplexity_stands_at_the_top():
    figure = perplexity_by_order([1, 2], [50.0, 10.0], [80.0, np.inf])
    assert list(figure.data[1].text) == ["80.0", "∞"]
    assert figure.data[1].y[1] > 80
    assert 10 ** figure.layout.yaxis.range[1] > figure.data[1].y[1]
    with pytest.raises(ValueError, match="2 orders"):
        perplexity_by_order([1, 2], [1.0], [1.0, 2.0])


def test_a_one_hot_vector_has_one_1():
    figure = one_hot(["a", "<b>"], [2, 0], 4)
    assert np.asarray(figure.data[0].z).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    assert figure.layout.yaxis.ticktext[1] == "&lt;b&gt;"
    with pytest.raises(ValueError, match="2 words"):
        one_hot(["a", "b"], [1], 4)


def test_plotly_accepts_every_figure():
    """`made` skips plotly's own checks; here they are made."""
    bars = [
        next_token_bars(**BARS | {"log": log, "after": after}) for log in (True, False) for after in (None, [0, 1, 0])
    ]
    factors = sentence_factors(["a", "b"], [-1.0, -2.0], [1], unit="ln", lowest=-2, lowest_sum=-3)
    tree = token_tree("root", TREE, {0: "you"}, here=0)
    models = model_bars(["a"], [0.5], [None], most=0.5)
    chain = chain_graph(["a", "b"], [[0.5, 0.5], [1, 0]])
    table = transition_table(["a"], [[1.0]])
    settling = convergence(["a"], [[1.0], [1.0]], [1.0])
    for figure in [
        *bars,
        factors,
        tree,
        models,
        chain,
        table,
        settling,
        perplexity_by_order([1], [2.0], [np.inf]),
        one_hot(["a"], [0], 1),
    ]:
        go.Figure(figure.to_dict())
    with pytest.raises(ValueError, match="nonsense"):
        go.Figure(made([{"type": "bar", "nonsense": 1}], {}).to_dict())


def test_equal_input_gives_equal_figures():
    assert next_token_bars(**BARS).to_json() == next_token_bars(**BARS).to_json()


def test_every_axis_has_a_title():
    figure = sentence_factors(["a"], [-1.0], [], unit="ln", lowest=-1, lowest_sum=-1)
    assert figure.layout.yaxis.title.text
    assert figure.layout.yaxis2.title.text
    assert next_token_bars(**BARS).layout.xaxis.title.text
