"""Which is right? Guess one of two sentences, then see what is right and what the model finds more probable."""

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from explorer import address, asking, explain
from explorer.downloads import Columns, downloads
from explorer.numbers import power_of_ten_latex, times
from explorer.pairs import KINDS, PAIRS, right_is_first
from models.prediction.totals import Total, totals

if TYPE_CHECKING:
    from models.interfaces import LanguageModel

_OPEN = "-"  # a pair that is not guessed yet


def minimal_pairs(slug: str, model: str) -> None:
    """One pair at a time; guesses stand in the URL, a letter a pair."""
    guesses = _guesses(slug)
    number = address.parsed(f"{slug}_pair", 1, int, lambda number: 1 <= number <= len(PAIRS))
    pair, guess = PAIRS[number - 1], guesses[number - 1]
    first_is_right = right_is_first(number)
    sentences = (pair.right, pair.wrong) if first_is_right else (pair.wrong, pair.right)
    st.text(f"{number} of {len(PAIRS)} · {KINDS[pair.kind]} · Which sentence is right?")
    for letter, sentence, column in zip("AB", sentences, st.columns(2), strict=True):
        with column:
            if guess == _OPEN:
                words = f"{letter}: {sentence}"
                st.button(words, key=f"guess_{letter}", width="stretch", on_click=_guess, args=(slug, number, letter))
            else:
                mark = "✓" if (letter == "A") == first_is_right else "✗"
                st.text(f"{mark} {letter}: {sentence}{' (your guess)' if letter == guess else ''}")
    if guess == _OPEN:
        st.caption("Guess: the answer and the model's verdict come after.")
    scored = _reveal(slug, model, number, guesses) if guess != _OPEN else []
    with st.container(horizontal=True):
        st.button("Previous pair", key="pair_before", disabled=number == 1, on_click=_go, args=(slug, number - 1))
        st.button("Next pair", key="pair_after", disabled=number == len(PAIRS), on_click=_go, args=(slug, number + 1))
        st.button(
            "First grammar pair", key="pair_grammar", type="tertiary", on_click=_go, args=(slug, _first("grammar"))
        )
        st.button("Forget my guesses", key="pairs_anew", type="tertiary", on_click=_forget, args=(slug,))
    if scored:
        _more(number, scored)


def _reveal(slug: str, model: str, number: int, guesses: str) -> list[Total]:
    """The answer, the model's verdict and the tally; all pairs' scores, none if the model can't be asked."""
    pair = PAIRS[number - 1]
    right = "A" if right_is_first(number) else "B"
    guess = guesses[number - 1]
    st.subheader(f"{'Yes' if guess == right else 'No'}: {right} is right. {pair.why}", anchor=False)

    def work(lm: "LanguageModel") -> Iterator[list[Total]]:
        return totals(lm, [text for one in PAIRS for text in (one.right, one.wrong)])

    def show(batches: Sequence[list[Total]]) -> str:
        return f"Reading all pairs, once: {sum(map(len, batches))} of {2 * len(PAIRS)} sentences"

    slot = f"{slug} pairs"
    stream = asking.stream(slot, model, ("pairs",), work, show, st.empty())
    if stream is None or not stream.ended:
        return []
    scored = [one for batch in stream.parts for one in batch]
    ratios = _ratios(scored)
    ratio = ratios[number - 1]
    if ratio == 0:
        st.text("The model finds both equally probable.")
    else:
        model_says, verdict = (right, "right") if ratio > 0 else ("BA"["AB".index(right)], "wrong")
        st.text(f"The model finds {model_says} {times(abs(ratio))} times more probable: it is {verdict}.")
    guessed = [i for i, letter in enumerate(guesses) if letter != _OPEN]
    mine = sum((guesses[i] == "A") == right_is_first(i + 1) for i in guessed)
    its = sum(ratios[i] > 0 for i in guessed)
    st.text(f"So far: you {mine} of {len(guessed)}, the model {its} of {len(guessed)}.")
    st.button("See what decides it", key="pair_factors", on_click=_compare, args=(slug, number))
    return scored


def _more(number: int, scored: Sequence[Total]) -> None:
    """The model on all pairs, folded, and how it is computed."""
    ratios = _ratios(scored)
    with st.expander("The model on all pairs: shows all answers", key="all_pairs", on_change="rerun") as box:
        if box.open:
            st.html(_table(ratios))
            downloads("pairs", None, None, lambda: _columns(scored), "Minimal pairs")
    explain.explanation(
        "The model has no rule for what is right. It gives each sentence a probability; of a minimal pair it should "
        "give the right one more.",
        lambda: [
            r"\frac{P(\text{right})}{P(\text{wrong})} = e^{\ln P(\text{right}) - \ln P(\text{wrong})}"
            rf" = e^{{{scored[2 * number - 2].log_prob:.2f} - ({scored[2 * number - 1].log_prob:.2f})}}"
            rf" = e^{{{ratios[number - 1]:.2f}}} = {power_of_ten_latex(ratios[number - 1])}"
        ],
        [totals],
    )


def _ratios(scored: Sequence[Total]) -> list[float]:
    """ln P(right) - ln P(wrong) of each pair."""
    return [right.log_prob - wrong.log_prob for right, wrong in zip(scored[::2], scored[1::2], strict=True)]


def _table(ratios: Sequence[float]) -> str:
    rows = [
        f"<tr><td>{i}</td><td>{html.escape(pair.right)}</td><td>{html.escape(pair.wrong)}</td>"
        f"<td>{'✓' if ratio > 0 else '✗'} {times(abs(ratio))}</td></tr>"
        for i, (pair, ratio) in enumerate(zip(PAIRS, ratios, strict=True), 1)
    ]
    correct = sum(ratio > 0 for ratio in ratios)
    return (
        f"<p>The model finds the right sentence more probable in {correct} of {len(PAIRS)} pairs.</p>"
        '<div class="explorer-scroll" tabindex="0" role="region" aria-label="All pairs">'
        '<table class="explorer-table"><thead><tr><th></th><th>Right</th><th>Wrong</th>'
        f"<th>Times more probable</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _columns(scored: Sequence[Total]) -> Columns:
    return {
        "kind": [pair.kind for pair in PAIRS],
        "right": [pair.right for pair in PAIRS],
        "wrong": [pair.wrong for pair in PAIRS],
        "ln P(right)": [one.log_prob for one in scored[::2]],
        "ln P(wrong)": [one.log_prob for one in scored[1::2]],
    }


def _guesses(slug: str) -> str:
    """One letter a pair: A, B, or none yet."""
    raw = address.value(f"{slug}_guesses")
    known = "".join(letter if letter in "AB" else _OPEN for letter in raw[: len(PAIRS)])
    return known.ljust(len(PAIRS), _OPEN)


def _first(kind: str) -> int:
    return next(i for i, pair in enumerate(PAIRS, 1) if pair.kind == kind)


def _guess(slug: str, number: int, letter: str) -> None:
    guesses = _guesses(slug)
    guessed = guesses[: number - 1] + letter + guesses[number:]
    address.set_values(**{f"{slug}_guesses": guessed.rstrip(_OPEN)})


def _go(slug: str, number: int) -> None:
    address.set_values(**{f"{slug}_pair": str(number)})


def _forget(slug: str) -> None:
    address.set_values(**{f"{slug}_guesses": None, f"{slug}_pair": None})


def _compare(slug: str, number: int) -> None:
    pair = PAIRS[number - 1]
    a, b = (pair.right, pair.wrong) if right_is_first(number) else (pair.wrong, pair.right)
    address.set_values(**{"prompt": a, f"{slug}_b": b, f"{slug}_view": None})
