import base64
import math

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.components.word_frames import encoded
from explorer.figures.word2vec import steps_curve, training_curves, words_plane


def test_the_curve_of_steps_has_what_knows_nothing_beside_it():
    figure = steps_curve([0, 10, 500], [2.1, 1.9, 1.5], negatives=2)
    nothing, line, end = figure.data
    assert list(nothing.y) == pytest.approx([3 * math.log(2)] * 2)
    assert list(line.x) == [0, 10, 500]
    assert list(line.y) == pytest.approx([2.1, 1.9, 1.5])
    assert (end.x[0], end.text[0]) == (500, "1.500")
    assert figure.layout.annotations[0].text == "all σ = ½: 2.08"
    assert figure.layout.yaxis.title.text == "loss, nats a pair"
    go.Figure(figure.to_dict())


def test_before_the_first_step_there_is_room_for_some():
    figure = steps_curve([0], [2.1], negatives=5)
    assert figure.layout.xaxis.range[1] >= 20
    assert figure.layout.yaxis.range[1] > 6 * math.log(2)


def test_the_curves_of_a_training_are_named_at_their_ends():
    figure = training_curves([0, 1, 2], [3.0, 2.0, 1.0], [math.nan, 2.5, 2.0], "nats a pair")
    held, held_end, learned, learned_end = figure.data
    assert (held.name, learned.name) == ("held out", "learned")
    assert held.line.dash != learned.line.dash
    assert (held_end.text[0].strip(), learned_end.text[0].strip()) == ("held out 2.000", "learned 1.000")
    assert figure.layout.yaxis.title.text == "loss, nats a pair"
    assert figure.layout.yaxis.range[1] > 3
    go.Figure(figure.to_dict())


def test_names_that_would_lie_upon_each_other_stand_apart():
    close = training_curves([0, 1], [3.0, 1.0], [3.0, 1.01], "nats")
    sides = {part.text[0].split()[0]: part.textposition for part in close.data if part.text}
    assert sides == {"held": "top right", "learned": "bottom right"}
    far = training_curves([0, 1], [3.0, 1.0], [3.0, 2.0], "nats")
    assert {part.textposition for part in far.data if part.text} == {"middle right"}


def test_a_training_that_has_told_nothing_is_an_empty_figure():
    figure = training_curves([0], [math.nan], [math.nan], "nats")
    assert [part.mode for part in figure.data] == ["lines", "lines"]
    go.Figure(figure.to_dict())


def test_losses_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        steps_curve([0, 1, 2], [1.0, 2.0], negatives=1)


def test_words_on_a_plane_are_text():
    figure = words_plane(["<b>", "$x$"], [[0, 1], [2, 3]], "plane", [[4, 5], [6, 7]])
    targets, contexts = figure.data
    assert list(targets.text) == ["&lt;b&gt;", "&#36;x&#36;"]
    assert list(targets.y) == [1, 3]
    assert list(contexts.x) == [4, 6]
    assert targets.marker.symbol != contexts.marker.symbol
    assert figure.layout.yaxis.scaleanchor == "x"
    go.Figure(figure.to_dict())
    with pytest.raises(ValueError, match=r"\(2, 2\), not \(1, 2\)"):
        words_plane(["a", "b"], [[0, 1]], "plane")
    with pytest.raises(ValueError, match="contexts"):
        words_plane(["a"], [[0, 1]], "plane", [[0, 1], [2, 3]])


def test_frames_are_small_whole_numbers_each_by_its_own_scale():
    planes = [np.array([[0.5, -1.0], [0.25, 0.0]]), np.array([[40.0, 0.0], [0.0, -20.0]]), np.zeros((2, 2))]
    numbers = np.frombuffer(base64.b64decode(encoded(planes)), dtype="<i2").reshape(3, 2, 2)
    for plane, found in zip(planes, numbers, strict=True):
        scale = np.abs(plane).max() or 1
        np.testing.assert_allclose(found / 32_767, plane / scale, atol=2e-5)
    assert encoded([]) == ""
