import numpy as np
import plotly.graph_objects as go
import pytest

from explorer import style
from explorer.figures.accuracy import accuracy_bars, judged_pairs
from explorer.figures.space import label_sides, parallelogram, relation_arrows, word_cloud

INPUTS, ANSWERS = ("king", "man", "woman"), ("queen", "<b>$x$</b>")
POINTS = np.array([[2, 0], [0, 0], [0, 1], [2.1, 1.1], [3, 3]], dtype=np.float32)


def drawn(figure):
    """The figure, after plotly has checked it, which we skip when we draw."""
    go.Figure(figure.to_dict())
    return figure


def traces(figure, mode):
    return [trace for trace in figure.data if trace.type != "cone" and trace.mode == mode]


@pytest.mark.parametrize("axes", [2, 3])
def test_the_arrows_of_an_analogy_are_equal(axes):
    points = np.pad(POINTS, ((0, 0), (0, axes - 2)))
    target = points[0] - points[1] + points[2]
    figure = drawn(parallelogram(INPUTS, ANSWERS, points, target, [0.5, 0.25, 0.1][:axes]))
    kind = "lines+markers" if axes == 2 else "lines"
    arrows = [trace for trace in traces(figure, kind) if trace.line.dash != "dot"]
    starts, ends = ([[trace[axis][i] for axis in "xyz"[:axes]] for trace in arrows] for i in (0, 1))
    np.testing.assert_allclose(starts, points[[1, 2]])
    np.testing.assert_allclose(ends, [points[0], target])
    [dots] = traces(figure, "markers+text")
    assert list(dots.text) == ["king", "man", "woman", "queen", "&lt;b&gt;&#36;x&#36;&lt;/b&gt;", "king − man + woman"]
    assert dots.marker.color[3] == style.CATEGORIES[2] != dots.marker.color[4]


def test_axes_say_how_much_they_show_and_are_equally_long():
    figure = drawn(parallelogram(INPUTS, ANSWERS, POINTS, [2, 1], [0.5, 0.25]))
    assert figure.layout.xaxis.title.text == "principal axis 1, 50.0 % of the variance"
    assert figure.layout.yaxis.title.text == "principal axis 2, 25.0 % of the variance"
    assert figure.layout.yaxis.scaleanchor == "x"


def test_arrows_of_a_relation_go_from_the_second_word_to_the_first():
    pairs = [("paris", "france"), ("rome", "italy")]
    starts, ends = [[0, 0], [1, 0]], [[0, 2], [1, 3]]
    figure = drawn(relation_arrows(pairs, starts, ends, [0.5, 0.2]))
    arrows = traces(figure, "lines+markers")
    assert [list(arrow.x) for arrow in arrows] == [[0, 0], [1, 1]]
    assert [list(arrow.y) for arrow in arrows] == [[0, 2], [0, 3]]
    assert list(traces(figure, "markers+text")[0].text) == ["france", "italy", "paris", "rome"]
    together = traces(drawn(relation_arrows(pairs, starts, ends, [0.5, 0.2], together=True)), "lines+markers")
    assert [(arrow.x[0], arrow.y[0], arrow.x[1], arrow.y[1]) for arrow in together] == [(0, 0, 0, 2), (0, 0, 0, 3)]


def test_arrows_in_space_have_cones_as_heads():
    figure = drawn(relation_arrows([("a", "b")], [[0, 0, 0]], [[0, 0, 2]], [0.5, 0.2, 0.1]))
    [cone] = [trace for trace in figure.data if trace.type == "cone"]
    assert (cone.z[0], cone.w[0], cone.u[0]) == (2, 1, 0)


def boxes(points, labels, sides):
    """The rectangles that labels take, by the sizes that are assumed."""
    places = np.array(points, dtype=float)
    low, size = places.min(0), np.ptp(places, axis=0)
    scale = min(np.array([440, 320]) / np.maximum(size, 1e-9))
    shift = {"middle right": (0.5, 0), "middle left": (-0.5, 0), "top center": (0, 0.5), "bottom center": (0, -0.5)}
    found = []
    for (x, y), label, side in zip((places - low) * scale, labels, sides):
        wide, (right, up) = 8 * len(label), shift[side]
        found.append((x + right * (wide + 20), y + up * 34, wide, 20))
    return found


def overlaps(found):
    return sum(
        abs(a[0] - b[0]) < (a[2] + b[2]) / 2 and abs(a[1] - b[1]) < 20 for i, a in enumerate(found) for b in found[:i]
    )


def test_labels_keep_out_of_each_others_way():
    points = [[0, 0], [10, 0], [10.1, 0.4], [10.2, -0.4], [20, 20]]
    labels = ["origin", "crowded", "close by", "near too", "far"]
    sides = label_sides(points, labels)
    assert overlaps(boxes(points, labels, sides)) < overlaps(boxes(points, labels, ["middle right"] * 5))
    assert label_sides([[0, 0], [1, 0]], ["a", "b"], [[[0, 0], [1, 0]]])[0] != "middle right"


def test_a_cloud_is_drawn_by_the_graphics_card_and_names_the_first():
    figure = drawn(word_cloud([f"w{i}" for i in range(100)], np.random.default_rng(0).normal(size=(100, 2))))
    assert figure.data[0].type == "scattergl"
    assert len(figure.data[0].x) == 100
    assert list(figure.data[1].text) == [f"w{i}" for i in range(40)]


def test_bars_of_accuracy():
    figure = drawn(accuracy_bars(["all", "none"], [200, 0], [[0.5, np.nan], [0.25, np.nan]], ["3CosAdd", "3CosMul"]))
    assert [trace.name for trace in figure.data] == ["3CosAdd", "3CosMul"]
    assert figure.data[0].x[0] == 0.5
    assert list(figure.data[1].text) == ["25.0 %", ""]
    assert list(figure.layout.yaxis.ticktext) == ["all  200", "none  0"]
    assert figure.layout.xaxis.title.text == "answered right"


def test_judged_pairs_are_points():
    figure = drawn(judged_pairs([("a", "b"), ("<c>", "d")], [1, 2], [0.1, 0.2]))
    assert list(figure.data[0].text) == ["a, b", "&lt;c&gt;, d"]
    assert list(figure.data[0].x) == [1, 2]
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        "similarity as people judge it",
        "cosine",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: parallelogram(INPUTS, ANSWERS, POINTS[:4], [2, 1], [0.5, 0.2]),
        lambda: parallelogram(INPUTS[:2], ANSWERS, POINTS[:4], [2, 1], [0.5, 0.2]),
        lambda: relation_arrows([("a", "b")], [[0, 0]], [[1, 1], [2, 2]], [0.5, 0.2]),
        lambda: word_cloud(["a"], [[0, 0], [1, 1]]),
        lambda: accuracy_bars(["a"], [1, 2], [[0.5]], ["3CosAdd"]),
        lambda: judged_pairs([("a", "b")], [1], [1, 2]),
    ],
)
def test_shapes_that_do_not_fit_are_quoted(wrong):
    with pytest.raises(ValueError, match=r"shape|fit"):
        wrong()
