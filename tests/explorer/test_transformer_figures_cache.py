"""The figure of keys and values: what is given is drawn, what is new is framed, what does not fit is refused."""

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer import style
from explorer.figures.cached import kept_bytes, kept_rows
from explorer.figures.costs import Line


def checked(figure):
    """The figure, which passes plotly's own checks."""
    go.Figure(figure.to_dict())
    return figure


def test_keys_weights_and_values_with_the_new_row_framed():
    random = np.random.default_rng(1)
    k, v, w = random.normal(size=(3, 4)), random.normal(size=(3, 2)), np.array([0.5, 0.25, 0.25])
    figure = checked(kept_rows(["<s>", "a", "$b$"], k, w, v))
    keys, weights, values = figure.data
    np.testing.assert_allclose(keys.z, k, rtol=1e-6)
    np.testing.assert_allclose(weights.z, w[:, None])
    np.testing.assert_allclose(values.z, v, rtol=1e-6)
    assert keys.zmax == -keys.zmin == pytest.approx(np.abs(k).max())
    frames = figure.layout.shapes
    assert [(frame.y0, frame.y1) for frame in frames] == [(1.5, 2.5), (-0.5, 2.5), (1.5, 2.5)]
    assert [(frame.x0, frame.x1) for frame in frames] == [(-0.5, 3.5), (-0.5, 0.5), (-0.5, 1.5)]
    assert {frame.line.color for frame in frames} == {style.DECIDES}
    assert list(figure.layout.yaxis.ticktext) == ["&#36;b&#36;", "a", "&lt;s&gt;"]
    assert figure.layout.annotations[0].text == "keys"


def test_one_token_and_many():
    checked(kept_rows(["a"], np.zeros((1, 4)), np.ones(1), np.zeros((1, 4))))
    figure = checked(kept_rows(["w"] * 64, np.ones((64, 4)), np.ones(64), np.ones((64, 4))))
    assert len(figure.layout.yaxis.ticktext) <= 24
    assert figure.layout.yaxis.tickvals[0] == 63
    with pytest.raises(ValueError, match="2 tokens"):
        kept_rows(["a", "b"], np.zeros((2, 4)), np.ones(1), np.zeros((2, 4)))


def test_measured_bytes_are_rings_beside_the_lines():
    lines = [Line("a", 0, (1, 10), (100.0, 1000.0), "")]
    assert len(checked(kept_bytes(lines, (1, 10))).data) == 2
    rings = checked(kept_bytes(lines, (1, 10), [(5, 500.0), (10, 990.0)])).data[-1]
    assert (list(rings.x), list(rings.y)) == ([5, 10], [500, 990])
    assert rings.mode == "markers"
