from dataclasses import replace

import pytest

from models.errors import ModelError
from models.tokens import little_world, moments, running_words
from models.tokens.moments import MODELS, PARTS, Moment, Trained, drawn_rows, film, settling, suggested
from models.tokens.space import analogy, neighbours

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def text():
    return running_words.read(little_world.sentences())


@pytest.fixture(scope="module")
def trained(text):
    """Of each model all moments, and what came out."""
    found = {}
    for model in MODELS:
        events = film(lambda: text, suggested(model, text.length), little_world.KINDS)
        told = []
        while True:
            try:
                told.append(next(events))
            except StopIteration as end:
                found[model] = ([event for event in told if isinstance(event, Moment)], end.value)
                break
    return found


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("model", MODELS)
def test_king_minus_man_plus_woman_is_queen(trained, model, part):
    _, result = trained[model]
    assert isinstance(result, Trained)
    space = result.space(part)
    assert analogy(space, "king", "man", "woman", 1)[0].word == "queen"
    right = sum(analogy(space, b, a, c, 1)[0].word == d for a, b, c, d in little_world.ANALOGIES)
    assert right >= 0.85 * len(little_world.ANALOGIES)


@pytest.mark.parametrize("model", MODELS)
def test_moments_tell_of_a_training_that_settles(trained, text, model):
    found, result = trained[model]
    assert (found[0].done, found[-1].done) == (0, 1)
    assert 10 < len(found) <= moments.MOMENTS + 1
    learned = text if model == "glove" else text.split()[0]
    assert found[-1].words == pytest.approx(result.wanted.epochs * learned.length, rel=0.01)
    assert found[-1].loss < 0.7 * found[0 if model != "glove" else 1].loss
    assert found[-1].seconds > 0
    assert found[-1].held_out_loss > 0
    days = {word for word, kind in little_world.KINDS.items() if kind == "days"}
    first, *_, last = settling(found, text.words, "target", "monday", 4)
    assert {near.word for near in last} <= days
    assert {near.word for near in first} - days
    kept = found[-1].space(text.words, "sum")
    whole = neighbours(result.space("sum"), "paris", 3)
    assert [near.word for near in neighbours(kept, "paris", 3)] == [near.word for near in whole]


def test_the_picture_has_the_words_that_are_asked_for(trained):
    text = trained["cbow"][1].vocabulary
    rows = drawn_rows(text, little_world.KINDS)
    assert {text.words[row] for row in rows} == set(little_world.KINDS)
    for plane in trained["cbow"][0][-1].planes.values():
        assert plane.points.shape == (len(rows), 2)
        assert 0.1 < plane.share < 1
    assert drawn_rows(text, ()) == list(range(moments.MOST_DRAWN))
    assert drawn_rows(text, ("nowhere",)) == list(range(moments.MOST_DRAWN))


@pytest.mark.parametrize("model", MODELS)
def test_a_short_text_is_read_more_often(model):
    short, long = suggested(model, 1_000), suggested(model, 5_000_000)
    assert short.epochs > long.epochs
    assert short.n_embd < long.n_embd


def test_vectors_beyond_all_bounds_are_told(text):
    with pytest.raises(ModelError, match="smaller learning rate"):
        for _ in film(lambda: text, replace(suggested("skip-gram", text.length), learning_rate=1e30, epochs=2)):
            pass
