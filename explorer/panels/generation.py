"""The prompt continued: greedily, by drawing, or by beam search; tokens appear as they come."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from explorer import asking, controls, explain
from explorer.asking import Reading, Stream
from explorer.downloads import Columns, downloads
from explorer.numbers import minus
from explorer.panels import continuations
from explorer.panels.continuations import Continuation
from explorer.panels.decoding import beam_width, decoding_controls
from models.prediction.decoding import Decoding
from models.prediction.generating import Hypothesis, Step, beam_search, generate, loop

if TYPE_CHECKING:
    from models.interfaces import LanguageModel, Tokenizer

_WAYS = {"greedy": "Greedy", "sample": "Sample", "beam": "Beam"}


def generation(slug: str, reading: Reading) -> None:
    """One continuation of the prompt, or those that a beam holds."""
    figure, beside = st.columns([2, 1], gap="large")
    with beside:
        way = controls.choice(f"{slug}_way", "How", list(_WAYS), _WAYS.__getitem__)
        length = controls.count(f"{slug}_length", "Tokens at most", 30, 1, 100)
        if way == "beam":
            width = beam_width(slug)
        chosen = decoding_controls(slug, seed=True) if way == "sample" else Decoding(temperature=0.0)
    with figure:
        if way == "beam":
            _beam(slug, reading, width, length)
        else:
            _one(slug, reading, way, chosen, length)


def _one(slug: str, reading: Reading, way: str, chosen: Decoding, length: int) -> None:
    slot, token_ids = f"{slug} generate", reading.score.token_ids
    end_id = reading.model.tokenizer.end_id
    (place,) = continuations.slots(slot, ["this text"], _take_step)

    def show(steps: Sequence[Step]) -> str:
        one = of_steps(steps)
        place.html(continuations.text_html(one, reading.score.text, 160, reading.model.tokenizer))
        return f"{len(steps)} tokens"

    def work(lm: "LanguageModel") -> Iterator[Step]:
        return generate(lm, token_ids, chosen, length)

    said, rest = st.empty(), st.empty()  # what stood there of the text before is gone at once
    stream = asking.stream(slot, reading.model.card.name, (token_ids, chosen, length), work, show, said)
    if stream is not None:
        with rest.container():
            _after_one(stream, way, end_id)


def _after_one(stream: Stream[Step], way: str, end_id: int | None) -> None:
    ending(stream, len(stream.parts), "tokens")
    found = loop([step.token_id for step in stream.parts])
    if found is not None:
        controls.notice(
            f"A loop: the last {found.period * found.times} tokens (underlined) repeat the same {found.period}. "
            "Greedy decoding may go on so for long; drawing at a higher temperature may find a way out."
        )
    elif stream.parts and stream.parts[-1].token_id == end_id:
        st.caption("The model ended the text here: it drew its end token.")
    if stream.parts:
        downloads("text", None, None, lambda: columns([stream.parts]), "Generated text")
    explain.explanation(
        "The model reads the prompt and gives a distribution; a token is chosen from it and appended, and the model "
        "reads again. Greedy decoding takes the most probable token, sampling draws one from what decoding leaves.",
        lambda: [
            r"w_{t+1} = \arg\max_v P(v \mid w_{\le t}) \quad\text{(greedy)}"
            if way == "greedy"
            else r"w_{t+1} \sim P'(\cdot \mid w_{\le t})",
            *_sum_formula([step.token for step in stream.parts], [step.log_prob for step in stream.parts]),
        ],
        [generate],
    )


def _beam(slug: str, reading: Reading, width: int, length: int) -> None:
    slot, token_ids, tokenizer = f"{slug} beam", reading.score.token_ids, reading.model.tokenizer
    names = [f"beam {i}" for i in range(1, width + 1)]
    places = continuations.slots(slot, names, _take_hypothesis)

    def show(steps: Sequence[list[Hypothesis]]) -> str:
        for place, name, one in zip(places, names, steps[-1]):
            tokens = tokenizer.tokens(one.token_ids)
            facts = f"{name} · {_worth(one.log_probs)}" + (" · ended" if one.ended else "")
            shown = Continuation(tokens, one.log_probs, facts)
            place.html(continuations.text_html(shown, reading.score.text, 24, tokenizer))
        return f"{len(steps)} tokens deep"

    def work(lm: "LanguageModel") -> Iterator[list[Hypothesis]]:
        return beam_search(lm, token_ids, width, length)

    said, rest = st.empty(), st.empty()
    stream = asking.stream(slot, reading.model.card.name, (token_ids, width, length), work, show, said)
    if stream is not None and stream.parts:
        with rest.container():
            _after_beam(stream, tokenizer)


def _after_beam(stream: Stream[list[Hypothesis]], tokenizer: "Tokenizer") -> None:
    ending(stream, len(stream.parts), "steps")
    best = stream.parts[-1][0]
    steps = [
        [Step(*step) for step in zip(one.token_ids, tokenizer.tokens(one.token_ids), one.log_probs, strict=True)]
        for one in stream.parts[-1]
    ]
    downloads("beams", None, None, lambda: columns(steps), "Beams")
    explain.explanation(
        "Beam search follows several texts at once. It continues each by every token of the vocabulary and keeps the "
        "few whose total probability is highest; width 1 is greedy decoding.",
        lambda: [
            r"\arg\max_{w_{t+1} \dots w_{t+n}} \sum_{i=1}^{n} \ln P(w_{t+i} \mid w_{<t+i})",
            *_sum_formula(tokenizer.tokens(best.token_ids), best.log_probs),
        ],
        [beam_search],
    )


def of_steps(steps: Sequence[Step]) -> Continuation:
    """Generated tokens as they are shown."""
    found = loop([step.token_id for step in steps])
    log_probs = [step.log_prob for step in steps]
    return Continuation([step.token for step in steps], log_probs, _worth(log_probs), found.start if found else None)


def _worth(log_probs: Sequence[float]) -> str:
    total = sum(log_probs)
    return minus(f"ln P = {total:,.2f} · {total / len(log_probs):.2f} a token ({len(log_probs)})")


def columns(texts: Sequence[Sequence[Step]]) -> Columns:
    """Every token of several texts, one row each."""
    rows = [(number, place, step) for number, steps in enumerate(texts, 1) for place, step in enumerate(steps, 1)]
    return {
        "text": [number for number, _, _ in rows],
        "position": [place for _, place, _ in rows],
        "token": [step.token for _, _, step in rows],
        "token id": [step.token_id for _, _, step in rows],
        "ln P(token | before)": [step.log_prob for _, _, step in rows],
    }


def ending(stream: Stream[Any], count: int, of: str) -> None:
    """What the numbers mean, and how long it took."""
    if stream.ended and stream.seconds:
        speed = f"{count} {of} in {stream.seconds:.1f} s"
        if stream.seconds > 0.2:  # less is too short to tell a pace
            speed += f": {count / stream.seconds:.0f} a second"
        st.caption(f"ln P is the model's own, of the new tokens given the prompt, before any decoding. {speed}.")


def _sum_formula(tokens: Sequence[str], log_probs: Sequence[float]) -> list[str]:
    if not tokens:
        return []
    shown = [
        rf"\underbrace{{{log_prob:.2f}}}_{{{explain.latex_text(token)}}}"
        for token, log_prob in zip(tokens[:4], log_probs)
    ]
    rest = sum(log_probs[4:])
    tail = rf" {rest:+.2f}\text{{ (the other {len(tokens) - 4})}}" if len(tokens) > 4 else ""
    return [rf"\begin{{aligned}}\ln P &= {' '.join(shown)}{tail} \\ &= {sum(log_probs):.2f}\end{{aligned}}"]


def _take_step(slot: str, _position: int) -> None:
    continuations.take([step.token_id for step in continuations.parts(slot)])


def _take_hypothesis(slot: str, position: int) -> None:
    steps = continuations.parts(slot)
    if steps and position < len(steps[-1]):
        continuations.take(steps[-1][position].token_ids)
