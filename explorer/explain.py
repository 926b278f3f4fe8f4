"""How a number is computed: the formula, the formula with this prompt's numbers, and the function that ran."""

import inspect
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import streamlit as st

_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    character: "\\" + character for character in "{}$&#_%"
}
_SPECIAL |= {character: character + "{}" for character in "-'`"}  # else two of them become one sign


def explanation(words: str, formulas: Callable[[], Sequence[str]], functions: Sequence[Callable[..., Any]]) -> None:
    """A folded box under a figure, filled when it is opened.

    Args:
        words: what happens, in the order in which a lecturer says it; Markdown of our own, never a user's text.
        formulas: gives LaTeX, first in symbols, then with this prompt's numbers.
        functions: what ran.
    """
    box = st.expander("How this is computed", icon=":material/calculate:", key="how_computed", on_change="rerun")
    if not box.open:
        return
    with box:
        st.markdown(words)
        for formula in formulas():
            st.latex(formula)
        for function in functions:
            st.code(_source(function), language="python", wrap_lines=True)


def latex_text(text: str) -> str:
    """A token inside a formula: framed text, whatever characters it has."""
    return r"\fbox{\texttt{" + "".join(_SPECIAL.get(character, character) for character in text) + "}}"


@cache
def _source(function: Callable[..., Any]) -> str:
    return inspect.getsource(function)
