"""Home: what this is, and where to go."""

import streamlit as st

from explorer import chrome, controls, loading
from explorer.contents import FIRST_PROMPT, PAGES

SLUG = "home"

chrome.header(SLUG)
controls.text("prompt", "Your text", FIRST_PROMPT, hint="What you type here goes along to every page.")
st.markdown(
    "A language model says how probable every next token is, given those before it. Here you can look at real ones at "
    "work on your own text: nothing is canned, every number is computed where this app runs, the moment you ask."
)
for page in PAGES[1:]:
    with st.container(border=True):
        chrome.page_link(page)
        st.markdown(page.promise)
chrome.footer(SLUG)
loading.prepare()
