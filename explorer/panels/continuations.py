"""Texts that go on from the prompt: their tokens shaded by surprisal, what they are worth, and a button to take one."""

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import asking, style
from explorer.numbers import percent
from explorer.panels import prompt
from models.tokens.words import WordTokenizer, spaced

if TYPE_CHECKING:
    from models.interfaces import Tokenizer


@dataclass(frozen=True)
class Continuation:
    """What is shown of one text."""

    tokens: Sequence[str]  # visible forms
    log_probs: Sequence[float]  # ln P(token | before)
    facts: str  # said beneath it
    loop_start: int | None = None  # from this token on it repeats itself


def text_html(one: Continuation, before: str, most: int, tokenizer: "Tokenizer") -> str:
    """A continuation as HTML, after the last `most` characters of the text before."""
    words, so_far = isinstance(tokenizer, WordTokenizer), before
    cut = "…" if len(before) > most else ""
    parts = [f'<span class="explorer-before">{html.escape(cut + before[-most:])}</span>']
    for i, (token, log_prob) in enumerate(zip(one.tokens, one.log_probs, strict=True)):
        looping = " explorer-loop" if one.loop_start is not None and i >= one.loop_start else ""
        shade = min(1.0, -log_prob / math.log(2) / 16)
        title = f"{token}  P(token | before) = {percent(math.exp(log_prob))}"
        written = spaced(so_far, token) if words else _written(token)
        so_far += written if words else ""
        parts.append(
            f'<span class="explorer-token{looping}" style="--shade: {shade:.2f}" title="{html.escape(title)}">'
            f"{html.escape(written)}</span>"
        )
    facts = f'<div class="explorer-facts">{html.escape(one.facts)}</div>' if one.facts else ""
    return f'<div class="explorer-text" dir="auto" style="--colour: {style.SURPRISAL}">{"".join(parts)}</div>{facts}'


def slots(slot: str, names: Sequence[str], on_take: Callable[[str, int], None]) -> list[DeltaGenerator]:
    """Places for several texts, one below the other, each with a button that goes on from it.

    Args:
        slot: of the stream that the texts come from.
        names: what each is called.
        on_take: is called with the slot and the text's position.
    """
    places = []
    for i, name in enumerate(names):
        left, right = st.columns([6, 1], vertical_alignment="center")
        places.append(left.empty())
        right.button(
            "Go on",
            key=f"take {slot} {i}",
            type="tertiary",
            help=f"Makes the prompt and {name} the new prompt",
            on_click=on_take,
            args=(slot, i),
        )
    return places


def parts(slot: str) -> list[Any]:
    """What a stream after the present prompt has given so far."""
    reading = asking.last_reading("prompt")
    return asking.streamed(slot, reading.score.token_ids) if reading is not None else []


def take(token_ids: Sequence[int]) -> None:
    """Makes the prompt and these tokens the new prompt."""
    reading = asking.last_reading("prompt")
    if reading is not None and token_ids:
        ended = token_ids[-1] == reading.model.tokenizer.end_id
        prompt.set_prompt_ids(reading, [*reading.score.token_ids, *token_ids[: len(token_ids) - ended]])


def _written(token: str) -> str:
    """A visible form as it stands in running text."""
    return token.replace("␣", " ").replace("⏎", "⏎\n")
