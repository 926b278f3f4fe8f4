"""Two sentences and the chain rule: factors, running sums, totals, and which is the more probable."""

import math
from collections.abc import Mapping

import streamlit as st

from explorer import controls, explain, style
from explorer.asking import Reading
from explorer.downloads import Columns, downloads
from explorer.figures.sentence import sentence_factors
from explorer.numbers import LOGARITHMS, power_of_ten, power_of_ten_latex, times
from explorer.panels import prompt
from models.prediction.comparing import Comparison, compare
from models.prediction.scoring import Score, score

_SHOWN_FACTORS = 4
_CHAIN_RULE = r"P(S) = \prod_{t=1}^{|S|} P(w_t \mid w_{<t})"
_LATEX_UNIT = {"ln": r"\ln", "log₂": r"\log_2", "log₁₀": r"\log_{10}"}


def verdict(a: Score, b: Score) -> Comparison:
    """Says which of two sentences is the more probable, by what factor, and which tokens decide it."""
    comparison = compare(a, b)
    if comparison.decides is None:
        words = "A and B are equally probable."
    else:
        winner, loser = ("A", "B") if comparison.log_ratio > 0 else ("B", "A")
        words = f"{winner} is {times(abs(comparison.log_ratio))} times more probable than {loser}."
    st.subheader(words, anchor=False)
    if comparison.decides is not None:
        decides = comparison.decides
        beyond = abs(decides.log_ratio) > abs(comparison.log_ratio) + 0.01
        st.text(
            f"Decided most by A's {_quoted(a, decides.a)} against B's {_quoted(b, decides.b)} (hatched): that alone is "
            f"a factor of {times(abs(decides.log_ratio))}"
            + (", of which the other tokens take a part back." if beyond else ".")
        )
    return comparison


def _quoted(one: Score, positions: range) -> str:
    """Some tokens in a sentence of ours; a long row of them by its ends."""
    tokens = [style.isolated(one.tokens[i]) for i in positions]
    if not tokens:
        return "having no token there"
    return " ".join(tokens if len(tokens) <= 6 else [*tokens[:3], "…", *tokens[-2:]])


def factors(name: str, reading: Reading, others: list[Score], decides: range, unit: str) -> None:
    """The chain rule on one sentence; the axes fit `others` too, so that figures side by side compare."""
    one = reading.score
    if not one.token_ids:
        controls.notice(f"Sentence {name} is empty: a product of no factors is 1. Type a sentence.")
        return
    nats = LOGARITHMS[unit]
    st.caption(f"Sentence {name}")
    figure = sentence_factors(
        one.tokens,
        one.log_probs / nats,
        decides,
        unit=unit,
        lowest=min(float(other.log_probs.min()) for other in others if other.token_ids) / nats,
        lowest_sum=min(other.total for other in others) / nats,
        others=[token for other in others if other is not one for token in other.tokens],
    )
    st.plotly_chart(
        figure,
        key=f"factors_{name}",
        config={"displayModeBar": False},
        alt=f"Sentence {name}: log-probability of each of {len(one.tokens)} tokens, and their running sum.",
    )
    total, characters = one.total / nats, len(one.text)
    lines = (
        f"**P({name}) = {power_of_ten(one.total)}** · {unit} P({name}) = {total:,.2f}  \n"
        f"{total / len(one.token_ids):,.2f} per token ({len(one.token_ids):,}) · "
        + (f"{total / characters:,.2f} per character ({characters:,})" if characters else "no characters")
    )
    st.markdown(lines.replace("-", "−"))
    prompt.unknown_words(reading)
    card = reading.model.card
    about = f"The chain rule on sentence {name}\nModel: {card.title}, {card.precision}\nSentence: {one.text}"
    downloads(f"sentence_{name}", f"factors_{name}", figure, lambda: _columns(one, unit), about)


def _columns(one: Score, unit: str) -> Columns:
    log_probs = one.log_probs.double()
    values = log_probs / LOGARITHMS[unit]
    return {
        "position": range(1, len(one.tokens) + 1),
        "token": one.tokens,
        "token id": one.token_ids,
        "rank": one.ranks.tolist(),
        "probability": log_probs.exp().tolist(),
        f"{unit} P(token | before)": values.tolist(),
        f"running sum of {unit} P": values.cumsum(0).tolist(),
    }


def how_computed(readings: Mapping[str, Reading], unit: str) -> None:
    """The chain rule with these sentences' numbers."""
    explain.explanation(
        "The chain rule: the probability of a sentence is the product of the probabilities of its tokens, each given "
        "those before it. Products of many small factors become too small to write down, so one adds logarithms.",
        lambda: [_CHAIN_RULE, *(f for name, reading in readings.items() for f in _formulas(name, reading.score, unit))],
        [score],
    )


def conditions(reading: Reading, end: bool) -> None:
    """What the numbers stand on: the tokenizer, what the first token is conditioned on, whether the end counts."""
    card = reading.model.card
    st.text(
        f"Tokens are those of {card.title} ({card.vocab_size:,} of them). The first is conditioned on the start token "
        f"{card.start_token}, which costs nothing. "
        + (
            f"The end token {card.end_token} counts: it stood at the ends of the texts that the model was trained on, "
            "which a sentence alone seldom was."
            if end
            else "The end of the sentence does not count."
        )
    )


def _formulas(name: str, one: Score, unit: str) -> list[str]:
    """One sentence as a product and as a sum."""
    nats, log = LOGARITHMS[unit], _LATEX_UNIT[unit]
    values = one.log_probs[:_SHOWN_FACTORS].double().tolist()
    more = r" \cdots" if len(one.tokens) > _SHOWN_FACTORS else ""
    product = r" \cdot ".join(
        rf"\underbrace{{{power_of_ten_latex(value)}}}_{{{explain.latex_text(token)}}}"
        for value, token in zip(values, one.tokens, strict=False)
    )
    added = " ".join(f"{value / nats:+.2f}" for value in values)
    rest = math.fsum(one.log_probs[_SHOWN_FACTORS:].double().tolist()) / nats
    tail = rf" \;{rest:+.2f} \text{{ (the rest)}}" if more else ""
    return [
        rf"P({name}) = {product}{more} = {power_of_ten_latex(one.total)}",
        rf"{log} P({name}) = \sum_t {log} P(w_t \mid w_{{<t}}) = {added}{tail} = {one.total / nats:.2f}",
    ]
