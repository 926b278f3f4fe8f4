"""Home: the lecture's framework as a picture of the reader's own text, and where to go from each of its parts."""

import streamlit as st

from explorer import asking, chrome, controls
from explorer.contents import FIRST_PROMPT
from explorer.panels import framework

SLUG = "home"

chrome.header(SLUG)
with st.container(gap=None):
    text = controls.text("prompt", "Your text", FIRST_PROMPT, hint="What you type here goes along to every page.")
    said = st.container(key="framework_said")
    shown = asking.last_reading("prompt")
    box = framework.picture(shown)
framework.other_wings()
framework.words()
line = st.container(key="framework_model")
chrome.footer(SLUG)
# The page is there; now it waits for the model.
with said:
    reading = framework.read(text)
if reading is None:
    framework.nothing_read(box)
elif framework.is_news(reading, shown):
    st.rerun()
with line:
    framework.model_line(reading)
