"""Where word vectors come from: those that ship, what the reader trained, a model's embeddings, a file, gensim."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import controls, loading, waiting
from explorer.inference import Ticket
from explorer.panels import prompt
from models.errors import ModelError
from models.tokens import vector_files
from models.tokens.space import WordVectors
from models.zoo.vectors import cards

if TYPE_CHECKING:
    from models.tokens.vector_files import VectorFile
    from models.zoo.vectors import Measured

MOST_TRAINED = 4
_FEWEST = 5  # words
_SHIPPED = {  # name of the vectors, and which of a word's vectors
    "word2vec": "word2vec: sum of both vectors",
    "word2vec/target": "word2vec: target vectors",
    "word2vec/context": "word2vec: context vectors",
    "word2vec/concatenation": "word2vec: both, one after the other",
    "glove": "GloVe",
}
_TRAINED = "trained: "
_OTHERS = {"model": "A language model's embeddings", "file": "A file", "gensim": "gensim's downloads"}


def keep_trained(name: str, space: WordVectors) -> None:
    """Keeps what this session's reader trained; of several the newest."""
    kept = _kept()
    kept.pop(name, None)
    kept[name] = space
    while len(kept) > MOST_TRAINED:
        del kept[next(iter(kept))]


def trained() -> dict[str, WordVectors]:
    """What this session's reader trained, the newest first."""
    return dict(reversed(_kept().items()))


def source_input(slug: str) -> str:
    """Which vectors the reader chose."""
    of_session = {_TRAINED + name: f"Yours: {name}" for name in trained()}
    titles = _SHIPPED | of_session | _OTHERS
    return controls.pick_one(f"{slug}_source", "Vectors", list(titles), titles.__getitem__)


def chosen(slug: str, source: str, place: DeltaGenerator) -> WordVectors:
    """The vectors of a source; what it needs besides is asked for here. The last good ones while they can't be had.

    Args:
        slug: of the page.
        source: as `source_input` gives it.
        place: for words while one waits.
    """
    make: Callable[[], WordVectors]
    if source.startswith(_TRAINED):
        make = partial(trained().__getitem__, source.removeprefix(_TRAINED))
    elif source == "file":
        make = _file(slug, place)
    elif source == "gensim":
        make = _gensim(slug, place)
    elif source == "model":
        make = _of_model(prompt.model_name(), place)
    else:
        make = partial(_shipped, source)
    return controls.last_good("space", lambda: _enough(make()), partial(_shipped, "word2vec"), _offer)


def measured(source: str) -> "Measured | None":
    """What was measured on vectors that ship, when they were made."""
    name, _, part = source.partition("/")
    card = cards().get(name)
    return card.measured.get(part or "sum") if card else None


def source_line(source: str, space: WordVectors) -> None:
    """Which vectors are on the page, and what they were learned from."""
    count, n_embd = space.vectors.shape
    card = cards().get(source.partition("/")[0])
    of = f" Learned from {card.corpus}. {card.licence}." if card else ""
    st.text(f"{space.name}: {count:,} words, {n_embd} numbers each.{of}")


def _enough(space: WordVectors) -> WordVectors:
    """The vectors, if there is something to compare.

    Raises:
        ModelError: there is not.
    """
    known = len(space.first(_FEWEST))
    if known < _FEWEST:
        raise ModelError(
            f"Only {known} words have a vector that is not zero: choose vectors of {_FEWEST} words or more."
        )
    return space


def _shipped(source: str) -> WordVectors:
    name, _, part = source.partition("/")
    return loading.vectors(name, part or "sum")


def _of_model(name: str, place: DeltaGenerator) -> Callable[[], WordVectors]:
    return lambda: loading.embeddings(name, loading.model(name, place))


def _file(slug: str, place: DeltaGenerator) -> Callable[[], WordVectors]:
    """A file in one of the usual formats."""
    data = controls.upload(
        f"{slug}_file",
        "word2vec (text or binary), GloVe or fastText .vec, up to 20 MB, with gzip or without",
        ["txt", "vec", "bin", "gz"],
    )
    st.caption("Of a larger file the first words are enough: `head -n 30001 big.vec | gzip > small.vec.gz`")

    def make() -> WordVectors:
        if data is None:
            raise ModelError("No file yet: choose one.")
        key = hashlib.sha256(data).hexdigest()

        def work(ticket: Ticket) -> "VectorFile":
            return vector_files.read_bytes(data, "your file", ticket.progress)

        found = waiting.computed("vector file", key, work, "Reading the vectors", place)
        return found.space

    return make


def _gensim(slug: str, place: DeltaGenerator) -> Callable[[], WordVectors]:
    """Vectors that gensim's downloader knows by name."""
    names = list(vector_files.DOWNLOADS)
    name = controls.pick_one(
        f"{slug}_download", "Name", names, lambda name: f"{name}, {vector_files.DOWNLOADS[name]} MB"
    )
    asked = vector_files.is_downloaded(name) or name in _asked()
    if not asked and vector_files.has_gensim():
        st.button("Fetch it over the network", key="fetch_vectors", on_click=_asked().add, args=(name,))

    def make() -> WordVectors:
        if not vector_files.has_gensim():
            raise ModelError("This needs the package gensim: pip install gensim, then start the app again.")
        if not asked:
            raise ModelError(f"{name} is not on this machine.")

        def work(ticket: Ticket) -> "VectorFile":
            return vector_files.downloaded(name, ticket.progress)

        found = waiting.computed("vectors of gensim", name, work, f"Fetching and reading {name}", place)
        return found.space

    return make


def _offer(error: ModelError) -> tuple[str, Callable[[], None]] | None:
    return ("Start again", _start_again) if isinstance(error, waiting.Stopped) else None


def _start_again() -> None:
    for slot in ("vector file", "vectors of gensim"):
        waiting.go_on(slot)


def _kept() -> dict[str, WordVectors]:
    kept: dict[str, WordVectors] = st.session_state.setdefault("_trained", {})
    return kept


def _asked() -> set[str]:
    """The downloads that this session's reader asked for: a link alone fetches nothing."""
    asked: set[str] = st.session_state.setdefault("_asked_vectors", set())
    return asked
