"""Two models as judges of the same pair of sentences."""

import html
import math

import streamlit as st

from explorer import asking
from explorer.asking import Reading
from explorer.downloads import Columns, downloads
from explorer.numbers import minus, times
from explorer.panels import prompt


def second_judge(slug: str, model: str, a: str, b: str, *, end: bool) -> tuple[Reading, Reading] | None:
    """What another model says of both sentences; None if it can't be had, and the reader has been told why."""
    first = prompt.read_prompt(model, a, end=end, who="judge")
    if first is None or first.model.card.name != model:
        return None
    second = asking.read(f"{slug}_b", model, b, end=end, who="judge")
    return (first, second) if second is not None and second.model.card.name == model else None


def judgements(judges: list[tuple[Reading, Reading]]) -> None:
    """A table: which sentence each judge finds more probable, and by how much."""
    ratios = [a.score.total - b.score.total for a, b in judges]
    agree = len({(ratio > 0) - (ratio < 0) for ratio in ratios}) == 1
    st.subheader(f"The two models {'agree' if agree else 'disagree'}.", anchor=False)
    rows = [
        f"<tr><td>{html.escape(a.model.card.title)}</td><td>{_verdict(ratio)}</td>"
        f"<td>{minus(f'{a.score.total:.2f}')}</td><td>{minus(f'{b.score.total:.2f}')}</td>"
        f"<td>{_bits(a):.2f}</td><td>{_bits(b):.2f}</td></tr>"
        for (a, b), ratio in zip(judges, ratios, strict=True)
    ]
    heads = ("Model", "Verdict", "ln P(A)", "ln P(B)", "Bits a character, A", "B")
    head = "".join(f"<th>{words}</th>" for words in heads)
    st.html(
        '<div class="explorer-scroll" tabindex="0" role="region" aria-label="Two models as judges">'
        f'<table class="explorer-table"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )
    st.caption(
        "Both numbers compare across models: each is about the whole text, however a model cuts it into tokens. A "
        "model of words does not predict the spaces between them, which is a small advantage."
    )
    downloads("judges", None, None, lambda: _columns(judges), "Two models as judges")


def _verdict(ratio: float) -> str:
    if ratio == 0:
        return "equally probable"
    return f"{'A' if ratio > 0 else 'B'} is {times(abs(ratio))} times more probable"


def _bits(one: Reading) -> float:
    return one.score.bits_per_character if one.score.text else math.nan


def _columns(judges: list[tuple[Reading, Reading]]) -> Columns:
    readings = [reading for pair in judges for reading in pair]
    return {
        "model": [reading.model.card.name for reading in readings],
        "sentence": [reading.score.text for reading in readings],
        "ln P": [reading.score.total for reading in readings],
        "tokens": [len(reading.score.token_ids) for reading in readings],
        "bits per character": [_bits(reading) for reading in readings],
    }
