import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from models.errors import ModelError
from models.mixers.markov import MarkovChain, chain_of, dependence, expected_pairs, pair_counts

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
    assert found.p_value == pytest.approx(wanted.pvalue, abs=1e-12)
    assert expected_pairs(table) == pytest.approx(wanted.expected_freq)


def test_one_state_alone_depends_on_nothing():
    found = dependence(np.array([[7]]))
    assert (found.chi_square, found.degrees, found.p_value) == (0.0, 0, 1.0)


@st.composite
def sparse_tables(draw):
    """Tables of chains with many impossible steps: reducible and periodic ones among them."""
    size = draw(st.integers(1, 6))
    table = np.zeros((size, size))
    for i in range(size):
        for j in draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=2)):
            table[i, j] = draw(st.integers(1, 4))
    return table / table.sum(1, keepdims=True)


@given(sparse_tables())
def test_groups_and_periods_are_those_found_by_following_every_path(table):
    found = MarkovChain(tuple(map(str, range(len(table)))), table)
    size = len(found.states)
    can = [np.linalg.matrix_power(found.transition, n) > 0 for n in range(2 * size * size)]
    reach = np.any(can, axis=0)
    for group in found.groups:
        first = group.states[0]
        assert set(group.states) == {j for j in range(size) if reach[first, j] and reach[j, first]}
        assert group.closed == (set(np.flatnonzero(reach[first])) == set(group.states))
        returns = [n for n in range(1, len(can)) if can[n][first, first]]
        assert group.period == math.gcd(*returns)
    assert sorted(i for group in found.groups for i in group.states) == list(range(size))


@pytest.mark.slow
@given(sparse_tables(), st.data())
def test_the_share_of_time_is_the_average_over_many_steps(table, data):
    found = MarkovChain(tuple(map(str, range(len(table)))), table)
    start = found.from_state(data.draw(st.integers(0, len(found.states) - 1)))
    stationary = found.stationary(start)
    assert stationary.sum() == pytest.approx(1)
    assert stationary @ found.transition == pytest.approx(stationary)
    # Powers by doubling: the average over 2 to the 20 steps.
    average, power = np.eye(len(start)), found.transition
    for _ in range(20):
        average, power = (average + average @ power) / 2, power @ power
    assert start @ average == pytest.approx(stationary, abs=1e-4)


@given(positive)
def test_the_distance_is_the_largest_total_variation_and_falls_as_the_second_eigenvalue(rows):
    found = chain(rows)
    stationary = found.stationary()
    distances = found.distances(stationary, 40)
    for k in (0, 1, 5):
        power = found.after(k)
        events = [[s for s in range(3) if subset >> s & 1] for subset in range(8)]
        worst = max(abs(power[i, event].sum() - stationary[event].sum()) for i in range(3) for event in events)
        assert distances[k] == pytest.approx(worst)
    assert all(after <= before + 1e-12 for before, after in pairwise(distances))
    assert distances[40] <= 20 * found.second_eigenvalue() ** 40 * 40 + 1e-12


def test_the_second_eigenvalue_of_two_states():
    """Of a two-state chain it is known: 1 less both probabilities of leaving."""
    found = MarkovChain(("a", "b"), np.array([[0.9, 0.1], [0.3, 0.7]]))
    assert found.second_eigenvalue() == pytest.approx(0.6)
    distances = found.distances(found.stationary(), 5)
    assert distances[1:] / distances[:-1] == pytest.approx(0.6)


@pytest.mark.slow
@given(positive, st.integers(0, 20))
def test_a_long_walk_spends_its_time_as_the_stationary_distribution_says(rows, seed):
    found = chain(rows)
    walk = found.walk(0, 20_000, seed)
    assert np.bincount(walk, minlength=3) / len(walk) == pytest.approx(found.stationary(), abs=0.08)
