"""What a URL takes out of a network."""

import pytest

from explorer import parts_out
from models.mixers.inside import NOTHING, Ablation


@pytest.mark.parametrize(
    "value", ["", "h", "h1", "h0.1", "h1.0", "a0", "h3.1", "h1.5", "a3", "m99999", "x1", "h1.1.1", "٣"]
)
def test_what_a_network_has_not_is_passed_over(value):
    assert parts_out.decoded(value, value, 2, 4, [5, 6, 7]) == NOTHING


def test_names_are_read_as_they_were_written():
    without = Ablation(frozenset({(1, 3), (0, 0)}), frozenset({1}), frozenset({0, 1}))
    names = parts_out.names(without)
    assert names == ["h1.1", "m1", "h2.4", "a2", "m2"]
    assert parts_out.decoded(",".join(names), "", 2, 4, []) == without


def test_hidden_places_are_those_of_the_text():
    assert parts_out.decoded("", "0.5,2.7,3.8,-1,1.5,1,two", 2, 4, [5, 6, 7]).tokens == {0, 2}
    assert parts_out.decoded("", "0.5,2.7", 2, 4, [5, 6, 8]).tokens == {0}
