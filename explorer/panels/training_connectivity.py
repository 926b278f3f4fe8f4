"""What the next token hangs on: how strongly each token that was read moves its score."""

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from explorer import controls, style, waiting
from explorer.asking import Reading
from explorer.downloads import Columns, downloads
from explorer.inference import Ticket
from explorer.numbers import percent
from explorer.panels import neural, prompt
from models.errors import ModelError
from models.mixers import gradients
from models.tokens.words import WordTokenizer

_MOST = 100  # tokens
_OFFERED = 6  # next tokens
_NAMED = 3  # tokens in words


def connectivity(slug: str, level: str, text: str) -> None:
    """The text painted by how much the score of a next token depends on each of its tokens."""
    st.subheader("What the next token hangs on", anchor=False)
    cell = neural.cell_input(slug)
    name = neural.name_of(cell, level)
    reading = prompt.read_prompt(name, text, who="connectivity")
    if reading is None:
        return
    lm = neural.recurrent(reading.model)
    probs = reading.score.next.probs
    first = reading.score.next.top_ids(_OFFERED)
    names = lm.tokenizer.tokens(first)
    offered = dict(zip(names, first, strict=True))
    wanted = controls.pick(
        f"{slug}_target",
        "Next token",
        ["", *offered],
        lambda one: one or f"{names[0]} (the most probable)",
        "Choose one, or type another.",
    )
    target = first[0]
    with controls.explained_errors(st.empty(), "target"):
        target = offered[wanted] if wanted in offered else _one_token(reading, wanted) if wanted else first[0]
    ids = (lm.tokenizer.start_id, *reading.score.token_ids)[-_MOST:]

    def work(_: Ticket) -> np.ndarray:
        return gradients.connectivity(lm.network, ids, target)

    lengths = waiting.waited("training connectivity", (lm.card.name, ids, target), work, "Connectivity")
    if lengths is None:
        return
    tokens = lm.tokenizer.tokens(list(ids))
    (said,) = lm.tokenizer.tokens([target])
    # words of the text have spaces between them, which are no tokens
    _painted(tokens, lengths, " " if isinstance(lm.tokenizer, WordTokenizer) else "")
    top = np.argsort(-lengths, kind="stable")[:_NAMED]
    st.text(
        f"P({said}) = {percent(float(probs[target]))}. Its score depends most on "
        + ", ".join(f"{tokens[i]} ({lengths[i]:.2f})" for i in top)
        + "."
    )
    cut = f" These are the last {_MOST} tokens." if len(reading.score.token_ids) + 1 > _MOST else ""
    st.caption(
        "|∂logit/∂x| of the network as trained: the length of the gradient of the score with respect to the embedding "
        "of each token (Madsen 2019). The strongest colour has the longest. It tells what a small change would do, not "
        f"what a missing word would.{cut}"
    )
    columns: Columns = {"token": tokens, "gradient length": lengths.tolist()}
    downloads("connectivity", None, None, lambda: columns, f"Connectivity with {said}")


def _one_token(reading: Reading, typed: str) -> int:
    """The token that was typed.

    Raises:
        ModelError: it is none, or several.
    """
    tokenizer = reading.model.tokenizer
    ids = tokenizer.encode(typed.replace("␣", " "))
    if len(ids) != 1 or ids[0] == tokenizer.unk_id:
        why = "not in the vocabulary" if ids == [tokenizer.unk_id] else f"{len(ids)} tokens, not one"
        raise ModelError(f"{typed!r} is {why}. The most probable next token is shown.")
    return ids[0]


def _painted(tokens: Sequence[str], lengths: np.ndarray, between: str) -> None:
    most = float(lengths.max()) or 1.0
    spans = [
        f'<span class="explorer-token" style="--shade: {0.8 * length / most:.3f}; padding: 2px 3px" '
        f'title="{html.escape(token)}: {length:.4g}">{html.escape(style.isolated(token))}</span>'
        for token, length in zip(tokens, lengths.tolist(), strict=True)
    ]
    st.html(f'<div class="explorer-text" dir="auto" style="--colour: {style.DECIDES}">{between.join(spans)}</div>')
