"""LM Explorer: the frame of every page."""

from pathlib import Path

import streamlit as st

from explorer import chrome

EXPLORER = Path(__file__).parent / "explorer"

st.set_page_config(page_title="LM Explorer", page_icon=EXPLORER / "icon.svg", layout="wide")
st.logo(EXPLORER / "logo.svg", size="large", icon_image=EXPLORER / "icon.svg")
chrome.run()
