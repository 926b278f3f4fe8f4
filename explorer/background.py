"""This session's background jobs: they go on while the reader looks at other pages, and end when the session does."""

import uuid
from collections.abc import Hashable

import streamlit as st

from explorer import loading
from explorer.jobs import Job, State, Work


def current(slot: str, key: Hashable) -> Job | None:
    """The job of that key, under way or over, if there is one; the newest of the session in that slot from now on."""
    jobs, reader = loading.jobs(), _reader(slot)
    job = jobs.of(reader)
    return job if job is not None and job.key == key else jobs.find(reader, key)


def start(slot: str, key: Hashable, work: Work) -> Job:
    """Starts a job, or joins an equal one.

    Args:
        slot: where on the page it goes; of the session's jobs there only the newest goes on.
        key: everything that the result depends on.
        work: as `jobs.Work`.

    Raises:
        ModelError: too many jobs wait already.
    """
    return loading.jobs().start(_reader(slot), key, work)


def stop(slot: str) -> None:
    """The session's reader wants no more of it."""
    loading.jobs().stop(_reader(slot))


def waits(job: Job) -> str:
    """Words about a job that has told nothing yet."""
    ahead = loading.jobs().ahead_of(job)
    if job.state is not State.WAITING:
        return "Preparing"
    return f"{ahead + 1} ahead of you" if ahead else "Next in turn"


def _reader(slot: str) -> Hashable:
    session: str = st.session_state.setdefault("_session", uuid.uuid4().hex)
    reader = (session, slot)
    loading.presence(session).add(reader)
    return reader
