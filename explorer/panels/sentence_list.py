"""Many sentences, ranked by probability."""

import html
import math
from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from typing import TYPE_CHECKING

import streamlit as st

from explorer import asking, controls, explain
from explorer.asking import Stream
from explorer.downloads import Columns, downloads
from explorer.numbers import minus, power_of_ten_latex, times
from models.prediction.totals import Total, totals

if TYPE_CHECKING:
    from models.interfaces import LanguageModel

MOST = 50
FIRST = "\n".join(
    (
        "The cat sat on the mat.",
        "The cat sat on the mate.",
        "The mat sat on the cat.",
        "The cat sits on the mat.",
        "The cats sat on the mat.",
        "The cat set on the mat.",
        "On the mat sat the cat.",
        "Cat the on mat the sat.",
    )
)
_DIGITS = Context(prec=17)  # as many as a float has; a float itself would be 0 below e^-745
_ORDERS = {"total": "Probability", "token": "Per token", "character": "Per character"}


def sentence_list(slug: str, model: str) -> None:
    """Up to 50 sentences, one a line, as a table, most probable first."""
    written = controls.text(f"{slug}_list", "Sentences, one a line", FIRST, height=220)
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = controls.choice(f"{slug}_order", "Ranked by", list(_ORDERS), _ORDERS.__getitem__)
        end = controls.toggle(
            f"{slug}_end", "Count the end", hint="Whether the model must also predict that each sentence ends."
        )
    if len(lines) > MOST:
        controls.notice(f"{len(lines)} sentences: the first {MOST} are ranked, the other {len(lines) - MOST} are not.")
    sentences = tuple(lines[:MOST])
    if not sentences:
        controls.notice("No sentence yet: type some above, one a line.")
        return

    def work(lm: "LanguageModel") -> Iterator[list[Total]]:
        return totals(lm, sentences, end=end)

    def show(batches: Sequence[list[Total]]) -> str:
        return f"{sum(map(len, batches))} of {len(sentences)} sentences"

    said, rest = st.empty(), st.empty()
    stream = asking.stream(f"{slug} list", model, (sentences, end), work, show, said)
    scored = [one for batch in stream.parts for one in batch] if stream is not None else []
    if scored and stream is not None:
        with rest.container():
            _ranked(scored, order, stream)


def _ranked(scored: Sequence[Total], order: str, stream: Stream[list[Total]]) -> None:
    ranked = sorted(scored, key=lambda one: _rank_by(one, order), reverse=True)
    st.html(_table(ranked))
    if stream.ended:
        st.caption(f"{len(scored)} sentences read in {stream.seconds:.1f} s, several at a time")
    downloads("sentences", None, None, lambda: _columns(ranked), f"Sentences ranked by {_ORDERS[order].lower()}")
    explain.explanation(
        "A sentence's log-probability is the sum of those of its tokens, each given all before it. A longer sentence "
        "has more factors below 1, so it is less probable; per token or per character, sentences of different length "
        "compare.",
        lambda: _formulas(ranked[0]),
        [totals],
    )


def _rank_by(one: Total, order: str) -> float:
    by = {"total": one.log_prob, "token": one.per_token, "character": -one.bits_per_character}[order]
    return -math.inf if math.isnan(by) else by


def _table(ranked: Sequence[Total]) -> str:
    best = max((one.log_prob for one in ranked), default=0.0)
    rows = [
        f"<tr><td>{rank}</td><td>{html.escape(one.text)}</td><td>{minus(f'{one.log_prob:.2f}')}</td>"
        f"<td>{'most probable' if one.log_prob == best else f'{times(best - one.log_prob)} times less'}</td>"
        f"<td>{one.tokens}</td><td>{minus(f'{one.per_token:.2f}')}</td><td>{one.bits_per_character:.2f}</td></tr>"
        for rank, one in enumerate(ranked, 1)
    ]
    heads = ("", "Sentence S", "ln P(S)", "P(S), compared", "Tokens", "ln P per token", "Bits per character")
    head = "".join(f"<th>{words}</th>" for words in heads)
    return (
        '<div class="explorer-scroll" tabindex="0" role="region" aria-label="Sentences by probability">'
        f'<table class="explorer-table"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _columns(ranked: Sequence[Total]) -> Columns:
    return {
        "rank": range(1, len(ranked) + 1),
        "sentence": [one.text for one in ranked],
        "ln P": [one.log_prob for one in ranked],
        "tokens": [one.tokens for one in ranked],
        "ln P per token": [one.per_token for one in ranked],
        "bits per character": [one.bits_per_character for one in ranked],
        "P": [Decimal(one.log_prob).exp(_DIGITS) for one in ranked],
    }


def _formulas(first: Total) -> list[str]:
    return [
        r"\ln P(S) = \sum_{t=1}^{|S|} \ln P(w_t \mid w_{<t})",
        rf"\ln P(S_1) = {first.log_prob:.2f}, \quad P(S_1) = {power_of_ten_latex(first.log_prob)}",
        rf"\frac{{\ln P(S_1)}}{{|S_1|}} = \frac{{{first.log_prob:.2f}}}{{{first.tokens}}} = {first.per_token:.2f}",
        rf"-\frac{{\log_2 P(S_1)}}{{\text{{characters}}}} = \frac{{{-first.log_prob / math.log(2):.2f}}}"
        rf"{{{len(first.text)}}} = {first.bits_per_character:.2f}\text{{ bits}}",
    ]
