"""Several continuations drawn at once: how temperature changes their variety."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import asking, controls, explain
from explorer.asking import Reading, Stream
from explorer.downloads import downloads
from explorer.numbers import minus, percent
from explorer.panels import continuations, generation
from explorer.panels.decoding import decoding_controls
from models.prediction.generating import Step, generate_batch
from models.prediction.variety import distinct_pairs, distinct_texts

if TYPE_CHECKING:
    from models.interfaces import LanguageModel

SAMPLES = 8


def samples(slug: str, reading: Reading) -> None:
    """Eight texts from one prompt, computed together, and how different they are."""
    slot, token_ids = f"{slug} samples", reading.score.token_ids
    figure, beside = st.columns([2, 1], gap="large")
    with beside:
        chosen = decoding_controls(slug, seed=True)
        length = controls.count(f"{slug}_each", "Tokens each", 16, 1, 60)
    with figure:
        variety = st.empty()
        names = [f"sample {i}" for i in range(1, SAMPLES + 1)]
        places = continuations.slots(slot, names, _take)

        def show(steps: Sequence[Sequence[Step | None]]) -> str:
            for i, place in enumerate(places):
                one = generation.of_steps(_sample(steps, i))
                place.html(continuations.text_html(one, reading.score.text, 12, reading.model.tokenizer))
            return f"{SAMPLES} texts of {len(steps)} tokens"

        def work(lm: "LanguageModel") -> Iterator[list[Step | None]]:
            return generate_batch(lm, token_ids, chosen, SAMPLES, length)

        said, rest = st.empty(), st.empty()
        stream = asking.stream(slot, reading.model.card.name, (token_ids, chosen, length), work, show, said)
        if stream is not None and stream.ended and stream.parts:
            with rest.container():
                _after(stream, variety)


def _after(stream: Stream[list[Step | None]], variety: DeltaGenerator) -> None:
    samples = [_sample(stream.parts, i) for i in range(SAMPLES)]
    texts = [[step.token_id for step in sample] for sample in samples]
    log_probs = [step.log_prob for sample in samples for step in sample]
    pairs = distinct_pairs(texts)
    among = "" if math.isnan(pairs) else f" Of all pairs of tokens side by side, {percent(pairs)} are distinct."
    variety.markdown(
        f"**{SAMPLES} texts, {distinct_texts(texts)} of them different.**{among} "
        + minus(
            f"ln P is {sum(log_probs) / len(log_probs):.2f} a token. Another temperature makes them more or less alike."
        )
    )
    generation.ending(stream, len(log_probs), "tokens")
    downloads("samples", None, None, lambda: generation.columns(samples), "Samples")
    explain.explanation(
        "Every text is drawn by itself, with its own seed; all are computed together, since the weights are "
        "then read once for eight texts. Variety is the share of different pairs of neighbouring tokens (after "
        "distinct-2 of Li et al. 2016, who divide by the number of tokens).",
        lambda: _formulas(texts, pairs),
        [generate_batch, distinct_pairs],
    )


def _formulas(texts: Sequence[Sequence[int]], pairs: float) -> list[str]:
    of = sum(max(0, len(text) - 1) for text in texts)
    share = r"\frac{|\{(w_t, w_{t+1})\}|}{\text{number of pairs}}"
    return [share if math.isnan(pairs) else rf"{share} = \frac{{{pairs * of:.0f}}}{{{of}}} = {pairs:.3f}"]


def _sample(steps: Sequence[Sequence[Step | None]], i: int) -> list[Step]:
    return [one for one in (step[i] for step in steps) if one is not None]


def _take(slot: str, position: int) -> None:
    continuations.take([step.token_id for step in _sample(continuations.parts(slot), position)])
