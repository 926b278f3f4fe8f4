"""Two models side by side on the same prompt."""

from collections.abc import Sequence

import streamlit as st

from explorer import asking, controls, explain
from explorer.asking import Reading
from explorer.downloads import Columns, downloads
from explorer.figures.two_models import model_bars
from explorer.numbers import percent
from explorer.panels import prompt
from models.prediction.comparing import Agreement, agreement

KEY = "Full bars: both models show the token. Hatched: only this one does. #3: third in the other model."


def two_models(slug: str, reading: Reading) -> None:
    """Each model's most probable next tokens on the same axis, and where they agree."""
    left, right = st.columns([2, 1], gap="large")
    with left:
        other = prompt.other_model(slug, reading.model.card.name, "The other model")
    with right:
        k = controls.count(f"{slug}_bars", "Bars", 10, 1, 50)
    verdict, columns = st.container(), st.columns(2)
    shown = asking.last_reading("prompt", "other")
    is_new = shown is None or shown.model.card.name != other
    first = columns[0].empty() if is_new else columns[0]
    if is_new:
        with first.container():
            bars([reading], 0, None, k)  # something to look at while the other model loads
    with columns[1]:
        second = prompt.read_prompt(other, reading.score.text, who="other") if prompt.may_load(other) else None
    if second is None or second.model.card.name != other:
        return
    readings = [reading, second]
    agreed = agreement(reading.score.next, second.score.next)
    with verdict:
        _verdict(reading, second, agreed)
    with first.container():
        bars(readings, 0, agreed, k)
    with columns[1]:
        bars(readings, 1, agreed, k)
    st.caption(f"{KEY} Tokens are matched by what they say: a word that is one token here and two there is not shared.")
    explain.explanation(
        "The probability that two models share is the sum, over all tokens, of the smaller of the two probabilities: 1 "
        "where they are equal, 0 where they have nothing in common (1 minus the total variation distance).",
        lambda: _formulas(readings, agreed),
        [agreement],
    )


def _verdict(a: Reading, b: Reading, agreed: Agreement) -> None:
    first_a, first_b = (one.score.next.top_ids(1)[0] for one in (a, b))
    same = agreed.b_ids.get(first_a) == first_b
    words = "Both models have the same first choice" if same else "The models differ in their first choice"
    st.subheader(f"{words}; {percent(agreed.shared)} of the probability is on the same tokens.", anchor=False)


def bars(readings: Sequence[Reading], i: int, agreed: Agreement | None, k: int) -> None:
    """The k most probable next tokens of one of two readings, or of the only one."""
    one, other = readings[i], readings[1 - i] if len(readings) == 2 else None
    after = one.score.next
    ids = after.top_ids(k)
    tokens, probs = after.tokenizer.tokens(ids), after.probs[ids].tolist()
    there: list[tuple[int, float] | None] = [None] * len(ids)
    if other is not None and agreed is not None:
        mates = agreed.b_ids if i == 0 else {b: a for a, b in agreed.b_ids.items()}
        for place, token_id in enumerate(ids):
            if token_id in mates:
                mate = mates[token_id]
                there[place] = other.score.next.rank(mate), float(other.score.next.probs[mate])
    st.text(one.model.card.title)
    chart = f"model_{i}" if agreed is not None else "model_alone"
    most = max(float(reading.score.next.probs.max()) for reading in readings)
    figure = model_bars(tokens, probs, there if other is not None else None, most)
    st.plotly_chart(
        figure,
        key=chart,
        config={"displayModeBar": False},
        alt=f"The {len(ids)} most probable next tokens of {one.model.card.title}; the first is {tokens[0]}, "
        f"{percent(probs[0])}.",
    )

    def columns() -> Columns:
        return {
            "rank": range(1, len(ids) + 1),
            "token": tokens,
            "token id": ids,
            "probability": probs,
            "rank in the other model": [mate[0] if mate else "" for mate in there],
            "probability in the other model": [mate[1] if mate else "" for mate in there],
        }

    about = f"The next token\nModel: {one.model.card.title}\nPrompt: {one.score.text}"
    downloads(chart, chart, figure, columns, about)


def _formulas(readings: Sequence[Reading], agreed: Agreement) -> list[str]:
    a, b = (one.score.next for one in readings)
    first = a.top_ids(1)[0]
    mate = agreed.b_ids.get(first)
    name = explain.latex_text(a.tokenizer.tokens([first])[0])
    in_b = f"{float(b.probs[mate]):.4f}" if mate is not None else "0"
    return [
        r"\text{shared} = \sum_{v} \min\bigl(P_A(v), P_B(v)\bigr)",
        rf"\min\bigl(P_A({name}), P_B({name})\bigr) + \dots = \min({float(a.probs[first]):.4f}, {in_b}) + \dots"
        rf" = {agreed.shared:.4f}",
    ]
