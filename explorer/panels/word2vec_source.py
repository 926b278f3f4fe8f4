"""What word vectors are learned from, and how."""

import hashlib
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from explorer import controls
from explorer.jobs import Work
from explorer.panels.ngram_source import decoded
from explorer.texts import LETTERS
from models.tokens import little_world, moments, running_words
from models.tokens.moments import MODELS, Wanted
from models.tokens.running_words import RunningWords

PARTS = {"sum": "t + c", "concatenation": "[t, c]", "target": "t"}
SOURCES = {"world": "A little world", "text": "Pasted", "file": "A file"}
MOST_VOCABULARY = 20_000
_LETTERS = 5.5  # of a word with the space after it, about
_WORLD_WORDS = 50_000


@dataclass(frozen=True)
class Source:
    """A text, known by `key` where results are kept."""

    key: str
    title: str
    data: bytes | None  # as UTF-8; None: the little world

    @property
    def is_world(self) -> bool:
        """Whether it is the built-in text: everybody's, and quickly learned."""
        return self.data is None

    @property
    def length(self) -> int:
        """About how many words it has."""
        return _WORLD_WORDS if self.data is None else int(len(self.data) / _LETTERS)

    @property
    def drawn(self) -> Collection[str]:
        """The words of its picture; none: the most frequent."""
        return little_world.KINDS if self.is_world else ()


WORLD = Source("world", "a little world", None)


@dataclass(frozen=True)
class Plan:
    """A training that can be started: `key` is everything that its result depends on."""

    source: Source
    least: int  # how often a word must stand in the text
    wanted: Wanted

    @property
    def key(self) -> tuple[str, str, int, Wanted]:
        return ("word vectors", self.source.key, self.least, self.wanted)

    @property
    def work(self) -> Work:
        """Reads the text and trains."""
        return partial(_work, self)

    @property
    def title(self) -> str:
        """The model and its text."""
        return f"{MODELS[self.wanted.model]}, {self.source.title}"


def source_input(slug: str) -> Source | None:
    """The text that the reader chose; None: a file is still to be chosen."""
    kind = controls.choice(f"{slug}_source", "Text", list(SOURCES), SOURCES.__getitem__)
    if kind == "world":
        return WORLD
    if kind == "text":
        text = controls.text(
            f"{slug}_corpus", "Text to learn from, a sentence or paragraph a line", LETTERS, height=132
        )
        return _source("your text", text.encode(errors="replace"))
    upload = controls.upload(f"{slug}_file", "A text in UTF-8, up to 20 MB", ["txt", "md", "csv"])
    if upload is None:
        controls.notice("No file yet: choose one. Below is the little world until then.")
        return None
    st.caption("The file stays in this session: a link does not hold it.")
    return _source("your file", upload)


def least_of(length: int) -> int:
    """How often a word must stand in a text of so many words, if the reader says nothing."""
    return 1 if length < 20_000 else 2 if length < 200_000 else 5


def plan(source: Source, model: str) -> Plan:
    """A training with the settings that suit the text."""
    wanted = moments.suggested(model, source.length)
    return Plan(source, 1 if source.is_world else least_of(source.length), wanted)


def chosen_plan(slug: str, source: Source, model: str) -> Plan:
    """A training with the reader's settings; those that are not touched suit the text."""
    suits = plan(source, model)
    wanted = suits.wanted
    name = f"{slug}_{model.replace('-', '_')}"
    with st.popover("More"):
        width = controls.count(f"{slug}_size", "Numbers a vector", wanted.n_embd, 2, 200)
        window = controls.count(f"{name}_window", "Window", wanted.window, 1, 15)
        epochs = controls.count(f"{slug}_epochs", "Epochs", wanted.epochs, 1, 100)
        rate = controls.number(
            f"{name}_rate", "Learning rate at first", wanted.learning_rate, 0.005, 1.0, 0.005, "It falls to 0."
        )
        wanted = replace(wanted, n_embd=width, window=window, epochs=epochs, learning_rate=rate)
        if model != "glove":
            negatives = controls.count(f"{slug}_drawn", "Negatives K", wanted.negatives, 1, 20)
            often = controls.number(
                f"{slug}_subsample",
                "Subsampling, in thousandths",
                1_000 * wanted.subsample,
                0.0,
                10.0,
                0.1,
                "Words that make up more of the text than this are left out at times; 0: never.",
            )
            wanted = replace(wanted, negatives=negatives, subsample=often / 1_000)
        least = suits.least
        if not source.is_world:
            least = controls.count(f"{slug}_least", "A word must stand there", suits.least, 1, 20, "So many times.")
        seed = controls.count(f"{slug}_training_seed", "Seed", wanted.seed, 0, 100)
    return Plan(source, least, replace(wanted, seed=seed))


def pinned(slug: str, first: str) -> list[str]:
    """The words that the reader follows."""
    text = controls.text(f"{slug}_pinned", "Words to follow", first, height=68)
    return list(dict.fromkeys(running_words.words_of(text)))[:8]


def part_input(slug: str) -> str:
    """What a word's vector is made of."""
    return controls.choice(f"{slug}_part", "A word's vector", list(PARTS), PARTS.__getitem__)


def _source(title: str, data: bytes) -> Source:
    return Source(hashlib.sha256(data).hexdigest(), title, data)


def _work(asked: Plan, check: Callable[[], None]) -> Generator[Any, None, Any]:
    def read() -> RunningWords:
        source = asked.source
        lines = little_world.sentences() if source.data is None else decoded(source.data).splitlines()
        return running_words.read(lines, most=MOST_VOCABULARY, least=asked.least, progress=lambda _words: check())

    return (yield from moments.film(read, asked.wanted, asked.source.drawn))
