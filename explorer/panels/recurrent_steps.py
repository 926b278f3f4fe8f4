"""Stepping through a recurrent network: states, gates, what changed, and the next token, for one cell or two."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from explorer import address, controls, explain
from explorer.asking import Reading
from explorer.components import encoded
from explorer.components.recurrent_steps import Steps, recurrent_steps
from explorer.contents import FIRST_PROMPT
from explorer.downloads import Columns, downloads
from explorer.figures.recurrent import state_map
from explorer.panels import algorithm, neural, prompt, token_losses
from explorer.panels.neural import Read
from models.mixers.recurrent import STEPS, RecurrentNetwork

MOST = 100  # steps that are sent
_BARS = 5
_MEANINGS: Mapping[str, str] = {
    "h": "hidden state",
    "Δh": "what changed since the step before",
    "c": "cell state: what is remembered",
    "i": "input gate: how much is written",
    "f": "forget gate: how much is kept",
    "o": "output gate: how much is shown",
    "g": "what could be written",
    "r": "reset gate: how much of the past the new part sees",
    "z": "update gate: how much is kept",
    "n": "the new part",
}
_FORMULAS = {
    "rnn": [r"h_t = \tanh(W x_t + b + U h_{t-1} + b')"],
    "lstm": [
        r"i_t = \sigma(W_i x_t + b_i + U_i h_{t-1} + b'_i), \quad f_t, o_t \text{ likewise with } W_f, W_o, \dots",
        r"g_t = \tanh(W_g x_t + b_g + U_g h_{t-1} + b'_g)",
        r"c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh(c_t)",
    ],
    "gru": [
        r"r_t = \sigma(W_r x_t + b_r + U_r h_{t-1} + b'_r), \quad z_t \text{ likewise with } W_z, \dots",
        r"n_t = \tanh(W_n x_t + b_n + r_t \odot (U_n h_{t-1} + b'_n))",
        r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}",
    ],
}


def steps_view(slug: str) -> None:
    """The text, the network that reads it, and what each token cost."""
    text = controls.text("prompt", "Text", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    with st.container(horizontal=True, gap="medium"):
        cell = neural.cell_input(slug)
        others = {"": "none", **{other: title for other, title in neural.cells().items() if other != cell}}
        other = controls.choice(f"{slug}_other", "Beside it", list(others), others.__getitem__)
        level = neural.level_input(slug)
    readings = [
        prompt.read_prompt(neural.name_of(one, level), text, who=who)
        for who, one in (("", cell), ("other", other))
        if one
    ]
    if readings[0] is None:
        return
    first = neural.looked_into(readings[0], MOST)
    reads = [first, *_beside(first, readings[1:])]
    version = repr((first.ids, [read.lm.card.name for read in reads]))
    recurrent_steps(
        first.tokens,
        [_steps(read) for read in reads],
        _MEANINGS,
        version=version,
        at=_begins(slug, version),
        key="recurrent",
        on_step=lambda step: address.set_values(**{f"{slug}_step": str(step)}),
    )
    tokens = len(readings[0].score.token_ids) + 1
    if tokens > MOST:
        st.caption(f"The first {MOST} of {tokens:,} steps.")
    states = first.trace.h[-1].numpy()
    downloads(
        "states",
        None,
        state_map(first.tokens, states),
        lambda: _columns(first),
        f"States of {first.lm.card.title}\nText: {text}",
    )
    ends = tokens <= MOST
    losses = [(read.lm.card, _losses(read, ends=ends)) for read in reads]
    predicted = [
        *first.tokens[1:],
        *(first.lm.tokenizer.tokens([end]) if ends and (end := _end(first)) is not None else []),
    ]
    token_losses.token_losses(predicted, losses, readings[0].score.text)
    neural.card_line(first.lm)
    _how_computed(first)


def _beside(first: Read, others: Sequence[Reading | None]) -> list[Read]:
    """The second network, where it reads the same tokens; the reader is told where it does not."""
    found = list[Read]()
    for other in others:
        if other is None:
            continue
        read = neural.looked_into(other, MOST)
        if read.lm.tokenizer.spans(other.score.text) == first.lm.tokenizer.spans(other.score.text) and len(
            read.ids
        ) == len(first.ids):
            found.append(read)
        else:
            controls.notice(f"{read.lm.card.title} reads other tokens: it can't be stepped beside.")
    return found


def _end(read: Read) -> int | None:
    return read.lm.tokenizer.end_id


def _losses(read: Read, *, ends: bool) -> list[float]:
    """Of each token, by the network's own numbers for them; in nats."""
    end = _end(read)
    targets = [*read.ids[1:], *([end] if ends and end is not None else [])]
    return [-log_prob for log_prob in algorithm.log_probs_of(read.trace.logits, targets)]


def _begins(slug: str, version: str) -> int | None:
    """The step that the link names; as it was when these numbers were first sent, so that they need not be again."""
    wanted = address.parsed(f"{slug}_step", -1, int, lambda step: 0 <= step < MOST)
    known: tuple[str, int] = st.session_state.get("_step", ("", -1))
    if known[0] != version:
        known = st.session_state["_step"] = (version, wanted)
    return None if known[1] < 0 else known[1]


def _steps(read: Read) -> Steps:
    trace = read.trace
    fields = {"h": trace.h} | ({} if trace.c is None else {"c": trace.c}) | trace.gates
    before = {f"before {name}": values for name, values in trace.pre_activations.items()}
    return {
        "title": read.lm.card.title,
        "cell": read.lm.network.config.cell,
        "fields": {name: encoded(values[-1].numpy()) for name, values in (fields | before).items()},
        "shown": ["h", "Δh", *(name for name in fields if name != "h")],
        "next": _next(read),
    }


def _next(read: Read) -> list[list[tuple[str, float, str, bool]]]:
    """After each step the most probable tokens, the one that came, and all others."""
    probs = read.trace.logits.double().softmax(-1)
    rows = []
    for t, top in enumerate(probs.topk(min(_BARS, probs.shape[1])).indices.tolist()):
        came = read.ids[t + 1] if t + 1 < len(read.ids) else None
        shown = top if came is None or came in top else [*top, came]
        rows.append(algorithm.bars(probs[t], shown, came, read.lm.tokenizer))
    return rows


def _columns(read: Read) -> Columns:
    trace = read.trace
    fields = {"h": trace.h} | ({} if trace.c is None else {"c": trace.c}) | trace.gates
    steps, units = trace.h.shape[1:]
    return {
        "step": np.repeat(np.arange(1, steps + 1), units).tolist(),
        "token": [token for token in read.tokens[:steps] for _ in range(units)],
        "unit": list(range(1, units + 1)) * steps,
        **{name: values[-1].flatten().tolist() for name, values in fields.items()},
    }


def _how_computed(read: Read) -> None:
    config = read.lm.network.config
    explain.explanation(
        "One function is applied again and again: it takes the embedding of the token that is read and the state that "
        "the step before left, and gives a new state. All that the network knows of the text is in that state; the "
        "scores of the next token come from it alone.",
        lambda: [
            r"h_t = g(x_t, h_{t-1}), \qquad y_t = f(h_t) = E P h_t + b_y, \qquad p = \mathrm{softmax}(y_t)",
            *_FORMULAS[config.cell],
            rf"x_t \in \mathbb{{R}}^{{{config.n_embd}}}, \quad h_t \in \mathbb{{R}}^{{{config.n_hidden}}}, \quad"
            rf" y_t \in \mathbb{{R}}^{{{config.vocab_size}}}",
        ],
        [STEPS[config.cell], RecurrentNetwork.trace],
    )
