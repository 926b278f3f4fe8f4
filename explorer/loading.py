"""Makes and shares what is expensive: models, and what they said. The only file that caches with streamlit."""

import dataclasses
import gc
import html
import importlib
import logging
import os
import threading
import time
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import models
from explorer.inference import ModelQueue
from explorer.jobs import Jobs
from models import registry
from models.errors import ModelError

if TYPE_CHECKING:
    from models.card import ModelCard
    from models.interfaces import LanguageModel
    from models.mixers.hmm_learning import Learning
    from models.tokens.bpe import Merge
    from models.tokens.space import WordVectors
    from models.tokens.word2vec_steps import Choices, Leg, Replay

_LOG = logging.getLogger(__name__)
_RETRYING = threading.Lock()
_COUNTS_BYTES = 400 * 2**20  # of counted texts and their n-grams, for all sessions
MOST_KEPT = 4  # models of a session
RETRY_AFTER = 30.0  # seconds until a model that could not be loaded is tried again


class Loader:
    """Loads one model in a thread of its own and puts a queue in front of it."""

    def __init__(self, name: str, made: "LanguageModel | None" = None) -> None:
        """Begins to load; a model that was `made` here is there already, and shares the queue of what is counted."""
        self.line = "Starting"
        self.ended = 0.0
        self.name = name
        self._ready = threading.Event()
        self._error: str | None = None
        self._model = made
        self.queue: ModelQueue | None = None
        if made is None:
            threading.Thread(target=self._load, daemon=True).start()
        else:
            self.queue = counting_queue()
            self._ready.set()

    def wait(self, seconds: float) -> bool:
        return self._ready.wait(seconds)

    @property
    def failed(self) -> bool:
        return self._error is not None

    def model(self) -> "LanguageModel":
        """The loaded model.

        Raises:
            ModelError: it could not be loaded.
        """
        if self._error is not None:
            raise ModelError(self._error)
        if self._model is None:
            raise RuntimeError("the model is not loaded yet: wait first")
        return self._model

    def _load(self) -> None:
        gc.disable()  # the many objects of a load are there to stay; looking through them took a second
        try:
            model = models.load(self.name, self._tell)
            from models import device

            self.queue = ModelQueue(device.workers())
            self._model = model
        except ModelError as error:
            self._error = str(error)
        except Exception as error:  # noqa: BLE001 - a thread of its own: the reader must be told, whatever it is
            _LOG.exception("loading %s", self.name)
            self._error = f"{self.name} could not be loaded ({type(error).__name__}). The server's log says more."
        finally:
            gc.enable()
        # What is loaded stays: no later collection need look at it.
        gc.collect()
        gc.freeze()
        self.ended = time.monotonic()
        self._ready.set()

    def _tell(self, line: str) -> None:
        self.line = line


@st.cache_resource(show_spinner=False)
def counting_queue() -> ModelQueue:
    """Where texts are counted; the newest counts are kept, as far as there is room.

    A few workers, though they share the cores: a large file must not keep those waiting who count a few lines.
    """

    def weigh(result: Any) -> dict[int, int]:
        return {id(part): part.nbytes for part in getattr(result, "parts", (result,)) if hasattr(part, "nbytes")}

    return ModelQueue(workers=3, max_results=64, weigh=weigh, max_bytes=_COUNTS_BYTES)


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The background jobs of all sessions."""
    return Jobs(max(1, (os.cpu_count() or 1) // 2), most_kept=8)


class Presence:
    """A session, as long as its browser is there."""

    def __init__(self) -> None:
        self._jobs = jobs()
        self._readers: set[Hashable] = set()

    def add(self, reader: Hashable) -> None:
        """One more place where the session looks at jobs."""
        self._readers.add(reader)

    def end(self) -> None:
        """The browser has gone, or lost its way for a moment."""
        for reader in self._readers:
            self._jobs.leave(reader)


@st.cache_resource(scope="session", show_spinner=False, on_release=Presence.end)
def presence(_session: str) -> Presence:
    """Tells the jobs when a session ends."""
    return Presence()


@st.cache_resource(max_entries=32, show_spinner=False)
def learned(text: str, most: int) -> "list[Merge]":
    """The merges of byte-pair encoding on a text; hundreds of milliseconds for thousands of different words."""
    from models.tokens.bpe import learn

    return list(learn(text, most))


@st.cache_resource(max_entries=32, show_spinner=False)
def learning(text: str, way: str, states: int, restarts: int) -> "Learning":
    """A hidden Markov model that learns from the letters of a text; whoever waits for it does a slice of the work.

    Raises:
        ModelError: there is nothing to learn from.
    """
    from models.mixers import hmm_learning

    letters = hmm_learning.letters_of(text, way)
    rounds = hmm_learning.restarts(letters, states, restarts, hmm_learning.MOST_ROUNDS)
    return hmm_learning.Learning(letters, rounds)


@st.cache_resource(max_entries=128, show_spinner=False)
def replayed(text: str, choices: "Choices", legs: "tuple[Leg, ...]") -> "Replay":
    """Few words and their vectors after some steps; what is behind the last checkpoint is not done again.

    Raises:
        ModelError: no two words stand side by side in the text, or a rate is too high.
    """
    from models.tokens import word2vec_steps as steps

    done = steps.steps_of(legs)
    if not done:
        return steps.begin(steps.Sentences.of(text), choices)
    checkpoint = (done - 1) // steps.CHECKPOINT * steps.CHECKPOINT
    now = replayed(text, choices, steps.until(legs, checkpoint))
    for leg in steps.after(legs, checkpoint):
        now = steps.go_on(now, leg)
    return dataclasses.replace(now, legs=legs)


@st.cache_resource(max_entries=4, show_spinner=False)
def vectors(name: str, part: str = "sum") -> "WordVectors":
    """Word vectors that ship."""
    from models.zoo.vectors import load

    return load(name, part)


@st.cache_resource(max_entries=16, show_spinner=False)
def task(kind: str, name: str) -> Any:
    """A model of a task that ships.

    Args:
        kind: the task, and so the folder of the zoo: "tagging", "sentiment", "translation".
        name: one of those that the folder names.
    """
    return importlib.import_module(f"models.zoo.{kind}").load(name)


@st.cache_resource(max_entries=2, show_spinner=False)
def embeddings(name: str, _lm: "LanguageModel") -> "WordVectors":  # noqa: ARG001 - the name is the key
    """The embedding table of a model as a space of words; `name` is what the model was loaded by.

    Raises:
        ModelError: it has none.
    """
    from models.tokens.embedding import embedding_space

    return embedding_space(_lm)


def _release(loader: Loader) -> None:
    if loader.queue is not None:
        loader.queue.close()


@st.cache_resource(max_entries=4, show_spinner=False, on_release=_release)
def _large(name: str) -> Loader:
    return Loader(name)


@st.cache_resource(max_entries=32, show_spinner=False, on_release=_release)
def _small(name: str) -> Loader:
    """Of a model that ships: all of them together take less than a large one, so none need make room for another."""
    return Loader(name)


def _loader(name: str) -> Loader:
    return _small(name) if registry.ships(name) else _large(name)


def forget(name: str) -> None:
    """The model is loaded anew when it is next asked for."""
    (_small if registry.ships(name) else _large).clear(name)


def keep(lm: "LanguageModel") -> None:
    """A model that this session's reader made joins the session's catalogue; of several the newest stay."""
    loaders = _kept()
    loaders.pop(lm.card.name, None)
    loaders[lm.card.name] = Loader(lm.card.name, lm)
    while len(loaders) > MOST_KEPT:
        del loaders[next(iter(loaders))]


def catalog() -> "list[ModelCard]":
    """The cards of all models that have a name here, those that this session's reader made among them."""
    return [*registry.catalog(), *(lm.card for lm in kept())]


def kept() -> "list[LanguageModel]":
    """The models that this session's reader made."""
    return [loader.model() for loader in _kept().values()]


def is_here(name: str) -> bool:
    """Whether a model can be had without a network."""
    return name in _kept() or registry.is_here(name)


def _kept() -> dict[str, Loader]:
    """The models that this session's reader made."""
    loaders: dict[str, Loader] = st.session_state.setdefault("_kept", {})
    return loaders


def default_model() -> str:
    """The name of the model that is on screen unless the user chose another."""
    return registry.default_name()


def catalogued_default() -> str | None:
    """The default model's name, if it means the same on every server: a folder of this one stays here."""
    name = default_model()
    return name if registry.card(name) else None


def prepare() -> None:
    """Begins to load the default model, and does not wait."""
    _loader(default_model())


def model(name: str, place: DeltaGenerator) -> "LanguageModel":
    """A loaded model; `place` says what is going on while it loads.

    Raises:
        ModelError: it can't be had here.
    """
    return ready(name, place).model()


def ready(name: str, place: DeltaGenerator) -> Loader:
    """The loader of a model once it is done; says in `place` what is going on."""
    if name in _kept():
        return _kept()[name]
    loader = _loader(name)
    if loader.failed and time.monotonic() > loader.ended + RETRY_AFTER:
        with _RETRYING:
            if _loader(name) is loader:
                forget(name)
        loader = _loader(name)
    if not loader.wait(0):
        while not loader.wait(0.05):
            say(place, loader.line)
        place.empty()
    return loader


def say(place: DeltaGenerator, words: str) -> None:
    """Words while the reader waits."""
    place.html(f'<div class="explorer-wait" role="status">{html.escape(words)} …</div>')
