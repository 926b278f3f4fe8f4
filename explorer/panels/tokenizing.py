"""A text cut in four ways, side by side: characters, words, learned pieces, and the pretrained model's tokens."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import controls, loading
from explorer.asking import Reading
from explorer.panels.tokenizing_merges import MOST_MERGES, merges_done
from models.interfaces import Tokenizer
from models.tokens.bpe import PairTokenizer
from models.tokens.words import CharacterTokenizer, CountedTokenizer, WordTokenizer

MOST_LEARNT = 10_000  # characters: learning a merge looks at all of them
MOST_CUT = 5_000  # characters
MOST_WORDS = 300
_MOST_CHIPS = 120
_LONGEST = 24  # characters of a token that are shown
_CSS = (Path(__file__).parent / "tokenizing.css").read_text()


@dataclass(frozen=True)
class _Cut:
    """A text as tokens."""

    name: str
    tokenizer: Tokenizer
    token_ids: Sequence[int]
    spans: Sequence[tuple[int, int]]
    text: str


def vocabularies(slug: str, text: str, corpus: str, place: DeltaGenerator) -> CountedTokenizer:
    """Three tokenizers whose vocabulary is learned from a corpus, and what they make of a text; the one of words.

    Args:
        slug: of the page.
        text: is cut.
        corpus: is what the vocabularies are learned from.
        place: where the text stands in its pieces; their control comes here.
    """
    kept = controls.count(
        f"{slug}_words", "Words in the vocabulary: the most frequent", 60, 1, MOST_WORDS, "All other words are `<unk>`."
    )
    st.caption(
        "Dashed: start and end. A word outside the vocabulary is `<unk>`, and what it was is lost. Characters and byte "
        "pairs can write every word in letters that they have seen, in more tokens."
        + (f" The first {MOST_CUT:,} characters of your text are cut." if len(text) > MOST_CUT else "")
        + (f" Vocabularies are learned on {MOST_LEARNT:,} characters." if len(corpus) == MOST_LEARNT else "")
    )
    text = text[:MOST_CUT]
    words = WordTokenizer.of(corpus, kept)
    merges = loading.learned(corpus, MOST_MERGES)
    pairs = [one.pair for one in merges[: merges_done(slug)]]
    tokenizers: dict[str, Tokenizer] = {
        "Characters": CharacterTokenizer.of(corpus),
        "Words": words,
        f"Byte pairs, {len(pairs)} merge{'' if len(pairs) == 1 else 's'}": PairTokenizer(corpus, pairs),
    }
    with place:
        st.html(f"<style>{_CSS}</style>")
        for name, tokenizer in tokenizers.items():
            _row(_Cut(name, tokenizer, tokenizer.encode(text), tokenizer.spans(text), text))
    return words


def pretrained_row(reading: Reading, text: str) -> None:
    """The same text in the tokens of the pretrained model."""
    tokenizer, ids = reading.model.tokenizer, reading.score.token_ids
    _row(_Cut(reading.model.card.title, tokenizer, ids, [], text))


def in_short(token: str) -> str:
    """A token with its end left out where it is long."""
    return token if len(token) <= _LONGEST else token[: _LONGEST - 1] + "…"


def _row(cut: _Cut) -> None:
    tokenizer, ids = cut.tokenizer, list(cut.token_ids)
    words = max(1, len(WordTokenizer.cut(cut.text)))
    unknown = sum(token_id == tokenizer.unk_id for token_id in ids)
    lost = f'<p class="lost">{unknown:,} unknown</p>' if unknown else ""
    chips = [_chip(tokenizer, tokenizer.start_id, "special")]
    tokens = tokenizer.tokens(ids[:_MOST_CHIPS])
    for i, token in enumerate(tokens):
        start, stop = cut.spans[i] if cut.spans else (0, 0)
        kind = "begins" if i > 0 and cut.spans and start > cut.spans[i - 1][1] else ""
        below = str(ids[i])
        if ids[i] == tokenizer.unk_id:
            kind, below = f"{kind} unknown".strip(), f"{below} {in_short(cut.text[start:stop])}"
        chips.append(_chip_html(token, below, kind))
    if len(ids) > _MOST_CHIPS:
        chips.append(f"<i>… {len(ids) - _MOST_CHIPS:,} more</i>")
    if tokenizer.end_id is not None:
        chips.append(_chip(tokenizer, tokenizer.end_id, "special"))
    st.html(
        f'<div class="explorer-cut"><div><h3>{html.escape(cut.name)}</h3>'
        f"<p>{len(ids):,} token{'' if len(ids) == 1 else 's'}, {len(ids) / words:.1f} a word</p>"
        f"<p>|V| = {tokenizer.vocab_size:,}</p>{lost}</div>"
        f'<div class="explorer-chips" tabindex="0" role="region" aria-label="{html.escape(cut.name)}">'
        f"{''.join(chips)}</div></div>"
    )


def _chip(tokenizer: Tokenizer, token_id: int, kind: str) -> str:
    return _chip_html(tokenizer.tokens([token_id])[0], str(token_id), kind)


def _chip_html(token: str, below: str, kind: str) -> str:
    return f'<span class="{kind}"><bdi>{html.escape(in_short(token))}</bdi><small>{html.escape(below)}</small></span>'
