"""Background jobs: work that goes on while its reader looks at other pages. No streamlit.

A few run at once, the others wait in turn. A job is a function that gives an iterator of events; what the iterator
returns is the result. It is stopped between two events, so it should give one several times a second; None says only
that it is still at work. Where that is not possible it calls what it was given, which raises `Stopped` in time.
"""

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Hashable
from enum import Enum
from typing import Any

from models.errors import ModelError

_LOG = logging.getLogger(__name__)
Work = Callable[[Callable[[], None]], Generator[Any, None, Any]]


class Stopped(Exception):
    """Nobody wants this job any more."""


class State(Enum):
    """Where a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class Job:
    """Work known by a key, what it has told so far, and its result."""

    def __init__(self, key: Hashable, work: Work | None, most_events: int) -> None:
        self.key = key
        self.state = State.WAITING
        self.result: Any = None
        self.error: str | None = None  # for the reader
        self.seen: dict[Hashable, float] = {}  # who looks at it, and when each was last seen
        self._work = work
        self._most_events = most_events
        self._events: list[Any] = []
        self._stop = False
        self._ended = threading.Event()

    @property
    def events(self) -> list[Any]:
        """What it has told, the first and the newest among them; of very many every second one is dropped at times."""
        return list(self._events)

    @property
    def newest(self) -> Any:
        """What it told last; None: nothing yet."""
        return self._events[-1] if self._events else None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self._ended.is_set()

    def wait(self, seconds: float) -> bool:
        """Whether it is over, after at most so many seconds."""
        return self._ended.wait(seconds)

    def stop(self) -> None:
        """Lets it end before its next event."""
        self._stop = True

    def as_it_is(self, reader: Hashable) -> "Job":
        """What has been told up to now, as a job that its reader stopped."""
        copy = Job(self.key, None, self._most_events)
        copy._events = self.events
        copy.seen[reader] = self.seen[reader]
        copy.end(State.STOPPED)
        return copy

    def run(self, is_wanted: Callable[["Job"], bool]) -> None:
        """Does the work, as long as it is wanted."""
        if self._work is None or self._stop or not is_wanted(self):
            self.end(State.STOPPED)
            return

        def check() -> None:
            if self._stop or not is_wanted(self):
                raise Stopped

        self.state = State.RUNNING
        try:
            self.result = self._take(self._work(check), check)
            self.end(State.DONE)
        except Stopped:
            self.end(State.STOPPED)
        except ModelError as error:
            self.error = str(error)
            self.end(State.FAILED)
        except Exception as error:  # noqa: BLE001 - a thread of its own: the reader must be told, whatever it is
            _LOG.exception("a job")
            self.error = f"This could not be done ({type(error).__name__}). The server's log says more."
            self.end(State.FAILED)

    def end(self, state: State) -> None:
        """Nothing more will come."""
        self._work = None  # it may hold a whole text
        self.state = state
        self._ended.set()

    def _take(self, work: Generator[Any, None, Any], check: Callable[[], None]) -> Any:
        try:
            while True:
                event = next(work)
                if event is not None:
                    self._keep(event)
                check()
        except StopIteration as end:
            return end.value
        finally:
            work.close()

    def _keep(self, event: Any) -> None:
        kept = [*self._events, event]
        if len(kept) > self._most_events:
            kept = [*kept[:-1:2], event]
        self._events = kept  # in one piece: others read it meanwhile


class Jobs:
    """Runs jobs on a few threads. Each reader looks at one job a slot; equal jobs are one.

    A job goes on while one of those who look at it was seen within `patience` seconds; the newest results are kept.
    """

    def __init__(
        self,
        at_once: int = 1,
        *,
        patience: float = 600.0,
        grace: float = 30.0,
        most_waiting: int = 50,
        most_kept: int = 16,
        most_events: int = 200,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience, self._grace = patience, grace
        self._most_waiting, self._most_kept, self._most_events = most_waiting, most_kept, most_events
        self._clock = clock
        self._waiting: deque[Job] = deque()
        self._known: OrderedDict[Hashable, Job] = OrderedDict()  # under way, or done
        self._looked_at: dict[Hashable, Job] = {}
        self._changed = threading.Condition()
        for _ in range(at_once):
            threading.Thread(target=self._serve, daemon=True).start()

    def start(self, reader: Hashable, key: Hashable, work: Work) -> Job:
        """The job of that key, which the reader looks at from now on, and not at an earlier one.

        Raises:
            ModelError: too many wait already.
        """
        with self._changed:
            job = self._known.get(key)
            if job is None or job.state in {State.STOPPED, State.FAILED}:
                self._drop_unwanted()
                if len(self._waiting) >= self._most_waiting:
                    raise ModelError(f"{self._most_waiting} others wait already. Try again in a minute.")
                job = self._known[key] = Job(key, work, self._most_events)
                self._waiting.append(job)
                self._changed.notify()
            self._look(reader, job)
            return job

    def find(self, reader: Hashable, key: Hashable) -> Job | None:
        """The job of that key, if it is under way or done; the reader looks at it from now on."""
        with self._changed:
            job = self._known.get(key)
            if job is not None:
                self._look(reader, job)
            return job

    def of(self, reader: Hashable) -> Job | None:
        """What a reader looks at, who is seen by that; also one that was stopped."""
        with self._changed:
            job = self._looked_at.get(reader)
            if job is not None:
                job.seen[reader] = self._clock()
            return job

    def stop(self, reader: Hashable) -> None:
        """The reader wants no more of it. Others who look at the same go on."""
        with self._changed:
            job = self._looked_at.get(reader)
            if job is None or job.is_over:
                return
            if len(job.seen) > 1:
                self._looked_at[reader] = job.as_it_is(reader)
                del job.seen[reader]
            else:
                self._drop(job)

    def leave(self, reader: Hashable) -> None:
        """A reader seems to have gone: what runs for nobody else ends soon, unless the reader is seen again."""
        with self._changed:
            job = self._looked_at.get(reader)
            if job is None:
                return
            if job.is_over:  # what came out may be large
                del self._looked_at[reader]
                job.seen.pop(reader, None)
            else:
                job.seen[reader] = min(job.seen[reader], self._clock() - self._patience + self._grace)

    def ahead_of(self, job: Job) -> int:
        """How many jobs will be started before this one."""
        with self._changed:
            self._drop_unwanted()
            return self._waiting.index(job) if job in self._waiting else 0

    def _look(self, reader: Hashable, job: Job) -> None:
        old = self._looked_at.get(reader)
        if old is not None and old is not job:
            old.seen.pop(reader, None)
            if not old.seen and not old.is_over:
                self._drop(old)
        self._looked_at[reader] = job
        job.seen[reader] = self._clock()

    def _drop(self, job: Job) -> None:
        """Ends a job; a later one of the same key begins anew."""
        job.stop()
        self._known.pop(job.key, None)
        if job in self._waiting:
            self._waiting.remove(job)
            job.end(State.STOPPED)

    def _drop_unwanted(self) -> None:
        """Takes those out of the queue whose readers have gone."""
        for job in [job for job in self._waiting if not self._is_wanted(job)]:
            self._drop(job)

    def _is_wanted(self, job: Job) -> bool:
        with self._changed:
            return any(self._clock() < seen + self._patience for seen in job.seen.values())

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                job = self._waiting.popleft()
            job.run(self._is_wanted)
            with self._changed:
                if job.state is not State.DONE and self._known.get(job.key) is job:
                    del self._known[job.key]
                self._forget()
            del job

    def _forget(self) -> None:
        """Lets go of what was done longest ago, and of readers who have not been seen for long."""
        done = [key for key, job in self._known.items() if job.is_over]
        for key in done[: max(0, len(done) - self._most_kept)]:
            del self._known[key]
        now = self._clock()
        for reader, job in list(self._looked_at.items()):
            if now > job.seen.get(reader, now) + 4 * self._patience:
                del self._looked_at[reader]
                job.seen.pop(reader, None)
