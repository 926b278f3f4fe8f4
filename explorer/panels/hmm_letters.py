"""A hidden Markov model learns from letters what vowels and consonants are, without being told that there are any."""

import html
from collections.abc import Sequence

import streamlit as st

from explorer import controls, explain, loading, style, waiting
from explorer.downloads import Columns, downloads
from explorer.figures.hmm import letters_by_state, likelihood_curves
from explorer.numbers import minus
from explorer.texts import LETTERS as TEXT
from models.mixers.hmm import baum_welch, expected
from models.mixers.hmm_learning import (
    ONCE,
    RUNNING,
    SPACE,
    SPACED,
    Found,
    Learning,
    Letters,
    Round,
    found,
    restarts,
)

_WAYS = {ONCE: "Each word once", RUNNING: "Every word", SPACED: "Letters and spaces"}
_SHOWN = 420  # letters of the text


def letters_view(slug: str) -> None:
    """The text, what the states came to be, and how the best of several restarts was found."""
    text = controls.text(f"{slug}_text", "Text to learn from", TEXT)
    figure, beside = st.columns([2, 1], gap="large")
    with beside:
        way = controls.pick_one(f"{slug}_way", "Read", list(_WAYS), _WAYS.__getitem__)
        states = controls.count(f"{slug}_states", "Hidden states", 2, 2, 4)
        count = controls.count(f"{slug}_restarts", "Restarts", 5, 1, 10, "Random beginnings; the best end is kept.")
    with figure:
        learning = controls.last_good(
            "letters",
            lambda: loading.learning(text, way, states, count),
            lambda: loading.learning(TEXT, way, states, count),
        )
        letters = learning.letters

        def progress() -> str:
            curves = learning.curves
            return f"Restart {max(1, len(curves))} of {count}, round {len(curves[-1]) if curves else 1}"

        waiting.sliced(f"{slug} letters", (letters, states, count), learning.go_on, progress, st.empty())
        best = learning.best
        if best is None:
            return
        what = found(best.hmm, letters)
        names = _names(what)
        _letters(letters, what, names)
    st.html(_coloured(letters, best, what, names))
    _climb(letters, learning, best)
    _how_computed(letters, best, what, names)


def _letters(letters: Letters, what: Found, names: Sequence[str]) -> None:
    symbols = [symbol for symbol in letters.symbols if symbol != SPACE]
    agreeing = [letter for letter, agrees in zip(letters.symbols, what.agreeing, strict=True) if agrees]
    wrong = [symbol for symbol in symbols if symbol not in agreeing]
    said = f"{len(symbols) - len(wrong)} of {len(symbols)} letters are on the side where a list of vowels has them"
    said += f"; not {', '.join(wrong[:12])}{' …' if len(wrong) > 12 else ''}." if wrong else "."
    st.text(f"{said} The model never saw that list.")
    figure = letters_by_state(letters.symbols, what.expected, names)
    st.plotly_chart(
        figure,
        key="letters",
        config={"displayModeBar": False},
        alt=f"Of each letter the share that comes from each of {len(names)} states. {said}",
    )
    downloads("letters", "letters", figure, lambda: _columns(letters, what, names), "Letters and hidden states")


def _climb(letters: Letters, learning: Learning, best: Round) -> None:
    st.subheader("How it was learned", anchor=False)
    curves = [[value / letters.count for value in curve] for curve in learning.curves if curve]
    figure = likelihood_curves(curves, best.restart)
    st.plotly_chart(
        figure,
        key="climb",
        config={"displayModeBar": False},
        alt=f"The log-likelihood of {len(curves)} restarts by round; each rises, restart {best.restart + 1} highest.",
    )
    left = f" The last {letters.left_out:,} letters of the text are left out." if letters.left_out else ""
    ends = ", ".join(f"{curve[-1]:.4f}" for curve in curves)
    st.text(
        minus(f"No round makes the letters less probable. Where the restarts end: {ends} nats a letter. ")
        + f"Restart {best.restart + 1}, the best, is shown. {letters.count:,} letters.{left}"
    )
    downloads("climb", "climb", figure, lambda: _rounds(learning), "Log-likelihood of each restart of Baum-Welch")


def _names(what: Found) -> list[str]:
    """States by what they came to be; which is which was not known before."""
    kinds = [
        "spaces" if is_space else "vowels" if is_vowel else "consonants"
        for is_vowel, is_space in zip(what.is_vowel, what.is_space, strict=True)
    ]
    return [f"state {i}: mostly {kind}" for i, kind in enumerate(kinds, 1)]


def _coloured(letters: Letters, best: Round, what: Found, names: Sequence[str]) -> str:
    """The first words, each letter in the colour of its state on the best path; states of vowels are underlined."""
    import torch

    line = ["text-decoration: underline" * is_vowel for is_vowel in what.is_vowel]
    words, shown = list[str](), 0
    for sequence in letters.sequences:
        path = best.hmm.viterbi(torch.tensor(sequence)).path
        words.append(
            "".join(
                f'<span class="explorer-token" title="{names[state]}" '
                f'style="--colour: {style.CATEGORIES[state]}; --shade: 0.75; {line[state]}">'
                f"{html.escape(letters.symbols[symbol])}</span>"
                for symbol, state in zip(sequence, path, strict=True)
            )
        )
        shown += len(sequence)
        if shown > _SHOWN:
            break
    more = " …" if len(words) < len(letters.sequences) else ""
    return f'<div class="explorer-text" role="img" aria-label="Letters by state">{" ".join(words)}{more}</div>'


def _how_computed(letters: Letters, best: Round, what: Found, names: Sequence[str]) -> None:
    explain.explanation(
        "Baum-Welch begins with random tables. It asks how often, given the letters, each state was there and each "
        "step was taken (by the forward and the backward numbers), makes new tables of these expected counts, and "
        "begins again. Each round makes the letters more probable, up to a peak that need not be the highest one: "
        "hence the restarts.",
        lambda: _formulas(letters, best, what, names),
        [baum_welch, expected, restarts],
    )


def _formulas(letters: Letters, best: Round, what: Found, names: Sequence[str]) -> list[str]:
    symbol, state = divmod(int(what.expected.argmax()), len(names))
    count, of = float(what.expected[symbol, state]), float(what.expected[:, state].sum())
    letter = explain.latex_text(letters.symbols[symbol].replace(SPACE, "␣"))
    return [
        r"\xi_t(i, j) = \frac{\alpha_t(i)\, A_{ij}\, B_j(w_{t+1})\, \beta_{t+1}(j)}{P(w)}, \qquad"
        r" \gamma_t(i) = \frac{\alpha_t(i)\, \beta_t(i)}{P(w)}",
        r"A_{ij} \leftarrow \frac{\sum_t \xi_t(i, j)}{\sum_j \sum_t \xi_t(i, j)}, \qquad"
        r" B_j(v) \leftarrow \frac{\sum_{t:\, w_t = v} \gamma_t(j)}{\sum_t \gamma_t(j)}",
        rf"B_{{{state + 1}}}({letter}) \leftarrow \frac{{{count:.2f}}}{{{of:.2f}}} = {count / of:.4f}",
        rf"\frac{{\ln P(w)}}{{\text{{letters}}}} = \frac{{{best.log_likelihood:.2f}}}{{{letters.count}}}"
        rf" = {best.log_likelihood / letters.count:.4f}",
    ]


def _columns(letters: Letters, what: Found, names: Sequence[str]) -> Columns:
    return {
        "letter": list(letters.symbols),
        **{f"expected from {name}": what.expected[:, i].tolist() for i, name in enumerate(names)},
        "agrees with the list of vowels": list(what.agreeing),
    }


def _rounds(learning: Learning) -> Columns:
    rows = [(i, n, value) for i, curve in enumerate(learning.curves, 1) for n, value in enumerate(curve)]
    return {
        "restart": [i for i, _, _ in rows],
        "round": [n for _, n, _ in rows],
        "ln P of all letters": [value for *_, value in rows],
    }
