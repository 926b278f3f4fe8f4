"""The hidden Markov model that was trained on words: what it believes while it reads, and what its states mean."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer import controls, explain
from explorer.asking import Reading
from explorer.contents import FIRST_PROMPT
from explorer.downloads import Columns, downloads
from explorer.figures.hmm import belief_map
from explorer.numbers import percent
from explorer.panels import distribution, prompt
from models.mixers.hmm_lm import HMMLM
from models.prediction.decoding import Decoding
from models.tokens.words import UNKNOWN

MODEL = "hmm"
_STATES = 10
_COLUMNS = 16
_NAMING = 3
_TOP, _IN_FILE = 12, 50  # words of a state


@dataclass(frozen=True, eq=False)
class Belief:
    """The last columns of what is believed, in the few states that matter there."""

    lm: HMMLM
    words: list[str]
    states: list[int]
    table: np.ndarray  # (column, state), then all other states
    first: list[tuple[str, float]]  # of each column the most probable next word


def words_view(slug: str) -> None:  # noqa: ARG001 - every view is called with it
    """The prompt, the belief after each word, the next word, and the states."""
    text = controls.text("prompt", "Prompt", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    reading = prompt.read_prompt(MODEL, text)
    if reading is None:
        return
    seen = _belief(reading)
    _belief_figure(seen, reading)
    st.subheader("The next word", anchor=False)
    prompt.strip(reading, by_rank=False)
    distribution.distribution(reading, Decoding(), 10, log=False)
    card = seen.lm.card
    st.text(
        f"{card.title}, {seen.lm.tokenizer.vocab_size:,} words. Trained on {card.corpus}."
        + (f" Perplexity {card.perplexity} on {card.held_out}." if card.perplexity else "")
    )
    _all_states(seen.lm)
    _how_computed(seen, reading)


def _belief(reading: Reading) -> Belief:
    lm, score = _model(reading), reading.score
    belief = lm.belief(score.token_ids).double().numpy()[-_COLUMNS:]
    states = _chosen(belief)
    rest = 1 - belief[:, states].sum(1, keepdims=True)
    firsts = [*zip(score.top_ids[:, 0].tolist(), score.top_log_probs[:, 0].exp().tolist(), strict=True)]
    next_id = score.next.top_ids(1)[0]
    firsts.append((next_id, float(score.next.probs[next_id])))
    shown = [*lm.tokenizer.tokens([lm.tokenizer.start_id]), *score.tokens][-_COLUMNS:]
    first = [(lm.tokenizer.tokens([token_id])[0], p) for token_id, p in firsts[-_COLUMNS:]]
    return Belief(lm, shown, states, np.concatenate([belief[:, states], np.maximum(rest, 0.0)], axis=1), first)


def _chosen(belief: np.ndarray) -> list[int]:
    """The states with most belief in any column, and then in all; in the order in which they come up."""
    favourites = dict.fromkeys(belief.argmax(1).tolist())
    often = np.argsort(-belief.sum(0), kind="stable").tolist()
    first = [state for state in often if state in favourites]
    chosen = [*first, *(state for state in often if state not in favourites)][:_STATES]
    return sorted(chosen, key=lambda state: int(belief[:, state].argmax()))


def _belief_figure(seen: Belief, reading: Reading) -> None:
    names = [*(name(seen.lm, state) for state in seen.states), f"all other {seen.lm.hmm.n_states - len(seen.states)}"]
    figure = belief_map(seen.words, names, seen.table, seen.first)
    st.plotly_chart(
        figure,
        key="belief",
        config={"displayModeBar": False},
        alt=f"The belief about the next word's state after each word; at the end most probable: {names[_last(seen)]}.",
    )
    cut = (
        f" The last {_COLUMNS} of {len(reading.score.token_ids)} words."
        if len(reading.score.token_ids) >= _COLUMNS
        else ""
    )
    st.caption(
        "Each column: what is believed of the next word's hidden state, once the word above has been read; the darker, "
        f"the more probable. A state is called by the words that it emits most often.{cut}"
    )
    downloads(
        "belief",
        "belief",
        figure,
        lambda: {"after": seen.words, **{n: seen.table[:, i].tolist() for i, n in enumerate(names)}},
        f"Belief about the hidden state\nModel: {seen.lm.card.title}\nPrompt: {reading.score.text}",
    )


def _last(seen: Belief) -> int:
    return int(seen.table[-1].argmax())


def _all_states(lm: HMMLM) -> None:
    """What each state came to mean; folded, since there are many."""
    box = st.expander(f"All {lm.hmm.n_states} states and their words", key="all_states", on_change="rerun")
    if not box.open:
        return
    with box:
        used = lm.usage()
        order = np.argsort(-used, kind="stable").tolist()
        most = min(_TOP, lm.tokenizer.vocab_size)
        top = {state: lm.top_words(state, most) for state in order}
        rows = "".join(
            f"<tr><td>{state + 1}</td><td>{percent(float(used[state]))}</td>"
            f"<td>{html.escape(' · '.join(f'{word} {percent(p)}' for word, p in top[state]))}</td></tr>"
            for state in order
        )
        st.html(
            '<div class="explorer-scroll" tabindex="0" role="region" aria-label="All states">'
            '<table class="explorer-table"><thead><tr><th>State</th><th>Share of all tokens</th>'
            f"<th>Its most frequent words, P(w | h)</th></tr></thead><tbody>{rows}</tbody></table></div>"
        )
        downloads("states", None, None, lambda: _state_columns(lm, order, used), "States and their words")


def name(lm: HMMLM, state: int) -> str:
    """A state by the words that it emits most often."""
    return " ".join([word for word, _ in lm.top_words(state, _NAMING + 1) if word != UNKNOWN][:_NAMING])


def _state_columns(lm: HMMLM, order: Sequence[int], used: np.ndarray) -> Columns:
    most = min(_IN_FILE, lm.tokenizer.vocab_size)
    rows = [(state, word, p) for state in order for word, p in lm.top_words(state, most)]
    return {
        "state": [state + 1 for state, _, _ in rows],
        "share of all words": [float(used[state]) for state, _, _ in rows],
        "word": [word for _, word, _ in rows],
        "P(word | state)": [p for *_, p in rows],
    }


def _how_computed(seen: Belief, reading: Reading) -> None:
    explain.explanation(
        "The model keeps a belief: a probability for each hidden state. A word makes those states more probable that "
        "often emit it; a step through table A carries the belief on to the next word. The next word's distribution is "
        "the mixture of what the states emit, each weighted by the belief.",
        lambda: _formulas(seen, reading),
        [HMMLM.belief, HMMLM.logits],
    )


def _formulas(seen: Belief, reading: Reading) -> list[str]:
    """The sum behind the first bar: the states that give most, and all the others."""
    after, lm = reading.score.next, seen.lm
    first = after.top_ids(1)[0]
    belief = lm.belief(reading.score.token_ids)[-1].double()
    emission = lm.hmm.log_emission[:, first].exp().double()
    parts = belief * emission
    order = parts.argsort(descending=True).tolist()[:3]
    word = explain.latex_text(lm.tokenizer.tokens([first])[0])
    shown = " + ".join(rf"{float(belief[i]):.4f} \cdot {float(emission[i]):.4f}" for i in order)
    rest = float(parts.sum() - parts[order].sum())
    return [
        r"P(w_{t+1} = v \mid w_{\le t}) = \sum_h P(h_{t+1} = h \mid w_{\le t})\, B_h(v)",
        r"P(h_{t+1} = j \mid w_{\le t}) = \sum_i P(h_t = i \mid w_{\le t})\, A_{ij}, \qquad"
        r" P(h_t = i \mid w_{\le t}) \propto P(h_t = i \mid w_{<t})\, B_i(w_t)",
        rf"\begin{{aligned}}P({word} \mid w_{{\le t}}) &= {shown} + {rest:.4f}\text{{ (all others)}}"
        rf" \\ &= {float(after.probs[first]):.4f}\end{{aligned}}",
    ]


def _model(reading: Reading) -> HMMLM:
    if not isinstance(reading.model, HMMLM):
        raise TypeError("this reading comes from another kind of model")
    return reading.model
