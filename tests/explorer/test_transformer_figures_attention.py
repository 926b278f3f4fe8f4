"""The attention map: what is given is drawn, what does not fit is refused."""

import base64

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer import style
from explorer.components.attention_heads import _bytes
from explorer.figures.attention import attention_map


def checked(figure):
    """The figure, which passes plotly's own checks."""
    go.Figure(figure.to_dict())
    return figure


def test_rows_read_and_columns_are_looked_at():
    weights = np.array([[1.0, 0.0], [0.25, 0.75]])
    figure = checked(attention_map(["<b>", "$two$"], weights, 1, weights=True))
    (heat,) = figure.data
    np.testing.assert_allclose(heat.z, weights)
    assert (heat.zmin, heat.zmax) == (0, 1)
    assert heat.hovertext[1][0] == "“&#36;two&#36;” (1) at “&lt;b&gt;” (0): 0.2500"
    assert list(figure.layout.xaxis.ticktext) == list(figure.layout.yaxis.ticktext) == ["&lt;b&gt;", "&#36;two&#36;"]
    assert figure.layout.yaxis.autorange == "reversed"
    (frame,) = figure.layout.shapes
    assert (frame.y0, frame.y1, frame.x0, frame.x1) == (0.5, 1.5, -0.5, 1.5)


def test_scores_have_two_colours_around_zero_and_masked_cells_are_blank():
    figure = checked(attention_map(["a", "b"], [[-3.0, -np.inf], [1.0, 2.0]], 0, weights=False))
    (heat,) = figure.data
    assert (heat.zmin, heat.zmax) == (-3, 3)
    assert [list(stop) for stop in heat.colorscale] == style.SIGNED
    assert np.isnan(heat.z).tolist() == [[False, True], [False, False]]
    assert heat.hoverongaps is False


def test_numbers_stand_in_few_cells_only_and_of_many_tokens_some_are_named():
    few, many = (attention_map(["w"] * n, np.tri(n), 0, weights=True) for n in (12, 64))
    assert few.data[0].text[2][1:4] == ["1.00", "1.00", ""]
    assert many.data[0].text is None
    assert [figure.data[0].showscale for figure in (few, many)] == [False, True]
    assert len(few.layout.xaxis.ticktext) == 12
    assert len(many.layout.yaxis.ticktext) == 22
    assert len(many.layout.xaxis.ticktext) == 16
    assert many.layout.height <= 650
    with pytest.raises(ValueError, match="3 tokens"):
        attention_map(["a", "b", "c"], np.tri(2), 0, weights=True)


def test_small_maps_are_sent_as_bytes():
    sent = np.frombuffer(base64.b64decode(_bytes(np.array([[1.0, -0.5], [-np.inf, 0.0]]))), dtype=np.int8)
    assert sent.tolist() == [127, -64, -128, 0]
