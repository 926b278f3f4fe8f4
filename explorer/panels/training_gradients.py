"""How far gradients reach back through time in each cell, what clipping does, and what the next token hangs on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from explorer import controls, explain, loading, waiting
from explorer.contents import FIRST_PROMPT
from explorer.downloads import Columns, downloads
from explorer.figures.training import Line, gradients
from explorer.inference import Ticket
from explorer.numbers import power_of_ten, power_of_ten_latex
from explorer.panels import neural, prompt
from explorer.panels.training_connectivity import connectivity
from explorer.tables import table
from models.errors import ModelError
from models.mixers import gradients as measured
from models.mixers.gradients import Flow

_NETWORKS = {"trained": "As trained", "rescaled": "Trained, U rescaled", "fresh": "Untrained"}
_MOST = 100
_HIDDEN = 64  # units of an untrained network
_SEED = 1


@dataclass(frozen=True, eq=False)
class Measured:
    """What one network shows on a text."""

    flow: Flow
    norm: float  # of the gradient of all weights
    radius: float
    sigma: float


def gradients_view(slug: str) -> None:
    """The text, the networks, how far the last token's loss reaches, and what clipping makes of it."""
    text = controls.text("prompt", "Text", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    with st.container(horizontal=True, gap="medium"):
        kind = controls.choice(f"{slug}_networks", "Networks", list(_NETWORKS), _NETWORKS.__getitem__)
        level = neural.level_input(slug)
    reading = prompt.read_prompt(neural.name_of("lstm", level), text)
    if reading is None:
        return
    level = neural.level_of(reading.model)  # of a text that can't be read, what was read before stays
    written = reading.score.token_ids
    if not written:
        controls.notice("There is nothing to predict: write a text of one token or more.")
        return
    with st.container(horizontal=True, gap="medium"):
        own = min(max(2, len(written)), _MOST)
        steps = controls.count(
            f"{slug}_steps", "Steps, T", own, 2, _MOST, "A shorter text is repeated; of a longer one the end is taken."
        )
        radius = 0.0
        if kind != "trained":
            radius = controls.number(
                f"{slug}_radius",
                "Spectral radius of U",
                1.0,
                0.1,
                4.0,
                0.1,
                "U, also written W_hh, takes the state from one step to the next. All its numbers are multiplied by "
                "one number, so that its largest |eigenvalue| is this.",
            )
    tokens = list(written) * (-(-steps // len(written)))
    ids = (reading.model.tokenizer.start_id, *tokens[-steps:])
    found = _measured(level, kind, radius, ids)
    if found is not None:
        names = reading.model.tokenizer.tokens(list(ids))
        more = f"The text of {len(written)} tokens is repeated." if steps > len(written) else ""
        if steps < len(written):
            more = f"These are the last {steps} of {len(written):,} tokens."
        _figure(found, names, kind, reading.score.text, more)
        _clipping(slug, found, steps)
    connectivity(slug, level, text)
    if found is not None:
        _how_computed(found, steps)


def _measured(level: str, kind: str, radius: float, ids: tuple[int, ...]) -> dict[str, Measured] | None:
    """Of each cell; for a new choice this takes a moment, mostly for the eigenvalues of the largest matrices."""
    place = st.empty()
    networks = {}
    with controls.explained_errors(place, "gradients"):
        for cell in neural.CELLS:
            networks[cell] = neural.network_of(loading.model(neural.name_of(cell, level), place))
    if len(networks) < len(neural.CELLS):
        return None

    def constants(_: Ticket) -> dict[str, tuple[float, float]]:
        return {
            cell: (measured.spectral_radius(network), measured.largest_singular_value(network))
            for cell, network in networks.items()
        }

    trained = waiting.waited("training radii", ("radii", level), constants, "Eigenvalues")
    if trained is None:
        return None

    def work(ticket: Ticket) -> dict[str, Measured]:
        found = {}
        for done, (cell, known) in enumerate(networks.items()):
            ticket.progress(done, len(networks))
            network, (now, sigma) = known, trained[cell]
            if kind == "fresh":
                network = measured.fresh(cell, known.config.vocab_size, _HIDDEN, _HIDDEN, radius, _SEED)
                now, sigma = radius, measured.largest_singular_value(network)
            elif kind == "rescaled":
                network = measured.rescaled(known, radius)
                now, sigma = radius, sigma * radius / now
            flow = measured.flow(network, ids[:-1], ids[-1])
            norm = measured.gradient_norm(network, ids)
            if not (math.isfinite(norm) and np.isfinite(flow.h).all()):
                raise ModelError("The gradient is too large for a number: choose a smaller radius or fewer steps.")
            found[cell] = Measured(flow, norm, now, sigma)
        return found

    return waiting.waited("training gradients", (level, kind, radius, ids), work, "Gradients")


def _figure(found: dict[str, Measured], names: Sequence[str], kind: str, text: str, more: str) -> None:
    lines, bounds = [], []
    for i, (cell, one) in enumerate(found.items()):
        title = neural.CELLS[cell]
        lines.append(Line(f"{title} h" if one.flow.c is not None else title, one.flow.h, i))
        if one.flow.c is not None:
            lines.append(Line(f"{title} c", one.flow.c, i, "dash"))
        if one.flow.bound is not None:
            bounds.append(Line(f"{title} at most", one.flow.bound, i, "dot"))
    figure = gradients(names[:-1], lines, bounds)
    last = names[-1]
    st.text(f"The loss of the last token, “{last}”, depends on all states before it. {_reach(found)} {more}".strip())
    st.plotly_chart(
        figure,
        key="gradients",
        config={"displayModeBar": False},
        alt=f"Length of the gradient of the loss of {last} at each of {len(names) - 1} steps. {_reach(found)}",
    )
    st.caption(
        "The dotted line is theory: k steps back no gradient of the RNN can be longer than σᵏ times the last one, "
        "with σ the largest singular value of U. An LSTM has two ways back: its h, and its c (dashed). Whether a "
        "gradient vanishes is a matter of the weights: the name of the cell decides nothing."
        + (" The networks are the trained ones; only U was changed." if kind == "rescaled" else "")
        + (f" Untrained networks of {_HIDDEN} units, drawn at random." if kind == "fresh" else "")
    )
    columns: Columns = {
        "step": list(range(1, len(names))),
        "token read": names[:-1],
        **{one.name: np.asarray(one.y).tolist() for one in (*lines, *bounds)},
    }
    about = f"Gradients through time: {_NETWORKS[kind]}\nLoss of the last token, {last}\nText: {text}"
    downloads("gradients", "gradients", figure, lambda: columns, about)


def _reach(found: dict[str, Measured]) -> str:
    """From the last step to the first."""
    back = len(next(iter(found.values())).flow.h) - 1
    parts = []
    for cell, one in found.items():
        first, last = float(one.flow.h[0]), float(one.flow.h[-1])
        parts.append(f"{neural.CELLS[cell]} {_factor(first / last) if last else '–'}")
    return (
        f"{back} {'step' if back == 1 else 'steps'} back |∂loss/∂h| is this many times as long as at the last step: "
        f"{', '.join(parts)}."
    )


def _factor(ratio: float) -> str:
    if ratio == 0:
        return "0"
    if 0.01 <= ratio < 1000:
        return f"{ratio:.2g}" if ratio < 100 else f"{ratio:.0f}"
    return power_of_ten(math.log(ratio), 1)


def _clipping(slug: str, found: dict[str, Measured], steps: int) -> None:
    st.subheader("Clipping", anchor=False)
    clip = controls.number(
        f"{slug}_clip",
        "Clip at norm",
        5.0,
        0.1,
        20.0,
        0.1,
        "A gradient that is longer is multiplied by a factor that makes it this long; its direction stays.",
    )
    rows = []
    for cell, one in found.items():
        factor = measured.clipped(one.norm, clip)
        rows.append(
            [
                f"<b>{neural.CELLS[cell]}</b>",
                f"{one.radius:.2f}",
                f"{one.sigma:.2f}",
                f"{one.flow.loss / math.log(2):.2f}",
                _length(one.norm),
                "1" if factor == 1 else _length(factor),
                _length(factor * one.norm),
            ]
        )
    heads = (
        "Cell",
        "Spectral radius of U",
        "σ of U",
        "Loss of the last token, bits",
        "Norm of the gradient",
        "Factor",
        "Norm after clipping",
    )
    table("Gradients of all weights, and what clipping makes of them", heads, rows)
    st.caption(
        f"The gradient of the mean loss over these {steps} steps, of all weights together. Of gated cells, radius "
        "and σ are those of the gate that has the largest."
    )


def _length(norm: float) -> str:
    """Three digits.

    >>> _length(10.0478), _length(165.2), _length(0.0)
    ('10.0', '165', '0.00')
    """
    if 1e-3 < norm < 1000 or norm == 0:
        return f"{norm:#.3g}".rstrip(".")
    return power_of_ten(math.log(norm), 1)


def _how_computed(found: dict[str, Measured], steps: int) -> None:
    explain.explanation(
        "Backpropagation through time carries the gradient from each step to the one before. In an RNN each step "
        "multiplies it by U transposed and by the slope of tanh, which is at most 1. So it shrinks where the largest "
        "singular value of U is below 1, and can grow only where it is above (Bengio et al. 1994, Pascanu et al. "
        "2013). An LSTM adds to its cell state c instead: its forget gate decides how much of the gradient passes. "
        "Clipping shortens a gradient that is too long. Here gradients are measured in float64; nothing is learned.",
        lambda: _formulas(found["rnn"], steps, found),
        [measured.flow, measured.gradient_norm, measured.clipped, measured.connectivity, measured.rescaled],
    )


def _formulas(rnn: Measured, steps: int, found: dict[str, Measured]) -> list[str]:
    k = steps - 1
    bound = rnn.flow.bound
    first = [] if bound is None or rnn.flow.h[0] == 0 else [
        rf"\lvert \partial \ell_T / \partial h_1 \rvert = {power_of_ten_latex(math.log(rnn.flow.h[0]))} \le"
        rf" {rnn.sigma:.3f}^{{{k}}} \cdot {rnn.flow.h[-1]:.4g} = {power_of_ten_latex(math.log(bound[0]))}"
    ]  # fmt: skip
    clip = max(found.values(), key=lambda one: one.norm)
    return [
        r"\text{RNN:} \quad \frac{\partial \ell_T}{\partial h_t} = U^\top \mathrm{diag}(1 - h_{t+1}^2) \cdots U^\top"
        r" \mathrm{diag}(1 - h_T^2)\, \frac{\partial \ell_T}{\partial h_T}, \qquad"
        r" \Bigl\lvert \frac{\partial \ell_T}{\partial h_{T-k}} \Bigr\rvert \le \sigma_{\max}(U)^k"
        r" \Bigl\lvert \frac{\partial \ell_T}{\partial h_T} \Bigr\rvert",
        *first,
        r"g \leftarrow g \cdot \min(1, c / \lvert g \rvert), \qquad"
        rf" \lvert g \rvert = {clip.norm:.4g} \text{{ at most here}}",
    ]
