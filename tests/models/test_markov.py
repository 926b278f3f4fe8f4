from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from models.errors import ModelError
from models.mixers.markov import MOST_STATES, REST, MarkovChain, chain_of, dependence, pair_counts, states_of

sequences = st.lists(st.integers(0, 3), min_size=2, max_size=60)
positive = st.lists(st.lists(st.floats(0.05, 1), min_size=3, max_size=3), min_size=3, max_size=3)


def chain(rows):
    table = np.array(rows)
    return MarkovChain(("a", "b", "c"), table / table.sum(1, keepdims=True))


@given(sequences)
def test_pairs_are_counted_and_become_rows_that_sum_to_1(sequence):
    counts = pair_counts(sequence, 4)
    for i in range(4):
        for j in range(4):
            assert counts[i, j] == sum(pair == (i, j) for pair in pairwise(sequence))
    found = chain_of(counts, "abcd")
    assert found.transition.sum(1) == pytest.approx(1)


@given(positive)
def test_the_stationary_distribution_is_the_eigenvector(rows):
    found = chain(rows)
    stationary = found.stationary()
    assert stationary @ found.transition == pytest.approx(stationary, abs=1e-9)
    values, vectors = np.linalg.eig(found.transition.T)
    vector = np.real(vectors[:, np.argmax(np.real(values))])
    assert stationary == pytest.approx(vector / vector.sum(), abs=1e-8)
    assert found.power_iteration(np.array([1.0, 0.0, 0.0]), 400)[-1] == pytest.approx(stationary, abs=1e-6)


def test_a_circle_has_a_stationary_distribution_all_the_same():
    circle = MarkovChain(("a", "b"), np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert circle.stationary() == pytest.approx([0.5, 0.5])
    assert circle.power_iteration(np.array([1.0, 0.0]), 3)[:, 0].tolist() == [1, 0, 1, 0]


@given(positive, st.integers(0, 6))
def test_some_steps_are_that_many_single_ones(rows, steps):
    found = chain(rows)
    after = np.eye(3)
    for _ in range(steps):
        after = after @ found.transition
    assert found.after(steps) == pytest.approx(after)


@given(positive, st.integers(0, 100))
def test_a_walk_is_known_by_its_seed_and_goes_only_where_it_may(rows, seed):
    table = np.array(rows)
    table[0, 1] = 0.0
    found = chain(table)
    walk = found.walk(0, 50, seed)
    assert walk == found.walk(0, 50, seed)
    assert (0, 1) not in pairwise(walk)
    assert len(walk) == 51


@pytest.mark.parametrize(
    ("table", "said"),
    [([[0.5, 0.6], [0.5, 0.5]], "sums to 1"), ([[1.5, -0.5], [0.5, 0.5]], "from 0 to 1"), ([[1.0]], "2 x 2")],
)
def test_what_is_no_chain_is_explained(table, said):
    with pytest.raises(ModelError, match=said):
        MarkovChain(("a", "b"), np.array(table))


@given(st.lists(st.lists(st.integers(1, 50), min_size=2, max_size=4), min_size=2, max_size=2))
def test_dependence_is_the_chi_square_test_of_scipy(rows):
    size = min(map(len, rows))
    table = np.array([row[:size] for row in rows])
    found = dependence(table)
    wanted = chi2_contingency(table, correction=False)
    assert found.chi_square == pytest.approx(wanted.statistic, abs=1e-9)
    assert found.degrees == wanted.dof


def test_letters_and_words_are_states_and_the_rare_ones_share_one():
    assert states_of("A rose, a", "letters") == ([0, 1, 2, 3, 4, 0], ["a", "r", "o", "s", "e"])
    assert states_of("A rose is a rose.", "words")[0][:5] == [0, 1, 2, 0, 1]
    many = " ".join(f"w{i} w{i}" for i in range(MOST_STATES)) + " rare once"
    states, names = states_of(many, "words")
    assert len(names) == MOST_STATES + 1
    assert [names[i] for i in states[-2:]] == [REST, REST]
