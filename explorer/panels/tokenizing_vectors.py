"""Words as vectors: one-hot in R^|V|, and beside it the rows of a trained embedding table."""

import html
import itertools
from collections.abc import Sequence

import numpy as np
import streamlit as st

from explorer import explain
from explorer.asking import Reading
from explorer.downloads import Columns, downloads
from explorer.figures.one_hot import dense, one_hot
from explorer.panels.tokenizing import MOST_CUT, in_short
from models.tokens.bpe import learn, merge
from models.tokens.embedding import embedding_rows, single_token
from models.tokens.words import END, START, UNKNOWN, CountedTokenizer

_MOST_ROWS = 8
_MOST_PAIRS = 5
_SHOWN = 64  # dimensions of a dense vector


def vectors_panel(text: str, words: CountedTokenizer, reading: Reading | None) -> None:
    """The words of a text as vectors, and how far apart they are."""
    ids = list(dict.fromkeys(words.encode(text[:MOST_CUT])))[:_MOST_ROWS]
    names = words.tokens(ids)
    shown = [in_short(name) for name in names]
    st.subheader("A word as a vector", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        st.caption(f"One-hot: |V| = {words.vocab_size:,} numbers, of which one is 1")
        figure = one_hot(shown, ids, words.vocab_size)
        st.plotly_chart(
            figure,
            key="one_hot",
            config={"displayModeBar": False},
            alt=f"{len(ids)} words as vectors of {words.vocab_size} numbers of which one is 1.",
        )
        downloads("one_hot", "one_hot", figure, lambda: {"word": names, "number": ids}, "One-hot vectors")
    with right:
        rows = _dense(reading, names, shown) if reading is not None else {}
    _distances(names, ids, rows)


def _dense(reading: Reading, names: Sequence[str], shown: Sequence[str]) -> dict[str, np.ndarray]:
    """Draws the embeddings of the words that are one token of the pretrained model."""
    special = {START, END, UNKNOWN}
    found = {name: single_token(reading.model, name) for name in names if name not in special}
    token_ids = [token_id for token_id in found.values() if token_id is not None]
    table = embedding_rows(reading.model, token_ids) if token_ids else None
    if table is None:
        st.text(f"{reading.model.card.title} has no dense vector for any of these words as one token.")
        return {}
    rows = dict(zip((name for name, token_id in found.items() if token_id is not None), table, strict=True))
    width = table.shape[1]
    st.caption(f"Dense: the first {min(_SHOWN, width)} of m = {width:,} learned numbers")
    empty = np.full(width, np.nan, dtype=np.float32)
    figure = dense(shown, np.stack([rows.get(name, empty) for name in names])[:, :_SHOWN])
    st.plotly_chart(
        figure,
        key="dense",
        config={"displayModeBar": False},
        alt=f"{len(rows)} words as vectors of {width} numbers of either sign.",
    )
    downloads("dense", "dense", figure, lambda: _columns(rows), "Dense vectors")
    st.text(
        f"Rows of the embedding table of {reading.model.card.title}."
        + (" Empty: after a space, not one token there." if len(rows) < len(names) else "")
    )
    return rows


def _distances(names: Sequence[str], ids: Sequence[int], rows: dict[str, np.ndarray]) -> None:
    """How far words are from each other: always the same, or as learned."""
    have = [name for name in names if name in rows] or list(names)
    pairs = list(itertools.pairwise(have))[:_MOST_PAIRS]
    if not pairs:
        st.text("One-hot vectors of two different words are always √2 = 1.414 apart.")
        return
    place = dict(zip(names, ids, strict=True))
    size = max(ids) + 1
    body = ""
    for a, b in pairs:
        apart = np.linalg.norm(np.eye(size)[place[a]] - np.eye(size)[place[b]])
        learned = f"<td>{np.linalg.norm(rows[a] - rows[b]):.3f}</td>" if rows else ""
        body += (
            f"<tr><td><bdi>{html.escape(in_short(a))}</bdi> – <bdi>{html.escape(in_short(b))}</bdi></td>"
            f"<td>{apart:.3f}</td>{learned}</tr>"
        )
    st.text(
        "Any two different one-hot vectors are √2 = 1.414 apart: they say which word it is, nothing of its meaning. "
        "Distances of dense vectors are learned."
    )
    st.html(
        '<table class="explorer-table" style="width: auto"><thead><tr><th>Distance of</th><th>one-hot</th>'
        f"{'<th>dense</th>' if rows else ''}</tr></thead><tbody>{body}</tbody></table>"
    )


def how_computed() -> None:
    """The formulas of tokens and their vectors."""
    explain.explanation(
        "A tokenizer cuts a text into pieces of a vocabulary and numbers them. The vector of piece $i$ has a 1 at "
        "place $i$ and 0 elsewhere. Times the embedding table $E$, of shape $|V| \\times m$, it gives row $i$ of the "
        "table. Byte-pair encoding begins with characters and makes the most frequent pair one piece, again and again.",
        lambda: [
            r"e_i \in \{0, 1\}^{|V|}, \qquad (e_i)_j = 1 \iff i = j",
            r"\lVert e_i - e_j \rVert = \sqrt{1^2 + 1^2} = 1.4142 \quad (i \neq j)",
            r"e_i^\top E = E_i \in \mathbb{R}^m",
        ],
        [learn, merge],
    )


def _columns(rows: dict[str, np.ndarray]) -> Columns:
    return {
        "dimension": range(1, len(next(iter(rows.values()))) + 1),
        **{name: row.tolist() for name, row in rows.items()},
    }
