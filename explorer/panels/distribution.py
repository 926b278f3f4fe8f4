"""The next token's distribution, and what decoding makes of it."""

from collections.abc import Sequence

import streamlit as st
import torch

from explorer import asking, controls, explain
from explorer.asking import Reading
from explorer.components.number_keys import number_keys
from explorer.downloads import Columns, downloads
from explorer.figures.next_token import next_token_bars
from explorer.numbers import percent
from explorer.panels import prompt
from explorer.panels.decoding import decoding_controls, described
from models.prediction.decoding import Decoding
from models.prediction.scoring import NextToken, score

_CHART = "next_token_bars"
_AXES = {"linear": "Linear", "log": "Logarithmic"}


def next_token(slug: str, reading: Reading) -> None:
    """Bars that append their token when they are clicked, and what shapes them."""
    figure, beside = st.columns([2, 1], gap="large")
    with beside:
        prompt.strip_colour(slug)
        k = controls.count(f"{slug}_bars", "Bars", 10, 1, 50)
        log = controls.choice(f"{slug}_axis", "Axis", list(_AXES), _AXES.__getitem__) == "log"
        decoding = decoding_controls(slug)
    with figure:
        distribution(reading, decoding, k, log)
        how_computed(reading, decoding)


def distribution(reading: Reading, decoding: Decoding, k: int, log: bool) -> None:
    """Bars that append their token when they are clicked."""
    after = reading.score.next
    decoded = decoding.apply(after.logits)
    ids = [i for i in after.top_ids(k) if after.probs[i] > 0]  # what is impossible can't be chosen
    rest = torch.ones(len(after.probs), dtype=torch.bool)
    rest[ids] = False
    before = after.probs[ids]
    tokens = after.tokenizer.tokens(ids)
    figure = next_token_bars(
        tokens,
        ids,
        before,
        None if decoding == Decoding() else decoded.probs[ids],
        others=int(rest.sum()),
        others_before=float(after.probs[rest].double().sum()),
        others_after=float(decoded.probs[rest].double().sum()),
        log=log,
    )
    st.plotly_chart(
        figure,
        key=_CHART,
        on_select=_clicked,
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"The {len(ids)} most probable next tokens as bars; the first is {tokens[0]}, {percent(float(before[0]))}.",
    )
    number_keys(ids, f"{len(reading.score.token_ids)} {hash(reading.score.token_ids)}", append)
    after_what = " of what the temperature made" if decoding.temperature != 1 else ""
    gone = [f"{name} removes {percent(mass)}{after_what}" for name, mass in decoded.removed.items() if mass > 0]
    drawn = f"{int(decoded.kept.sum()):,} of {len(decoded.kept):,} tokens can be drawn: {', '.join(gone)}.  \n"
    changed = "Grey is the model's own distribution, blue what decoding makes of it.  \n"
    st.caption(
        f"{'Before decoding: entropy' if decoding != Decoding() else 'Entropy'} {after.entropy:.2f} bits · "
        f"perplexity {after.perplexity:,.1f}  \n{changed if decoding != Decoding() else ''}{drawn if gone else ''}"
        "Click a bar, or press its number, to append the token; click a token above to cut there."
    )
    about = (
        f"The next token's distribution\nModel: {reading.model.card.title}, {reading.model.card.precision}\n"
        f"Decoding: {described(decoding)}\nPrompt: {reading.score.text}"
    )
    downloads("next_token", _CHART, figure, lambda: _columns(after, decoding), about, rows=k)


def _columns(after: NextToken, decoding: Decoding) -> Columns:
    """The whole vocabulary, most probable first."""
    ids = after.logits.sort(descending=True, stable=True).indices
    columns: dict[str, Sequence[object]] = {
        "rank": range(1, len(ids) + 1),
        "token": after.tokenizer.tokens(ids.tolist()),
        "token id": ids.tolist(),
        "logit": after.logits[ids].tolist(),
        "probability": after.probs[ids].tolist(),
    }
    if decoding != Decoding():
        columns["after decoding"] = decoding.apply(after.logits).probs[ids].tolist()
    return columns


# Callbacks hold no data: Streamlit keeps those of every figure that was drawn, and what they hold, for the session.
def append(token_id: int) -> None:
    """Makes the prompt and this token the new prompt."""
    reading = asking.last_reading("prompt")
    if reading is not None:
        prompt.set_prompt_ids(reading, [*reading.score.token_ids, token_id])


def _clicked() -> None:
    points = st.session_state[_CHART].selection.points
    chosen = points[0].get("customdata") if points else None
    token_id = chosen[0] if isinstance(chosen, list) else chosen
    if isinstance(token_id, int) and token_id >= 0:
        append(token_id)


def how_computed(reading: Reading, decoding: Decoding) -> None:
    """From logits to the first bar, with this prompt's numbers."""
    explain.explanation(
        "The model gives every token $v$ of its vocabulary $V$ a score, the logit $z_v$. Dividing the logits by the "
        "temperature $T$ and applying softmax makes probabilities of them; top-k, top-p and min-p then set some to 0, "
        "and the rest is divided by its sum.",
        lambda: _formulas(reading, decoding),
        [type(reading.model).logits_batch, score, Decoding.apply],
    )


def _formulas(reading: Reading, decoding: Decoding) -> list[str]:
    after = reading.score.next
    first = after.top_ids(1)[0]
    name = explain.latex_text(after.tokenizer.tokens([first])[0])
    logit, log_sum = float(after.logits[first]), after.log_normaliser
    formulas = [
        r"P(w_{t+1} = v \mid w_{\le t}) = \frac{e^{z_v}}{\sum_{u \in V} e^{z_u}}",
        rf"\begin{{aligned}}P({name} \mid w_{{\le t}}) &= \frac{{e^{{{logit:.4f}}}}}{{e^{{{log_sum:.4f}}}}}"
        rf" \\ &= e^{{{logit - log_sum:.4f}}} = {float(after.probs[first]):.4f}\end{{aligned}}",
        rf"H = -\sum_{{v \in V}} P(v) \log_2 P(v) = {after.entropy:.2f}\text{{ bits}}",
        rf"\text{{perplexity}} = 2^H = {after.perplexity:.2f}",
    ]
    if decoding.temperature == 0:
        formulas.append(r"T = 0:\quad P'(v) = 1 \text{ for the most probable } v, \text{ else } 0")
    elif decoding != Decoding():
        decoded = decoding.apply(after.logits)
        tempered, kept = float(decoded.tempered[first]), float(decoded.tempered[decoded.kept].double().sum())
        formulas += [
            r"\begin{aligned}P_T(v) &= \frac{e^{z_v / T}}{\sum_u e^{z_u / T}} \\"
            r" P'(v) &= \frac{P_T(v)}{\sum_{u \text{ kept}} P_T(u)}\end{aligned}",
            rf"\begin{{aligned}}T = {decoding.temperature:g}:\quad P_T({name}) &= {tempered:.4f} \\"
            rf" P'({name}) &= \frac{{{tempered:.4f}}}{{{kept:.4f}}} = {float(decoded.probs[first]):.4f}\end{{aligned}}",
        ]
    return formulas
