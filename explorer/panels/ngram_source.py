"""What n-grams are counted from, and how counts become probabilities."""

import hashlib
from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import address, asking, controls, waiting
from explorer.asking import Reading
from explorer.contents import FIRST_PROMPT
from explorer.inference import Ticket
from explorer.panels import prompt
from explorer.texts import NEW_YEAR
from models.errors import ModelError, TextTooLong
from models.mixers import counted_text
from models.mixers.counted_text import UNITS, CountedText
from models.mixers.ngram_lm import METHODS, train
from models.mixers.ngrams import Counts, count_flat

if TYPE_CHECKING:
    from models.mixers.ngram_lm import NGramLM

SOURCES = {"text": "This text", "file": "A file", "table": "24 million words"}
_TABLE = ("unigram", "bigram", "trigram", "4-gram", "5-gram")


@dataclass(frozen=True)
class Source:
    """A text by a short name: `key` stands for it where results are kept."""

    key: str
    data: bytes | None  # as UTF-8; None: the table that ships

    @property
    def is_table(self) -> bool:
        """Whether it is the table that ships."""
        return self.data is None


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
        return _source(text.encode(errors="replace"))
    if kind == "table":
        st.caption(
            "Counts of Wikipedia, Tatoeba, TinyStories and six books: "
            "of 53 million n-grams, the 3.3 million that matter most."
        )
        return Source("table", None)
    upload = controls.upload(f"{slug}_file", "A text in UTF-8, one sentence a line, up to 20 MB", ["txt", "md", "csv"])
    if upload is not None:
        st.caption("The file stays in this session: a link does not hold it.")

    def chosen() -> Source:
        if upload is None:
            raise ModelError("No file yet: choose one.")
        return _source(upload)

    return controls.last_good("source", chosen, lambda: _source(NEW_YEAR.encode()))


def ngram_controls(slug: str, source: Source, shown: Container[str]) -> Settings:
    """What is counted, N, and how counts become probabilities; of these only what is `shown` can be chosen."""
    if source.is_table:
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
    if source.is_table:
        reading = prompt.read_prompt(_TABLE[settings.order - 1], text)
        if reading is None or reading.model.card.family != "ngrams":
            return None
        return Counted(source, settings, None, cast("NGramLM", reading.model), reading)
    place = st.empty()
    return controls.last_good(
        "counted",
        lambda: _count(source, settings, text, place),
        lambda: _count(_source(NEW_YEAR.encode()), settings, FIRST_PROMPT, place),
        _offer,
    )


def _count(source: Source, settings: Settings, text: str, place: DeltaGenerator) -> Counted:
    unit, order = settings.unit, settings.order

    def work_on_text(ticket: Ticket) -> CountedText:
        return counted_text.read(decoded(source.data or b""), unit, ticket.progress)

    def work_on_counts(_: Ticket) -> Counts:
        size = tokens.tokenizer.vocab_size
        return count_flat(tokens.ids, order, vocab_size=size, start_id=tokens.tokenizer.start_id)

    def work_on_model(_: Ticket) -> "NGramLM":
        return train(tokens, order=order, method=settings.method, k=settings.k, counts=counts)

    tokens = waiting.computed("ngrams text", (source.key, unit), work_on_text, "Reading the text", place)
    counts = waiting.computed("ngrams counts", (source.key, unit, order), work_on_counts, "Counting", place)
    lm = waiting.computed("ngrams model", (source.key, settings), work_on_model, "Smoothing", place)
    reading = asking.read_now("prompt", lm, text, prompt.chosen_ids(text, lm.tokenizer))
    return Counted(source, settings, tokens, lm, reading)


def _offer(error: ModelError) -> tuple[str, Callable[[], None]] | None:
    if isinstance(error, TextTooLong):
        return "Keep only the end", partial(address.set_values, prompt=error.kept)
    return ("Start again", _start_again) if isinstance(error, waiting.Stopped) else None


def _start_again() -> None:
    for slot in ("ngrams text", "ngrams counts", "ngrams model"):
        waiting.go_on(slot)


def _source(data: bytes) -> Source:
    return Source(hashlib.sha256(data).hexdigest(), data)


def decoded(data: bytes) -> str:
    """A file as text.

    Raises:
        ModelError: it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ModelError(
            f"The file is not UTF-8: byte {data[error.start]:#04x} in line {line:,} is not valid there. "
            "Save it as UTF-8 in an editor and choose it again."
        ) from error
