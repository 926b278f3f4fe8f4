"""The numbers of the page on positions are those of the formulas."""

import math
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from gensim.models import KeyedVectors

import models
from explorer import loading
from explorer.panels import positions_learned
from models import registry
from models.mixers import order
from models.mixers.neural_lm import NeuralLM
from models.mixers.transformer import TransformerConfig, TransformerNetwork
from models.zoo import neural
from models.zoo.neural import LENGTH
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
            assert free[place] == 0
        else:
            expected = order.compared(e, [1, 0, 2], scheme, masked=False).differences.mean()
            assert free[place] == pytest.approx(float(expected), abs=1e-5)
        expected = order.compared(e, [1, 0, 2], scheme, masked=True).differences.mean()
        assert masked[place] == pytest.approx(float(expected), abs=1e-5)
    assert abs(free[0]) < 1e-9
    assert any("<td>0</td>" in body for body in bodies(app) if "<table" in body)
    assert any(text.value.startswith("I am happy → am I happy\n") for text in app.text)


def test_one_word_has_no_order(open_page):
    app = open_page("positions", prompt="happy")
    assert any("write two or more" in notice for notice in notices(app))


@pytest.mark.parametrize("power", ["4.0", "1.0", "2.3"])
def test_the_map_is_the_papers_table(open_page, power):
    size = {"positions_width": "8", "positions_length": "20"}
    app = open_page("positions", positions_view="code", positions_base=power, **size)
    table = drawn(charts(app)[0], 0, "z").reshape(8, 20).T
    for t in (0, 7, 19):
        for i in range(8):
            angle = t / 10 ** (float(power) * (i - i % 2) / 8)
            assert table[t, i] == pytest.approx(math.cos(angle) if i % 2 else math.sin(angle), abs=1e-5)
    products = [drawn(charts(app)[3], trace, "y") for trace in range(3)]
    np.testing.assert_allclose(products[0], products[2][::-1], atol=1e-4)  # the offset alone counts


@pytest.mark.parametrize(("measure", "length"), [("product", 20), ("distance", 200)])
def test_every_two_positions_are_compared(open_page, measure, length):
    chosen = {"positions_width": "8", "positions_length": str(length), "positions_measure": measure}
    app = open_page("positions", positions_view="code", **chosen)
    square = drawn(charts(app)[2], 0, "z").reshape(min(length, 128), -1)
    assert square.shape[0] == square.shape[1]
    for t, s in ((0, 0), (3, 17), (19, 4)):
        product = sum(math.cos((t - s) / 10_000 ** (2 * i / 8)) for i in range(4))
        expected = product if measure == "product" else math.sqrt(max(0.0, 2 * 4 - 2 * product))
        assert square[t, s] == pytest.approx(expected, abs=1e-3)
    assert any("first 128" in caption.value for caption in app.caption) is (length > 128)


def test_attempt_1_is_the_index(open_page):
    app = open_page("positions", positions_view="code", positions_code="index", positions_width="4")
    assert drawn(charts(app)[0], 0, "z").reshape(4, -1)[2, 99] == 99
    assert any("no end to it" in markdown.value for markdown in app.markdown)


@pytest.fixture(scope="module")
def lstm():
    """The model whose words are shown, and its embeddings."""
    lm = models.load("lstm")
    return lm, lm.network.wte.weight.detach().double().numpy()


@pytest.fixture
def learned(monkeypatch):
    """A transformer with codes of places of its own, with weights drawn at random, where the one that ships is read."""
    card = replace(registry.card("lstm"), name=positions_learned.MODEL, title="Random", family="transformer")
    config = TransformerConfig(vocab_size=16_000, n_embd=32, n_layer=1, n_head=2, positions="learned", block_size=512)
    lm = NeuralLM(TransformerNetwork(config), neural.tokenizer(card.name), card)
    load, others = neural.load, {one: folder for one, folder in registry._zoo().items() if one.name != card.name}
    monkeypatch.setattr(registry, "_zoo", lambda: others | {card: "neural"})
    monkeypatch.setattr(neural, "load", lambda one: lm if one.name == card.name else load(one))
    loading.forget(card.name)
    loading.embeddings.clear()
    yield lm
    loading.forget(card.name)
    loading.embeddings.clear()


def cells(app, label):
    """A table on screen: the words of its cells."""
    [body] = [body for body in bodies(app) if f'aria-label="{label}"' in body]
    rows = re.findall(r"<tr>(.*?)</tr>", body)[1:]
    return [[unescape(re.sub("<.*?>", "", cell)) for cell in re.findall(r"<td>(.*?)</td>", row)] for row in rows]


def number(cell):
    return float(cell.replace("−", "-").replace(",", ""))


@pytest.mark.parametrize("way", ["added", "concatenated"])
@pytest.mark.parametrize(("code", "scale"), [("sinusoidal", "one"), ("sinusoidal", "root"), ("index", "one")])
def test_lengths_of_words_and_of_the_codes_of_their_places(open_page, lstm, code, scale, way):
    lm, table = lstm
    chosen = {"positions_code": code, "positions_scale": scale, "positions_how": way, "positions_begin": "7"}
    app = open_page("positions", prompt="I am happy", positions_view="embeddings", **chosen)
    e = table[lm.tokenizer.encode("I am happy")] * (math.sqrt(128) if scale == "root" else 1)
    word, place, both = (drawn(charts(app)[0], trace, "y") for trace in range(3))
    np.testing.assert_allclose(word, np.sqrt((e**2).sum(1)), rtol=1e-5)
    expected = [t * math.sqrt(128) for t in (7, 8, 9)] if code == "index" else [8.0] * 3
    np.testing.assert_allclose(place, expected, rtol=1e-5)
    if way == "concatenated":
        np.testing.assert_allclose(both, np.hypot(word, place), rtol=1e-5)
    elif code == "index":
        np.testing.assert_allclose(both, [np.linalg.norm(x + t) for x, t in zip(e, (7, 8, 9))], rtol=1e-5)


def test_neighbours_of_a_word_before_and_after_its_place_is_added(open_page, lstm):
    lm, table = lstm
    app = open_page("positions", prompt="I am happy", positions_view="embeddings", positions_code="index")
    space = KeyedVectors(128)
    words = lm.tokenizer.tokens(range(len(table)))
    space.add_vectors(words, table)
    e = table[lm.tokenizer.encode("happy")[0]]
    rows = cells(app, "Nearest words before and after")
    for query, column in ((e, 1), (e + 3, 3)):  # the third word's code is 3 in every dimension
        expected = space.similar_by_vector(query, topn=6)
        assert [row[column] for row in rows] == [word for word, _ in expected]
        np.testing.assert_allclose([number(row[column + 1]) for row in rows], [c for _, c in expected], atol=0.006)
    cosines = space.cosine_similarities(e + 3, space.vectors)
    rank = 1 + int((cosines > cosines[space.key_to_index["happy"]]).sum())
    assert rank > 10  # attempt 1 has drowned the word
    assert any(f"rank {rank:,}." in caption.value for caption in app.caption)


def test_concatenated_a_word_keeps_its_neighbours(open_page):
    chosen = {"positions_code": "index", "positions_how": "concatenated"}
    app = open_page("positions", prompt="I am happy", positions_view="embeddings", **chosen)
    for _, *before_and_after in cells(app, "Nearest words before and after"):
        assert before_and_after[:2] == before_and_after[2:]
    assert any("rank 1." in caption.value for caption in app.caption)


def test_the_product_of_two_words_has_four_parts_or_two(open_page, lstm):
    lm, table = lstm
    app = open_page("positions", prompt="I am happy", positions_view="embeddings", positions_word="0")
    one, other = table[lm.tokenizer.encode("I am")]
    p, q = ([f(t / 10_000 ** (2 * i / 128)) for i in range(64) for f in (math.sin, math.cos)] for t in (1, 2))
    rows = cells(app, "The parts of the product")
    added, apart = [row[1] for row in rows], [row[2] for row in rows]
    expected = [one @ other, one @ q, other @ p, np.dot(p, q), (one + p) @ (other + q)]
    np.testing.assert_allclose([number(cell) for cell in added], expected, atol=0.06)
    assert apart[1:3] == ["none", "none"]
    assert [apart[0], apart[3]] == [added[0], added[3]]
    assert number(apart[4]) == pytest.approx(one @ other + np.dot(p, q), abs=0.06)
    steps = cells(app, "The same word elsewhere")
    for step, (_, cosine, _) in zip((1, 10, 100), steps, strict=True):
        far = one + [f((1 + step) / 10_000 ** (2 * i / 128)) for i in range(64) for f in (math.sin, math.cos)]
        near = one + p
        assert number(cosine) == pytest.approx(near @ far / np.linalg.norm(near) / np.linalg.norm(far), abs=0.006)


def test_learned_codes_are_a_models_table(open_page, learned):
    app = open_page("positions", positions_view="code", positions_code="learned", positions_length="80")
    wpe = learned.network.wpe.weight.detach().double().numpy()
    np.testing.assert_allclose(drawn(charts(app)[0], 0, "z").reshape(32, 80), wpe[:80].T, atol=1e-6)
    np.testing.assert_allclose(drawn(charts(app)[1], 0, "z").reshape(80, 80), wpe[:80] @ wpe[:80].T, atol=1e-5)
    assert {slider.label for slider in app.slider} == {"Positions"}
    assert any(f"places from {LENGTH} on were never used" in caption.value for caption in app.caption)


def test_more_positions_than_a_table_has_are_those_of_the_page_as_it_opens(open_page, learned):
    app = open_page("positions", positions_view="code", positions_length="900")
    [code] = [group for group in app.segmented_control if group.label == "Code"]
    for name, count in (("learned", 100), ("sinusoidal", 900), ("learned", 100)):
        run(code.set_value(name))
        [code] = [group for group in app.segmented_control if group.label == "Code"]
        assert drawn(charts(app)[0], 0, "z").size == count * (32 if name == "learned" else 64)


def test_learned_codes_go_with_the_words_that_were_learned_beside_them(open_page, learned):
    chosen = {"positions_code": "learned", "positions_begin": "490"}
    app = open_page("positions", prompt="word " * 600, positions_view="embeddings", **chosen)
    wte, wpe = (table.weight.detach() for table in (learned.network.wte, learned.network.wpe))
    word = wte[learned.tokenizer.encode("word")[0]]
    expected = [float((word + wpe[t]).norm()) for t in range(490, 510)]
    np.testing.assert_allclose(drawn(charts(app)[0], 2, "y"), expected, rtol=1e-5)
    assert any("The first 20 words of 600." in caption.value for caption in app.caption)


def test_no_learned_code_is_offered_where_none_ships(open_page, learned, monkeypatch):
    others = {card: folder for card, folder in registry._zoo().items() if card.name != learned.card.name}
    monkeypatch.setattr(registry, "_zoo", lambda: others)
    app = open_page("positions", positions_view="code", positions_code="learned")
    [code] = [group for group in app.segmented_control if group.label == "Code"]
    assert code.options == ["Sinusoidal", "Attempt 1: t itself"]
    assert code.value == "sinusoidal"


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
@pytest.mark.parametrize("code", ["sinusoidal", "learned"])
def test_odd_texts_at_places_are_read_or_explained(open_page, learned, code, text):
    app = open_page("positions", positions_view="embeddings", positions_code=code)
    run(app.text_area[0].input(text))
    assert charts(app)
    assert text.split() or notices(app)


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


def test_here_and_far_on_at_first_shows_what_the_place_changes(open_page):
    figure = charts(open_page("positions", prompt="happy new year", positions_view="row"))[0]
    near, far = (np.array([drawn(figure, 2 * head + which, "y") for head in range(4)]) for which in (0, 1))
    assert np.abs(near - far).max() > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts_are_read_or_explained(open_page, text):
    app = open_page("positions")
    run(app.text_area[0].input(text))
    assert charts(app) or notices(app)
