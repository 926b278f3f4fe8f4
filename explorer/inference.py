"""One queue in front of each model: a few workers, latest wins, equal requests computed once. No streamlit."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

from models.errors import ModelError

_TURN = 0.3  # seconds of a stream until others have their turn
_MISSED = 5.0  # seconds after which one who does not wait any more has left


class Overtaken(Exception):
    """Nobody waits for this result any more."""


class Ticket:
    """A request's place in the queue, and later its result.

    Work that gives an iterator is a stream: its items are `parts` as they come, and in the end the result.
    """

    def __init__(self, key: Hashable, work: Callable[["Ticket"], Any]) -> None:
        self.key = key
        self._work: Callable[[Ticket], Any] | None = work
        self._stream: Iterator[Any] | None = None
        self.askers: dict[Hashable, float] = {}  # and when each was last seen
        self.done_of = (0, 0)
        self.parts: list[Any] = []
        self.seconds = 0.0
        self._finished = threading.Event()
        self._result: Any = None
        self._error: Exception | None = None

    def wait(self, seconds: float) -> bool:
        """Whether the result is there, after at most so many seconds."""
        return self._finished.wait(seconds)

    @property
    def is_awaited(self) -> bool:
        """Whether someone was seen to wait lately: a reader may have left the page or closed the browser."""
        return any(time.monotonic() < seen + _MISSED for seen in list(self.askers.values()))

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
        if not self.is_awaited:
            raise Overtaken

    def run(self, seconds: float) -> bool:
        """Does the work, of a stream about so many seconds of it; whether that was the end. Then `finish` must follow.

        A stream that nobody waits for stops at its next item.
        """
        if self._work is None:
            return True
        before = time.perf_counter()
        try:
            if self._stream is None:
                result = self._work(self)
                if not isinstance(result, Iterator):
                    self._result = result
                    return True
                self._stream = result
                del result  # else a stream that is left would wait for this thread's next work to close
            for part in self._stream:
                self.parts.append(part)
                if not self.is_awaited:
                    raise Overtaken
                if time.perf_counter() > before + seconds:
                    return False
            self._result = list(self.parts)
        except Exception as error:  # noqa: BLE001 - it is the asker's: `result` raises it there
            self._error = error
        finally:
            self.seconds += time.perf_counter() - before
        return True

    @property
    def failed(self) -> bool:
        """Whether there is an error in place of a result."""
        return self._error is not None

    @property
    def overtaken(self) -> bool:
        """Whether it was given up since nobody seemed to wait."""
        return isinstance(self._error, Overtaken)

    def finish(self, error: Exception | None = None) -> None:
        """Lets those who wait go on."""
        self._error = self._error or error
        self._work = self._stream = None  # they may hold an earlier result
        self._finished.set()


class ModelQueue:
    """Runs requests to one model on a few threads.

    An asker (a session's panel) waits for one result at a time: its new request drops its old one. Results are kept,
    so that a hall that clicks the same example costs one forward pass.
    """

    def __init__(
        self,
        workers: int,
        max_waiting: int = 200,
        max_results: int = 64,
        weigh: Callable[[Any], Mapping[int, int]] = lambda _result: {},
        max_bytes: int = 0,
    ) -> None:
        """Results are kept while they are at most `max_results` and hold at most `max_bytes`; the newest always.

        `weigh` gives the parts of a result and the bytes of each; several results may share a part.
        """
        self._max_waiting = max_waiting
        self._max_results = max_results
        self._weigh = weigh
        self._max_bytes = max_bytes
        self._waiting: deque[Ticket] = deque()
        self._under_way: dict[Hashable, Ticket] = {}
        self._asked: dict[Hashable, Ticket] = {}
        self._results: OrderedDict[Hashable, Ticket] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False
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
            ticket.askers[asker] = time.monotonic()
            self._asked[asker] = ticket
            return ticket

    def wait(self, asker: Hashable, seconds: float) -> bool:
        """Whether the asker's result is there, after at most so many seconds; the asker is seen to wait."""
        with self._changed:
            ticket = self._asked.get(asker)
            if ticket is not None:
                ticket.askers[asker] = time.monotonic()
        return ticket is None or ticket.wait(seconds)

    def leave(self, asker: Hashable) -> None:
        """The asker waits no longer; what nobody waits for is dropped or stopped."""
        with self._changed:
            self._leave(asker, None)

    def close(self) -> None:
        """Ends the threads once the work under way is done."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def ahead_of(self, ticket: Ticket) -> int:
        """How many requests will be started before this one."""
        with self._changed:
            return self._waiting.index(ticket) if ticket in self._waiting else 0

    def _leave(self, asker: Hashable, new: Ticket | None) -> None:
        old = self._asked.pop(asker, None)
        if old is None or old is new:
            return
        old.askers.pop(asker, None)
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
                    if self._closed:
                        return
                    self._changed.wait()
                ticket = self._waiting.popleft()
            self._run(ticket)
            del ticket  # else this thread would hold its result until it has other work

    def _run(self, ticket: Ticket) -> None:
        ended = ticket.is_awaited and ticket.run(_TURN)
        with self._changed:
            if not ended and ticket.is_awaited:  # the rest of a long stream lets the others go first
                self._waiting.append(ticket)
                self._changed.notify()
                return
            if self._under_way.get(ticket.key) is ticket:
                del self._under_way[ticket.key]
            for asker in ticket.askers:
                self._asked.pop(asker, None)
            ticket.askers.clear()
            ticket.finish(None if ended else Overtaken())
            if not ticket.failed:
                self._results[ticket.key] = ticket
                self._forget()

    def _forget(self) -> None:
        """Lets go of the results that were asked for longest ago, until the rest is few and light enough."""
        weights = {key: self._weigh(ticket.result()) for key, ticket in self._results.items()}
        while len(weights) > self._max_results or (len(weights) > 1 and _together(weights) > self._max_bytes):
            key, _ = self._results.popitem(last=False)
            del weights[key]


def _together(weights: Mapping[Hashable, Mapping[int, int]]) -> int:
    """The bytes of all parts, each counted once."""
    return sum({part: size for parts in weights.values() for part, size in parts.items()}.values())
