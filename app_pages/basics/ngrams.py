"""N-grams: the next token from the counts of a text that the reader can change."""

import streamlit as st

from explorer import chrome, controls
from explorer.contents import FIRST_PROMPT
from explorer.panels import (
    ngram_contexts,
    ngram_matrix,
    ngram_orders,
    ngram_prediction,
    ngram_source,
    ngram_steps,
    prompt,
)

SLUG = "ngrams"
_PLAIN = {f"{SLUG}_{name}": None for name in ("view", "source", "corpus", "unit", "order", "method")}
PRESETS: dict[str, chrome.Preset] = {
    "Happy new …": _PLAIN | {"prompt": FIRST_PROMPT},
    "A paraphrase": _PLAIN | {"prompt": "On January first people usually say happy new", f"{SLUG}_method": "history"},
    "Never seen": _PLAIN | {"prompt": "The new people go"},
    "Smoothed": _PLAIN | {"prompt": "The new people go", f"{SLUG}_method": "kneser-ney"},
    "Characters": _PLAIN | {"prompt": "On Januar", f"{SLUG}_unit": "characters", f"{SLUG}_order": "4"},
    "24 million words": _PLAIN | {"prompt": FIRST_PROMPT, f"{SLUG}_source": "table"},
}
VIEWS = {  # and what each of them lets one choose
    "next": ("Prediction", ngram_prediction.prediction, {"unit", "order", "method"}),
    "places": ("Places in the text", ngram_contexts.contexts, {"unit"}),
    "matrix": ("All pairs", ngram_matrix.matrix, {"unit"}),
    "steps": ("Step by step", ngram_steps.steps, {"unit"}),
    "orders": ("N from 1 to 6", ngram_orders.orders, {"unit", "method"}),
}

chrome.header(SLUG, PRESETS)
left, right = st.columns(2)
with left:
    text = controls.text("prompt", "Prompt", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
    kind = ngram_source.source_kind(SLUG)
with right:
    source = ngram_source.source_input(SLUG, kind)
view = controls.choice(f"{SLUG}_view", "Show", list(VIEWS), lambda name: VIEWS[name][0], hidden=True)
if view == "next":
    figure, beside = st.columns([2, 1], gap="large")
else:
    beside, figure = st.container(horizontal=True, vertical_alignment="bottom"), st.container()
with beside:
    settings = ngram_source.ngram_controls(SLUG, source, VIEWS[view][2])
with figure:
    counted = ngram_source.counted(source, settings, text)
    # One place each: what another view showed is gone at once, and the view that stays is not taken down meanwhile.
    places = {name: st.container() if name == view else st.empty() for name in VIEWS}
    if counted is not None:
        with places[view]:
            VIEWS[view][1](SLUG, counted)
if counted is not None and view == "next":
    ngram_prediction.fractions(counted)
prompt.model_line(counted.reading if counted is not None else None)
chrome.footer(SLUG)
