"""Our own components: clickable things that plotly can't do. A component's .py, .js and .css stand side by side."""

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


def register(name: str, *, css: bool = True) -> ComponentRenderer:
    """The component whose files are called `name`."""
    folder = Path(__file__).parent
    return st.components.v2.component(
        f"explorer_{name}",
        html="<section></section>",
        js=(folder / f"{name}.js").read_text(),
        css=(folder / f"{name}.css").read_text() if css else None,
    )
