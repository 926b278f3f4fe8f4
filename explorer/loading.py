"""Makes and shares what is expensive: models, and what they said. The only file that caches with streamlit."""

import gc
import html
import logging
import threading
import time
import uuid
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import models
from explorer import controls
from explorer.inference import ModelQueue, Overtaken, Ticket
from models import registry
from models.errors import ModelError, TextTooLong
from models.tokens.prefixes import common_prefix

if TYPE_CHECKING:
    from models.interfaces import LanguageModel, Tokenizer
    from models.prediction import Score

    Encode = Callable[[Tokenizer], list[int]]

_LOG = logging.getLogger(__name__)
_RETRYING = threading.Lock()
MAX_TOKENS = 1_024  # of one text on a page, the start token included
RETRY_AFTER = 30.0  # seconds until a model that could not be loaded is tried again
PATIENCE = 0.6  # seconds before a wait is worth words


class Loader:
    """Loads one model in a thread of its own and puts a queue in front of it."""

    def __init__(self, name: str) -> None:
        self.line = "Starting"
        self.ended = 0.0
        self._name = name
        self._ready = threading.Event()
        self._error: str | None = None
        self._model: LanguageModel | None = None
        self.queue: ModelQueue | None = None
        threading.Thread(target=self._load, daemon=True).start()

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
            model = models.load(self._name, self._tell)
            from models import device

            self.queue = ModelQueue(device.workers())
            self._model = model
        except ModelError as error:
            self._error = str(error)
        except Exception as error:  # noqa: BLE001 - a thread of its own: the reader must be told, whatever it is
            _LOG.exception("loading %s", self._name)
            self._error = f"{self._name} could not be loaded ({type(error).__name__}). The server's log says more."
        finally:
            gc.enable()
        # What is loaded stays: no later collection need look at it.
        gc.collect()
        gc.freeze()
        self.ended = time.monotonic()
        self._ready.set()

    def _tell(self, line: str) -> None:
        self.line = line


class Stopped(ModelError):
    """The reader pressed Stop."""


@dataclass(frozen=True)
class Reading:
    """What a model said of a text, and how long that took it."""

    model: "LanguageModel"
    score: "Score"
    computed: int  # tokens that had to be read; those of the text before were known
    seconds: float


@st.cache_resource(max_entries=4, show_spinner=False)
def _loader(name: str) -> Loader:
    return Loader(name)


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
    return _ready(name, place).model()


def read(parameter: str, name: str, encode: "Encode", *, end: bool = False) -> Reading | None:
    """The score of a text by the model `name`, computed once for all sessions; the last good one while that fails.

    Args:
        parameter: the URL parameter that holds the text; of its texts the newest wins.
        name: of the model.
        encode: gives the text's token ids, from the model's tokenizer.
        end: whether the end of the text counts.

    Returns:
        None if there was none yet and this one can't be had; the reader has been told why.
    """
    place = st.empty()  # words about waiting and errors stand here, so that nothing below moves in Streamlit's tree
    slot = f"{st.session_state['_slug']} {parameter}"
    last: dict[str, tuple[Hashable, Reading]] = st.session_state.setdefault("_last", {})

    def offer(error: ModelError) -> tuple[str, Callable[[], None]] | None:
        if isinstance(error, TextTooLong):
            return "Keep only the end", partial(controls.set_values, **{parameter: error.kept})
        return ("Go on", _stopped().clear) if isinstance(error, Stopped) else None

    still = " What is shown below still belongs to the text before." if slot in last else ""
    with controls.explained_errors(place, parameter, offer, still):
        loader = _ready(name, place)
        lm = loader.model()
        token_ids = encode(lm.tokenizer)
        if len(token_ids) > MAX_TOKENS - 1:
            raise TextTooLong(
                f"{len(token_ids):,} tokens are more than the {MAX_TOKENS - 1:,} that this page reads at once. "
                "Shorten the text, or keep only its end.",
                # The cut may go through a character: what is left of that is no text.
                lm.tokenizer.decode(token_ids[-(MAX_TOKENS - 1) :]).lstrip("\ufffd"),
            )
        key = (tuple(token_ids), end)
        known, earlier = last.get(slot, (None, None))
        if earlier is not None and earlier.model is lm and known == key:
            return earlier
        after = earlier.score if earlier is not None and earlier.model is lm else None

        def work(ticket: Ticket) -> tuple["Score", int]:
            from models.prediction import score

            known = 0 if after is None else common_prefix(after.token_ids, token_ids)
            one = score(lm, token_ids, after=after, end=end, progress=ticket.progress)
            return one, len(one.token_ids) - known

        ticket = _finished(loader, parameter, key, work, place)
        try:
            one, computed = ticket.result()
        except Overtaken:
            st.stop()
        last[slot] = key, Reading(lm, one, computed, ticket.seconds)
    return last_reading(parameter)


def last_reading(parameter: str) -> Reading | None:
    """What this page last read of a text."""
    last: dict[str, tuple[Hashable, Reading]] = st.session_state.get("_last", {})
    return last.get(f"{st.session_state['_slug']} {parameter}", (None, None))[1]


def _ready(name: str, place: DeltaGenerator) -> Loader:
    """The loader of a model once it is done; says in `place` what is going on."""
    loader = _loader(name)
    if loader.failed and time.monotonic() > loader.ended + RETRY_AFTER:
        with _RETRYING:
            if _loader(name) is loader:
                _loader.clear(name)
        loader = _loader(name)
    if not loader.wait(0):
        while not loader.wait(0.05):
            _say(place, loader.line)
        place.empty()
    return loader


def _finished(
    loader: Loader, parameter: str, key: Hashable, work: Callable[[Ticket], Any], place: DeltaGenerator
) -> Ticket:
    """A finished ticket. Streamlit can stop this run at each of the st calls, when the reader has gone on.

    Raises:
        Stopped: the reader pressed Stop.
    """
    queue = loader.queue
    if queue is None:
        raise RuntimeError("a loaded model has a queue")
    stopped = _stopped()
    if stopped.get(parameter) == key:
        raise Stopped("Stopped.")
    stopped.pop(parameter, None)
    asker = (st.session_state.setdefault("_session", uuid.uuid4().hex), parameter)
    ticket = queue.ask(asker, key, work)
    if ticket.wait(PATIENCE):
        return ticket

    def stop() -> None:
        stopped[parameter] = key
        queue.leave(asker)

    with place.container(horizontal=True, vertical_alignment="center"):
        line = st.empty()
        st.button("Stop", key=f"stop {parameter}", on_click=stop)
    while not ticket.wait(0.05):
        done, of = ticket.done_of
        ahead = queue.ahead_of(ticket)
        _say(line, f"{ahead} ahead of you" if ahead else f"Reading: {done:,} of {of:,} tokens" if of else "Reading")
    place.empty()
    return ticket


def _stopped() -> dict[str, Hashable]:
    """The requests that this session has stopped, one a text."""
    stopped: dict[str, Hashable] = st.session_state.setdefault("_stopped", {})
    return stopped


def _say(place: DeltaGenerator, words: str) -> None:
    place.html(f'<div class="explorer-wait" role="status">{html.escape(words)} …</div>')
