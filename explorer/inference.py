"""One queue in front of each model: a few workers, latest wins, equal requests computed once. No streamlit."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Any

from models.errors import ModelError


class Overtaken(Exception):
    """Nobody waits for this result any more."""


class Ticket:
    """A request's place in the queue, and later its result."""

    def __init__(self, key: Hashable, work: Callable[["Ticket"], Any]) -> None:
        self.key = key
        self._work: Callable[[Ticket], Any] | None = work
        self.askers: set[Hashable] = set()
        self.done_of = (0, 0)
        self.seconds = 0.0
        self._finished = threading.Event()
        self._result: Any = None
        self._error: Exception | None = None

    def wait(self, seconds: float) -> bool:
        """Whether the result is there, after at most so many seconds."""
        return self._finished.wait(seconds)

    def result(self) -> Any:
        """The result of a finished ticket.

        Raises:
            ModelError: the request can't be answered.
            Overtaken: the one who asked has asked for something else since.
        """
        if self._error is not None:
            raise self._error
        return self._result

    def progress(self, done: int, of: int) -> None:
        """Told by the work as it goes on; stops it when nobody waits any more."""
        self.done_of = (done, of)
        if not self.askers:
            raise Overtaken

    def run(self) -> None:
        """Does the work; `finish` must follow."""
        if self._work is None:
            return
        before = time.perf_counter()
        try:
            self._result = self._work(self)
        except Exception as error:  # noqa: BLE001 - it is the asker's: `result` raises it there
            self._error = error
        self.seconds = time.perf_counter() - before

    @property
    def failed(self) -> bool:
        """Whether there is an error in place of a result."""
        return self._error is not None

    def finish(self, error: Exception | None = None) -> None:
        """Lets those who wait go on."""
        self._error = self._error or error
        self._work = None  # it may hold an earlier result
        self._finished.set()


class ModelQueue:
    """Runs requests to one model on a few threads.

    An asker (a session's panel) waits for one result at a time: its new request drops its old one. Results are kept,
    so that a hall that clicks the same example costs one forward pass.
    """

    def __init__(self, workers: int, max_waiting: int = 200, max_results: int = 64) -> None:
        self._max_waiting = max_waiting
        self._max_results = max_results
        self._waiting: deque[Ticket] = deque()
        self._under_way: dict[Hashable, Ticket] = {}
        self._asked: dict[Hashable, Ticket] = {}
        self._results: OrderedDict[Hashable, Ticket] = OrderedDict()
        self._changed = threading.Condition()
        for _ in range(workers):
            threading.Thread(target=self._serve, daemon=True).start()

    def ask(self, asker: Hashable, key: Hashable, work: Callable[[Ticket], Any]) -> Ticket:
        """A ticket for `work`, whose result is known by `key` from now on.

        Raises:
            ModelError: too many requests wait already.
        """
        with self._changed:
            known = self._results.get(key)
            if known is not None:
                self._results.move_to_end(key)
            ticket = known or self._under_way.get(key) or Ticket(key, work)
            self._leave(asker, ticket)
            if known is not None:
                return known
            if key not in self._under_way:
                if len(self._waiting) >= self._max_waiting:
                    raise ModelError(f"{self._max_waiting} requests wait already. Try again in a few seconds.")
                self._under_way[key] = ticket
                self._waiting.append(ticket)
                self._changed.notify()
            ticket.askers.add(asker)
            self._asked[asker] = ticket
            return ticket

    def leave(self, asker: Hashable) -> None:
        """The asker waits no longer; what nobody waits for is dropped or stopped."""
        with self._changed:
            self._leave(asker, None)

    def ahead_of(self, ticket: Ticket) -> int:
        """How many requests will be started before this one."""
        with self._changed:
            return self._waiting.index(ticket) if ticket in self._waiting else 0

    def _leave(self, asker: Hashable, new: Ticket | None) -> None:
        old = self._asked.pop(asker, None)
        if old is None or old is new:
            return
        old.askers.discard(asker)
        if not old.askers:
            # Taken from the table at once, so that a later equal request starts anew and is not stopped with it.
            self._under_way.pop(old.key, None)
            if old in self._waiting:
                self._waiting.remove(old)
                old.finish(error=Overtaken())

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                ticket = self._waiting.popleft()
            self._run(ticket)

    def _run(self, ticket: Ticket) -> None:
        ticket.run()
        with self._changed:
            if self._under_way.get(ticket.key) is ticket:
                del self._under_way[ticket.key]
            for asker in ticket.askers:
                self._asked.pop(asker, None)
            ticket.askers.clear()
            ticket.finish()
            if not ticket.failed:
                self._results[ticket.key] = ticket
                while len(self._results) > self._max_results:
                    self._results.popitem(last=False)
