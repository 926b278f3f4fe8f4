"""A text as a Markov chain: its states, how often each follows each, and where that leads."""

import numpy as np
import streamlit as st

from explorer import controls, explain
from explorer.downloads import Columns, downloads
from explorer.figures.markov import MOST_IN_GRAPH, chain_graph, convergence, transition_table
from explorer.numbers import minus
from models.mixers.markov import MarkovChain, chain_of, dependence, pair_counts
from models.zoo import onegin

STATES = {"classes": "Vowels and consonants", "letters": "Letters", "words": "Words"}
MOST_STATES = 30
_STEPS = 16


def onegin_sequence() -> tuple[list[int], list[str]]:
    """Markov's own: vowels and consonants of Eugene Onegin."""
    return (~onegin.load()).astype(int).tolist(), ["vowel", "consonant"]


def chain_panel(slug: str, states: list[int], names: list[str]) -> None:
    """The chain of a sequence: pairs, probabilities, independence, stationary distribution, and a walk."""
    counts = pair_counts(states, len(names))
    chain = chain_of(counts, names)
    often = np.argsort(-counts.sum(1), kind="stable")[:MOST_STATES]
    if len(names) > MOST_STATES:
        st.caption(f"The {MOST_STATES} most frequent of {len(names):,} states; the chain has them all.")
    shown = [names[i] for i in often]
    table = chain.transition[np.ix_(often, often)]
    figure = chain_graph(shown, table) if len(names) <= MOST_IN_GRAPH else transition_table(shown, table)
    st.plotly_chart(
        figure,
        key="chain",
        config={"displayModeBar": False},
        alt=f"The probabilities of going from each of {len(shown)} states to each other one.",
    )
    downloads("chain", "chain", figure, lambda: _columns(counts, chain), "A Markov chain: pairs of states")
    _pairs(states, counts, names)
    stationary = chain.stationary()
    start = np.zeros(len(names))
    start[states[0]] = 1.0
    rows = chain.power_iteration(start, _STEPS)
    top = often[:MOST_IN_GRAPH]
    st.subheader("Where it leads", anchor=False)
    settling = convergence([names[i] for i in top], rows[:, top], stationary[top])
    st.plotly_chart(
        settling,
        key="convergence",
        config={"displayModeBar": False},
        alt="The probability of each state after more and more steps, and the stationary distribution.",
    )
    downloads(
        "convergence", "convergence", settling, lambda: _distributions(names, rows, stationary), "Power iteration"
    )
    st.caption("From the first state of the text; dotted: the stationary distribution, which a step leaves as it is.")
    seed = controls.count(f"{slug}_seed", "Seed of the walk", 0, 0, 100)
    walk = [names[i] for i in chain.walk(states[0], 30, seed)]
    st.text("A random walk: " + " → ".join(walk))
    explain.explanation(
        "In a Markov chain the next state depends on the present one only. The probabilities are the shares of each "
        "pair among all pairs with the same first state; the stationary distribution is what is left when one "
        "multiplies by them again and again.",
        lambda: _formulas(counts, chain, stationary, names),
        [chain_of, MarkovChain.stationary],
    )


def _pairs(states: list[int], counts: np.ndarray, names: list[str]) -> None:
    found = dependence(counts)
    lines = [f"{len(states):,} states, {int(counts.sum()):,} pairs."]
    if len(names) == 2:
        of = np.bincount(states, minlength=2)
        lines += [
            f"{of[0]:,} vowels, {of[1]:,} consonants: P(vowel) = {of[0] / len(states):.3f}.",
            f"{counts[0, 0]:,} pairs of two vowels: P(vowel | vowel) = {counts[0, 0] / max(1, counts[0].sum()):.3f}, "
            f"P(vowel | consonant) = {counts[1, 0] / max(1, counts[1].sum()):.3f}.",
        ]
    if found.degrees:
        lines.append(
            f"Were each state drawn for itself, chi-square would be about {found.degrees:,}; "
            f"it is {found.chi_square:,.0f}: "
            + (
                "each depends on the one before it."
                if found.chi_square > 2 * found.degrees + 10
                else "no clear dependence."
            )
        )
    st.text("\n".join(lines))


def _columns(counts: np.ndarray, chain: MarkovChain) -> Columns:
    pairs = [(i, j) for i in range(len(counts)) for j in range(len(counts)) if counts[i, j]]
    return {
        "from": [chain.states[i] for i, _ in pairs],
        "to": [chain.states[j] for _, j in pairs],
        "pairs": [int(counts[i, j]) for i, j in pairs],
        "P(to | from)": [float(chain.transition[i, j]) for i, j in pairs],
    }


def _distributions(names: list[str], rows: np.ndarray, stationary: np.ndarray) -> Columns:
    return {
        "state": names,
        **{f"after {step}": row.tolist() for step, row in enumerate(rows)},
        "stationary": stationary.tolist(),
    }


def _formulas(counts: np.ndarray, chain: MarkovChain, stationary: np.ndarray, names: list[str]) -> list[str]:
    i, j = np.unravel_index(int(counts.argmax()), counts.shape)
    one, other = explain.latex_text(names[i]), explain.latex_text(names[j])
    return [
        r"P(s_t = j \mid s_{t-1} = i) = \frac{\#(i\,j)}{\#(i\,\cdot)}",
        rf"P({other} \mid {one}) = \frac{{{counts[i, j]}}}{{{counts[i].sum()}}} = {chain.transition[i, j]:.4f}",
        r"\pi = \pi P",
        minus(rf"\pi({other}) = {stationary[j]:.4f}"),
    ]
