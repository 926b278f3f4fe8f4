import json
import math

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.figures.training import Line, by_setting, gradients, runs, spread

TOKENS = ["Once", "<b>", "$a$"]


def _runs(first_error=1):
    return runs(TOKENS, [8.0, 1.0, 0.5], [8.0, 9.0, 7.0], [False, True, False], [0.0, 2.0, 1.0], first_error)


def test_two_runs_have_their_losses_and_how_far_they_are_apart():
    figure = _runs()
    forced, own, apart = figure.data
    assert list(forced.y) == [8.0, 1.0, 0.5]
    assert list(own.y) == [8.0, 9.0, 7.0]
    assert list(apart.y) == [0.0, 2.0, 1.0]
    assert apart.yaxis == "y2"
    assert list(own.marker.symbol) == list(apart.marker.symbol) == ["circle", "diamond", "circle"]
    assert list(figure.layout.xaxis.ticktext) == ["Once", "&lt;b&gt;", "&#36;a&#36;"]
    [mark] = figure.layout.shapes
    assert mark.x0 == mark.x1 == 1
    assert not _runs(None).layout.shapes
    with pytest.raises(ValueError, match=r"3 tokens.*\(2,\)"):
        runs(TOKENS, [1.0, 2.0], [1.0] * 3, [False] * 3, [0.0] * 3, None)


def test_gradients_fill_the_axis_and_bounds_may_leave_it():
    lines = [Line("LSTM h", [1e-4, 1e-2, 1.0], 0), Line("LSTM c", [2e-4, 2e-2, 0.0], 0, "dash")]
    figure = gradients(TOKENS, lines, [Line("RNN at most", [1e9, 1e3, 1.0], 2, "dot")])
    low, high = figure.layout.yaxis.range
    assert (low, high) == (-5, 1)
    h, c, bound, *leaders = figure.data
    assert list(h.y) == [1e-4, 1e-2, 1.0]
    assert math.isnan(c.y[2])
    assert (h.line.color, h.line.dash, c.line.dash) == (c.line.color, "solid", "dash")
    assert bound.y[0] == 1e9
    names = [label.text for label in figure.layout.annotations]
    assert names == ["LSTM h", "LSTM c", "RNN at most ↑"]
    assert [leader.y[1] for leader in leaders] == pytest.approx([10**label.y for label in figure.layout.annotations])
    assert all(low <= label.y <= high for label in figure.layout.annotations)
    assert figure.layout.xaxis.ticktext[-1] == "&#36;a&#36;"
    with pytest.raises(ValueError, match=r"3 tokens.*\(1,\)"):
        gradients(TOKENS, [Line("RNN", [1.0], 2)])


def test_gradients_may_be_larger_than_whole_numbers_can_be():
    figure = gradients(TOKENS, [Line("RNN", [1e80, 1e40, 1.0], 2)], [Line("at most", [math.inf, 1e200, 1.0], 2)])
    assert json.loads(figure.to_json())["layout"]["yaxis"]["range"] == [-1, 81]


def test_gradients_that_are_all_zero_are_an_empty_figure():
    figure = gradients(["a"], [Line("RNN", [0.0], 2)])
    assert math.isnan(figure.data[0].y[0])
    assert not figure.layout.annotations


@pytest.mark.parametrize("places", [[], [3.0], [1.0] * 5, [0.0, 9.9, 10.0], [2.0, 1.9, 8.0, 2.1], [10.0] * 4 + [0.0]])
def test_labels_keep_their_distance_their_order_and_the_figure(places):
    found = spread(places, 1.5, 0.0, 10.0)
    order = np.argsort(places, kind="stable")
    assert all(b - a >= 1.5 - 1e-6 for a, b in zip(np.array(found)[order], np.array(found)[order][1:]))
    assert all(-1e-6 <= place <= 10 + 1e-6 for place in found)


def test_labels_that_have_room_stay_where_they_are():
    assert spread([1.0, 5.0, 3.0], 1.5, 0.0, 10.0) == [1.0, 5.0, 3.0]


def test_a_line_for_each_model_against_a_setting():
    figure = by_setting([0.0, 1.0], [Line("LSTM", [0.1, 0.9], 0), Line("<b>", [0.2, 1.0], 4)], "temperature", "shares")
    assert [trace.name for trace in figure.data] == ["LSTM", "&lt;b&gt;"]
    assert list(figure.data[1].y) == [0.2, 1.0]
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol
    assert figure.layout.xaxis.title.text == "temperature"
    with pytest.raises(ValueError, match=r"LSTM: 2 settings.*\(1,\)"):
        by_setting([0.0, 1.0], [Line("LSTM", [0.1], 0)], "temperature", "shares")


@pytest.mark.parametrize(
    "make",
    [_runs,
     lambda: gradients(TOKENS, [Line("RNN", [0.1, 0.2, 0.4], 2)], [Line("at most", [9.0, 3.0, 0.4], 2, "dot")]),
     lambda: by_setting([0.0, 1.0], [Line("LSTM", [0.1, 0.9], 0)], "temperature", "shares")],
)  # fmt: skip
def test_figures_are_valid_and_equal_input_gives_equal_figures(make):
    assert make().to_json() == make().to_json()
    go.Figure(json.loads(make().to_json()))
