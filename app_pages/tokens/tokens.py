"""Tokens: a text cut into characters, words, learned pieces, and as the pretrained model does; words as vectors."""

import streamlit as st

from explorer import chrome, controls
from explorer.contents import FIRST_PROMPT
from explorer.panels import prompt, tokenizing, tokenizing_memory, tokenizing_merges, tokenizing_vectors
from explorer.texts import NEW_YEAR

SLUG = "tokens"
_FRESH: dict[str, str | None] = {f"{SLUG}_{name}": None for name in ("corpus", "merges", "words")}
PRESETS: dict[str, chrome.Preset] = {
    "Happy new …": _FRESH | {"prompt": FIRST_PROMPT},
    "A new word": _FRESH | {"prompt": "On January 1 many people celebrate a happy newborn decade"},
    "Learned on itself": _FRESH
    | {"prompt": "low lower lowest, new newer newest, wide wider widest", f"{SLUG}_corpus": "", f"{SLUG}_merges": "8"},
    "A few words only": _FRESH | {"prompt": FIRST_PROMPT, f"{SLUG}_words": "10"},
}

chrome.header(SLUG, PRESETS)
left, right = st.columns(2)
with left:
    text = controls.text("prompt", "Your text", FIRST_PROMPT)
with right:
    corpus = controls.text(
        f"{SLUG}_corpus",
        "Text from which the vocabularies are learned",
        NEW_YEAR,
        placeholder="Empty: they are learned from your text itself",
    )
shown = text if text.strip() else FIRST_PROMPT
if shown != text:
    controls.notice("There is nothing to cut yet: type a text. Below is an example until then.")
learned_from = (corpus if corpus.strip() else shown)[: tokenizing.MOST_LEARNT]
rows, model = st.container(gap=None), prompt.model_name()
words = tokenizing.vocabularies(SLUG, shown, learned_from, rows)
with rows:
    reading = prompt.read_prompt(model, shown)
    if reading is not None:
        tokenizing.pretrained_row(reading, shown)
tokenizing_merges.merges_panel(SLUG, learned_from)
tokenizing_vectors.vectors_panel(shown, words, reading)
tokenizing_memory.memory_panel(SLUG)
tokenizing_vectors.how_computed()
prompt.model_line(reading, model)
chrome.footer(SLUG)
