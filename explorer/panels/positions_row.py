"""One row of attention at two places: what the last word sees when the same text stands at the beginning, or far on."""

import numpy as np
import streamlit as st

from explorer import controls, explain
from explorer.downloads import Columns, downloads
from explorer.figures.positions import rows_of_attention
from explorer.panels import neural, prompt
from explorer.panels.positions_order import MODEL, TITLES
from explorer.tables import table
from models.mixers import order

TEXT = "happy new year"
_MOST = 12  # words
_SCHEMES = sorted(TITLES, key="sinusoidal".__ne__)  # the first is shown at first: with it the place changes the weights
_FIRST = 1


def row_view(slug: str) -> None:
    """The text, how far on it stands, and what its last word looks at under each scheme."""
    text = controls.text("prompt", "Text", TEXT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    reading = prompt.read_prompt(MODEL, text)
    if reading is None:
        return
    with st.container(horizontal=True, gap="medium"):
        scheme = controls.pick_one(f"{slug}_scheme", "Positions", _SCHEMES, TITLES.__getitem__)
        far = controls.count(f"{slug}_far", "The same text from place", 500, 1, order.LONGEST - _MOST)
    ids = list(reading.score.token_ids)[-_MOST:]
    if not ids:
        controls.notice("There is no word here: write one or more. Below is an example.")
        ids = reading.model.tokenizer.encode(TEXT)
    tokens = reading.model.tokenizer.tokens(ids)
    e = neural.network_of(reading.model).wte.weight.detach()[ids]
    scores = {one: [order.last_row(e, one, first)[0].numpy() for first in (_FIRST, far)] for one in TITLES}
    weights = [order.last_row(e, scheme, first)[1].numpy() for first in (_FIRST, far)]
    figure = rows_of_attention(tokens, weights[0], weights[1], (_FIRST, far))
    st.plotly_chart(
        figure,
        key="row",
        config={"displayModeBar": False},
        alt=f"What the last word, {tokens[-1]}, looks at in each of four heads, at places {_FIRST} and {far}.",
    )
    st.caption(
        f"How much the last word takes of each word, in each of four heads. Their weights are drawn at random, the "
        f"embeddings are the LSTM's. Full: the text stands at places {_FIRST} to {_FIRST + len(ids) - 1}; hatched: at "
        f"{far} to {far + len(ids) - 1}."
    )
    rows = [[TITLES[one], _number(float(np.abs(near - later).max()))] for one, (near, later) in scores.items()]
    table("What the place changes", ("positions", "largest change of a score when the whole text moves"), rows)
    columns: Columns = {
        "head": np.repeat(np.arange(1, 5), len(ids)).tolist(),
        "word": tokens * 4,
        f"weight at {_FIRST}": weights[0].ravel().tolist(),
        f"weight at {far}": weights[1].ravel().tolist(),
    }
    downloads("row", "row", figure, lambda: columns, f"A row of attention, {TITLES[scheme]}\nText: {' '.join(tokens)}")
    near, later = scores["sinusoidal"]
    explain.explanation(
        "ALiBi, RoPE and T5's bias know the offset between two words, not their places: the same words get the same "
        "scores wherever they stand. A code that is added is another one at every place, so a network must learn that "
        "what holds at the beginning holds further on.",
        lambda: [
            r"\text{ALiBi: } q_s \cdot k_t / \sqrt{d} - m\,(s - t), \qquad \text{T5: } q_s \cdot k_t + b_{s - t}",
            r"\text{RoPE: } (R_s q)^\top (R_t k) = q^\top R_{t - s}\, k",
            r"\text{added: } (x_s + p_s)^\top W (x_t + p_t)",
            rf"\text{{sinusoidal, head 1, first word: }} {float(near[0, 0]):.4f} \to {float(later[0, 0]):.4f}",
        ],
        [order.last_row],
    )


def _number(value: float) -> str:
    return "0" if value < 1e-9 else f"{value:,.3f}" if value < 100 else f"{value:,.0f}"
