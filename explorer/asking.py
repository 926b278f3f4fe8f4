"""Asking a model: what it says of a text, computed once for all sessions, with words while the reader waits."""

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import address, controls, loading, waiting
from explorer.inference import ModelQueue, Ticket
from explorer.loading import Loader
from models.errors import ModelError, TextTooLong
from models.tokens.prefixes import common_prefix

if TYPE_CHECKING:
    from models.interfaces import LanguageModel, Tokenizer
    from models.prediction import Score

    Encode = Callable[[Tokenizer], list[int]]

T = TypeVar("T")
MAX_TOKENS = 1_024  # of one text on a page, the start token included


@dataclass(frozen=True)
class Reading:
    """What a model said of a text, and how long that took it."""

    model: "LanguageModel"
    score: "Score"
    computed: int  # tokens that had to be read; those of the text before were known
    seconds: float


@dataclass(frozen=True)
class Stream(Generic[T]):
    """What came of a stream."""

    parts: Sequence[T]
    ended: bool  # False: the reader stopped it
    seconds: float  # of computing


def read(
    parameter: str, name: str, text: str, encode: "Encode | None" = None, *, end: bool = False, who: str = ""
) -> Reading | None:
    """The score of a text by the model `name`, computed once for all sessions; the last good one while that fails.

    Args:
        parameter: the URL parameter that holds the text; of its texts the newest wins.
        name: of the model.
        text: to be read.
        encode: gives its token ids, from the model's tokenizer, where that would cut it otherwise.
        end: whether the end of the text counts.
        who: tells several models that read the same text apart.

    Returns:
        None if there was none yet and this one can't be had; the reader has been told why.
    """
    place = st.empty()  # words about waiting and errors stand here, so that nothing below moves in Streamlit's tree
    slot = _slot(parameter, who)
    last: dict[str, tuple[Hashable, Reading]] = st.session_state.setdefault("_last", {})

    def offer(error: ModelError) -> tuple[str, Callable[[], None]] | None:
        if isinstance(error, TextTooLong):
            return "Keep only the end", partial(address.set_values, **{parameter: error.kept})
        return waiting.going_on(slot)(error)

    still = " What is shown below still belongs to the text before." if slot in last else ""
    with controls.explained_errors(place, slot, offer, still):
        loader = loading.ready(name, place)
        lm = loader.model()
        token_ids = encode(lm.tokenizer) if encode else lm.tokenizer.encode(text)
        _check_length(lm, token_ids)
        key = (name, tuple(token_ids), text, end)
        known, earlier = last.get(slot, (None, None))
        if earlier is not None and earlier.model is lm and known == key:
            return earlier
        after = earlier.score if earlier is not None and earlier.model is lm else None

        def work(ticket: Ticket) -> tuple["Score", int]:
            from models.prediction import score

            known = 0 if after is None else common_prefix(after.token_ids, token_ids)
            one = score(lm, token_ids, written=text, after=after, end=end, progress=ticket.progress)
            return one, len(one.token_ids) - known

        ticket = waiting.finished(_queue(loader), name, slot, key, work, place, _progress)
        one, computed = waiting.result(ticket)
        last[slot] = key, Reading(lm, one, computed, ticket.seconds)
    return last_reading(parameter, who)


def read_now(parameter: str, lm: "LanguageModel", text: str, token_ids: list[int]) -> Reading:
    """The score of a text by a model that answers in milliseconds and needs no queue.

    Raises:
        TextTooLong: there are too many tokens.
    """
    from models.prediction import score

    before = time.perf_counter()
    _check_length(lm, token_ids)
    one = score(lm, token_ids, written=text)
    reading = Reading(lm, one, len(one.token_ids), time.perf_counter() - before)
    last: dict[str, tuple[Hashable, Reading]] = st.session_state.setdefault("_last", {})
    last[_slot(parameter, "")] = (lm.card.name, tuple(token_ids), text, False), reading
    return reading


def _check_length(lm: "LanguageModel", token_ids: list[int]) -> None:
    if len(token_ids) > MAX_TOKENS - 1:
        raise TextTooLong(
            f"{len(token_ids):,} tokens are more than the {MAX_TOKENS - 1:,} that this page reads at once. "
            "Shorten the text, or keep only its end.",
            # The cut may go through a character: what is left of that is no text.
            lm.tokenizer.decode(token_ids[-(MAX_TOKENS - 1) :]).lstrip("\ufffd"),
        )


def last_reading(parameter: str, who: str = "") -> Reading | None:
    """What this page last read of a text."""
    last: dict[str, tuple[Hashable, Reading]] = st.session_state.get("_last", {})
    return last.get(_slot(parameter, who), (None, None))[1]


def _slot(parameter: str, who: str) -> str:
    return " ".join(filter(None, (st.session_state["_slug"], parameter, who)))


def stream(
    slot: str,
    name: str,
    key: tuple[Hashable, ...],
    work: "Callable[[LanguageModel], Iterator[T]]",
    show: Callable[[Sequence[T]], str],
    place: DeltaGenerator,
) -> Stream[T] | None:
    """What a model goes on to say, computed once for all sessions, shown as it comes.

    Args:
        slot: where on the page it goes; of the requests there the newest wins.
        name: of the model.
        key: everything that the result depends on, besides the model; first what `streamed` knows it by.
        work: yields the parts.
        show: draws the parts so far and says in a few words what is going on; is called whenever there are more.
        place: an `st.empty` for these words, a Stop button and errors.

    Returns:
        None if there is nothing; the reader has been told why.
    """
    whole = (slot, name, key)
    found: Stream[T] | None = None
    with controls.explained_errors(place, slot):
        loader = loading.ready(name, place)
        lm = loader.model()
        drawn = 0

        def watch(ticket: Ticket) -> str:
            nonlocal drawn
            parts = list(ticket.parts)
            if len(parts) == drawn:
                return ""
            drawn = len(parts)
            return show(parts)

        if not waiting.is_stopped(slot, name, whole):
            waiting.finished(_queue(loader), name, slot, whole, lambda _: work(lm), place, watch)
        ticket, stopped = waiting.tickets().get(slot), waiting.is_stopped(slot, name, whole)
        if ticket is not None and ticket.key == whole:
            watch(ticket)
            found = Stream(tuple(ticket.parts), not stopped and not ticket.failed, ticket.seconds)
        if stopped:
            with place.container(horizontal=True, vertical_alignment="center"):
                st.caption("Stopped.", width="content")
                st.button("Start again", key=f"again {slot}", on_click=waiting.go_on, args=(slot,))
        elif ticket is not None:
            waiting.result(ticket)
    return found


def streamed(slot: str, after: Hashable) -> list[Any]:
    """The parts that a stream of this session has given so far, if `after` is the first part of its key."""
    ticket = waiting.tickets().get(slot)
    known = ticket is not None and isinstance(ticket.key, tuple) and ticket.key[2][0] == after
    return list(ticket.parts) if ticket is not None and known else []


def _queue(loader: Loader) -> ModelQueue:
    if loader.queue is None:
        raise RuntimeError("a loaded model has a queue")
    return loader.queue


def _progress(ticket: Ticket) -> str:
    done, of = ticket.done_of
    return f"Reading: {done:,} of {of:,} tokens" if of else "Reading"
