"""Tables of numbers."""

import html
from collections.abc import Sequence

import streamlit as st


def table(label: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, wraps: bool = True) -> None:
    """A table, scrolled sideways where it is wider than its place.

    Args:
        label: what it holds, for who can't see it.
        head: names of the columns, plain text.
        rows: of cells that are HTML, the words in them escaped.
        wraps: whether a cell may take several lines.
    """
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    st.html(
        f'<div class="explorer-scroll" tabindex="0" role="region" aria-label="{html.escape(label)}">'
        f'<table class="explorer-table"{"" if wraps else _ONE_LINE}>'
        f"<thead><tr>{''.join(f'<th>{html.escape(name)}</th>' for name in head)}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


_ONE_LINE = ' style="white-space: nowrap"'
