"""Waiting for what takes time: words about it, a Stop button, and what was stopped."""

import time
import uuid
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer import controls, loading
from explorer.inference import ModelQueue, Overtaken, Ticket
from models.errors import ModelError

T = TypeVar("T")
PATIENCE = 0.6  # seconds before a wait is worth words


class Stopped(ModelError):
    """The reader pressed Stop."""


def computed(slot: str, key: Hashable, work: Callable[[Ticket], T], doing: str, place: DeltaGenerator) -> T:
    """What needs no model but time, computed once for all sessions, with words and a Stop button while one waits.

    Args:
        slot: where on the page it goes; of the requests there the newest wins.
        key: everything that the result depends on.
        work: gives it; tells the ticket how far it is, and so can be stopped.
        doing: what is going on, in a word: "Counting".
        place: an `st.empty` for the words.

    Raises:
        ModelError: it can't be done.
        Stopped: the reader pressed Stop.
    """

    def watch(ticket: Ticket) -> str:
        done, of = ticket.done_of
        return f"{doing}: {done / of:.0%}" if of else doing

    ticket = finished(loading.counting_queue(), doing, slot, (doing, key), work, place, watch)
    tickets().pop(slot, None)  # the queue keeps results, as far as there is room: a session holds none
    found: T = result(ticket)
    return found


def going_on(slot: str) -> controls.Offer:
    """Offers to go on with what the reader stopped in a slot."""
    return lambda error: ("Go on", partial(go_on, slot)) if isinstance(error, Stopped) else None


def waited(slot: str, key: Hashable, work: Callable[[Ticket], T], doing: str) -> T | None:
    """What `computed` gives; None where that failed or was stopped, and the reader has been told."""
    place, found = st.empty(), None
    with controls.explained_errors(place, slot, going_on(slot)):
        found = computed(slot, key, work, doing, place)
    return found  # noqa: RET504 - after an error it is None


def sliced(
    slot: str, key: Hashable, go_on: Callable[[float], bool], show: Callable[[], str], place: DeltaGenerator
) -> bool:
    """Work that needs no model, done in slices of this run; Streamlit can stop it between two of them.

    Args:
        slot: where on the page it goes.
        key: what the work is known by; one that was stopped stays so.
        go_on: works for so many seconds; whether the end is reached.
        show: says in a few words what is going on.
        place: an `st.empty` for these words and a Stop button.

    Returns:
        Whether it came to its end; if not, the reader stopped it.
    """
    stopped = _stopped()

    def stop() -> None:
        stopped[slot] = ("", key)

    def again() -> None:
        stopped.pop(slot, None)

    line, patience = None, time.monotonic() + PATIENCE
    while not is_stopped(slot, "", key):
        if go_on(0.05):
            place.empty()
            return True
        if line is not None:
            loading.say(line, show())
        elif time.monotonic() < patience:
            place.empty()
        else:
            with place.container(horizontal=True, vertical_alignment="center"):
                line = st.empty()
                st.button("Stop", key=f"stop {slot}", on_click=stop)
    with place.container(horizontal=True, vertical_alignment="center"):
        st.caption("Stopped.", width="content")
        st.button("Go on", key=f"again {slot}", on_click=again)
    return False


def go_on(slot: str) -> None:
    """Lets a stopped stream start again."""
    _stopped().pop(slot, None)


def finished(
    queue: ModelQueue,
    name: str,
    slot: str,
    key: Hashable,
    work: Callable[[Ticket], Any],
    place: DeltaGenerator,
    watch: Callable[[Ticket], str],
) -> Ticket:
    """A finished ticket. Streamlit can stop this run at each of the st calls, when the reader has gone on.

    Args:
        queue: where it is computed.
        name: of the queue.
        slot: of the session's requests there the newest wins.
        key: what the result is known by.
        work: gives it.
        place: for words and a Stop button.
        watch: looks at the ticket now and then, and says what is going on; nothing new if it says nothing.

    Raises:
        Stopped: the reader pressed Stop.
    """
    if is_stopped(slot, name, key):
        raise Stopped("Stopped.")
    go_on(slot)
    stopped = _stopped()
    asker = (st.session_state.setdefault("_session", uuid.uuid4().hex), slot)
    ticket = tickets()[slot] = queue.ask(asker, key, work)

    def stop() -> None:
        stopped[slot] = (name, key)
        queue.leave(asker)

    line, words, patience = None, "Reading", time.monotonic() + PATIENCE
    while not queue.wait(asker, 0.05) or ticket.overtaken:
        words = watch(ticket) or words
        if line is not None:
            ahead = queue.ahead_of(ticket)
            loading.say(line, f"{ahead} ahead of you" if ahead else words)
        elif time.monotonic() < patience:
            place.empty()
        else:
            with place.container(horizontal=True, vertical_alignment="center"):
                line = st.empty()
                st.button("Stop", key=f"stop {slot}", on_click=stop)
        if ticket.overtaken:  # this run goes on, so nobody did: it was given up while this reader was not seen
            ticket = tickets()[slot] = queue.ask(asker, key, work)
    if line is not None:
        place.empty()
    return ticket


def result(ticket: Ticket) -> Any:
    """What a finished ticket has; ends a run that another one of this session has overtaken."""
    try:
        return ticket.result()
    except Overtaken:
        st.stop()


def tickets() -> dict[str, Ticket]:
    """What this session asked for last, in each slot."""
    tickets: dict[str, Ticket] = st.session_state.setdefault("_tickets", {})
    return tickets


def is_stopped(slot: str, name: str, key: Hashable) -> bool:
    """Whether this session's reader stopped this request."""
    return _stopped().get(slot) == (name, key)


def _stopped() -> dict[str, Hashable]:
    """The requests that this session has stopped, one a text."""
    stopped: dict[str, Hashable] = st.session_state.setdefault("_stopped", {})
    return stopped
