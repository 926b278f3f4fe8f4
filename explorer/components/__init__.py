"""Our own components: clickable things that plotly can't do. A component's .py, .js and .css stand side by side.

What several of them share stands in made.js (elements), labels.js (words beside points), player.js and
player.css (stepping through something), heat.js (tables of numbers as colours), and typed.js (links right after
typing), which is on every page beside the link.
"""

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike
from streamlit.components.v2.types import ComponentRenderer


def register(name: str, *, css: bool = True, shared: Sequence[str] = ("made",)) -> ComponentRenderer:
    """The component whose files are called `name`, after the `shared` scripts and styles."""
    folder = Path(__file__).parent
    scripts = [folder / f"{one}.js" for one in (*shared, name)]
    styles = [folder / f"{one}.css" for one in ("player", name) if one == name or one in shared]
    return st.components.v2.component(
        f"explorer_{name}",
        html="<section></section>",
        js="\n".join(path.read_text() for path in scripts),
        css="\n".join(path.read_text() for path in styles) if css else None,
    )


def encoded(numbers: ArrayLike) -> str:
    """Numbers as heat.js reads them: float32, little-endian, base64."""
    return base64.b64encode(np.ascontiguousarray(numbers, dtype="<f4").tobytes()).decode("ascii")
