import json

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.figures import made
from explorer.figures.next_token import next_token_bars
from explorer.figures.sentence import sentence_factors
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
    assert figure.layout.yaxis.ticktext[-1].startswith("all other")
    assert "97 tokens" in figure.layout.yaxis.ticktext[-1]
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


def test_plotly_accepts_every_figure():
    """`made` skips plotly's own checks; here they are made."""
    bars = [
        next_token_bars(**BARS | {"log": log, "after": after}) for log in (True, False) for after in (None, [0, 1, 0])
    ]
    factors = sentence_factors(["a", "b"], [-1.0, -2.0], [1], unit="ln", lowest=-2, lowest_sum=-3)
    for figure in [*bars, factors]:
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
