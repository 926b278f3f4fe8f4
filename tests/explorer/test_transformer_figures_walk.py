import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.figures.transformer_walk import full_colour, named, running_terms, station_map


def checked(figure):
    """Plotly's own checks, which the app leaves out."""
    go.Figure(figure.to_dict())
    return figure


ROWS = ["0 <s>", "1 $a$", "2 incomprehensibilities"]


def test_a_vectors_numbers_are_counted_from_1_and_one_is_framed():
    values = np.arange(600, dtype=np.float32).reshape(3, 200) - 300
    figure = checked(station_map(ROWS, values, (1, 41)))
    [heat] = figure.data
    np.testing.assert_array_equal(heat.z, values)
    assert (heat.x[0], heat.x[-1]) == (1, 200)
    assert list(heat.y) == ["0 &lt;s&gt;", "1 &#36;a&#36;", "2 incomprehen…"]
    assert heat.zmin == -heat.zmax
    assert heat.texttemplate is None
    [frame] = figure.layout.shapes
    assert frame.x0 < 42 < frame.x1
    assert (frame.y0, frame.y1) == (0.5, 1.5)


def test_small_tables_have_their_numbers_written():
    values = np.array([[1, np.nan, np.nan], [0.5, 0.5, np.nan], [0.1, 0.2, 0.7]])
    figure = checked(station_map(ROWS, values, (2, 0), columns=ROWS, most=1.0))
    [heat] = figure.data
    assert heat.texttemplate
    assert (heat.zmin, heat.zmax) == (0, 1)  # shares have one colour
    assert list(figure.layout.xaxis.ticktext) == ["0", "1", "2"]
    assert checked(station_map(ROWS, values[:, :2], (2, 0), columns=["a", "b"])).data[0].x == ("a", "b")


def test_tables_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="3 rows"):
        station_map(ROWS, np.zeros((2, 5)), (0, 0))
    with pytest.raises(ValueError, match="3 rows"):
        station_map(ROWS, np.zeros((3, 5)), (0, 0), columns=["a", "b"])


def test_a_few_extremes_do_not_pale_all_others():
    values = np.ones((1, 1000), dtype=np.float32)
    values[0, 7] = -5000
    assert full_colour(values) == 1
    assert full_colour(np.zeros((1, 5))) == 1
    assert full_colour(np.full((1, 3), np.nan)) == 1
    sparse = np.zeros((1, 1000))
    sparse[0, 3] = 2.0
    assert full_colour(sparse) == 2
    assert full_colour(np.vstack([np.full(9, 80.0), np.full(9, -3.0)])) == 3  # the start token's row


def test_names_are_cut_before_they_are_escaped():
    assert named("<" * 20) == "&lt;" * 13 + "…"
    assert named("12 short") == "12 short"


def test_terms_end_with_their_sum():
    figure = checked(running_terms(["1: a", "<b>", "bias"], [2.0, -0.5, 0.25], marked=1))
    [bars] = figure.data
    assert bars.measure == ("relative", "relative", "relative", "total")
    assert bars.text == ("+2", "−0.5", "+0.25", "1.75")
    assert list(figure.layout.yaxis.ticktext) == ["1: a", "<b>&lt;b&gt;</b>", "bias", "sum"]
    low, high = figure.layout.xaxis.range
    assert low < 0
    assert high > 2
    with pytest.raises(ValueError, match="2 names"):
        running_terms(["a", "b"], [1.0])
