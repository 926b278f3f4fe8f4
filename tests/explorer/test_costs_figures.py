import math
from itertools import pairwise

import plotly.graph_objects as go
import pytest

from explorer import style
from explorer.figures.costs import Line, power_laws

TICKS = (128, 256, 512)
LSTM = Line("LSTM", 0, TICKS, (1e-3, 2e-3, 4e-3), "1.0")
GRU = Line("GRU", 1, TICKS[:2], (2e-3, 4e-3), "")


def drawn(lines, unit="seconds"):
    figure = power_laws(lines, TICKS, "T, tokens", "T", "time", unit)
    go.Figure(figure.to_dict())
    return figure


def test_each_family_has_a_line_in_its_colour_and_its_exponent_beside_its_name():
    figure = drawn([LSTM, GRU])
    lines = [trace for trace in figure.data if "markers" in trace.mode]
    assert [list(line.y) for line in lines] == [list(LSTM.y), list(GRU.y)]
    assert [line.line.color for line in lines] == list(style.CATEGORIES[:2])
    assert len({line.marker.symbol for line in lines}) == 2
    assert [label.text for label in figure.layout.annotations] == ["LSTM  T<sup>1.0</sup>", "GRU"]


def test_names_stand_apart_where_lines_end_together():
    figure = drawn([LSTM, GRU, Line("RNN", 2, TICKS, (1e-3, 2e-3, 4.01e-3), "1.0")])
    low, high = figure.layout.yaxis.range
    heights = sorted(label.y for label in figure.layout.annotations)
    assert all(above - below > 0.07 * (high - low) for below, above in pairwise(heights))
    assert low < heights[0] < heights[-1] < high


@pytest.mark.parametrize(("unit", "said"), [("seconds", "1 ms"), ("bytes", "1 kB")])
def test_axes_say_their_units_and_do_not_move_sideways(unit, said):
    for lines in ([], [Line("LSTM", 0, TICKS[:1], (1e-3 if unit == "seconds" else 1e3,), "")]):
        figure = drawn(lines, unit)
        assert said in figure.layout.yaxis.ticktext
        assert list(figure.layout.xaxis.tickvals) == list(TICKS)
        assert figure.layout.xaxis.range[0] < math.log10(128)
        assert figure.layout.xaxis.range[1] > math.log10(512)


def test_numbers_without_a_logarithm_are_refused():
    for y in [(0.0, 1.0, 2.0), (1.0, 2.0), ()]:
        with pytest.raises(ValueError, match="n-gram: 3 sizes need as many numbers over 0"):
            drawn([Line("n-gram", 3, TICKS, y, "")])
