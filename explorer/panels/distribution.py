"""The next token's distribution, and what decoding makes of it."""

import streamlit as st
import torch

from explorer import controls, explain, loading
from explorer.components.number_keys import number_keys
from explorer.figures.next_token import next_token_bars
from explorer.loading import Reading
from explorer.numbers import percent
from explorer.panels import prompt
from models.prediction.decoding import Decoding
from models.prediction.scoring import score

_CHART = "next_token_bars"


def decoding_controls(slug: str) -> tuple[Decoding, int, bool]:
    """Decoding, number of bars, and whether the axis is logarithmic."""
    axis_titles = {"linear": "Linear", "log": "Logarithmic"}
    k = controls.count(f"{slug}_bars", "Bars", 10, 1, 50)
    axis = controls.choice(f"{slug}_axis", "Axis", list(axis_titles), axis_titles.__getitem__)
    temperature = controls.number(
        f"{slug}_temperature",
        "Temperature",
        1.0,
        0.0,
        3.0,
        0.05,
        "Divides the logits: below 1 the probable gets more probable, above 1 all get more alike. "
        "0 always takes the most probable token.",
    )
    with st.expander("More: top-k, top-p, min-p"):
        top_k = controls.count(f"{slug}_top_k", "Top-k (0: all)", 0, 0, 100, "Keeps the k most probable tokens.")
        top_p = controls.number(
            f"{slug}_top_p",
            "Top-p (1: all)",
            1.0,
            0.05,
            1.0,
            0.01,
            "Keeps the fewest tokens that together hold this much probability.",
        )
        min_p = controls.number(
            f"{slug}_min_p",
            "Min-p (0: all)",
            0.0,
            0.0,
            1.0,
            0.01,
            "Keeps tokens that are at least this fraction as probable as the first one.",
        )
    return Decoding(temperature, top_k, top_p, min_p), k, axis == "log"


def distribution(reading: Reading, decoding: Decoding, k: int, log: bool) -> None:
    """Bars that append their token when they are clicked."""
    after = reading.score.next
    decoded = decoding.apply(after.logits)
    ids = after.top_ids(k)
    rest = torch.ones(len(after.probs), dtype=torch.bool)
    rest[ids] = False
    before = after.probs[ids]
    tokens = after.tokenizer.tokens(ids)
    st.plotly_chart(
        next_token_bars(
            tokens,
            ids,
            before,
            None if decoding == Decoding() else decoded.probs[ids],
            others=int(rest.sum()),
            others_before=float(after.probs[rest].double().sum()),
            others_after=float(decoded.probs[rest].double().sum()),
            log=log,
        ),
        key=_CHART,
        on_select=_clicked,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"The {len(ids)} most probable next tokens as bars; the first is {tokens[0]}, {percent(float(before[0]))}.",
    )
    number_keys(ids, f"{len(reading.score.token_ids)} {hash(reading.score.token_ids)}", _append)
    gone = [f"{name} removes {percent(mass)}" for name, mass in decoded.removed.items() if mass > 0]
    drawn = f"{int(decoded.kept.sum()):,} of {len(decoded.kept):,} tokens can be drawn: {', '.join(gone)}.  \n"
    changed = "Grey is the model's own distribution, blue what decoding makes of it.  \n"
    st.caption(
        f"{'Before decoding: entropy' if decoding != Decoding() else 'Entropy'} {after.entropy:.2f} bits · "
        f"perplexity {after.perplexity:,.1f}  \n{changed if decoding != Decoding() else ''}{drawn if gone else ''}"
        "Click a bar, or press its number, to append the token; click a token above to cut there."
    )


# Callbacks hold no data: Streamlit keeps those of every figure that was drawn, and what they hold, for the session.
def _append(token_id: int) -> None:
    reading = loading.last_reading("prompt")
    if reading is not None:
        prompt.set_prompt_ids(reading.model.tokenizer, [*reading.score.token_ids, token_id])


def _clicked() -> None:
    points = st.session_state[_CHART].selection.points
    chosen = points[0].get("customdata") if points else None
    token_id = chosen[0] if isinstance(chosen, list) else chosen
    if isinstance(token_id, int) and token_id >= 0:
        _append(token_id)


def how_computed(reading: Reading, decoding: Decoding) -> None:
    """From logits to the first bar, with this prompt's numbers."""
    explain.explanation(
        "The model gives every token $v$ of its vocabulary $V$ a score, the logit $z_v$. Dividing the logits by the "
        "temperature $T$ and applying softmax makes probabilities of them; top-k, top-p and min-p then set some to 0, "
        "and the rest is divided by its sum.",
        lambda: _formulas(reading, decoding),
        [type(reading.model).logits, score, Decoding.apply],
    )


def _formulas(reading: Reading, decoding: Decoding) -> list[str]:
    after = reading.score.next
    first = after.top_ids(1)[0]
    name = explain.latex_text(after.tokenizer.tokens([first])[0])
    logit, log_sum = float(after.logits[first]), after.log_normaliser
    formulas = [
        r"P(w_{t+1} = v \mid w_{\le t}) = \frac{e^{z_v}}{\sum_{u \in V} e^{z_u}}",
        rf"P({name} \mid w_{{\le t}}) = \frac{{e^{{{logit:.4f}}}}}{{e^{{{log_sum:.4f}}}}}"
        rf" = e^{{{logit - log_sum:.4f}}} = {float(after.probs[first]):.4f}",
        rf"H = -\sum_{{v \in V}} P(v) \log_2 P(v) = {after.entropy:.2f}\text{{ bits}}",
        rf"\text{{perplexity}} = 2^H = {after.perplexity:.2f}",
    ]
    if decoding.temperature == 0:
        formulas.append(r"T = 0:\quad P'(v) = 1 \text{ for the most probable } v, \text{ else } 0")
    elif decoding != Decoding():
        decoded = decoding.apply(after.logits)
        tempered, kept = float(decoded.tempered[first]), float(decoded.tempered[decoded.kept].double().sum())
        formulas += [
            r"P_T(v) = \frac{e^{z_v / T}}{\sum_u e^{z_u / T}}, \qquad"
            r" P'(v) = \frac{P_T(v)}{\sum_{u \text{ kept}} P_T(u)}",
            rf"T = {decoding.temperature:g}:\quad P_T({name}) = {tempered:.4f}, \qquad"
            rf" P'({name}) = \frac{{{tempered:.4f}}}{{{kept:.4f}}} = {float(decoded.probs[first]):.4f}",
        ]
    return formulas
