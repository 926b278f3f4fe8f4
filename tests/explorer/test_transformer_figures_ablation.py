"""The figures of what is taken out: what is given is drawn, what does not fit is refused."""

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.figures.ablation import distances, paired_bars


def checked(figure):
    """The figure, which passes plotly's own checks."""
    go.Figure(figure.to_dict())
    return figure


def test_each_token_has_two_bars_and_all_others_one_more_pair():
    figure = checked(paired_bars(["<b>", "b"], [0.5, 0.25, 0.25], [0.125, 0.25, 0.625], 1234, ("before", "after")))
    first, second, numbers = figure.data
    assert list(first.x) == [0.5, 0.25, 0.25]
    assert list(second.x) == [0.125, 0.25, 0.625]
    assert all(one < other for one, other in zip(first.y, second.y, strict=True))
    assert list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;", "b", "1,234 others"]
    assert [text.strip() for text in numbers.text] == ["50.0 % → 12.5 %", "25.0 % → 25.0 %", "25.0 % → 62.5 %"]
    assert "before 0.5<br>after 0.125" in first.hovertext[0]


def test_without_a_change_there_is_one_bar():
    figure = checked(paired_bars(["a"], [0.75, 0.25], None, 9, ("before", "after")))
    assert len(figure.data) == 2
    assert list(figure.data[1].text) == ["\u200975.0 %", "\u200925.0 %"]
    assert not figure.layout.showlegend


@pytest.mark.parametrize(("before", "after"), [([0.5], None), ([0.5, 0.5], [1.0])])
def test_numbers_that_do_not_fit_are_refused(before, after):
    with pytest.raises(ValueError, match="1 tokens"):
        paired_bars(["a"], before, after, 3, ("before", "after"))


def test_a_line_for_each_place():
    figure = checked(distances([("<i>", np.array([0.0, 0.5])), ("two", np.array([1.0, 0.25]))]))
    assert [list(line.y) for line in figure.data] == [[0.0, 0.5], [1.0, 0.25]]
    assert [line.name for line in figure.data] == ["&lt;i&gt;", "two"]
