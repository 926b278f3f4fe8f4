"""Markov chain: the text as states of which each depends on the one before it."""

import streamlit as st

from explorer import chrome, controls
from explorer.contents import FIRST_PROMPT
from explorer.panels import chain
from explorer.texts import NEW_YEAR
from models.mixers.markov import VOWELS, states_of

SLUG = "markov"
PRESETS: dict[str, chrome.Preset] = {
    "Markov 1913": {f"{SLUG}_source": "onegin"},
    "A text": {"prompt": NEW_YEAR, f"{SLUG}_source": None, f"{SLUG}_states": None},
    "Its letters": {"prompt": NEW_YEAR, f"{SLUG}_source": None, f"{SLUG}_states": "letters"},
    "Its words": {"prompt": NEW_YEAR, f"{SLUG}_source": None, f"{SLUG}_states": "words"},
}
SOURCES = {"text": "Your text", "onegin": "Markov's Onegin, 1913"}

chrome.header(SLUG, PRESETS)
text = controls.text("prompt", "Your text", FIRST_PROMPT)
left, right = st.columns(2)
with left:
    source = controls.choice(f"{SLUG}_source", "Read", list(SOURCES), SOURCES.__getitem__)
with right:
    kind, vowels = "classes", VOWELS
    if source == "text":
        kind = controls.choice(f"{SLUG}_states", "States", list(chain.STATES), chain.STATES.__getitem__)
if source == "text" and kind == "classes":
    with st.expander("Which letters are vowels"):
        vowels = controls.text(f"{SLUG}_vowels", "These; all other letters are consonants", VOWELS)
states, names = chain.onegin_sequence() if source == "onegin" else states_of(text, kind, vowels)
if len(states) < 2:
    controls.notice("A chain needs two states in a row: type a longer text. Below is an example until then.")
    states, names = states_of(NEW_YEAR, kind)
with controls.explained_errors(st.empty(), "chain"):
    chain.chain_panel(SLUG, states, names)
if source == "onegin":
    st.caption(
        "The first 20,000 letters of Pushkin's Eugene Onegin, without ъ and ь, й counted as a vowel. Markov published "
        "8,638 vowels, 1,104 pairs of vowels, and the probabilities 0.128 and 0.663; editions differ by a few letters."
    )
chrome.footer(SLUG)
