"""Next token: the distribution that a real model gives after the prompt."""

import streamlit as st

from explorer import chrome, controls
from explorer.contents import FIRST_PROMPT
from explorer.panels import distribution, prompt

SLUG = "next_token"
PRESETS = {
    "Happy new …": {"prompt": FIRST_PROMPT},
    "Capital of France": {"prompt": "The capital of France is"},
    "Code": {"prompt": "def add(a, b):\n    return a +"},
    "French": {"prompt": "La capitale de la France est"},
    "Once upon a time": {"prompt": "Once upon a time"},
}

chrome.header(SLUG, PRESETS)
text = controls.text(
    "prompt",
    "Prompt",
    FIRST_PROMPT,
    hint="Ctrl+Enter, or a click elsewhere, sends it to the model.",
    placeholder="Empty: below is how the model finds a text most likely to begin",
)
reading = prompt.read_prompt(prompt.model_name(), text)
strip = st.container()
figure, beside = st.columns([2, 1], gap="large")
with beside:
    by_rank = prompt.strip_colour(SLUG)
    decoding, bars, log = distribution.decoding_controls(SLUG)
if reading is not None:
    with strip:
        prompt.strip(reading, by_rank)
    with figure:
        distribution.distribution(reading, decoding, bars, log)
prompt.model_line(reading)
if reading is not None:
    distribution.how_computed(reading, decoding)
chrome.footer(SLUG)
