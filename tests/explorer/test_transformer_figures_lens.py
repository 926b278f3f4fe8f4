import numpy as np
import plotly.graph_objects as go
import pytest

from explorer.figures.attribution import parts_map, running_sum
from explorer.figures.lens import best_guesses, candidate_ranks, stream_lengths


def checked(figure):
    """Plotly's own checks, which the app leaves out."""
    go.Figure(figure.to_dict())
    return figure


TOKENS = ["<s>", "$a$", "incomprehensible"]


def test_guesses_stand_in_cells_shortened_and_whole_on_hover():
    probs = np.array([[0.1, 0.2, 0.3], [0.9, 0.5, 0.25]])
    figure = checked(best_guesses(TOKENS, [["a", "b", "<b>"], ["characteristically", "d", "e"]], probs, 1))
    [heat] = figure.data
    assert heat.text[0][2] == "&lt;b&gt;"
    assert heat.text[1][0] == "characte…"
    assert heat.customdata[1][0] == "characteristically"
    np.testing.assert_allclose(heat.z, probs, atol=1e-7)
    assert list(figure.layout.xaxis.ticktext) == ["&lt;s&gt;", "&#36;a&#36;", "incompre…"]
    [mark] = figure.layout.shapes
    assert (mark.x0, mark.x1) == (0.5, 1.5)


def test_the_best_rank_is_on_top():
    ranks = np.array([30_000, 20, 1])
    figure = checked(candidate_ranks({"is": (ranks, np.array([0.0, 0.1, 0.6])), "<b>": (ranks + 1, ranks * 0.0)}))
    low, high = figure.layout.yaxis.range
    assert low > np.log10(30_000)
    assert high < 0
    assert [line.name for line in figure.data] == ["is", "&lt;b&gt;"]
    assert {line.line.dash for line in figure.data} == {"solid", "dash"}


def test_the_stream_of_the_chosen_the_first_and_the_others():
    lengths = np.array([[1.0, 2.0, 4.0], [10.0, 3.0, 5.0]])
    chosen, first, others = checked(stream_lengths(TOKENS, lengths, 2)).data
    assert list(chosen.y) == [4, 5]
    assert list(first.y) == [1, 10]
    assert list(others.y) == [3, 4]
    assert len(checked(stream_lengths(TOKENS[:1], lengths[:, :1], 0)).data) == 1


def test_parts_have_a_scale_with_zero_in_the_middle():
    values = np.array([[0.5, -2.0], [0.1, 0.0]])
    [heat] = checked(parts_map(["1", "MLP"], values)).data
    assert (heat.zmin, heat.zmax) == (-2, 2)
    np.testing.assert_allclose(heat.z, values)
    assert list(heat.y) == ["1", "2"]
    assert checked(parts_map(["1"], np.zeros((200, 1)))).data[0].texttemplate is None


def test_the_sum_ends_at_its_total():
    [bars] = checked(running_sum(["embedding", "1"], [1.5, -0.5])).data
    assert list(bars.y) == ["embedding", "1", "logit"]
    assert list(bars.measure) == ["relative", "relative", "total"]
    assert sum(bars.x[:2]) == pytest.approx(1.0)
    assert checked(running_sum(["1"], [1.5], "difference")).data[0].y[-1] == "difference"


@pytest.mark.parametrize("layers", [1, 3, 30])
def test_every_bar_of_the_sum_has_room_for_its_name(layers):
    names = ["embedding", *(str(i + 1) for i in range(layers)), "constant"]
    layout = checked(running_sum(names, [1.0] * len(names))).layout
    room = layout.height - layout.template.layout.margin.t - layout.template.layout.margin.b
    assert room / (len(names) + 1) >= 1.2 * layout.yaxis.tickfont.size  # plotly leaves names out below that
