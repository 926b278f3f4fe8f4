from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ModelError
from models.tokens import word2vec
from models.tokens.word2vec_steps import (
    MOST_STEPS,
    Choices,
    Leg,
    Sentences,
    after,
    begin,
    drawn_steps,
    further,
    go_on,
    read_legs,
    replay,
    steps_of,
    until,
    write_legs,
)

KINGS = "King and queen rule the land. Man and woman work the land. The king is a man."
METHODS = ["skip-gram", "cbow"]
LEGS = st.lists(
    st.builds(
        Leg,
        steps=st.integers(1, 40),
        rate=st.integers(1, 20_000).map(lambda rate: rate / 10_000),
        centre=st.none() | st.integers(0, 99),
    ),
    max_size=6,
).map(tuple)


@pytest.fixture(scope="module")
def kings():
    return Sentences.of(KINGS)


def equal(one, other):
    return (one.target == other.target).all() and (one.context == other.context).all()


@given(LEGS)
def test_legs_are_read_as_they_were_written(legs):
    assert read_legs(write_legs(legs)) == legs


@given(LEGS, st.integers(0, 250))
def test_legs_are_cut_in_two_without_loss(legs, steps):
    first, second = until(legs, steps), after(legs, steps)
    assert steps_of(first) == min(steps, steps_of(legs))
    assert steps_of(first) + steps_of(second) == steps_of(legs)
    assert [leg.rate for leg in legs for _ in range(leg.steps)] == [
        leg.rate for leg in (*first, *second) for _ in range(leg.steps)
    ]


@pytest.mark.parametrize(
    "text",
    ["x", "r0x5", "r0.1x0", "r9x5", "c-1r1x5", "r0.1x10001", "r0.1x6000-r0.2x6000", "-", "r0.1x1-" * 61 + "r0.1x1"],
)
def test_what_are_no_legs_is_refused(text):
    with pytest.raises(ValueError):
        read_legs(text)


def test_more_of_the_same_is_one_leg():
    one = further((), 1, 0.1, 3)
    assert write_legs(further(further(one, 20, 0.1, None), 500, 0.5, None)) == "c3r0.1x21-r0.5x500"
    assert write_legs(further(one, 1, 0.1, 2)) == "c3r0.1x1-c2r0.1x1"


@pytest.mark.parametrize("method", METHODS)
def test_a_replay_is_the_readable_step_again_and_again(kings, method):
    choices = Choices(method, window=3, negatives=3)
    legs = read_legs("c4r0.5x9-r0.1x30")
    vectors = begin(kings, choices).vectors.copy()
    places = list[int]()
    rates = [0.5] * 9 + [0.1] * 30
    for drawn, rate in zip(drawn_steps(kings, choices, 0, 4), rates, strict=False):
        word2vec.step(vectors, drawn.example, method, rate)
        places.append(drawn.place)
    found = replay(kings, choices, legs).vectors
    np.testing.assert_allclose(found.target, vectors.target, atol=2e-5)
    np.testing.assert_allclose(found.context, vectors.context, atol=2e-5)
    assert places[:3] == [4, 5, 6]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cut", [0, 1, 9, 20, 39])
def test_going_on_is_the_same_as_beginning_again(kings, method, cut):
    choices, legs = Choices(method), read_legs("c4r0.5x9-r0.1x30")
    now = replay(kings, choices, until(legs, cut))
    for leg in after(legs, cut):
        now = go_on(now, leg)
    whole = replay(kings, choices, legs)
    assert equal(now.vectors, whole.vectors)
    assert now.next_step().example.negatives.tolist() == whole.next_step().example.negatives.tolist()
    assert now.next_place == whole.next_place


def test_the_shown_next_step_is_the_one_that_is_taken(kings):
    choices = Choices()
    now = replay(kings, choices, read_legs("r0.2x17"))
    for centre in (None, 3):
        drawn = now.next_step(centre)
        taken = go_on(now, Leg(1, 0.3, centre))
        assert equal(now.stepped(drawn, 0.3), taken.vectors)
        look = now.look(drawn)
        np.testing.assert_allclose(taken.vectors.target, now.vectors.target - 0.3 * look.target_gradient, atol=1e-5)
        np.testing.assert_allclose(taken.vectors.context, now.vectors.context - 0.3 * look.context_gradient, atol=1e-5)
    assert now.next_step(3).place == 3


def test_other_choices_draw_other_words(kings):
    def negatives(seed):
        return [
            drawn.example.negatives.tolist()
            for drawn, _ in zip(drawn_steps(kings, Choices(seed=seed), 0, 0), range(20), strict=False)
        ]

    assert negatives(1) == negatives(1)
    assert negatives(1) != negatives(2)


def test_neighbours_stay_within_their_sentence(kings):
    words = [kings.text.words[word] for word in kings.words]
    assert words[:8] == ["king", "and", "queen", "rule", "the", "land", "man", "and"]
    assert kings.neighbours(5, 2) == [3, 4]
    assert kings.neighbours(6, 5) == [7, 8, 9, 10, 11]
    assert kings.neighbours(2, 1) == [1, 3]


def test_the_window_is_drawn_evenly_and_negatives_by_count_to_a_power(kings):
    choices = Choices(window=3, negatives=4, power=0.5)
    steps = [drawn for drawn, _ in zip(drawn_steps(kings, choices, 0, 0), range(3_000), strict=False)]
    reaches = Counter(drawn.reach for drawn in steps)
    assert set(reaches) == {1, 2, 3}
    assert all(abs(count - 1_000) < 110 for count in reaches.values())
    # Of those drawn against one word: all others, by the roots of their counts.
    positive = kings.text.words.index("land")
    drawn = Counter(
        int(word)
        for step in steps
        for context, row in zip(step.example.contexts, step.example.negatives, strict=True)
        if context == positive
        for word in row
    )
    assert positive not in drawn
    weights = np.sqrt(kings.text.counts.astype(float))
    weights[positive] = 0
    weights /= weights.sum()
    shares = np.array([drawn[word] for word in range(len(weights))]) / drawn.total()
    np.testing.assert_allclose(shares, weights, atol=0.025)


def test_cbow_draws_once_for_all_neighbours(kings):
    drawn = next(drawn_steps(kings, Choices("cbow", window=5, negatives=3), 0, 2))
    assert drawn.example.negatives.shape == (1, 3)
    assert drawn.example.centre not in drawn.example.negatives


def test_the_loss_falls(kings):
    losses = replay(kings, Choices(), (Leg(500, 0.2),)).losses
    assert losses[0][0] == 0
    assert losses[-1][0] == 500
    assert losses[-1][1] < losses[0][1] - 0.2


def test_frames_are_many_at_the_end_and_few_before(kings):
    now = replay(kings, Choices(), (Leg(1_234, 0.1),))
    steps = [step for step, _ in now.lately()]
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, 1_234)
    assert steps[-20:] == list(range(1_215, 1_235))
    assert len(steps) < 160
    assert equal(now.lately()[-1][1], now.vectors)
    middle = dict(now.lately())[1_000]
    assert equal(middle, replay(kings, Choices(), (Leg(1_000, 0.1),)).vectors)


@pytest.mark.parametrize("text", ["", "one", "a. b. c.", "word word word", "1 2 3", "a\nb\nc"])
def test_a_text_without_pairs_is_refused(text):
    with pytest.raises(ModelError):
        Sentences.of(text)


def test_a_lonely_word_is_passed_over():
    sentences = Sentences.of("Stop. A king came.")
    assert [sentences.text.words[word] for word in sentences.words] == ["stop", "a", "king", "came"]
    assert next(drawn_steps(sentences, Choices(), 0, 0)).place == 1


def test_a_long_text_is_taken_in_part():
    sentences = Sentences.of("a king and a queen " * 100)
    assert len(sentences.words) == 80
    assert sentences.left_out == 420


def test_a_rate_that_is_too_high_is_told(kings):
    with pytest.raises(ModelError, match="At the rate 2 the vectors grow"):
        replay(kings, Choices(), (Leg(2_000, 2.0),))


def test_as_many_steps_as_there_may_be_are_read():
    assert steps_of(read_legs(f"r0.1x{MOST_STEPS}")) == MOST_STEPS
