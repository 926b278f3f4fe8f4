"""The figures of the tagging page: what is given is drawn, what does not fit is refused."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer import style
from explorer.figures.tagging import COLOURS, cut, tag_bars, tag_map, two_ways
from explorer.figures.tagging_paths import transition_map, triangle
from explorer.figures.tagging_scores import Score, f1_bars


def checked(make):
    """The figure, which passes plotly's own checks, and is the same again."""
    figure = make()
    go.Figure(figure.to_dict())
    assert json.loads(figure.to_json()) == json.loads(make().to_json())
    return figure


def test_frequent_kinds_have_colours_of_their_own():
    frequent = [COLOURS[kind] for kind in ("per", "geo", "gpe", "org", "tim")]
    assert len(set(frequent)) == 5
    assert set(COLOURS.values()) <= set(style.CATEGORIES)


def test_a_column_for_each_word_and_a_row_for_each_kind():
    probs = [[0.75, 0.25], [0.001, 0.999], [0.5, 0.5]]
    figure = checked(lambda: tag_map(["<b>", "in", "x" * 40], ["person", "no name"], probs, 1))
    heat = figure.data[0]
    np.testing.assert_allclose(heat.z, np.transpose(probs), rtol=1e-6)
    assert heat.text[0][:2] == ["0.75", ""]
    assert figure.layout.xaxis.ticktext[0] == "&lt;b&gt;"
    assert figure.layout.xaxis.ticktext[2] == "x" * 11 + "…"
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (0.5, 1.5)
    assert not checked(lambda: tag_map(["a"], ["k"], [[1.0]], None)).layout.shapes
    with pytest.raises(ValueError, match=r"2 words and 1 kinds .* \(1, 1\)"):
        tag_map(["a", "b"], ["k"], [[1.0]], None)


def test_a_bar_for_each_tag():
    bars = checked(lambda: tag_bars(["B-person", "all other"], [0.9, 0.1], ["#000000", "#FFFFFF"])).data[0]
    np.testing.assert_allclose(bars.x, [0.9, 0.1], rtol=1e-6)
    assert bars.text == ("90.0 %", "10.0 %")
    with pytest.raises(ValueError, match="1 tags, 2 probabilities"):
        tag_bars(["a"], [0.5, 0.5], ["#000000"])


def test_two_ways_stand_side_by_side():
    figure = checked(
        lambda: two_ways(["a", "b"], [("one", [0.1, 0.2]), ("both", [0.3, 0.4])], [["x", "y"], ["z", "w"]])
    )
    np.testing.assert_allclose([bars.y for bars in figure.data], [[0.1, 0.2], [0.3, 0.4]], rtol=1e-6)
    assert figure.data[0].marker.pattern.shape != figure.data[1].marker.pattern.shape  # not by colour alone
    assert "it says w" in figure.data[1].hovertext[1]
    with pytest.raises(ValueError, match="2 words need as many"):
        two_ways(["a", "b"], [("one", [0.1])], [["x"]])


def test_a_triangle_has_the_kinds_and_frames_what_changed():
    figure = checked(lambda: triangle(["a", "b"], [["per"], ["geo", ""]], [(1, 0)]))
    heat, marks = figure.data
    kinds = ["", *COLOURS]
    assert heat.z[0, 0] == kinds.index("per")
    assert np.isnan(heat.z[0, 1])
    assert list(heat.z[1]) == [kinds.index("geo"), 0]
    assert list(heat.text) == [["per", ""], ["geo", ""]]
    assert (marks.x[0], marks.y[0]) == (0, 1)
    # The middle of each step of the scale has the colour of its kind.
    scale = heat.colorscale
    for kind, colour in COLOURS.items():
        place = (kinds.index(kind) + 0.5) / len(kinds)
        assert [c for edge, c in scale if edge < place][-1] == next(c for edge, c in scale if edge > place) == colour
    with pytest.raises(ValueError, match="rows of 1 to 2 kinds"):
        triangle(["a", "b"], [["per"], ["geo"]], [])


@pytest.mark.parametrize("word", ["M" * 30, "語" * 30, "in"])
def test_names_beside_a_figure_have_their_room(word):
    for count in (4, 20, 40):
        words = [word] * count
        heat = tag_map(words, ["person", "phenomenon"], np.full((count, 2), 0.5), None).layout
        bars = two_ways(words, [("one", [0.5] * count)], [["x"] * count]).layout
        above = triangle(words, [[""] * (i + 1) for i in range(count)], []).layout
        name = heat.xaxis.ticktext[0]
        taken = 0.6 * style.FONT_SIZE * (len(name) + name.count("語"))
        level = heat.xaxis.tickangle == 0
        assert level == (word == "in" and count == 4)
        for figure, room in ((heat, heat.margin.b), (bars, bars.margin.b), (above, above.margin.t)):
            assert figure.xaxis.tickangle == heat.xaxis.tickangle
            assert (style.FONT_SIZE if level else taken) + 20 <= room < 130
        assert heat.margin.l > 0.5 * style.FONT_SIZE * len("phenomenon")
        assert heat.height - heat.margin.t - heat.margin.b == pytest.approx(60)


def test_scores_of_steps_are_signed_and_go_from_row_to_column():
    table = [[1.5, -3.0], [np.nan, 0.0]]
    figure = checked(lambda: transition_map(["start", "O"], ["O", "end"], table))
    heat = figure.data[0]
    np.testing.assert_allclose(heat.z, table)
    assert (heat.zmin, heat.zmax) == (-3, 3)
    assert heat.hovertext[0][1] == "start → end: −3.00"
    with pytest.raises(ValueError, match="1 rows and 2 columns"):
        transition_map(["O"], ["O", "end"], table)


def test_a_bar_for_each_tagger_under_the_name_of_its_test_set():
    groups = [("home", [Score("one", 0.8, 0.9, 0.7)]), ("$away$", [Score("<two>", 0.4, None, None)])]
    figure = checked(lambda: f1_bars(groups))
    bars, precision, recall = figure.data
    np.testing.assert_allclose(bars.x, [0.8, 0.4], rtol=1e-6)
    np.testing.assert_allclose([precision.x[0], recall.x[0]], [0.9, 0.7], rtol=1e-6)
    assert len(precision.x) == 1
    assert list(figure.layout.yaxis.ticktext) == ["one  80.0 %", "&lt;two&gt;  40.0 %"]
    assert figure.layout.annotations[1].text == "<b>&#36;away&#36;</b>"
    assert figure.layout.annotations[0].y < bars.y[0] < figure.layout.annotations[1].y < bars.y[1]


def test_long_words_are_cut():
    assert cut("word") == "word"
    assert cut("w" * 13) == "w" * 11 + "…"
