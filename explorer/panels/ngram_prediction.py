"""The counts behind a prediction, and what each smoothing makes of them."""

import html
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from explorer import explain, waiting
from explorer.downloads import Columns, downloads
from explorer.figures.ngrams import smoothing_masses
from explorer.inference import Ticket
from explorer.numbers import percent, power_of_ten
from explorer.panels import distribution, prompt
from explorer.panels.ngram_source import Counted
from models.mixers.ngram_lm import METHODS
from models.mixers.ngrams import Counts, count_flat
from models.mixers.smoothing_report import Mass, Smoothed, masses, seen_history, smoothed
from models.prediction.decoding import Decoding

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLLOWERS = 4
_NOT_KEPT = "not kept"  # by the table that ships: the count is unknown, and need not be 0
_LONGEST = 7  # tokens of a history that are shown
_METHODS = [method for method in METHODS if method != "history"]


def prediction(_slug: str, counted: Counted) -> None:
    """The next token's distribution with the fraction behind its first bar, and the counts of shorter histories."""
    lm = counted.lm
    prompt.strip(counted.reading, by_rank=False)
    distribution.distribution(counted.reading, Decoding(), min(10, lm.tokenizer.vocab_size - 1), log=False)


def fractions(counted: Counted) -> None:
    """The lecture's fraction, the counts of every length of the history, and the mass of the unseen."""
    st.subheader("The counts behind it", anchor=False)
    st.latex(_fraction(counted))
    _counts_table(counted)
    if counted.text is not None and counted.settings.method != "history":
        _masses(counted)
    explain.explanation(
        "An n-gram model counts how often each token followed the last N - 1 tokens, and divides by how often those "
        "occurred. What was never seen gets nothing; smoothing takes from what was seen and gives it to the rest.",
        lambda: _formulas(counted),
        [type(counted.lm.smoothing), Counts, count_flat],
    )


def _fraction(counted: Counted) -> str:
    """#(h w) / #(h) for the most probable next token w."""
    lm, after = counted.lm, counted.reading.score.next
    history, first = lm.context(counted.reading.score.token_ids), after.top_ids(1)[0]
    words, seen = lm.followers(history)
    times, of = int(seen[words == first].sum()), lm.times(history)
    shown = lm.tokenizer.tokens(history[-_LONGEST:])
    h = explain.latex_text(("… " if len(history) > _LONGEST else "") + " ".join(shown))
    w = explain.latex_text(lm.tokenizer.tokens([first])[0])
    above, below = (_count(number, counted, rf"\text{{{_NOT_KEPT}}}") for number in (times, of))
    is_known = of and (times or counted.text is not None)
    quotient = rf" = \frac{{{above}}}{{{below}}}" + (f" = {times / of:.4f}" if is_known else "")
    if not of and counted.text is not None:
        quotient += r"\text{: never seen}"
    if not history:
        return rf"\frac{{\#({w})}}{{\text{{all tokens}}}}" + quotient
    return rf"\frac{{\#({h}\;{w})}}{{\#({h})}}" + quotient


def _count(number: int, counted: Counted, not_kept: str = _NOT_KEPT) -> str:
    """A count; 0 in the table that ships is not known to be 0."""
    return f"{number:,}" if number or counted.text is not None else not_kept


def _counts_table(counted: Counted) -> None:
    """For each length of the history: how often it occurs, and what follows it; the longest one seen is marked."""
    lm = counted.lm
    tokens, longest = lm.tokenizer.tokens, lm.context(counted.reading.score.token_ids)
    lengths = [length for length in range(len(longest), -1, -1) if length <= _LONGEST or length == len(longest)]
    rows, used = [], False
    never = "unknown" if counted.text is None else "never seen: 0/0"
    for length in lengths:
        last = longest[len(longest) - length :]
        words, seen = lm.followers(last)
        of = lm.times(last)
        mark = " aria-current=true" if of and not used else ""
        used = used or bool(of)
        shares = zip(tokens(words[:_FOLLOWERS].tolist()), seen[:_FOLLOWERS].tolist(), strict=True)
        parts = [f"{html.escape(token)} {times:,}/{of:,}" for token, times in shares]
        parts += [f"{len(words) - _FOLLOWERS:,} others"] if len(words) > _FOLLOWERS else []
        parts += [f"{of - int(seen.sum()):,} {_NOT_KEPT}"] if of > seen.sum() else []
        shown = html.escape(" ".join(tokens(last))) or "<i>no history</i>"
        cells = (shown, _count(of, counted), " · ".join(parts) if of else never)
        rows.append(f"<tr{mark}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    st.html(
        '<div class="explorer-scroll" tabindex="0" role="region" aria-label="Counts of the histories">'
        '<table class="explorer-table"><thead><tr><th>History h</th><th>#(h)</th>'
        f"<th>Next token w: #(h w)/#(h)</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
    uniform = counted.settings.method in {"frequency", "history"} and not len(lm.followers(longest)[0])
    if counted.text is None:
        said = (
            "Bold: the longest history in the table. Counts over 64 are rounded a little. Not kept: the count is "
            "unknown. Such an n-gram was rare, or never seen, or a shorter history foretells it about as well."
        )
    elif uniform:
        said = "0/0 says nothing: here every token is taken to be equally probable. Smoothing uses the history in bold."
    else:
        said = "Bold: the longest history that occurs in the text."
    st.caption(said)


def _masses(counted: Counted) -> None:
    """How much each smoothing gives to what never followed this history, and to the whole prompt."""
    text, lm, settings = counted.text, counted.lm, counted.settings
    if text is None:
        return

    def work(ticket: Ticket) -> Smoothed:
        return smoothed(text, lm.counts, _METHODS, settings.k, ticket.progress)

    key, place = (counted.source.key, settings.unit, settings.order, settings.k), st.empty()
    models = waiting.computed("ngrams smoothed", key, work, "Smoothing", place).models
    token_ids = counted.reading.score.token_ids
    found = [masses(models[method], token_ids) for method in _METHODS]
    history = " ".join(lm.tokenizer.tokens(seen_history(lm, token_ids)))
    names = [METHODS[method] for method in _METHODS]
    st.subheader("What smoothing gives to the unseen", anchor=False)
    sentences = [power_of_ten(mass.log_prob) for mass in found]
    figure = smoothing_masses(
        names,
        [mass.unseen for mass in found],
        [f"P(prompt) = {said}" for said in sentences],
        _METHODS.index(settings.method),
    )
    st.plotly_chart(
        figure,
        key="smoothing_masses",
        config={"displayModeBar": False},
        alt="For each smoothing, the probability of all next tokens that never followed this history in the text: "
        + ", ".join(f"{name} {percent(mass.unseen)}" for name, mass in zip(names, found, strict=True)),
    )
    downloads(
        "smoothing", "smoothing_masses", figure, lambda: _columns(names, found), "What smoothing gives to the unseen"
    )
    st.caption(
        "One token that was never seen after its history makes the whole prompt impossible, P = 0, unless something "
        "is kept for the unseen."
    )
    st.text(
        f"Unseen: all tokens that never followed “{history}” in the text." if history else "Unseen: not in the text."
    )


def _columns(names: "Sequence[str]", found: "Sequence[Mass]") -> Columns:
    return {
        "smoothing": names,
        "probability of the unseen": [mass.unseen for mass in found],
        "ln P(prompt)": [mass.log_prob for mass in found],
    }


def _formulas(counted: Counted) -> list[str]:
    after = counted.reading.score.next
    first = after.top_ids(1)[0]
    w = explain.latex_text(counted.lm.tokenizer.tokens([first])[0])
    return [
        r"P(w_t \mid w_{t-N+1} \dots w_{t-1}) = \frac{\#(w_{t-N+1} \dots w_t)}{\#(w_{t-N+1} \dots w_{t-1})}",
        _fraction(counted),
        rf"P({w} \mid h) = {float(np.float64(after.probs[first])):.4f} \quad\text{{after smoothing}}",
    ]
