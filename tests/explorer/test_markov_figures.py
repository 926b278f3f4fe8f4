import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.figures.markov import MOST_IN_GRAPH, mixing, transition_table


def test_mixing_marks_the_step_that_is_looked_at():
    figure = mixing([1.0, 0.5, 0.25, 0.125], 2, 0.3)
    threshold, line, mark = figure.data
    assert list(threshold.y) == pytest.approx([0.3, 0.3])
    assert list(line.y) == pytest.approx([1.0, 0.5, 0.25, 0.125])
    assert (list(mark.x), list(mark.y), mark.text[0]) == ([2.0], [0.25], "k = 2: 0.250")
    assert figure.layout.xaxis.title.text == "steps k"
    assert "distance" in figure.layout.yaxis.title.text
    go.Figure(figure.to_dict())


def test_the_label_of_a_late_step_stands_to_its_left():
    assert mixing(np.zeros(31), 30, 0.25).data[2].textposition == "top left"
    assert mixing(np.zeros(31), 0, 0.25).data[2].textposition == "top right"


def test_a_step_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"step 4.*\(4,\)"):
        mixing([1.0, 0.5, 0.25, 0.125], 4, 0.25)
    with pytest.raises(ValueError, match="shape"):
        mixing([[1.0]], 0, 0.25)


def test_numbers_stand_in_the_cells_while_there_is_room():
    small, large = (
        transition_table([f"s{i}" for i in range(size)], np.full((size, size), 1 / size))
        for size in (MOST_IN_GRAPH, MOST_IN_GRAPH + 1)
    )
    assert small.data[0].texttemplate == "%{z:.3f}"
    assert not large.data[0].texttemplate
    go.Figure(small.to_dict())


def test_long_names_of_columns_stand_upright():
    long = ["a rather long name", "another rather long name"]
    assert transition_table(long, np.full((2, 2), 0.5)).layout.xaxis.tickangle == -90
    assert transition_table(["a", "b"], np.full((2, 2), 0.5)).layout.xaxis.tickangle == 0
