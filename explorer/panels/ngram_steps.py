"""The lecture's two algorithms of the bigram model, step by step on this text."""

from collections.abc import Sequence

import streamlit as st

from explorer import controls, explain, style
from explorer.components.bigram_steps import ChoiceStep, PairStep, inference, pre_training
from explorer.panels.ngram_source import Counted
from models.mixers.counted_text import CountedText
from models.mixers.ngram_lm import NGramLM
from models.mixers.ngrams import count_flat
from models.prediction.decoding import Decoding
from models.prediction.generating import Step, generate, loop
from models.tokens.words import END_ID, START_ID

_MOST_PAIRS = 400
_LONGEST = 40
_WAYS = {"argmax": "The most probable", "draw": "Drawn"}
_TRAINING = (
    "for each sentence <s> w₁ … wₙ </s>:",
    "  for each pair (wₜ₋₁, wₜ):",
    "    #(wₜ₋₁ wₜ) ← #(wₜ₋₁ wₜ) + 1",
    "P(w | v) ← #(v w) / #(v)",
)
_INFERENCE = (
    "w ← <s>",
    "repeat:",
    "  look up P(· | w)",
    "  w ← {choose} P(· | w)",
    "until w is </s>",
)


def steps(slug: str, counted: Counted) -> None:
    """Pre-training pair by pair, then inference token by token."""
    text = counted.text
    if text is None:
        controls.notice("The built-in table was counted already. Count a text or a file to see it happen.")
        return
    lm = counted.lm  # this view counts pairs, and smooths nothing
    st.subheader("Pre-training: count the pairs", anchor=False)
    _pre_training(text)
    st.subheader("Inference: write a text", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = controls.choice(f"{slug}_way", "Next token", list(_WAYS), _WAYS.__getitem__)
        seed = controls.count(f"{slug}_seed", "Seed", 0, 0, 100) if way == "draw" else 0
    chosen = list(generate(lm, [], Decoding(temperature=float(way == "draw"), seed=seed), _LONGEST))
    _inference(lm, chosen, way)
    explain.explanation(
        "Pre-training goes over the text once and counts. Inference starts at the start token, looks up the row of the "
        "last token, and takes one that stands there, until it takes the end token. Always taking the most probable "
        "one may run in a circle for ever.",
        lambda: [r"P(w_t \mid w_{t-1}) = \frac{\#(w_{t-1}\,w_t)}{\#(w_{t-1})}"],
        [count_flat, generate],
    )


def _pre_training(text: CountedText) -> None:
    ids = text.ids[: _MOST_PAIRS + 1].tolist()
    tokens = text.tokenizer.tokens(ids)
    pairs: list[PairStep] = [
        {"place": i, "line": 2, "said": f"Pair {tokens[i]} {tokens[i + 1]}: one more."}
        for i in range(len(ids) - 1)
        if ids[i] != END_ID  # the end of one sentence and the start of the next are no pair
    ]
    all_of_it = len(text.ids) <= _MOST_PAIRS + 1
    pre_training(
        tokens,
        [i for i, token_id in enumerate(ids) if token_id == START_ID],
        pairs,
        _TRAINING,
        key="pre_training",
        colour=style.PROBABILITY,
        mark=style.DECIDES,
        begun="Nothing is counted yet.",
        ended="All pairs are counted: each row divided by its sum is a distribution."
        if all_of_it
        else f"These are the first {len(pairs)} of {text.tokens:,} pairs.",
    )


def _inference(lm: NGramLM, chosen: Sequence[Step], way: str) -> None:
    tokens = lm.tokenizer.tokens
    found, before = list[ChoiceStep](), START_ID
    for step in chosen:
        words, seen = lm.followers([before])
        followers = list(zip(tokens(words.tolist()), seen.tolist(), strict=True))
        times = dict(zip(words.tolist(), seen.tolist(), strict=True)).get(step.token_id, 0)
        said = f"After {tokens([before])[0]} comes {step.token}, with the probability {times}/{int(seen.sum())}."
        found.append(
            {
                "history": tokens([before])[0],
                "followers": followers,
                "of": int(seen.sum()),
                "token": step.token,
                "line": 3,
                "said": said,
            }
        )
        before = step.token_id
    circle = loop([step.token_id for step in chosen])
    if chosen[-1].token_id == END_ID:
        ended = "The end token: the text is written."
    elif circle is not None:
        ended = f"A loop: the last {circle.period} tokens come again and again, and the end is never reached. Stopped."
    else:
        ended = f"Stopped after {_LONGEST} tokens."
    inference(
        tokens([START_ID])[0],
        found,
        [line.replace("{choose}", "arg max" if way == "argmax" else "a draw from") for line in _INFERENCE],
        key="inference",
        colour=style.PROBABILITY,
        mark=style.DECIDES,
        begun="The text begins with the start token.",
        ended=ended,
    )
