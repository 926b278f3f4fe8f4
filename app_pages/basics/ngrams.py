"""N-grams: the next token from the counts of a text that the reader can change."""

import streamlit as st

from explorer import chrome, controls
from explorer.contents import FIRST_PROMPT
from explorer.panels import counting, prompt
from explorer.texts import NEW_YEAR

SLUG = "ngrams"
PRESETS: dict[str, chrome.Preset] = {
    "Happy new …": {"prompt": FIRST_PROMPT, f"{SLUG}_method": None},
    "A paraphrase": {"prompt": "On January first people usually say happy new", f"{SLUG}_order": "6"},
    "Never seen": {"prompt": "The new people go", f"{SLUG}_method": None},
    "Smoothed": {"prompt": "The new people go", f"{SLUG}_method": "kneser-ney"},
    "Characters": {"prompt": "On Januar", f"{SLUG}_unit": "characters", f"{SLUG}_order": "4"},
}

chrome.header(SLUG, PRESETS)
left, right = st.columns(2)
with left:
    text = controls.text("prompt", "Prompt", FIRST_PROMPT, hint="Ctrl+Enter, or a click elsewhere, sends it.")
with right:
    corpus = controls.text(f"{SLUG}_corpus", "Text to count, one sentence a line", NEW_YEAR)
figure, beside = st.columns([2, 1], gap="large")
with beside:
    unit, order, method = counting.ngram_controls(SLUG)
with figure:
    reading = counting.read(corpus, text, unit, order, method)
    if reading is not None:
        lm = counting.model(reading)
        prompt.strip(reading, by_rank=False)
        counting.bars(reading, lm)
if reading is not None:
    counting.counts_table(reading, lm)
    seed = controls.count(f"{SLUG}_seed", "Seed", 0, 0, 100, "Of the text that is drawn below.")
    counting.from_the_start(lm, seed)
    counting.text_facts(lm)
    counting.against_order(corpus, unit, method)
    counting.how_computed(reading, lm)
chrome.footer(SLUG)
