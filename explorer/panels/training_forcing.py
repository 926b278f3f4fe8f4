"""What a network reads while it learns: the truth, its own tokens, or a mixture of both, and where that leads."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import streamlit as st

from explorer import controls, explain, style, waiting
from explorer.asking import Reading
from explorer.contents import FIRST_PROMPT
from explorer.downloads import Columns, downloads
from explorer.figures.training import runs
from explorer.inference import Ticket
from explorer.panels import neural, prompt
from explorer.tables import table
from models.interfaces import Tokenizer
from models.mixers import forcing
from models.mixers.forcing import Run

T = TypeVar("T")
MOST = 60  # tokens
_BITS = math.log(2)  # nats in one


@dataclass(frozen=True, eq=False)
class Runs:
    """The two runs over a text, and how far apart they are."""

    tokenizer: Tokenizer
    share: float
    forced: Run
    own: Run
    distances: np.ndarray

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """Visible forms."""
        return self.tokenizer.tokens(list(ids))

    def bits(self, run: Run) -> np.ndarray:
        """Its losses."""
        in_bits: np.ndarray = run.losses / _BITS
        return in_bits


def forcing_view(slug: str) -> None:
    """The text, the network, and how often that reads its own token."""
    text = controls.text("prompt", "Text", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    left, middle, right = st.columns([2, 2, 3], gap="medium")
    with left:
        cell = neural.cell_input(slug)
    with middle:
        level = neural.level_input(slug)
    with right:
        share = controls.number(
            f"{slug}_share",
            "Share of own tokens",
            1.0,
            0.0,
            1.0,
            0.05,
            "How often it reads its own last prediction in place of the true token. 0 is teacher forcing, 1 is free "
            "running, anything between is scheduled sampling.",
        )
        seed = 1
        if 0 < share < 1:
            seed = controls.count(f"{slug}_seed", "Seed", 1, 1, 100, "Of the coin that is thrown at every step.")
    name = neural.name_of(cell, level)
    reading = prompt.read_prompt(name, text)
    if reading is None:
        return
    found = _runs(reading, share, seed)
    if found is None:
        return
    _figure(found, reading.score.text)
    st.text(_in_words(found))
    _table(found)
    _notes(found, reading)
    neural.card_line(neural.recurrent(reading.model))
    _how_computed(found)


def _runs(reading: Reading, share: float, seed: int) -> Runs | None:
    lm = neural.recurrent(reading.model)
    tokenizer = lm.tokenizer
    end = [] if tokenizer.end_id is None else [tokenizer.end_id]
    targets = (*reading.score.token_ids, *end)[:MOST]

    def work(_: Ticket) -> Runs:
        forced, own = (
            forcing.run(lm.network, targets, tokenizer.start_id, part, seed, banned=_banned(tokenizer))
            for part in (0.0, share)
        )
        return Runs(tokenizer, share, forced, own, forcing.divergence(forced, own))

    return waiting.waited("training forcing", (reading.model.card.name, targets, share, seed), work, "Reading")


def _banned(tokenizer: Tokenizer) -> list[int]:
    """What is no prediction worth showing."""
    return [token for token in (tokenizer.start_id, tokenizer.unk_id) if token is not None]


def _in_words(found: Runs) -> str:
    own, forced = (float(found.bits(run).mean()) for run in (found.own, found.forced))
    means = f"On average {forced:.2f} bits a token with teacher forcing, {own:.2f} with {_name(found.share)}."
    step = found.own.first_error
    if step is None:
        return f"No false token of its own was read. {means}"
    read, truth = found.tokens([found.own.inputs[step], found.own.targets[step - 1]])
    return f"At step {step + 1} it first reads a false token of its own: “{read}”, where “{truth}” is true. {means}"


def _name(share: float) -> str:
    """What reading so many own tokens is called."""
    return {0.0: "teacher forcing once more", 1.0: "its own tokens"}.get(share, "scheduled sampling")


def _table(found: Runs) -> None:
    """Both runs, a column for each step."""
    own, steps = found.own, range(len(found.own.targets))
    own_reads = [_own(token, own, t) for t, token in enumerate(found.tokens(own.inputs))]
    rows = [
        ["<b>True next token</b>", *(f"<b>{_cell(token)}</b>" for token in found.tokens(own.targets))],
        ["Teacher forcing reads", *map(_cell, found.tokens(found.forced.inputs))],
        ["predicts", *_predictions(found, found.forced)],
        ["loss, bits", *map(_loss, found.bits(found.forced))],
        [_title(found.share), *own_reads],
        ["predicts", *_predictions(found, own)],
        ["loss, bits", *map(_loss, found.bits(own))],
    ]
    table("Both runs, step by step", ("Step", *(str(t + 1) for t in steps)), rows, wraps=False)
    st.html(
        f'<div class="explorer-facts">{_underlined("Underlined")}: its own token. '
        f'<span class="explorer-table" style="display: inline">{_first("Framed")}</span>: its first false one. '
        "✓: predicted the true token.</div>"
    )


def _title(share: float) -> str:
    return {0.0: "Again: reads", 1.0: "Free running reads"}.get(share, "Scheduled sampling reads")


def _own(token: str, run: Run, t: int) -> str:
    if not run.is_own[t]:
        return _cell(token)
    return _first(token) if t == run.first_error else _underlined(token)


def _underlined(token: str) -> str:
    return f'<span style="border-bottom: 3px solid {style.CATEGORIES[3]}">{_cell(token)}</span>'


def _first(token: str) -> str:
    return (
        f'<span style="border: 2px solid {style.DECIDES}; border-radius: 4px; padding: 1px 4px; '
        f'background: {style.faded(style.DECIDES, 0.25)}">{_cell(token)}</span>'
    )


def _predictions(found: Runs, run: Run) -> list[str]:
    return [
        _cell(token) + (" ✓" if predicted == truth else "")
        for token, predicted, truth in zip(found.tokens(run.predictions), run.predictions, run.targets, strict=True)
    ]


def _loss(bits: float) -> str:
    shade = min(1.0, bits / 16)
    return (
        f'<span class="explorer-token" style="--colour: {style.SURPRISAL}; --shade: {shade:.2f}; padding: 2px 5px; '
        f'border-right: none">{bits:.2f}</span>'
    )


def _cell(token: str) -> str:
    return html.escape(style.isolated(token))


def _figure(found: Runs, text: str) -> None:
    own, forced = found.own, found.forced
    tokens = found.tokens(own.targets)
    figure = runs(tokens, found.bits(forced), found.bits(own), own.is_own, found.distances, own.first_error)
    st.plotly_chart(
        figure,
        key="forcing",
        config={"displayModeBar": False},
        alt=f"Loss of each of {len(tokens)} tokens in two runs, and how far their states are apart. {_in_words(found)}",
    )
    columns: Columns = {
        "step": list(range(1, len(tokens) + 1)),
        "true next token": tokens,
        "teacher forcing reads": found.tokens(forced.inputs),
        "teacher forcing predicts": found.tokens(forced.predictions),
        "loss with teacher forcing, nats": forced.losses.tolist(),
        "other run reads": found.tokens(own.inputs),
        "is its own token": own.is_own,
        "other run predicts": found.tokens(own.predictions),
        "loss in the other run, nats": own.losses.tolist(),
        "states apart": found.distances.tolist(),
    }
    about = f"Teacher forcing and {_name(found.share)}\nText: {text}"
    downloads("forcing", "forcing", figure, lambda: columns, about)


def _notes(found: Runs, reading: Reading) -> None:
    """What the figure hides."""
    banned = " and ".join(found.tokens(_banned(found.tokenizer)))
    words = [
        "Diamonds: it read its own token. A prediction is the most probable token, "
        f"but never {banned}; the loss counts all tokens."
    ]
    if found.tokenizer.unk_id in found.own.targets:
        words.append("A word that is not in the vocabulary is read as <unk>, and its loss is that of <unk>.")
    count = len(reading.score.token_ids) + (found.tokenizer.end_id is not None)
    if count > MOST:
        words.append(f"These are the first {MOST} of {count:,} steps.")
    st.text(" ".join(words))


def _how_computed(found: Runs) -> None:
    explain.explanation(
        "In training the network reads the true token at every step, whatever it predicted: teacher forcing (Williams "
        "and Zipser 1989). When it writes, it reads its own tokens. One false token leads to states that it never met "
        "in training, and the losses of all later tokens can rise: exposure bias. Scheduled sampling (Bengio et al. "
        "2015) mixes both while it learns. Here nothing is learned: the network is the trained one in both runs.",
        lambda: _formulas(found),
        [forcing.run, forcing.divergence],
    )


def _formulas(found: Runs) -> list[str]:
    forced, own = (found.bits(run) for run in (found.forced, found.own))
    count = len(forced)
    return [
        r"L = -\frac{1}{T} \sum_{t=1}^{T} \log_2 P(w_t \mid w_0, \dots, w_{t-1}), \qquad"
        r" L' = -\frac{1}{T} \sum_{t=1}^{T} \log_2 P(w_t \mid \hat w_0, \dots, \hat w_{t-1})",
        r"\hat w_t = \begin{cases} \arg\max_v P(v \mid \hat w_0, \dots, \hat w_{t-1}) &"
        rf" \text{{with probability }} {found.share:g} \\ w_t & \text{{otherwise}} \end{{cases}}",
        rf"L = \frac{{{forced.sum():.2f}}}{{{count}}} = {forced.mean():.3f}, \qquad"
        rf" L' = \frac{{{own.sum():.2f}}}{{{count}}} = {own.mean():.3f}",
        rf"\lvert h_T - h'_T \rvert = {found.distances[-1]:.3f}",
    ]
