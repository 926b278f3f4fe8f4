"""Which text is read, by which classifier of stars, and what the reader is told of its words."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import streamlit as st
from jaxtyping import Float

from explorer import address, controls, loading, waiting
from explorer.inference import Ticket
from explorer.numbers import percent
from models.errors import ModelError, TextTooLong
from models.tasks.card import TaskCard
from models.tasks.sentiment_classifier import Classifier, expected_stars
from models.tasks.sentiment_words import MOST_WORDS, Words
from models.zoo import sentiment as zoo

TEXT = "The plot is thin, but the acting is wonderful."
MOST_SHOWN = 120  # words that figures show
TITLES = {"lstm": "LSTM", "bilstm": "BiLSTM", "gru": "GRU", "rnn": "RNN", "bag": "Bag of words"}
_MOST_NAMED = 8  # unknown words


@dataclass(frozen=True, eq=False)
class Reading:
    """A text and what a classifier says after each of its first words."""

    classifier: Classifier
    words: Words
    log_probs: Float[np.ndarray, "after stars"]  # of the words that are shown

    @property
    def shown(self) -> list[str]:
        """The words that figures show, as they are typed."""
        return self.words.shown[:MOST_SHOWN]

    @property
    def pieces(self) -> list[str]:
        """The same, as they are read."""
        return list(self.words.pieces[:MOST_SHOWN])

    @property
    def probs(self) -> Float[np.ndarray, "after stars"]:
        """After each of them."""
        found: Float[np.ndarray, "after stars"] = np.exp(self.log_probs)
        return found

    @property
    def stars(self) -> Float[np.ndarray, " after"]:
        """Mean after each of them."""
        return expected_stars(self.log_probs)


def text_input(name: str = "prompt", label: str = "Text", default: str = TEXT) -> str:
    """The box of a text."""
    return controls.text(name, label, default, hint="Ctrl+Enter, or a click elsewhere, sends it.")


def model_input(slug: str, *, recurrent: bool = False) -> str:
    """Which classifier reads; only networks, where `recurrent`."""
    names = [name for name in TITLES if not (recurrent and name == "bag")]
    return controls.choice(f"{slug}_model", "Model", names, TITLES.__getitem__)


def words_of(parameter: str, text: str) -> Words:
    """The words of a text; the last ones that could be read where there are too many."""

    def offer(error: ModelError) -> tuple[str, Callable[[], None]] | None:
        if not isinstance(error, TextTooLong):
            return None
        return f"Keep the first {MOST_WORDS} words", partial(address.set_values, **{parameter: error.kept})

    return controls.last_good(f"sentiment {parameter}", lambda: zoo.words_of(text), lambda: zoo.words_of(TEXT), offer)


def classifier_of(name: str) -> Classifier:
    """A classifier that ships."""
    return cast(Classifier, loading.task("sentiment", name))


def read(slug: str, name: str, words: Words) -> Reading | None:
    """What a classifier says after each word; None where that was stopped."""
    classifier, pieces = classifier_of(name), list(words.pieces[:MOST_SHOWN])

    def work(_ticket: Ticket) -> np.ndarray:
        return classifier.running(pieces)

    found = waiting.waited(f"{slug} running", (name, "running", tuple(pieces)), work, "Reading")
    return None if found is None else Reading(classifier, words, found)


def verdicts(slug: str, names: list[str], texts: list[Words]) -> dict[str, Float[np.ndarray, "text stars"]] | None:
    """ln P(stars) of whole texts by several classifiers; None where that was stopped."""
    pieces = [list(words.pieces) for words in texts]
    classifiers = {name: classifier_of(name) for name in names}

    def work(_ticket: Ticket) -> np.ndarray:
        return np.stack([classifier.log_probs(pieces) for classifier in classifiers.values()])

    key = (*names, "verdicts", *(tuple(one) for one in pieces))
    found = waiting.waited(f"{slug} verdicts", key, work, "Reading")
    return None if found is None else dict(zip(names, found, strict=True))


def said_of(log_probs: Float[np.ndarray, " stars"]) -> str:
    """A verdict in words."""
    best = int(log_probs.argmax())
    stars = f"{best + 1} star{'s' * (best > 0)}"
    return f"{stars} ({percent(float(np.exp(log_probs[best])))}), {float(expected_stars(log_probs)):.2f} on average"


def about_words(reading: Reading) -> None:
    """Which words are unknown, and which are not shown."""
    notes, shown = list[str](), len(reading.shown)
    unknown = list(
        dict.fromkeys(
            word
            for word, piece in zip(reading.words.shown, reading.words.pieces, strict=True)
            if reading.classifier.known(piece) == "unknown"
        )
    )
    if unknown:
        more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
        named = ", ".join(f"“{_short(word)}”" for word in unknown[:_MOST_NAMED])
        what = (
            "Without a weight of their own"
            if reading.classifier.card.name == "bag"
            else "Unknown, and read as one and the same word"
        )
        notes.append(f"{what}: {named}{more}.")
    if len(reading.words.pieces) > shown:
        notes.append(f"Shown are the first {shown} of {len(reading.words.pieces)} words.")
    if not reading.words.pieces:
        notes.append("No word is read yet: this is what the model says of any text before it begins.")
    for note in notes:
        st.text(note)


def card_line(card: TaskCard) -> None:
    """The classifier, and how good it is."""
    st.caption(
        f"{card.title}: {percent(card.scores['accuracy'])} of the {card.held_out} right. Learned from {card.corpus}."
    )


def _short(word: str) -> str:
    return word if len(word) <= 30 else word[:29] + "…"
