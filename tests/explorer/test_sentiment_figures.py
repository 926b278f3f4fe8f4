"""The figures of the page on sentiment: what is given is drawn, what does not fit is refused."""

import numpy as np
import plotly.graph_objects as go
import pytest

from explorer import style
from explorer.figures.sentiment import STAR_COLOURS, influence, river, state_path
from explorer.figures.sentiment_scores import Scored, accuracy_dots, calibration_line, confusion_map

WORDS = ["Not", "<b>"]
PROBS = np.array([[0.1, 0.2, 0.4, 0.2, 0.1], [0.3, 0.3, 0.2, 0.1, 0.1], [0.0, 0.1, 0.2, 0.3, 0.4]])
STARS = [3.0, 2.4, 4.0]


def checked(figure):
    """The figure, which passes plotly's own checks."""
    go.Figure(figure.to_dict())
    return figure


def test_a_river_stacks_one_to_five_stars_and_the_mean():
    figure = checked(river(WORDS, PROBS, STARS))
    for k, bars in enumerate(figure.data[:5]):
        np.testing.assert_allclose(bars.y, PROBS[:, k])
        assert bars.marker.color == STAR_COLOURS[k]
    assert [bars.name for bars in figure.data] == ["1 star", "2", "3", "4", "5 stars", "mean"]
    assert figure.layout.barmode == "stack"
    np.testing.assert_allclose(figure.data[5].y, STARS)
    assert list(figure.layout.yaxis2.range) == [1, 5]
    assert list(figure.layout.xaxis.ticktext) == ["start", "Not", "&lt;b&gt;"]
    with pytest.raises(ValueError, match="1 words"):
        river(["a"], PROBS, STARS)


def test_two_rivers_have_room_for_the_same_words():
    assert river(WORDS, PROBS, STARS, columns=9).layout.xaxis.range == (-0.5, 8.5)
    assert river(WORDS, PROBS, STARS, columns=2).layout.xaxis.range == (-0.5, 2.5)


def test_of_a_long_text_every_few_words_are_named():
    figure = checked(river(["w" * 30] * 120, np.full((121, 5), 0.2), [3.0] * 121))
    assert len(figure.data[0].y) == 121
    assert len(figure.layout.xaxis.ticktext) == 41
    assert max(map(len, figure.layout.xaxis.ticktext)) == 14


@pytest.mark.parametrize("word", ["M" * 30, "—" * 30, "語" * 30, "a"])
def test_words_below_have_their_room_and_no_more(word):
    figure = influence([word] * 20, {"one": [0.0] * 20}, ["stars"], [])
    axis, room = figure.layout.xaxis, figure.layout.margin.b
    assert axis.tickfont.family == style.MONOSPACE
    wide = 2 if word[0] == "語" else 1
    letters = [1 if letter == "…" else wide for letter in axis.ticktext[0]]
    assert 0.6 * style.FONT_SIZE * sum(letters) < room <= 150
    assert room < 40 or len(word) > 1


def test_words_that_are_not_named_take_no_room():
    words = ["a", "w" * 14] * 30  # every second one is named
    assert influence(words, {"one": [0.0] * 60}, ["stars"], []).layout.margin.b < 40


def test_influence_is_coloured_by_sign_in_rows_that_share_their_words():
    figure = checked(influence(WORDS, {"one": [0.5, -0.25], "two": [-1.0, 2.0]}, ["stars", "score"], [1]))
    assert [list(bars.y) for bars in figure.data] == [[0.5, -0.25], [-1, 2]]
    assert list(figure.data[0].marker.color) == [style.PROBABILITY, style.SURPRISAL]
    upper, lower = figure.layout.yaxis, figure.layout.yaxis2
    assert (upper.title.text, lower.title.text) == ("stars", "score")
    assert upper.domain[0] > lower.domain[1]
    assert lower.range[1] == -lower.range[0] >= 2
    [band] = figure.layout.shapes
    assert (band.x0, band.x1) == (0.5, 1.5)
    with pytest.raises(ValueError, match="2 words"):
        influence(WORDS, {"one": [0.5]}, ["stars"], [])


def test_a_path_is_shown_up_to_a_word_and_its_plane_stays():
    points = np.array([[0, 0], [1, 2], [4, -2]])
    whole, part = (checked(state_path(WORDS, points, STARS, shown)) for shown in (2, 1))
    assert len(whole.data[1].x) == 3
    assert len(part.data[1].x) == 2
    assert whole.layout.xaxis.range == part.layout.xaxis.range
    np.testing.assert_allclose(part.data[1].marker.color, STARS[:2])
    assert list(part.data[1].marker.line.width) == [0, 3]
    assert part.data[1].text[1] == "Not 2.4"
    assert whole.data[1].hovertext[2] == "&lt;b&gt;"
    with pytest.raises(ValueError, match="2 words"):
        state_path(WORDS, points[:2], STARS, 1)


def test_accuracies_stand_in_order_and_ours_are_bold():
    figure = checked(
        accuracy_dots([Scored("a", 0.4, is_ours=True), Scored("b", 0.5, is_ours=False), Scored("c", 0.3, is_ours=True)])
    )
    assert list(figure.layout.yaxis.ticktext) == ["<b>c  30.0 %</b>", "<b>a  40.0 %</b>", "b  50.0 %"]
    ours, published = figure.data
    assert list(ours.x) == [0.3, 0.4]
    assert list(ours.y) == [0, 1]
    assert list(published.y) == [2]


def test_a_confusion_map_has_shares_of_rows():
    heat = checked(confusion_map([[3, 1], [0, 0]])).data[0]
    np.testing.assert_allclose(heat.z, [[0.75, 0.25], [0, 0]])
    assert heat.text[0][0] == "75%<br>3"
    with pytest.raises(ValueError, match="square"):
        confusion_map([[1, 2]])


def test_calibration_has_larger_dots_for_more_verdicts():
    line = checked(calibration_line([0.3, 0.9], [0.4, 0.8], [10, 1000])).data[1]
    np.testing.assert_allclose(line.x, [0.3, 0.9])
    np.testing.assert_allclose(line.y, [0.4, 0.8])
    assert line.marker.size[1] > line.marker.size[0]
    with pytest.raises(ValueError, match="1 bins"):
        calibration_line([0.3, 0.9], [0.4, 0.8], [10])


def test_of_no_words_there_are_empty_figures():
    assert len(checked(river([], PROBS[:1], STARS[:1])).data[0].y) == 1
    assert len(checked(influence([], {"one": []}, ["stars"], [])).data[0].y) == 0
    assert len(checked(state_path([], [[0, 0]], [3.0], 0)).data[1].x) == 1
