"""A Markov chain as a graph, or a heat map where it has many states, and a random walk over it."""

import numpy as np
import streamlit as st

from explorer import controls, style
from explorer.components.chain_walk import Edge, WalkState, chain_walk
from explorer.downloads import Columns, downloads
from explorer.figures.markov import MOST_IN_GRAPH, chain_graph, transition_table
from explorer.numbers import percent
from explorer.panels.chain_source import Source
from models.mixers.markov import MarkovChain

MOST_STATES = 30  # of a heat map
STEPS = 500


def walk_panel(slug: str, source: Source) -> int:
    """The chain and a walk on it, stepped in the browser; the state where the walk starts."""
    chain, names = source.chain, source.chain.states
    small = len(names) <= MOST_IN_GRAPH
    place = st.container()
    left, right = st.columns(2)
    with left:
        start = names.index(controls.pick_one(f"{slug}_start", "The walk starts in", names, str))
    with right:
        seed = controls.count(f"{slug}_seed", "Another walk", 0, 0, 100, "The seed of its random numbers.")
    with place:
        if not small:
            map_column, walk_column = st.columns([2, 1], gap="medium")
            with map_column:
                _heat_map(source)
            with walk_column:
                _walk(source, start, seed)
        else:
            _walk(source, start, seed)
            figure = chain_graph(names, chain.transition)
            downloads("chain", "walk", figure, lambda: _columns(source), "A Markov chain: its transition probabilities")
    return start


def _walk(source: Source, start: int, seed: int) -> None:
    chain = source.chain
    stationary = chain.stationary(chain.from_state(start))
    small = len(chain.states) <= MOST_IN_GRAPH
    places = {int(state): i for i, state in enumerate(source.often[:MOST_IN_GRAPH])}
    states: list[WalkState] = [
        {
            "name": name,
            "colour": style.CATEGORIES[places[i] % len(style.CATEGORIES)] if i in places else style.REMOVED,
            "stationary": float(stationary[i]),
        }
        for i, name in enumerate(chain.states)
    ]
    chain_walk(
        states,
        _edges(chain) if small else [],
        chain.walk(start, STEPS, seed),
        list(places),
        colour=style.PROBABILITY,
        mark=style.DECIDES,
        key="walk",
    )


def _edges(chain: MarkovChain) -> list[Edge]:
    return [
        {"start": i, "end": j, "p": float(chain.transition[i, j]), "label": percent(float(chain.transition[i, j]))}
        for i, j in np.argwhere(chain.transition > 0).tolist()
    ]


def _heat_map(source: Source) -> None:
    chain = source.chain
    often = source.often[:MOST_STATES]
    figure = transition_table([chain.states[i] for i in often], chain.transition[np.ix_(often, often)])
    st.plotly_chart(
        figure,
        key="chain",
        config={"displayModeBar": False},
        alt=f"The probabilities of going from each of {len(often)} states to each other one.",
    )
    if len(chain.states) > MOST_STATES:
        st.caption(f"The {MOST_STATES} most frequent of {len(chain.states):,} states; the chain has them all.")
    downloads("chain", "chain", figure, lambda: _columns(source), "A Markov chain: its transition probabilities")


def _columns(source: Source) -> Columns:
    chain = source.chain
    pairs = np.argwhere(chain.transition > 0).tolist()
    counted = {} if source.counts is None else {"pairs": [int(source.counts[i, j]) for i, j in pairs]}
    return {
        "from": [chain.states[i] for i, _ in pairs],
        "to": [chain.states[j] for _, j in pairs],
        **counted,
        "P(to | from)": [float(chain.transition[i, j]) for i, j in pairs],
    }
