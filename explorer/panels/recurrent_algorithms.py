"""The lecture's two algorithms for recurrent networks, line by line on the reader's text."""

from collections.abc import Sequence

import streamlit as st
import torch
from torch import Tensor

from explorer import asking, controls, explain
from explorer.asking import Reading
from explorer.components.algorithm_steps import Block, Position, algorithm_steps
from explorer.contents import FIRST_PROMPT
from explorer.panels import algorithm, neural, prompt, token_losses
from explorer.panels.neural import Read
from models.mixers.recurrent import RecurrentNetwork
from models.prediction import Decoding, generate

ALGORITHMS = {"pretraining": "Pre-training", "inference": "Inference"}
_GREEDY = "greedy"
_MOST_WRITTEN = 24  # tokens
_GIVEN = 20  # tokens of the text that are shown before them
_PRETRAINING = [
    "h = 0; loss = 0",
    "for t = 1 … T:",
    "    x = E[w(t−1)]",
    "    h = g(x, h)",
    "    y = f(h)",
    "    p = softmax(y)",
    "    loss = loss − ln p[w(t)]",
    "return loss / T",
]
_INFERENCE = [
    "w = last token; h = state before",
    "repeat:",
    "    x = E[w]",
    "    h = g(x, h)",
    "    p = softmax(f(h))",
    "    w = {choose}",
    "    if w = EOS: stop",
    "    write w",
]


def algorithms_view(slug: str) -> None:
    """The text, the network, and one of the algorithms."""
    text = controls.text("prompt", "Text", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    with st.container(horizontal=True):
        which = controls.choice(f"{slug}_algorithm", "Algorithm", list(ALGORITHMS), ALGORITHMS.__getitem__)
        name = neural.name_of(neural.cell_input(slug), neural.level_input(slug))
    reading = prompt.read_prompt(name, text)
    if reading is None:
        return
    if which == "pretraining":
        _pretraining(reading, text)
    else:
        _inference(slug, reading)


def _pretraining(reading: Reading, text: str) -> None:
    """What the network would learn from this text: its mean loss, the end token's included."""
    read = neural.looked_into(reading, algorithm.MOST, end=True)
    losses = [-log_prob for log_prob in read.log_probs]
    positions: list[Position] = [
        {"reads": [t], "target": t + 1, "blocks": _turn(read, t, losses)} for t in range(len(losses))
    ]
    algorithm_steps(
        _PRETRAINING,
        read.tokens,
        positions,
        version=repr((read.ids, read.lm.card.name)),
        key="forward_pass",
    )
    if len(losses) < len(reading.score.token_ids) + 1:
        st.caption(f"The first {len(losses)} steps of {len(reading.score.token_ids) + 1:,}.")
    prompt.unknown_words(reading)
    token_losses.token_losses(read.tokens[1:], [(read.lm.card, losses)], text)
    explain.explanation(
        "In pre-training each step reads the true token and pays for the next true one: minus the logarithm of the "
        "probability that it gave it. The mean of that is made smaller, by its gradient with respect to all weights, "
        "through all steps back to the first.",
        lambda: [
            r"L = -\frac{1}{T} \sum_{t=1}^{T} \ln P(w_t \mid w_{<t}), \qquad \text{perplexity} = e^L",
            rf"L = \frac{{{sum(losses):.3f}}}{{{len(losses)}}} = {sum(losses) / len(losses):.4f}",
        ],
        [RecurrentNetwork.trace],
    )


def _turn(read: Read, t: int, losses: Sequence[float]) -> list[Block]:
    trace, tokenizer = read.trace, read.lm.tokenizer
    target, logits = read.ids[t + 1], trace.logits[t]
    blocks = [
        *_state(read.tokens[t], trace.embeddings[t], trace.h[-1, t], None if trace.c is None else trace.c[-1, t]),
        algorithm.scores(4, logits, tokenizer, target),
        algorithm.distribution(5, logits, tokenizer, target),
        algorithm.loss(6, -losses[t], tokenizer.tokens([target])[0], losses[: t + 1]),
    ]
    return [*blocks, algorithm.mean_loss(7, losses)] if t + 1 == len(losses) else blocks


def _state(token: str, x: Tensor, h: Tensor, c: Tensor | None) -> list[Block]:
    """The lines of the embedding and of the cell."""
    cell = (
        []
        if c is None
        else [algorithm.vector(3, "c", f"c ∈ R{algorithm.power(len(c))}, {algorithm.reach(c)}", [("", c)])]
    )
    return [
        algorithm.vector(2, "x", f"x = E[{token}] ∈ R{algorithm.power(len(x))}, {algorithm.reach(x)}", [("", x)]),
        *cell,
        algorithm.vector(3, "h", f"h ∈ R{algorithm.power(len(h))}, {algorithm.reach(h)}", [("", h)]),
    ]


def _inference(slug: str, reading: Reading) -> None:
    """What the network writes: each token is read in the next turn, until it chooses the end."""
    with st.container(horizontal=True, gap="medium"):
        methods = {_GREEDY: "The most probable", "draw": "Draw from p"}
        method = controls.choice(f"{slug}_choose", "w is", list(methods), methods.__getitem__)
        seed = controls.count(f"{slug}_seed", "Seed", 1, 1, 100) if method == "draw" else 1
    prompt_ids = list(reading.score.token_ids)
    chosen = Decoding(temperature=0.0 if method == _GREEDY else 1.0, seed=seed)
    stream = asking.stream(
        f"{slug} inference",
        reading.model.card.name,
        (tuple(prompt_ids), method, seed),
        lambda lm: generate(lm, prompt_ids, chosen, max_tokens=_MOST_WRITTEN),
        lambda steps: f"Writing: {len(steps)} of at most {_MOST_WRITTEN} tokens",
        st.empty(),
    )
    if stream is None or not stream.parts:
        return
    lm, written = neural.recurrent(reading.model), [step.token_id for step in stream.parts]
    ids = [lm.tokenizer.start_id, *prompt_ids, *written]
    with torch.no_grad():
        trace = neural.network_of(lm).trace(ids)
    read = Read(lm, ids, trace)
    choose = "argmax p" if method == _GREEDY else "a token drawn from p"
    first = max(0, len(prompt_ids) - _GIVEN)  # token that is shown
    algorithm_steps(
        [line.replace("{choose}", choose) for line in _INFERENCE],
        read.tokens[first:],
        [_written(read, len(prompt_ids) + turn, first, len(written)) for turn in range(len(written))],
        version=repr((ids, lm.card.name)),
        key="inference",
        written=5,
    )
    if written[-1] != lm.tokenizer.end_id:
        st.caption(f"Not ended after {_MOST_WRITTEN} tokens; here it is cut off.")
    losses = [-log_prob for log_prob in read.log_probs[len(prompt_ids) :]]
    token_losses.token_losses(read.tokens[len(prompt_ids) + 1 :], [(lm.card, losses)], reading.score.text)
    explain.explanation(
        "The network reads the text, then the token that it chose itself, and so on, until it chooses the end. Nothing "
        "tells it whether a token was right: a mistake is read like any other token.",
        lambda: [r"w_t = \arg\max_v P(v \mid w_{<t}) \quad\text{or}\quad w_t \sim P(\cdot \mid w_{<t})"],
        [generate],
    )


def _written(read: Read, t: int, first: int, count: int) -> Position:
    """A turn that reads token t and writes the one after it; `first` is the first token that is shown."""
    trace, tokenizer, token = read.trace, read.lm.tokenizer, read.ids[t + 1]
    name, ends = read.tokens[t + 1], token == tokenizer.end_id
    said = " ".join(read.tokens[len(read.ids) - count : t + 2])
    return {
        "reads": [t - first],
        "target": t + 1 - first,
        "blocks": [
            *_state(read.tokens[t], trace.embeddings[t], trace.h[-1, t], None if trace.c is None else trace.c[-1, t]),
            algorithm.distribution(4, trace.logits[t], tokenizer, token),
            algorithm.words(5, f"w = {name}"),
            algorithm.words(6, "This is the end." if ends else f"{name} is not the end."),
            *([] if ends else [algorithm.words(7, f"Written so far: {said}")]),
        ],
    }
