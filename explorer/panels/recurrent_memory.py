"""The state as a path, and as a bottleneck: how it moves while it reads, and how far back it remembers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer import controls, explain, loading, waiting
from explorer.contents import FIRST_PROMPT
from explorer.downloads import Columns, downloads
from explorer.figures.recurrent import remembering, trajectory
from explorer.inference import Ticket
from explorer.numbers import percent
from explorer.panels import neural, prompt
from models.mixers import probing
from models.mixers.probing import Probe
from models.tokens.projections import pca

_MOST = 60  # steps of the path
_WRITTEN = {"words": (128, 36, 10), "characters": (96, 120, 16)}  # texts, tokens of each, steps back
_CLASSES = 100  # tokens that the probe tells apart


@dataclass(frozen=True, eq=False)
class Remembered:
    """How often each network's state tells the token of k steps ago."""

    probes: Mapping[str, list[Probe]]  # a list over k for each state
    tokens: int  # of the texts

    nbytes = 0


def memory_view(slug: str) -> None:
    """The path of the state over the text, and below it what the states of three networks remember."""
    text = controls.text("prompt", "Text", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    with st.container(horizontal=True, gap="medium"):
        cell = neural.cell_input(slug)
        level = neural.level_input(slug)
    reading = prompt.read_prompt(neural.name_of(cell, level), text)
    if reading is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        _path(neural.looked_into(reading, _MOST), len(reading.score.token_ids) + 1, text)
    with right:
        _bottleneck(slug, level)
    explain.explanation(
        "Left: the states of this text on the plane in which they differ most (principal components of the states on "
        "screen); what lies across it is not seen. Right: the LSTM writes texts; all three networks read the same. For "
        "each k a linear probe learns, on two thirds of the texts, to tell from the state alone which token was read "
        f"k steps before, and is asked on the rest. Only the {_CLASSES} most frequent tokens are asked for.",
        lambda: [
            r"h_t \approx \bar h + a_t u_1 + b_t u_2, \qquad u_1, u_2: \text{ principal axes of the states}",
            r"\hat w_{t-k} = \arg\max_v \,(A_k z_t + b_k)_v, \qquad z_t: h_t \text{ standardised}",
        ],
        [pca, probing.remembered],
    )


def _path(read: neural.Read, steps: int, text: str) -> None:
    st.subheader("The path of the state", anchor=False)
    h = read.trace.h[-1].numpy()
    points, share = _plane(h)
    shown = controls.count("recurrent_upto", "Steps", len(h), 1, max(2, len(h))) if len(h) > 2 else len(h)
    tokens = read.tokens
    figure = trajectory(tokens, points, min(shown, len(h)))
    st.plotly_chart(
        figure,
        key="trajectory",
        config={"displayModeBar": False},
        alt=f"The path of the hidden state over {len(h)} steps on a plane that shows {percent(share)} of the variance.",
    )
    cut = f" The first {_MOST} of {steps:,} steps." if steps > _MOST else ""
    st.caption(f"This plane shows {percent(share)} of the variance of these {len(h)} states.{cut}")
    columns: Columns = {
        "step": list(range(1, len(h) + 1)),
        "token": tokens,
        "x": points[:, 0].tolist(),
        "y": points[:, 1].tolist(),
    }
    downloads(
        "trajectory",
        "trajectory",
        figure,
        lambda: columns,
        f"Path of the hidden state\nModel: {read.lm.card.title}\nText: {text}",
    )


def _plane(h: np.ndarray) -> tuple[np.ndarray, float]:
    """The points of states on their principal plane, and its share of the variance."""
    if len(h) < 3 or np.ptp(h, axis=0).max() == 0:
        return np.zeros((len(h), 2), dtype=np.float32), 1.0
    found = pca(h)
    return found.points, float(found.shares.sum())


def _bottleneck(slug: str, level: str) -> None:
    st.subheader("What the state still knows", anchor=False)
    found = _remembered(slug, level)
    if found is None:
        return
    scores = {name: [probe.score for probe in probes] for name, probes in found.probes.items()}
    baseline = [probe.baseline for probe in next(iter(found.probes.values()))]
    figure = remembering(scores, baseline)
    k = min(3, len(baseline) - 1)
    st.plotly_chart(
        figure,
        key="remembering",
        config={"displayModeBar": False},
        alt=f"How often the token of {k} steps ago is told: "
        + ", ".join(f"{name} {percent(values[k])}" for name, values in scores.items()),
    )
    st.caption(
        f"A linear probe on {found.tokens:,} tokens that the LSTM wrote. Dotted: always the most frequent token. "
        "What a probe can't read may still be there in another form. An LSTM remembers in c (dashed), and shows h."
    )
    columns: Columns = {"k": list(range(len(baseline))), **scores, "most frequent token": baseline}
    downloads(
        "remembering", "remembering", figure, lambda: columns, f"Tokens told from the state, {neural.LEVELS[level]}"
    )


def _remembered(slug: str, level: str) -> Remembered | None:
    place = st.empty()
    models = {cell: neural.recurrent(loading.model(neural.name_of(cell, level), place)) for cell in neural.CELLS}
    texts, length, most = _WRITTEN[level]

    def work(ticket: Ticket) -> Remembered:
        writer = models["lstm"]
        tokenizer = writer.tokenizer
        banned = [one for one in (tokenizer.start_id, tokenizer.end_id, tokenizer.unk_id) if one is not None]
        network = neural.network_of(writer)
        steps = length + len(models)  # a network that reads counts as one

        def tell(done: int, _of: int) -> None:
            ticket.progress(done, steps)

        ids = probing.sampled(network, texts, length, tokenizer.start_id, 1, banned, tell)
        probes, cells = dict[str, list[Probe]](), dict[str, list[Probe]]()
        for done, (cell, lm) in enumerate(models.items()):
            ticket.progress(length + done, steps)
            h, c = probing.states(neural.network_of(lm), ids, tokenizer.start_id)
            probes[neural.CELLS[cell]] = probing.remembered(h, ids, most, _CLASSES)
            if c is not None:
                cells = {f"{neural.CELLS[cell]}, c": probing.remembered(c, ids, most, _CLASSES)}
        return Remembered(probes | cells, ids.size)

    return waiting.waited(f"{slug} memory", ("memory", level), work, "Writing texts and reading them")
