"""All pairs of tokens as a matrix: mostly zeros."""

import numpy as np
import streamlit as st

from explorer import controls, explain
from explorer.downloads import Columns, downloads
from explorer.figures.ngrams import count_matrix
from explorer.numbers import in_bytes, percent
from explorer.panels.ngram_source import Counted
from models.mixers.ngrams import Counts, count_flat
from models.tokens.words import START_ID

_CELL = 4  # bytes of a count
_SIZES = (10_000, 50_000, 200_000)
_VIEWS = {"counts": "Counts", "rows": "Each row divided by its sum"}


def matrix(slug: str, counted: Counted) -> None:
    """The pairs of the most frequent tokens, how sparse the whole matrix is, and what it would weigh."""
    text, tokenizer = counted.text, counted.lm.tokenizer
    pairs = counted.lm.counts
    if text is not None and pairs.order < 2:
        pairs = count_flat(text.ids, 2, vocab_size=tokenizer.vocab_size, start_id=START_ID)
    if pairs.order < 2:
        controls.notice("The table was cut at single tokens: choose N = 2 or more to see pairs.")
        return
    left, right = st.columns([2, 1], gap="large", vertical_alignment="bottom")
    with left:
        view = controls.choice(f"{slug}_cells", "Cells", list(_VIEWS), _VIEWS.__getitem__)
    with right:
        size = controls.count(f"{slug}_rows", "Most frequent tokens", 15, 5, 40)
    most = [int(token) for token in pairs.ngrams[0][np.argsort(-pairs.counts[0], kind="stable")][:size]]
    table = np.array([_row(pairs, token, most) for token in most])
    sums = np.array([pairs.count([token]) if token != 1 else 0 for token in most])  # nothing follows the end
    shares = table / np.maximum(sums, 1)[:, None]
    figure = count_matrix(
        tokenizer.tokens(most),
        shares if view == "rows" else table,
        shares=view == "rows",
        blank="0" if text is not None else "not kept",
    )
    st.plotly_chart(
        figure,
        key="count_matrix",
        config={"displayModeBar": False},
        alt=f"How often each of the {len(most)} most frequent tokens follows each other one; most cells are empty.",
    )
    downloads("pairs", "count_matrix", figure, lambda: _columns(pairs, counted), "Pairs of tokens", rows=200)
    vocab_size, different = tokenizer.vocab_size, len(pairs.ngrams[1])
    cells = float(vocab_size) ** 2
    filled = "not zero" if text is not None else "kept"
    st.text(
        f"|V| = {vocab_size:,}: {cells:,.0f} cells; {different:,} are {filled}, {percent(different / cells)}.\n"
        f"As a full matrix of {_CELL}-byte counts: {in_bytes(cells * _CELL)}; as a list: {in_bytes(different * 16.0)}"
    )
    rows = "".join(
        f"<tr><td>{n:,}</td><td>{n * n:,}</td><td>{in_bytes(float(n) ** 2 * _CELL)}</td></tr>" for n in _SIZES
    )
    st.html(
        '<table class="explorer-table"><thead><tr><th>|V|</th><th>Cells, |V|²</th><th>Memory</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
    explain.explanation(
        "Row i, column j holds how often token j follows token i. Divided by the sum of its row it is the probability "
        "of j after i, the bigram model. Few of the possible pairs ever occur.",
        lambda: _formulas(pairs, counted, most, shares),
        [Counts.next_counts],
    )


def _row(pairs: Counts, token: int, columns: list[int]) -> list[int]:
    words, seen = pairs.next_counts([token])
    found = dict(zip(words.tolist(), seen.tolist(), strict=True))
    return [found.get(column, 0) for column in columns]


def _columns(pairs: Counts, counted: Counted) -> Columns:
    first, second = np.divmod(pairs.ngrams[1], pairs.vocab_size)
    order = np.argsort(-pairs.counts[1], kind="stable")[:20_000]
    starts = pairs.ngrams[0][first]
    of = pairs.counts[0][first]
    tokens = counted.lm.tokenizer.tokens
    return {
        "first token": tokens(starts[order].tolist()),
        "second token": tokens(second[order].tolist()),
        "count": pairs.counts[1][order].tolist(),
        "P(second | first)": (pairs.counts[1][order] / of[order]).tolist(),
    }


def _formulas(pairs: Counts, counted: Counted, most: list[int], shares: np.ndarray) -> list[str]:
    i, j = np.unravel_index(int(shares.argmax()), shares.shape)
    one, other = (explain.latex_text(token) for token in counted.lm.tokenizer.tokens([most[i], most[j]]))
    times, of = pairs.count([most[i], most[j]]), pairs.count([most[i]])
    return [
        r"P(j \mid i) = \frac{\#(i\,j)}{\sum_k \#(i\,k)}",
        rf"P({other} \mid {one}) = \frac{{{times:,}}}{{{of:,}}} = {times / of:.4f}",
    ]
