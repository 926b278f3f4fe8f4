"""Many steps at once: the powers of the transition matrix, mixing, and the way to the stationary distribution."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from explorer import controls, explain
from explorer.downloads import Columns, downloads
from explorer.figures.markov import MOST_IN_GRAPH, convergence, mixing, transition_table
from explorer.panels.chain_source import Source
from models.mixers.markov import MIXED, Group, MarkovChain, chain_of

MOST_STEPS = 30
_MOST_ROWS = 12  # of a power of the matrix
_SHOWN_STEPS = 16


def powers_panel(slug: str, source: Source, start: int) -> None:
    """P to the power k beside the distance that is left after k steps."""
    chain = source.chain
    st.subheader("k steps at once: P to the power k", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        k = controls.count(f"{slug}_k", "Steps k", 2, 0, MOST_STEPS)
    often = source.often[:_MOST_ROWS]
    power = chain.after(k)
    table = transition_table([chain.states[i] for i in often], power[np.ix_(often, often)])
    distances = chain.distances(chain.stationary(chain.from_state(start)), MOST_STEPS)
    left, right = st.columns(2, gap="large")
    with left:
        st.plotly_chart(
            table,
            key="power",
            config={"displayModeBar": False},
            alt=f"The probabilities of being in each state {k} steps after each other one.",
        )
        if len(chain.states) > _MOST_ROWS:
            st.caption(f"The first {_MOST_ROWS} of {len(chain.states):,} states.")
        downloads("power", "power", table, lambda: _power_columns(chain, power, k), f"Probabilities after {k} steps")
    with right:
        figure = mixing(distances, k, MIXED)
        st.plotly_chart(
            figure,
            key="mixing",
            config={"displayModeBar": False},
            alt=f"Distance from the stationary distribution, step by step; {distances[k]:.3f} after {k} steps.",
        )
        downloads("mixing", "mixing", figure, lambda: _distance_columns(distances), "Distance after k steps")
    st.text(_mixing_words(chain, distances))


def _mixing_words(chain: MarkovChain, distances: np.ndarray) -> str:
    """What the rows become, how fast, and what stands in the way."""
    groups = chain.groups
    closed = [group for group in groups if group.closed]
    second = chain.second_eigenvalue()
    below = np.flatnonzero(distances <= MIXED)
    if len(closed) > 1:
        where = "; ".join(_listed(chain, group) for group in closed)
        words = (
            f"Reducible: the chain ends in one of {len(closed)} groups that it never leaves ({where}). Where it ends "
            "depends on where it starts: the rows never become equal."
        )
    elif closed[0].period > 1:
        words = (
            f"Periodic: the chain comes back to a state only after multiples of {closed[0].period} steps. The rows go "
            "round and never become equal; the stationary distribution is still its share of time in each state."
        )
    elif len(below):
        words = (
            f"The rows become equal: the chain forgets where it started. From step {below[0]} on the worst start is "
            f"within {MIXED} of the stationary distribution, which counts as mixed (dotted)."
        )
    else:
        words = f"The rows become equal, but slowly: {MOST_STEPS} steps do not bring the worst start within {MIXED}."
    left_for_ever = [group for group in groups if not group.closed]
    if left_for_ever:
        states = ", ".join(_listed(chain, group) for group in left_for_ever[:3])
        words += f" Left for ever sooner or later: {states}{' …' if len(left_for_ever) > 3 else ''}."
    return words + (
        f" Second eigenvalue: |λ₂| = {second:.3f}, about what each further step leaves of the distance."
        if len(closed) == 1
        else f" Second eigenvalue: |λ₂| = {second:.3f}."
    )


def _listed(chain: MarkovChain, group: Group) -> str:
    names = [chain.states[i] for i in group.states[:4]]
    return ", ".join(names) + (" …" if len(group.states) > 4 else "")


def limit_panel(source: Source, start: int) -> None:
    """Power iteration from one state, and the distribution to which it leads."""
    chain, names = source.chain, source.chain.states
    begin = chain.from_state(start)
    stationary = chain.stationary(begin)
    rows = chain.power_iteration(begin, _SHOWN_STEPS)
    top = source.often[:MOST_IN_GRAPH]
    st.subheader("Where it leads", anchor=False)
    figure = convergence([names[i] for i in top], rows[:, top], stationary[top])
    st.plotly_chart(
        figure,
        key="convergence",
        config={"displayModeBar": False},
        alt="The probability of each state after more and more steps, and the stationary distribution.",
    )
    downloads("convergence", "convergence", figure, lambda: _distributions(names, rows, stationary), "Power iteration")
    st.text(f"From {names[start]}, multiplied by P again and again. Dotted: the stationary distribution.")


def how_computed(source: Source, start: int) -> None:
    """The chain's formulas with its numbers."""
    explain.explanation(
        "In a Markov chain the next state depends on the present one only. Counted from a text, a probability is the "
        "share of a pair among all pairs with the same first state. $P^k$ holds the probabilities after $k$ steps; the "
        "stationary distribution $\\pi$ is the one that a step leaves as it is. The distance is the total variation: "
        "half of the sum of all differences, for the worst start.",
        lambda: _formulas(source, start),
        [chain_of, MarkovChain.power_iteration, MarkovChain.distances, MarkovChain.stationary],
    )


def _formulas(source: Source, start: int) -> list[str]:
    chain, counts = source.chain, source.counts
    stationary = chain.stationary(chain.from_state(start))
    table = chain.transition if counts is None else counts
    i, j = np.unravel_index(int(table.argmax()), table.shape)
    one, other = explain.latex_text(chain.states[i]), explain.latex_text(chain.states[j])
    pair = rf"P({other} \mid {one}) = " + (
        f"{chain.transition[i, j]:.4f}"
        if counts is None
        else rf"\frac{{{counts[i, j]}}}{{{counts[i].sum()}}} = {chain.transition[i, j]:.4f}"
    )
    first = [] if counts is None else [r"P(s_t = j \mid s_{t-1} = i) = \frac{\#(i\,j)}{\#(i\,\cdot)}"]
    return [
        *first,
        pair,
        r"\pi = \pi P",
        rf"\pi({other}) = {stationary[j]:.4f}",
        r"d(k) = \max_i \tfrac{1}{2} \sum_j \lvert (P^k)_{ij} - \pi_j \rvert",
    ]


def _power_columns(chain: MarkovChain, power: np.ndarray, k: int) -> Columns:
    pairs = np.argwhere(power > 0).tolist()
    return {
        "from": [chain.states[i] for i, _ in pairs],
        f"to, after {k} steps": [chain.states[j] for _, j in pairs],
        "probability": [float(power[i, j]) for i, j in pairs],
    }


def _distance_columns(distances: np.ndarray) -> Columns:
    return {"steps": range(len(distances)), "total variation distance": distances.tolist()}


def _distributions(names: Sequence[str], rows: np.ndarray, stationary: np.ndarray) -> Columns:
    return {
        "state": names,
        **{f"after {step}": row.tolist() for step, row in enumerate(rows)},
        "stationary": stationary.tolist(),
    }
