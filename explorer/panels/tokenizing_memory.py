"""What vectors of words take: one-hot ones, and a table of dense ones."""

from collections.abc import Sequence

import streamlit as st

from explorer import chrome, controls
from explorer.contents import PAGES
from explorer.downloads import downloads
from explorer.numbers import in_bytes, in_numbers

_VOCABULARIES = (50_000, 200_000, 1_000_000)
_WORDS = 1_000  # of a text
_FLOAT32, _FLOAT16 = 4, 2  # bytes
# Published sizes of embedding tables: |V| and m.
_KNOWN = (
    ("word2vec, 2013", 3_000_000, 300),
    ("SmolLM2-135M", 49_152, 576),
    ("GPT-2, smallest", 50_257, 768),
    ("Llama 3 8B", 128_256, 4_096),
    ("GPT-3 175B", 50_257, 12_288),
)
_AFTER = ("word2vec", "analogies")  # where dense vectors come from


def memory_panel(slug: str) -> None:
    """One-hot vectors at the lecture's vocabularies, and an embedding table of any size beside known ones."""
    st.subheader("What it takes", anchor=False)
    left, right = st.columns([1, 2], gap="large")
    with left:
        st.caption("One-hot, in 4-byte numbers")
        _table(
            ("|V|", "one word", f"{_WORDS:,} words"),
            [(f"{size:,}", in_bytes(size * _FLOAT32), in_bytes(size * _FLOAT32 * _WORDS)) for size in _VOCABULARIES],
        )
    with right:
        st.caption("An embedding table has |V| rows of m numbers")
        one, other = st.columns(2)
        with one:
            size = controls.count(f"{slug}_size", "|V|", 50_000, 1_000, 200_000, step=1_000)
        with other:
            width = controls.count(f"{slug}_width", "m", 300, 100, 12_000, step=100)
        tables = [("Your choice", size, width), *_KNOWN]
        _table(
            ("Table", "|V|", "m", "numbers", "float32", "float16"),
            [
                (name, f"{v:,}", f"{m:,}", in_numbers(v * m), in_bytes(v * m * _FLOAT32), in_bytes(v * m * _FLOAT16))
                for name, v, m in tables
            ],
            current=True,
        )
        downloads(
            "tables",
            None,
            None,
            lambda: {
                "table": [name for name, _, _ in tables],
                "vocabulary": [v for _, v, _ in tables],
                "m": [m for _, _, m in tables],
                "numbers": [v * m for _, v, m in tables],
            },
            "Embedding tables",
        )
    after = [page for page in PAGES if page.slug in _AFTER]
    if after:
        st.text("Where dense vectors come from:")
        for page in after:
            chrome.page_link(page)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, current: bool = False) -> None:
    """A table of our own words and numbers; the first row may be the reader's."""
    cells = "".join(
        f"<tr{' aria-current=true' if current and not i else ''}>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
        for i, row in enumerate(rows)
    )
    st.html(
        '<div class="explorer-scroll" tabindex="0" role="region" aria-label="Sizes">'
        '<table class="explorer-table" style="white-space: nowrap">'
        f"<thead><tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr></thead><tbody>{cells}</tbody></table></div>"
    )
