import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.figures.one_hot import dense, one_hot


def test_dense_rows_are_coloured_around_zero():
    figure = dense(["a", "<b>", "c"], [[0.5, -2.0], [np.nan, np.nan], [1.0, 0.0]])
    [heat] = figure.data
    assert (heat.zmin, heat.zmax) == (-2.0, 2.0)
    assert heat.colorscale[1][0] == 0.5
    assert np.array_equal(heat.z, np.array([[0.5, -2], [np.nan, np.nan], [1, 0]], dtype=np.float32), equal_nan=True)
    assert list(figure.layout.yaxis.ticktext) == ["a", "&lt;b&gt;", "c"]
    go.Figure(figure.to_dict())


def test_rows_of_nothing_are_drawn_all_the_same():
    figure = dense(["a"], [[np.nan, np.nan]])
    assert figure.data[0].zmax > 0
    go.Figure(figure.to_dict())


def test_wrong_shapes_are_quoted():
    with pytest.raises(ValueError, match=r"2 words.*\(1, 2\)"):
        dense(["a", "b"], [[1.0, 2.0]])


def test_one_hot_and_dense_rows_stand_at_the_same_height():
    words = ["a", "b", "c"]
    one, other = one_hot(words, [0, 1, 2], 9), dense(words, np.ones((3, 4)))
    assert one.layout.height == other.layout.height
    assert (one.layout.xaxis.title.text, other.layout.xaxis.title.text) == (
        "number of the word in the vocabulary",
        "dimension",
    )
