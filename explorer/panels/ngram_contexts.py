"""Where in the counted text something is said, and what comes next there."""

import html

import streamlit as st

from explorer import controls, explain
from explorer.downloads import Columns, downloads
from explorer.panels.ngram_source import Counted
from models.mixers.counted_text import CountedText
from models.tokens.words import WordTokenizer

_PHRASES = "happy new\nOn January 1\nOn January first\nOn the first of January"
_MOST, _IN_FILE = 40, 500  # occurrences that are shown, and those of the CSV
_WIDE = 7  # tokens on each side


def contexts(slug: str, counted: Counted) -> None:
    """Every place where the last tokens of the prompt occur, with what stands before and after."""
    text = counted.text
    if text is None:
        controls.notice("The built-in table holds counts, no text. Count a text or a file to see the places.")
        return
    token_ids = counted.reading.score.token_ids
    most = max(1, min(5, len(token_ids)))
    length = controls.count(f"{slug}_last", "Last tokens of the prompt", min(2, most), 1, most) if most > 1 else most
    last = list(token_ids[-length:])
    places = text.occurrences(last) if last else text.occurrences(())[:0]
    said = " ".join(text.tokenizer.tokens(last))
    times = "once" if len(places) == 1 else f"{len(places):,} times"
    verdict = f"“{said}” occurs {times}." if len(places) else f"“{said}” never occurs in this text."
    st.html(f"<h3>{html.escape(verdict)}</h3>")  # no markdown: it quotes the reader
    rows = [text.around(int(place), len(last), _WIDE) for place in places[:_MOST]]
    rows.sort(key=lambda row: text.tokenizer.tokens(row[1][:1]))
    lines = "".join(
        f"<tr><td>{_said(text, before)}</td><td><b>{_said(text, last)}</b></td>"
        f"<td><mark>{_said(text, after[:1])}</mark> {_said(text, after[1:])}</td></tr>"
        for before, after in rows
    )
    if rows:
        st.html(
            '<div class="explorer-scroll" tabindex="0" role="region" aria-label="Places in the text">'
            f'<table class="explorer-table explorer-places"><tbody>{lines}</tbody></table></div>'
        )
        if len(places) > _MOST:
            st.caption(f"The first {_MOST} of {len(places):,} places, in the order of the next token.")
        downloads("places", None, None, lambda: _places(text, last), "Places in the text")
    st.subheader("The same thing said in other words", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        phrases = controls.text(f"{slug}_phrases", "Phrases, one a line", _PHRASES, height=120)
    with right:
        _phrases(text, [line.strip() for line in phrases.splitlines() if line.strip()][:20])
        st.caption("A paraphrase has another count, often none: counting knows no meaning.")
    explain.explanation(
        "A history is looked for token by token, as it stands. What was said in other words is another history.",
        lambda: [rf"\#({explain.latex_text(said)}) = {len(places)}"],
        [CountedText.occurrences],
    )


def _phrases(text: CountedText, phrases: list[str]) -> None:
    rows = []
    for phrase in phrases:
        ids = text.tokenizer.encode(phrase)
        rows.append(f"<tr><td>{html.escape(phrase)}</td><td>{len(text.occurrences(ids)) if ids else 0:,}</td></tr>")
    st.html(
        '<table class="explorer-table"><thead><tr><th>Phrase h</th><th>#(h)</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _said(text: CountedText, token_ids: list[int]) -> str:
    """Tokens as running text; the start and the end of a sentence by their names."""
    if isinstance(text.tokenizer, WordTokenizer):
        return html.escape(text.tokenizer.decode(token_ids))
    return html.escape("".join(text.tokenizer.tokens(token_ids)).replace("␣", " "))


def _places(text: CountedText, last: list[int]) -> Columns:
    rows = [text.around(int(place), len(last), _WIDE) for place in text.occurrences(last)[:_IN_FILE]]
    tokens = text.tokenizer.tokens
    return {
        "before": [" ".join(tokens(before)) for before, _ in rows],
        "history": [" ".join(tokens(last))] * len(rows),
        "next token": ["".join(tokens(after[:1])) for _, after in rows],
        "after": [" ".join(tokens(after[1:])) for _, after in rows],
    }
