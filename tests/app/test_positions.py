"""The numbers of the page on positions are those of the formulas."""

import math

import numpy as np
import pytest

import models
from models.mixers import order
from tests.app.conftest import run
from tests.app.test_pages import ODD, charts, drawn, notices
from tests.app.test_views import bodies


def test_without_positions_the_order_is_nothing_and_with_them_it_is_not(open_page):
    app = open_page("positions", prompt="I am happy")
    lm = models.load("lstm")
    e = lm.network.wte.weight.detach()[lm.tokenizer.encode("I am happy")]
    free, masked = (drawn(charts(app)[0], trace, "x") for trace in (0, 1))
    for place, scheme in enumerate(order.SCHEMES):
        if scheme in order.NEEDS_MASK:
            assert math.isnan(free[place])
        else:
            expected = order.compared(e, [1, 0, 2], scheme, masked=False).differences.mean()
            assert free[place] == pytest.approx(float(expected), abs=1e-5)
        expected = order.compared(e, [1, 0, 2], scheme, masked=True).differences.mean()
        assert masked[place] == pytest.approx(float(expected), abs=1e-5)
    assert abs(free[0]) < 1e-9
    assert any("<td>0</td>" in body for body in bodies(app) if "<table" in body)
    assert any("Second: am I happy" in text.value for text in app.text)


def test_one_word_has_no_order(open_page):
    app = open_page("positions", prompt="happy")
    assert any("write two words" in notice for notice in notices(app))


@pytest.mark.parametrize("base", ["10000", "10"])
def test_the_map_is_the_papers_table(open_page, base):
    app = open_page("positions", positions_view="code", positions_base=base, positions_width="8", positions_length="20")
    table = drawn(charts(app)[0], 0, "z").reshape(8, 20).T
    for t in (0, 7, 19):
        for i in range(8):
            angle = t / float(base) ** ((i - i % 2) / 8)
            assert table[t, i] == pytest.approx(math.cos(angle) if i % 2 else math.sin(angle), abs=1e-5)
    products = [drawn(charts(app)[2], trace, "y") for trace in range(3)]
    np.testing.assert_allclose(products[0], products[2][::-1], atol=1e-4)  # the offset alone counts


def test_attempt_1_is_the_index(open_page):
    app = open_page("positions", positions_view="code", positions_code="index", positions_width="4")
    assert drawn(charts(app)[0], 0, "z").reshape(4, -1)[2, 99] == 99
    assert any("no end to it" in markdown.value for markdown in app.markdown)


@pytest.mark.parametrize("scheme", ["sinusoidal", "rope"])
def test_the_row_of_the_last_word_here_and_far_on(open_page, scheme):
    app = open_page(
        "positions", prompt="happy new year", positions_view="row", positions_scheme=scheme, positions_far="300"
    )
    lm = models.load("lstm")
    e = lm.network.wte.weight.detach()[lm.tokenizer.encode("happy new year")]
    for head in range(4):
        for which, first in enumerate((1, 300)):
            weights = order.last_row(e, scheme, first)[1][head]
            np.testing.assert_allclose(drawn(charts(app)[0], 2 * head + which, "y"), weights, atol=1e-6)
    [body] = [body for body in bodies(app) if "<table" in body]
    assert body.count("<td>0</td>") == 4  # none, ALiBi, RoPE, T5


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_are_read_or_explained(open_page, text):
    app = open_page("positions")
    run(app.text_area[0].input(text))
    assert charts(app) or notices(app)
