"""LM Explorer: the frame of every page."""

import streamlit as st

from explorer import chrome

st.set_page_config(page_title="LM Explorer", page_icon=":material/insights:", layout="wide")
chrome.run()
