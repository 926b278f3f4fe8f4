"""A text cut in several ways, byte-pair encoding merge by merge, and words as vectors with a single 1."""

import html
from collections.abc import Sequence

import streamlit as st

from explorer import controls, explain, loading
from explorer.downloads import Columns, downloads
from explorer.figures.one_hot import one_hot
from models.tokens.bpe import Merge, cut, learn, merge
from models.tokens.visible import visible
from models.tokens.words import CharacterTokenizer, CountedTokenizer, WordTokenizer

MOST_MERGES = 60
_MOST_CHIPS = 80
_MOST_ROWS = 12
_MOST_LEARNT = 5_000  # characters: learning a merge looks at all of them
_LONGEST = 24  # characters of a token that are shown


def chips(name: str, tokens: Sequence[str], ids: Sequence[int], facts: str) -> None:
    """A text as its tokens, each with its id below it."""
    shown = "".join(
        f"<span><bdi>{html.escape(_short(token))}</bdi><small>{token_id}</small></span>"
        for token, token_id in list(zip(tokens, ids, strict=True))[:_MOST_CHIPS]
    )
    more = f"<i>… {len(tokens) - _MOST_CHIPS:,} more</i>" if len(tokens) > _MOST_CHIPS else ""
    st.html(
        f'<div class="explorer-cut"><b>{html.escape(name)}</b> <small>{html.escape(facts)}</small>'
        f'<div class="explorer-chips">{shown}{more}</div></div>'
    )


def counted(text: str) -> None:
    """Characters and words, numbered in the order of their frequency in this text."""
    words = len(WordTokenizer.cut(text))
    kinds: dict[str, type[CountedTokenizer]] = {"Characters": CharacterTokenizer, "Words": WordTokenizer}
    for name, kind in kinds.items():
        tokenizer = kind.of(text)
        ids = [tokenizer.start_id, *tokenizer.encode(text)]
        facts = (
            f"{len(ids) - 1:,} tokens, {(len(ids) - 1) / max(1, words):.1f} a word; |V| = {tokenizer.vocab_size:,} "
            "with <s>, </s> and <unk>"
        )
        chips(name, tokenizer.tokens(ids), ids, facts)


def byte_pairs(slug: str, text: str) -> None:
    """Byte-pair encoding learned on the text, with a slider over its merges and the counts that decided them."""
    if len(text) > _MOST_LEARNT:
        st.caption(f"Byte pairs are learned on the first {_MOST_LEARNT:,} characters.")
        text = text[:_MOST_LEARNT]
    merges = loading.learned(text, MOST_MERGES)
    most = max(1, len(merges))
    wanted = controls.count(f"{slug}_merges", "Merges", 10, 0, MOST_MERGES, "How many pairs have been made one so far.")
    done = merges[: min(wanted, most)]
    pairs = [one.pair for one in done]
    pieces = [piece for word in text.split() for piece in cut(word, pairs)]
    alphabet = sorted({letter for word in text.split() for letter in word})
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys([*alphabet, *("".join(pair) for pair in pairs)]))}
    words = max(1, len(text.split()))
    facts = f"{len(pieces):,} tokens, {len(pieces) / words:.1f} a word; |V| = {len(vocabulary):,}"
    tokens = [visible(piece.encode(errors="surrogatepass")) for piece in pieces]
    chips("Byte pairs", tokens, [vocabulary[piece] for piece in pieces], facts)
    if done:
        _last(done, len(merges))


def _last(done: Sequence[Merge], of: int) -> None:
    one = done[-1]
    rows = [(one.pair, one.count, " ← merged"), *((pair, count, "") for pair, count in one.runners_up)]
    cells = "".join(
        f"<tr><td><code>{html.escape(a)}</code> + <code>{html.escape(b)}</code></td><td>{count:,}{mark}</td></tr>"
        for (a, b), count, mark in rows
    )
    st.html(
        f"<p>Merge {len(done)} of {of}: the pair that stands side by side most often.</p>"
        f'<table class="explorer-table" style="width: auto"><thead><tr><th>Pair</th><th>Count</th></tr></thead>'
        f"<tbody>{cells}</tbody></table>"
    )


def one_hot_panel(text: str) -> None:
    """The words of the text as vectors, how far apart they are, and what they would take."""
    tokenizer = WordTokenizer.of(text)
    ids = list(dict.fromkeys(tokenizer.encode(text)))[:_MOST_ROWS]
    words = [_short(token) for token in tokenizer.tokens(ids)]
    st.subheader("A word as a vector: one-hot", anchor=False)
    figure = one_hot(words, ids, tokenizer.vocab_size)
    st.plotly_chart(
        figure,
        key="one_hot",
        config={"displayModeBar": False},
        alt=f"{len(words)} words as vectors of {tokenizer.vocab_size} numbers of which one is 1.",
    )
    downloads("one_hot", "one_hot", figure, lambda: _columns(words, ids), "One-hot vectors")
    st.text(
        f"|V| = {tokenizer.vocab_size:,}. Any two different words are √2 = 1.41 apart: 'year' is no nearer to 'month' "
        "than to 'go'. In 4-byte numbers one such vector takes\n"
        + "\n".join(f"{size * 4 / 1e6:,.1f} MB at |V| = {size:,}" for size in (50_000, 200_000, 1_000_000))
        + "\nA dense embedding has m numbers instead; the table |V| x m of all words takes\n"
        + "\n".join(
            f"{size * m * 4 / 1e9:,.2f} GB at |V| = {size:,}, m = {m:,}"
            for size, m in ((50_000, 100), (200_000, 12_000))
        )
    )
    explain.explanation(
        "A tokenizer cuts a text into pieces of a vocabulary and numbers them. The vector of piece $i$ has a 1 at "
        "place $i$ and 0 elsewhere. Byte-pair encoding begins with characters and makes the most frequent pair one "
        "piece, again and again.",
        lambda: [
            r"e_i \in \{0, 1\}^{|V|}, \qquad (e_i)_j = 1 \iff i = j",
            r"\lVert e_i - e_j \rVert = \sqrt{1^2 + 1^2} = 1.4142 \quad (i \neq j)",
        ],
        [learn, merge],
    )


def _short(token: str) -> str:
    return token if len(token) <= _LONGEST else token[: _LONGEST - 1] + "…"


def _columns(words: Sequence[str], ids: Sequence[int]) -> Columns:
    return {"word": words, "number": ids}
