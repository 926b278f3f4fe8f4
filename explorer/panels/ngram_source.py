"""What n-grams are counted from, and how counts become probabilities."""

import hashlib
from collections.abc import Container, Hashable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import streamlit as st

from explorer import asking, controls
from explorer.asking import Reading, Stopped
from explorer.inference import Ticket
from explorer.panels import prompt
from explorer.texts import NEW_YEAR
from models.errors import ModelError
from models.mixers import counted_text
from models.mixers.counted_text import UNITS, CountedText
from models.mixers.ngram_lm import METHODS, train

if TYPE_CHECKING:
    from models.mixers.ngram_lm import NGramLM

SOURCES = {"text": "This text", "file": "A file", "table": "24 million words"}
_TABLE = ("unigram", "bigram", "trigram", "4-gram", "5-gram")


@dataclass(frozen=True)
class Source:
    """A text by a short name: `key` stands for it where results are kept."""

    key: str
    text: str | None  # None: the table that ships


@dataclass(frozen=True)
class Settings:
    """What is counted, and how counts become probabilities."""

    unit: str  # one of UNITS
    order: int  # N
    method: str  # a key of METHODS
    k: float = 1.0  # what "add-k" adds


@dataclass(frozen=True)
class Counted:
    """A counted text, the model made of it, and what that says of the prompt."""

    source: Source
    settings: Settings
    text: CountedText | None  # None: of the table only the counts are here
    lm: "NGramLM"
    reading: Reading


def source_kind(slug: str) -> str:
    """Whether a text that is typed is counted, a file, or the table that ships is taken."""
    return controls.choice(f"{slug}_source", "Count", list(SOURCES), SOURCES.__getitem__, hidden=True)


def source_input(slug: str, kind: str) -> Source:
    """What is counted, of one of the kinds."""
    if kind == "text":
        text = controls.text(f"{slug}_corpus", "Text to count, one sentence a line", NEW_YEAR, height=132)
        return _source(text)
    if kind == "table":
        st.caption("Counts of Wikipedia, Tatoeba, TinyStories and six books: the n-grams that matter most.")
        return Source("table", None)
    upload = controls.upload(f"{slug}_file", "A text in UTF-8, one sentence a line, up to 20 MB", ["txt", "md", "csv"])
    found = []
    with controls.explained_errors(st.empty(), "file"):
        if upload is None:
            raise ModelError("No file yet: choose one. Below is an example until then.")
        found.append(_source(_decoded(upload)))
    return found[0] if found else _source(NEW_YEAR)


def ngram_controls(slug: str, source: Source, shown: Container[str]) -> Settings:
    """What is counted, N, and how counts become probabilities; of these only what is `shown` can be chosen."""
    if source.text is None:
        order = controls.count(f"{slug}_order", "N", 3, 1, len(_TABLE)) if "order" in shown else 3
        return Settings("words", order, "discounted")
    unit, order, method, k = UNITS[0], 2, next(iter(METHODS)), 1.0
    if "unit" in shown:
        unit = controls.choice(f"{slug}_unit", "Tokens", list(UNITS), str.capitalize)
    if "order" in shown:
        order = controls.count(f"{slug}_order", "N", 3, 1, 6, "The next token is predicted from the last N - 1.")
    if "method" in shown:
        method = controls.pick_one(f"{slug}_method", "Smoothing", list(METHODS), METHODS.__getitem__)
    if method == "add-k":
        k = controls.number(f"{slug}_k", "k", 1.0, 0.01, 2.0, 0.01, "Added to each count; 1 is Laplace's.")
    return Settings(unit, order, method, k)


def counted(source: Source, settings: Settings, text: str) -> Counted | None:
    """The model of a source, and what it says of the prompt; None where the reader has been told why there is none."""
    if source.text is None:
        reading = prompt.read_prompt(_TABLE[settings.order - 1], text)
        if reading is None or reading.model.card.family != "ngrams":
            return None
        return Counted(source, settings, None, cast("NGramLM", reading.model), reading)
    found = []
    place = st.empty()
    with controls.explained_errors(place, "corpus", _go_on):
        tokens = count_text(source, settings.unit)

        def work(_: Ticket) -> "NGramLM":
            return train(tokens, order=settings.order, method=settings.method, k=settings.k)

        lm = asking.computed("ngrams model", (source.key, settings), work, "Counting", place)
        reading = asking.read_now("prompt", lm, text, prompt.chosen_ids(text, lm.tokenizer))
        found.append(Counted(source, settings, tokens, lm, reading))
    return found[0] if found else None


def count_text(source: Source, unit: str) -> CountedText:
    """The text of a source as tokens.

    Raises:
        ModelError: there is nothing in it, or the reader pressed Stop.
    """

    def work(ticket: Ticket) -> CountedText:
        return counted_text.read(source.text or "", unit, ticket.progress)

    return asking.computed("ngrams text", (source.key, unit), work, "Reading the text", st.empty())


def _go_on(error: ModelError) -> tuple[str, partial[None]] | None:
    if not isinstance(error, Stopped):
        return None
    return "Go on", partial(_again, ("ngrams text", "ngrams model"))


def _again(slots: tuple[Hashable, ...]) -> None:
    for slot in slots:
        asking.go_on(str(slot))


def _source(text: str) -> Source:
    return Source(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest(), text)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ModelError(
            f"The file is not UTF-8: byte {data[error.start]:#04x} in line {line:,} is none of its signs. "
            "Save it as UTF-8 in an editor and choose it again."
        ) from error
