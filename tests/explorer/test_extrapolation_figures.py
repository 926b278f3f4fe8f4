"""Perplexity beyond the trained length, as it is drawn."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer import style
from explorer.figures.extrapolation import by_length, by_place
from explorer.figures.training import Line

LENGTHS = (16, 64, 256)


def lines(figure):
    """Those with points; the others lead to a name."""
    go.Figure(figure.to_dict())  # plotly's own checks
    return [trace for trace in figure.data if trace.mode == "lines+markers"]


def names(figure):
    return [one.text for one in figure.layout.annotations[1:]]


def test_lines_are_drawn_over_the_length_with_a_mark_at_the_trained_one():
    figure = by_length(LENGTHS, [Line("A", [150.0, 140.0, 145.0], 0), Line("<b>", [170.0, 160.0, 200.0], 3)], 64)
    for trace, wanted, category in zip(lines(figure), ([150, 140, 145], [170, 160, 200]), (0, 3), strict=True):
        assert list(trace.x) == list(LENGTHS)
        assert list(trace.y) == wanted
        assert trace.line.color == trace.marker.color == style.CATEGORIES[category]
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")
    [mark] = figure.layout.shapes
    assert mark.x0 == mark.x1 == 64
    assert figure.layout.annotations[0].text == "trained on 64"
    assert figure.layout.annotations[0].x == pytest.approx(math.log10(64))
    assert names(figure) == ["A", "&lt;b&gt;"]
    low, high = figure.layout.yaxis.range
    assert 10**low < 140
    assert 10**high > 200


def test_what_explodes_leaves_the_figure_and_squashes_nobody():
    figure = by_length(LENGTHS, [Line("calm", [150.0, 140.0, 145.0], 0), Line("wild", [150.0, 140.0, 9e6], 1)], 64)
    assert figure.layout.yaxis.range[1] < math.log10(140 * 6)
    assert names(figure) == ["calm", "wild ↑ 9,000,000"]
    assert list(lines(figure)[1].y) == [150, 140, 9e6]  # the true numbers all the same
    heights = [one.y for one in figure.layout.annotations[1:]]
    assert all(figure.layout.yaxis.range[0] <= height <= figure.layout.yaxis.range[1] for height in heights)


def test_names_do_not_lie_upon_each_other():
    figure = by_length(LENGTHS, [Line(str(i), [150.0, 140.0, 145.0 + i / 100], i) for i in range(6)], 64)
    low, high = figure.layout.yaxis.range
    heights = np.array([one.y for one in figure.layout.annotations[1:]])
    assert (np.diff(heights) > 0.07 * (high - low)).all()


def test_each_group_of_places_stands_in_its_middle():
    figure = by_place((0, 16, 64, 128), [Line("A", [300.0, 150.0, 160.0], 0)], 64)
    [trace] = lines(figure)
    np.testing.assert_allclose(trace.x, [4, math.sqrt(17 * 64), math.sqrt(65 * 128)])
    assert trace.x[1] < figure.layout.shapes[0].x0 < trace.x[2]
    assert list(trace.hovertext) == ["places 0 to 15", "places 16 to 63", "places 64 to 127"]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="A: 3 points"):
        by_length(LENGTHS, [Line("A", [1.0, 2.0], 0)], 64)
    with pytest.raises(ValueError, match="A: 2 points"):
        by_place((0, 16, 64), [Line("A", [1.0, 2.0, 3.0], 0)], 64)


@pytest.mark.parametrize("value", [1.0, 3.7, 99_999.0])
def test_equal_numbers_are_a_figure_too(value):
    figure = by_length(LENGTHS, [Line("A", [value] * 3, 0)], 64)
    assert len(figure.layout.yaxis.tickvals) >= 1
    assert len(lines(figure)) == 1
