"""A training that is watched and steered: moments, samples, pausing, stopping, and what comes out."""

import itertools
import math
import re
import threading

import numpy as np
import pytest

from models.errors import ModelError
from models.prediction import score
from models.training import lines
from models.training.live import MODELS, Moment, Plan, Steering, Wanted, _first, live

_TEXT = "\n".join(
    f"the {who} sees a {what} ." for who in ("cat", "dog", "man", "bird") for what in ("cat", "dog", "tree") * 4
)


def _plan(text: str = _TEXT, **wanted: object) -> Plan:
    return Plan(lambda: text, "a text", Wanted(**({"epochs": 8, "n_hidden": 16, "n_embd": 8} | wanted)), "yours")


def _run(plan: Plan, check=lambda: None):
    work, moments = live(plan, check), []
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            return moments, end.value
        if event is not None:
            moments.append(event)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("characters", [False, True])
def test_it_learns_and_gives_a_model_that_predicts_the_text(model: str, characters: bool) -> None:
    moments, lm = _run(_plan(model=model, characters=characters, batch_size=4, learning_rate=0.02))
    first, last = moments[0], moments[-1]
    assert (first.step, math.isnan(first.loss)) == (0, True)
    assert last.step == last.steps
    assert last.epochs == 8
    size = lm.tokenizer.vocab_size
    assert last.held_out_loss < 0.8 * math.log(size)
    assert last.loss < 0.8 * math.log(size)
    assert score(lm, "the cat sees a dog .").total > score(lm, "dog a sees cat the .").total
    assert lm.card.vocab_size == size
    assert all(set(one.sample) <= set(_TEXT + " <unk>s/") for one in moments)


def test_held_out_lines_and_their_words_are_not_learned() -> None:
    text = lines.read("\n".join([f"line {i}" for i in range(40)]), characters=False, most=100)
    assert len(text.held_out) == 2
    assert len(text.learned) == 38
    assert text.tokens == 38 * 3
    assert "19" not in text.tokenizer.vocabulary
    assert "18" in text.tokenizer.vocabulary


def test_words_of_a_long_text_that_stand_once_are_unknown() -> None:
    many = "\n".join([f"word and w{i}" for i in range(1_200)])
    assert lines.read(many, characters=False, most=100).tokenizer.vocabulary == ("and", "word")
    with pytest.raises(ModelError, match="too few"):
        lines.read("one\n\ntwo", characters=False, most=10)


def test_the_rate_and_the_temperature_follow_the_reader() -> None:
    plan = _plan(epochs=200)
    work = live(plan, lambda: None)
    next(work)
    before = next(work)
    plan.steering.rate_factor, plan.steering.temperature = 0.0, 0.1
    after = [moment for moment in (next(work), next(work)) if moment is not None]
    assert isinstance(before, Moment)
    assert before.learning_rate > 0
    assert before.temperature == Steering().temperature
    assert after[-1].learning_rate == 0
    assert after[-1].temperature == 0.1


def test_a_pause_takes_no_step_and_can_be_ended_or_stopped() -> None:
    plan = _plan(epochs=200)
    work = live(plan, lambda: None)
    next(work)
    plan.steering.paused = True
    while next(work) is not None:
        pass
    weights = [part.clone() for part in plan.lm.network.parameters()]
    assert [next(work) for _ in range(3)] == [None] * 3
    assert all((now == before).all() for now, before in zip(plan.lm.network.parameters(), weights, strict=True))
    plan.steering.paused = False
    assert next(work).step > 0
    assert any((now != before).any() for now, before in zip(plan.lm.network.parameters(), weights, strict=True))
    work.close()
    assert re.fullmatch(r"stopped after \d+ of 600 steps", plan.lm.card.training)

    class Gone(Exception):
        pass

    plan.steering.paused = True
    ends = threading.Event()

    def check() -> None:
        if ends.is_set():
            raise Gone

    other = live(plan, check)
    next(other)
    next(other)
    ends.set()
    with pytest.raises(Gone):
        list(itertools.islice(other, 100))


@pytest.mark.slow
def test_the_same_wish_gives_the_same_model() -> None:
    one, other = (_run(_plan())[1] for _ in range(2))
    for left, right in zip(one.network.parameters(), other.network.parameters(), strict=True):
        assert (left == right).all()


def test_reading_a_long_text_can_be_stopped() -> None:
    class Gone(Exception):
        pass

    calls = itertools.count()

    def check() -> None:
        if next(calls) == 3:
            raise Gone

    with pytest.raises(Gone):
        lines.read("a line of words\n" * 10_000, characters=False, most=100, check=check)


def test_a_look_is_at_so_many_tokens_at_most() -> None:
    rows = [np.zeros(300, dtype=np.int32)] * 40
    assert len(_first(rows, 5_000)) == 16
    assert len(_first(rows, 10)) == 1


def test_what_was_steered_is_said_on_the_card() -> None:
    plan = _plan(epochs=2)
    plan.steering.rate_factor = 0.5
    _, lm = _run(plan)
    assert lm.card.training == "2 epochs, the learning rate changed by hand"
