"""The source, and what both translators make of it."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import controls, loading, style, waiting
from explorer.inference import Ticket
from explorer.numbers import minus, percent
from models.tasks.translation_text import MOST_READ, Read, Translation, Written
from models.zoo.translation import NAMES

DEFAULT = "The black cat is on the white chair."
TITLES = {"encoder-decoder": "Thought vector", "attention": "Attention"}
_MOST_NAMED = 8  # unknown words that are named
_LONGEST = 24  # letters of a word


@dataclass(frozen=True, eq=False)
class Translated:
    """What one translator made of a source."""

    name: str
    read: Read
    written: Written

    @property
    def nbytes(self) -> int:
        """Of its tensors."""
        source, written = self.read.source, self.written
        tensors = [source.h, source.last, source.keys, written.s, written.scores, written.attention]
        return sum(one.nbytes for one in tensors if one is not None)

    @property
    def words(self) -> list[str]:
        """The words of the source as typed, cut where they are very long."""
        return [short(word) for word in self.read.words]


@dataclass(frozen=True, eq=False)
class Both:
    """What both made of it, by their names."""

    parts: tuple[Translated, ...]

    def __getitem__(self, name: str) -> Translated:
        return next(one for one in self.parts if one.name == name)


def translator(name: str) -> Translation:
    """The translator of that name."""
    return cast(Translation, loading.task("translation", name))


def source_input() -> str:
    """What is to be translated."""
    return controls.text("prompt", "English", DEFAULT, hint="Ctrl+Enter, or a click elsewhere, sends it.")


def both(slot: str, text: str, instead: str = DEFAULT) -> Both:
    """The greedy translations of a text; the last good ones, or those of an example, while it has none.

    Args:
        slot: where on the page it stands.
        text: the source.
        instead: the example.
    """
    place = st.empty()

    def made(source: str) -> Both:
        return Both(tuple(translated(slot, name, source, place) for name in NAMES))

    return controls.last_good(
        slot, lambda: made(text), lambda: made(instead), going_on(*(f"{slot} {name}" for name in NAMES))
    )


def translated(slot: str, name: str, text: str, place: DeltaGenerator) -> Translated:
    """The greedy translation of a text, computed once for all sessions.

    Args:
        slot: where on the page it stands.
        name: of the translator.
        text: the source.
        place: an `st.empty` for words while one waits.

    Raises:
        ModelError: there is nothing to translate, or the reader pressed Stop.
    """

    def work(_ticket: Ticket) -> Translated:
        model = translator(name)
        read = model.read(text)
        return Translated(name, read, model.write(read, model.search(read, 1).best().words))

    found: Translated = waiting.computed(f"{slot} {name}", (name, text), work, f"Translating, {TITLES[name]}", place)
    return found


def going_on(*slots: str) -> controls.Offer:
    """Offers to go on with what the reader stopped in any of these slots."""

    def go_on() -> None:
        for slot in slots:
            waiting.go_on(slot)

    return lambda error: ("Go on", go_on) if isinstance(error, waiting.Stopped) else None


def notes(read: Read) -> None:
    """The words that are unknown, those that are known by their vector alone, and what was not read."""
    if read.left_out:
        controls.notice(
            f"The first {MOST_READ} words and signs were read and translated, {read.left_out:,} "
            f"{'was' if read.left_out == 1 else 'were'} not: the models learned from short sentences. Translate a "
            "longer text sentence by sentence."
        )
    said = []
    if unknown := read.named("unknown"):
        said.append(f"Unknown words, read as <unk>: {_list(unknown)}.")
    if vector := read.named("vector"):
        said.append(
            f"Not among the words that were learned, read by their word2vec vector alone: {_list(vector)}. "
            "The French word for them may never have been seen."
        )
    if said:
        st.text("  \n".join(said))


def french_html(one: Translated) -> str:
    """A translation, its words shaded by surprisal."""
    parts = []
    for word, log_prob in zip(one.written.words, one.written.log_probs.tolist(), strict=True):
        shade = min(1.0, -log_prob / 4)
        title = f"{word}  P(word | source, before) = {percent(math.exp(log_prob))}"
        parts.append(
            f'<span class="explorer-token" style="--shade: {shade:.2f}" title="{html.escape(title)}">'
            f"{html.escape(word)}</span>"
        )
    facts = minus(f"ln P = {one.written.total:.2f} · {len(one.written.words)} words and signs")
    return (
        f'<div class="explorer-text" lang="fr" style="--colour: {style.SURPRISAL}">{" ".join(parts)}</div>'
        f'<div class="explorer-facts">{html.escape(facts)}</div>'
    )


def short(word: str) -> str:
    """A word as far as it is shown."""
    return word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…"


def _list(words: Sequence[str]) -> str:
    shown = ", ".join(style.isolated(short(word)) for word in words[:_MOST_NAMED])
    return shown + (f" and {len(words) - _MOST_NAMED:,} more" if len(words) > _MOST_NAMED else "")
