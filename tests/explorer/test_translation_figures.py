"""Figures of translations."""

import sys

import numpy as np
import pytest
import torch

from explorer import style
from explorer.figures.translation import alignment, bleu_bars, bleu_by_length, thought_plane
from explorer.panels.translation_edit import changed
from explorer.panels.translation_search import Searched
from models.tasks.translation import Source
from models.tasks.translation_search import Search, SearchNode
from models.tasks.translation_text import Read

WEIGHTS = [[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]]


def test_an_alignment_has_a_row_for_each_word_that_was_written():
    figure = alignment(["He", "is", "<b>"], ["Il", "est"], WEIGHTS, step=1)
    [heat] = figure.data
    np.testing.assert_allclose(heat.z, WEIGHTS)
    assert heat.zmax == 1
    assert list(figure.layout.xaxis.ticktext) == ["He", "is", "&lt;b&gt;"]
    assert list(figure.layout.yaxis.ticktext) == ["Il", "est"]
    assert figure.layout.yaxis.autorange == "reversed"
    [frame] = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 2.5, 0.5, 1.5)
    assert heat.text[0] == ["0.90", "0.10", ""] or list(heat.text[0]) == ["0.90", "0.10", ""]
    assert heat.hovertext[1][2] == "“est” from “&lt;b&gt;”: 50.0 %"
    assert not alignment(["He"], ["Il"], [[1.0]]).layout.shapes


def test_numbers_and_names_give_way_where_there_are_many():
    words = [f"w{i}" for i in range(40)]
    figure = alignment(words, words, np.eye(40))
    assert figure.data[0].text is None
    assert len(figure.layout.xaxis.ticktext) <= 24
    assert figure.layout.height < 30 * len(words)
    short = alignment(words, ["b"] * 40, np.eye(40))
    assert short.layout.margin.l < figure.layout.margin.l
    assert short.layout.margin.b == figure.layout.margin.b
    mixed = alignment(["a", "w" * 13] * 20, ["b", "w" * 13] * 30, np.eye(60, 40))  # the long ones are not named
    plain = alignment(["a"] * 40, ["b"] * 60, np.eye(60, 40))
    assert mixed.layout.margin == plain.layout.margin
    long = alignment(["a" * 100], ["b" * 100], [[1.0]])
    assert len(long.layout.xaxis.ticktext[0]) <= 13


def test_bleu_by_length_has_a_line_for_each_model():
    figure = bleu_by_length(["1–3", "4–5"], [100, 20], {"one": [50.0, 40.0], "other": [50.0, 45.0]})
    assert [trace.name for trace in figure.data] == ["one", "other"]
    np.testing.assert_allclose(figure.data[1].y, [50, 45])
    assert list(figure.layout.xaxis.ticktext) == ["1–3<br>100", "4–5<br>20"]
    assert figure.data[0].line.color != figure.data[1].line.color
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol


def test_sentences_that_belong_together_have_one_colour_and_one_symbol():
    figure = thought_plane(["a", "b", "c", "mine"], [0, 0, 1, -1], np.zeros((4, 2)), [0.5, 0.25], typed=3)
    [dots] = figure.data
    assert list(dots.text) == ["1", "2", "3", "typed"]
    assert dots.marker.color[0] == dots.marker.color[1] != dots.marker.color[2]
    assert dots.marker.symbol[0] == dots.marker.symbol[1] != dots.marker.symbol[2]
    assert dots.marker.color[3] == style.DECIDES
    assert "50.0 %" in figure.layout.xaxis.title.text
    assert "25.0 %" in figure.layout.yaxis.title.text


def test_our_bars_are_told_from_those_of_others():
    figure = bleu_bars(["ours", "theirs"], [50.0, 41.0], [True, False])
    assert list(figure.data[0].marker.color) == [style.PROBABILITY, style.REMOVED]
    assert [label.text for label in figure.layout.annotations] == ["ours", "theirs"]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="2 words from 3"):
        alignment(["a", "b", "c"], ["d", "e"], [[1.0]])
    with pytest.raises(ValueError, match="2 lengths"):
        bleu_by_length(["1", "2"], [1, 2], {"one": [1.0]})
    with pytest.raises(ValueError, match="1 sentences"):
        thought_plane(["a"], [0, 1], np.zeros((1, 2)), [0.5, 0.5])
    with pytest.raises(ValueError, match="2 systems"):
        bleu_bars(["a", "b"], [1.0], [True, True])


def test_a_search_weighs_what_it_looked_at():
    source = Source(torch.zeros(1, 3, 4), torch.zeros(1, 4), None)
    read = Read("a b c", (), (), 0, source)
    node = SearchNode(3, -1, -1.0, -1.0, 1, kept=True, ended=False)
    small, large = (
        Searched("attention", read, (), Search((node,) * count, ()), Search((node,), ())) for count in (1, 1001)
    )
    assert small.nbytes > 4 * (12 + 4)
    assert large.nbytes - small.nbytes > 1000 * sys.getsizeof(node)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a b c", "a x c", ("a <mark>b</mark> c", "a <mark>x</mark> c")),
        ("a b", "a b c", ("a b", "a b <mark>c</mark>")),
        ("<b>", "", ("<mark>&lt;b&gt;</mark>", "")),
        ("a a", "a a", ("a a", "a a")),
    ],
)
def test_what_changed_is_marked(first, second, expected):
    assert changed(first.split(), second.split()) == expected
