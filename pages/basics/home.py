"""Home: what this is, and where to go."""

import streamlit as st

from explorer import chrome, controls, loading
from explorer.contents import PAGES

chrome.header("home")
st.markdown("hello")
controls.text("prompt", "Your text", "On January 1 people usually say happy new")
for page in PAGES[1:]:
    chrome.page_link(page)
chrome.footer("home")
loading.prepare()
