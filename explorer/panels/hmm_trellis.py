"""A small hidden Markov model and a text: the trellis, and what is known of the hidden states."""

import html
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import streamlit as st

from explorer import controls, explain, style
from explorer.components.trellis import trellis
from explorer.downloads import Columns, downloads
from explorer.figures.hmm import beliefs, dependencies
from explorer.numbers import power_of_ten_latex
from explorer.panels import hmm_steps
from explorer.panels.hmm_model import FISH, FORM, WORD_CLASSES, Observation, observe, parse
from models.mixers.hmm import HMM

MODES = {
    "forward": ("Forward: add up all paths", hmm_steps.forward),
    "posterior": ("Posterior: all of the text", hmm_steps.posterior),
    "viterbi": ("Viterbi: the best path", hmm_steps.viterbi),
}
_ARROWS: Columns = {"from": ["h_t-1", "h_t"], "to": ["h_t", "w_t"], "probability": ["A", "B"]}
_FUNCTIONS: Mapping[str, Sequence[Callable[..., Any]]] = {
    "forward": [HMM.forward],
    "posterior": [HMM.backward, HMM.posterior],
    "viterbi": [HMM.viterbi],
}


def trellis_view(slug: str) -> None:
    """The text, the trellis, and below it the model that the reader can change."""
    text = controls.text("prompt", "Text, in words that the model knows", FISH)
    said, mode = (
        st.container(),
        controls.choice(f"{slug}_mode", "Compute", list(MODES), lambda name: MODES[name][0], hidden=True),
    )
    figures = st.container()
    with st.expander("Change the model", icon=":material/edit:"):
        written = controls.text(
            f"{slug}_model",
            f"A line a state: how often it comes first | which states follow | which words it emits, like {FORM}",
            WORD_CLASSES,
            height=150,
        )
        tables = st.container()
    with said:
        seen = controls.last_good("trellis", lambda: observe(parse(written), text), _example)
    with tables:
        _tables(seen)
    with figures:
        trellis(
            MODES[mode][1](seen),
            colour=style.PROBABILITY,
            path_colour=style.DECIDES,
            key="trellis",
        )
        downloads("trellis", "trellis", None, lambda: _columns(seen), "Trellis")
        _later_words(seen)
    explain.explanation(
        "Going through all paths one by one would take as many sums as there are paths; the trellis needs one number a "
        "state and word, since the next step depends on the state before it only. Viterbi's algorithm has a maximum "
        "in place of the sum, and keeps for each number where it came from.",
        lambda: _formulas(seen, mode),
        _FUNCTIONS[mode],
    )


@cache
def _example() -> Observation:
    return observe(parse(WORD_CLASSES), FISH)


def _later_words(seen: Observation) -> None:
    """What the words after a word tell of its state; and what depends on what."""
    left, right = st.columns([3, 2], gap="large")
    states, places = range(len(seen.model.states)), range(len(seen.words))
    with left:
        st.subheader("What later words tell", anchor=False)
        figure = beliefs(
            seen.words,
            seen.model.states,
            [[seen.so_far(t, state) for state in states] for t in places],
            [[seen.posterior(t, state) for state in states] for t in places],
        )
        st.plotly_chart(
            figure,
            key="beliefs",
            config={"displayModeBar": False},
            alt="Of each word the probabilities of its hidden states, as read so far and given the whole text.",
        )
        st.markdown(
            r"Hatched: as read so far, $P(h_t \mid w_1 \dots w_t)$. Plain: given the whole text, "
            r"$P(h_t \mid w_1 \dots w_n)$."
        )
        st.text(_paths(seen))
        downloads("beliefs", "beliefs", figure, lambda: _columns(seen), f"Hidden states\nText: {' '.join(seen.words)}")
    with right:
        st.subheader("What depends on what", anchor=False)
        graph = dependencies()
        st.plotly_chart(
            graph,
            key="dependencies",
            config={"displayModeBar": False},
            alt="Each hidden state has an arrow to the next hidden state, and one to the word that is seen.",
        )
        downloads(
            "dependencies", "dependencies", graph, lambda: _ARROWS, "What depends on what in a hidden Markov model"
        )
        st.markdown(
            "Two assumptions of independence, one for each kind of arrow:\n\n"
            r"1. a state depends on the state before it only, $P(h_t \mid h_{t-1})$: table $A$;"
            "\n"
            r"2. a word depends on its own state only, $P(w_t \mid h_t)$: table $B$."
        )


def _paths(seen: Observation) -> str:
    names = seen.model.states
    path, alone = list(seen.viterbi.path), seen.best_alone()
    said = f"Best path: {' → '.join(names[state] for state in path)}."
    if alone == path:
        return f"{said} The most probable state of each word, taken alone, is the same."
    possible = all(seen.model.hmm.log_transition[i, j] > -math.inf for i, j in pairwise(alone))
    return (
        f"{said}\nThe most probable state of each word, taken alone: {', '.join(names[state] for state in alone)}"
        + (". Which is right depends on the question." if possible else ": a path that this model can never take.")
    )


def _tables(seen: Observation) -> None:
    """pi, A and B, as they are used."""
    model = seen.model
    if model.divided:
        st.text("Rows sum to 1: these were divided by their sum. " + ", ".join(model.divided))
    initial = [model.hmm.log_initial.tolist()]
    for title, rows, columns, values in (
        ("π: P(first state)", [""], model.states, initial),
        ("A: P(next state | state)", model.states, model.states, model.hmm.log_transition.tolist()),
        ("B: P(word | state)", model.states, model.words, model.hmm.log_emission.tolist()),
    ):
        st.html(_table(title, rows, columns, values))


def _table(title: str, rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in (title, *columns))
    body = "".join(
        f"<tr><td>{html.escape(name)}</td>{''.join(f'<td>{math.exp(value):.3g}</td>' for value in row)}</tr>"
        for name, row in zip(rows, values, strict=True)
    )
    return (
        f'<div class="explorer-scroll" tabindex="0" role="region" aria-label="{title}">'
        f'<table class="explorer-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _columns(seen: Observation) -> Columns:
    cells = [(t, state) for t in range(len(seen.words)) for state in range(len(seen.model.states))]
    scores = seen.viterbi.scores.tolist()
    pointers = seen.viterbi.pointers.tolist()
    return {
        "position": [t + 1 for t, _ in cells],
        "word": [seen.words[t] for t, _ in cells],
        "state": [seen.model.states[state] for _, state in cells],
        "ln alpha": [seen.forward[t][state] for t, state in cells],
        "ln beta": [seen.backward[t][state] for t, state in cells],
        "P(state | words so far)": [seen.so_far(t, state) for t, state in cells],
        "P(state | all words)": [seen.posterior(t, state) for t, state in cells],
        "ln delta": [scores[t][state] for t, state in cells],
        "best state before": [seen.model.states[pointers[t][state]] if t else "" for t, state in cells],
        "on the best path": [seen.viterbi.path[t] == state for t, state in cells],
    }


def _formulas(seen: Observation, mode: str) -> list[str]:
    """In symbols, then with the numbers of the last word's most probable state."""
    names, t = seen.model.states, len(seen.words) - 1
    whole = power_of_ten_latex(seen.log_prob, 3)
    if mode == "posterior":
        j = seen.best_alone()[t]
        return [
            r"\beta_t(i) = \sum_j A_{ij}\, B_j(w_{t+1})\, \beta_{t+1}(j), \quad \beta_n(i) = 1",
            r"\gamma_t(j) = P(h_t = j \mid w_1 \dots w_n) = \frac{\alpha_t(j)\, \beta_t(j)}{P(w_1 \dots w_n)}",
            rf"\begin{{aligned}}\gamma_{{{t + 1}}}({explain.latex_text(names[j])}) &= "
            rf"\frac{{{power_of_ten_latex(seen.forward[t][j], 3)} \cdot 1}}{{{whole}}}"
            rf" \\ &= {seen.posterior(t, j):.4f}\end{{aligned}}",
        ]
    if mode == "viterbi":
        best = " ".join(explain.latex_text(names[state]) for state in seen.viterbi.path)
        return [
            r"\delta_1(j) = \pi_j B_j(w_1), \qquad \delta_t(j) = \max_i \delta_{t-1}(i)\, A_{ij}\, B_j(w_t)",
            r"\psi_t(j) = \arg\max_i \delta_{t-1}(i)\, A_{ij}",
            rf"\max_h P(h, w) = {power_of_ten_latex(seen.viterbi.log_prob, 3)}: \quad {best}",
        ]
    total = " + ".join(power_of_ten_latex(value, 3) for value in seen.forward[t] if value > -math.inf)
    return [
        r"\alpha_1(j) = \pi_j B_j(w_1), \qquad \alpha_t(j) = \Big(\sum_i \alpha_{t-1}(i)\, A_{ij}\Big) B_j(w_t)",
        rf"\begin{{aligned}}P(w_1 \dots w_n) &= \sum_j \alpha_n(j) \\ &= {total} \\ &= {whole}\end{{aligned}}",
    ]
