"""The figures of the pages on neural models: what is given is drawn, what does not fit is refused."""

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer import style
from explorer.figures import positions
from explorer.figures.feedforward import by_context
from explorer.figures.losses import token_losses
from explorer.figures.positions_embeddings import lengths
from explorer.figures.recurrent import remembering, state_map, trajectory, unit_bars
from explorer.figures.training_live import live_curves


def checked(figure):
    """The figure, which passes plotly's own checks."""
    go.Figure(figure.to_dict())
    return figure


def test_losses_stand_side_by_side_and_names_are_text():
    figure = checked(token_losses(["a", "<b>"], [("one", "#000000", [1.0, 2.0]), ("$two$", "#FF0000", [3.0, 4.0])]))
    assert [list(bars.y) for bars in figure.data] == [[1, 2], [3, 4]]
    assert list(figure.layout.xaxis.ticktext) == ["a", "&lt;b&gt;"]
    assert figure.data[1].name == "&#36;two&#36;"
    with pytest.raises(ValueError, match="2 tokens"):
        token_losses(["a", "b"], [("one", "#000000", [1.0])])


def test_of_a_long_text_every_few_tokens_are_named():
    figure = checked(token_losses(["w"] * 100, [("one", "#000000", [1.0] * 100)]))
    assert len(figure.data[0].y) == 100
    assert len(figure.layout.xaxis.ticktext) == 34


def test_lines_by_context_and_levels_beside_them():
    figure = checked(by_context([("a", "#000000", [2, 4, 8], [3.0, 2.0, 1.0])], "perplexity", levels=[("LSTM", 0.5)]))
    assert list(figure.data[0].x) == [2, 4, 8]
    assert list(figure.data[1].y) == [0.5, 0.5]
    with pytest.raises(ValueError, match="3 contexts"):
        by_context([("a", "#000000", [2, 4, 8], [3.0])], "perplexity")


def test_a_state_map_has_a_row_for_each_unit():
    h = np.array([[0.5, -1.0], [0.25, 0.0], [0.0, 2.0]])
    heat = checked(state_map(["x", "y", "z"], h)).data[0]
    np.testing.assert_allclose(heat.z, h.T)
    assert (heat.zmin, heat.zmax) == (-2, 2)
    with pytest.raises(ValueError, match="2 tokens"):
        state_map(["x", "y"], h)


def test_units_are_coloured_by_sign_and_the_chosen_one_is_framed():
    bars = checked(unit_bars([4, 7], [0.5, -0.25], 7)).data[0]
    assert list(bars.marker.color) == [style.PROBABILITY, style.SURPRISAL]
    assert list(bars.marker.line.width) == [0, 4]
    assert list(bars.hovertext) == ["unit 5", "unit 8"]
    with pytest.raises(ValueError, match="2 units"):
        unit_bars([4, 7], [0.5], 7)


def test_a_path_is_shown_up_to_a_step_on_a_plane_that_stays():
    points = np.array([[0.0, 0.0], [1.0, 2.0], [4.0, -1.0]])
    part, whole = (checked(trajectory(["a", "b", "c"], points, shown)) for shown in (2, 3))
    assert list(part.data[1].hovertext) == ["a", "b"]
    assert part.layout.xaxis.range == whole.layout.xaxis.range
    assert part.data[1].marker.color[-1] == whole.data[1].marker.color[-1] == style.DECIDES
    with pytest.raises(ValueError, match="3 tokens"):
        trajectory(["a", "b", "c"], points[:2], 2)


def test_what_is_remembered_is_drawn_for_each_network():
    figure = checked(remembering({"LSTM": [0.9, 0.5], "RNN": [0.8, 0.4]}, [0.2, 0.2]))
    assert [line.name for line in figure.data] == ["LSTM", "RNN", "most frequent"]
    assert [float(line.y[1]) for line in figure.data] == pytest.approx([0.5, 0.4, 0.2])
    with pytest.raises(ValueError, match="2 steps"):
        remembering({"LSTM": [0.9]}, [0.2, 0.2])


def test_curves_of_a_training_leave_out_what_is_not_known_yet():
    figure = checked(live_curves([0.0, 0.5, 1.0], [np.nan, 2.0, 1.0], [np.nan, np.nan, 1.5]))
    assert [line.name for line in figure.data[:2]] == ["learned: 1.000", "held out: 1.500"]
    assert figure.layout.yaxis.range[1] == pytest.approx(2.1)
    np.testing.assert_allclose(np.exp(figure.layout.yaxis2.tickvals), [1, 2, 3, 5])
    checked(live_curves([0.0], [np.nan], [np.nan]))
    with pytest.raises(ValueError, match="learned"):
        live_curves([0.0], [], [np.nan])


def test_names_on_a_path_do_not_cover_each_other():
    points = np.array([[0.0, 0.0], [0.001, 0.001], [1.0, 1.0]])
    assert list(checked(trajectory(["a", "b", "c"], points, 3)).data[1].text) == ["", "b", "c"]


def test_codes_of_positions_are_drawn_as_they_are():
    table = np.array([[0.0, 1.0], [0.8, 0.5], [0.9, -0.4]])
    np.testing.assert_allclose(checked(positions.code_map(table)).data[0].z, table.T)
    drawn = checked(positions.waves(table, [0, 1], [6.28, 6280.0]))
    assert [line.name for line in drawn.data] == ["i = 0: 6.3 positions", "i = 1: 6,280 positions"]
    products = checked(positions.by_offset([(1, table @ table[1])], "product")).data[0]
    assert list(products.x) == [-1, 0, 1]
    np.testing.assert_allclose(products.y, table @ table[1], rtol=1e-6)
    hand = checked(positions.clocks([1.0, 0.1], 2, 3)).data[2]
    np.testing.assert_allclose([hand.x[1], hand.y[1]], [np.sin(2), np.cos(2)], rtol=1e-6)
    bars = checked(positions.differences([("a", None, 0.5), ("b", 0.25, 0.5)])).data
    assert list(bars[0].text) == ["causal form", "0.25"]
    assert list(bars[0].x) == [0, 0.25]
    with pytest.raises(ValueError, match="2 dimensions"):
        positions.waves(table, [0, 1], [6.28])
    with pytest.raises(ValueError, match="positions and dimensions"):
        positions.code_map(table[0])


def test_every_two_positions_are_drawn_as_a_square():
    table = np.array([[4.0, -1.0], [-1.0, 2.0]])
    figure = checked(positions.alike(table, "PE(t) · PE(s)"))
    np.testing.assert_allclose(figure.data[0].z, table)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-4, 4)
    assert figure.layout.yaxis.scaleanchor == "x"
    with pytest.raises(ValueError, match="square"):
        positions.alike(table[:1], "PE(t) · PE(s)")


def test_a_line_stands_after_the_positions_that_training_used():
    table = np.zeros((5, 2))
    [line] = checked(positions.code_map(table, used=3)).layout.shapes
    assert line.x0 == line.x1 == 2.5
    assert not checked(positions.code_map(table, used=5)).layout.shapes
    assert not checked(positions.code_map(table)).layout.shapes


def test_lengths_of_words_and_codes_stand_side_by_side():
    parts = [("e", np.array([1.0, 2.0])), ("p", np.array([3.0, 700.0]))]
    figure = checked(lengths(["a", "<b>"], 4, parts))
    np.testing.assert_allclose([bar.y for bar in figure.data], [values for _, values in parts])
    assert list(figure.layout.xaxis.ticktext) == ["a", "&lt;b&gt;"]
    assert figure.data[1].hovertext[1] == "<b>&lt;b&gt;</b> at place 5"
    assert figure.data[0].texttemplate == "%{y:,.0f}"
    assert checked(lengths(["a"] * 9, 0, [("e", np.ones(9))])).data[0].texttemplate == ""
    checked(lengths([], 0, [("e", [])]))
    with pytest.raises(ValueError, match="2 tokens"):
        lengths(["a", "b"], 0, [("e", np.ones(3))])


def test_rows_of_attention_stand_side_by_side():
    near, far = np.array([[0.2, 0.8], [0.5, 0.5]]), np.array([[0.3, 0.7], [1.0, 0.0]])
    bars = checked(positions.rows_of_attention(["a", "b"], near, far, (1, 500))).data
    np.testing.assert_allclose([bar.y for bar in bars], [near[0], far[0], near[1], far[1]])
    assert [bar.xaxis for bar in bars] == ["x", "x", "x2", "x2"]
    with pytest.raises(ValueError, match="2 tokens"):
        positions.rows_of_attention(["a", "b"], near[:, :1], far, (1, 500))
