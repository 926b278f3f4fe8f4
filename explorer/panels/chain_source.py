"""Where a chain comes from: the states of a text, Markov's own count of 1913, or a matrix that is typed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer import controls
from explorer.contents import FIRST_PROMPT
from explorer.figures.markov import MOST_IN_GRAPH
from explorer.texts import NEW_YEAR
from models.mixers.markov import MarkovChain, chain_of, pair_counts
from models.mixers.states import (
    CLASSES,
    MOST_STATES,
    REST,
    StateSequence,
    in_classes,
    letters_and_words,
    typed_chain,
)
from models.zoo import onegin

SOURCES = {"text": "Your text", "onegin": "Markov's Onegin, 1913", "matrix": "A matrix of your own"}
STATES = {"classes": "Classes of letters", "letters": "Letters", "words": "Words"}
WEATHER = "sunny: 0.8 0.15 0.05\ncloudy: 0.3 0.4 0.3\nrainy: 0.2 0.4 0.4"
_EXAMPLE = " Below is an example until then."


@dataclass(frozen=True, eq=False)
class Source:
    """A chain, and what it was counted from, if it was."""

    kind: str
    chain: MarkovChain
    sequence: Sequence[int] = ()
    counts: np.ndarray | None = None  # pairs, shape (from, to)

    @property
    def often(self) -> np.ndarray:
        """The states from the most frequent on; as they stand, where all are drawn."""
        size = len(self.chain.states)
        if self.counts is None or size <= MOST_IN_GRAPH:
            return np.arange(size)
        return np.argsort(-np.bincount(self.sequence, minlength=size), kind="stable")


def source(slug: str) -> Source:
    """What the reader chose to look at; an example where that is no chain, and a word why."""
    left, right = st.columns(2)
    with left:
        kind = controls.choice(f"{slug}_source", "Read", list(SOURCES), SOURCES.__getitem__)
    if kind == "matrix":
        return _matrix(slug)
    if kind == "onegin":
        letters = (~onegin.load()).astype(int).tolist()
        return _counted(kind, StateSequence(letters, ["vowel", "consonant"]))
    with right:
        states = controls.choice(f"{slug}_states", "States", list(STATES), STATES.__getitem__)
    return _text(slug, states)


def _text(slug: str, states: str) -> Source:
    if states == "classes":
        left, right = st.columns(2)
        with right:
            classes = controls.text(
                f"{slug}_classes",
                "Classes: name: letters; name: letters; all others",
                CLASSES,
                hint="A class without letters takes all others. Without such a class they are left out.",
            )
        with left:
            text = controls.text("prompt", "Your text", FIRST_PROMPT)
        found = in_classes(NEW_YEAR)
        with controls.explained_errors(st.empty(), "classes", still=" Below is an example with vowels and consonants."):
            found = in_classes(text, classes)
            if found.left_out:
                st.caption(f"{found.left_out:,} letters are in no class and left out.")
    else:
        text = controls.text("prompt", "Your text", FIRST_PROMPT)
        found = letters_and_words(text, states)
        if REST in found.names:
            st.caption(f"The {MOST_STATES} most frequent {states} are states; all others share one.")
    if len(found.states) < 2:
        controls.notice("A chain needs two states in a row: type a longer text." + _EXAMPLE)
        found = in_classes(NEW_YEAR) if states == "classes" else letters_and_words(NEW_YEAR, states)
    return _counted("text", found)


def _counted(kind: str, found: StateSequence) -> Source:
    counts = pair_counts(found.states, len(found.names))
    return Source(kind, chain_of(counts, found.names), found.states, counts)


def _matrix(slug: str) -> Source:
    text = controls.text(
        f"{slug}_matrix",
        "One line for each state: its name, and the probabilities of going to each state in turn",
        WEATHER,
        height=110,
    )
    found = typed_chain(WEATHER)
    with controls.explained_errors(st.empty(), "matrix", still=_EXAMPLE):
        found = typed_chain(text)
    if found.scaled:
        st.text(f"Not summing to 1, so divided by their sum: {', '.join(found.scaled)}.")
    return Source("matrix", found.chain)
