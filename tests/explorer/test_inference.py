import threading
import time
import weakref

import pytest

from explorer import inference
from explorer.inference import ModelQueue, Overtaken
from models.errors import ModelError


class Gate:
    """Work that waits until it is let through, and counts how often it ran."""

    def __init__(self):
        self.open, self.started, self.runs = threading.Event(), threading.Event(), 0

    def __call__(self, ticket):
        self.runs += 1
        self.started.set()
        while not self.open.wait(0.005):
            ticket.progress(0, 1)
        return self.runs


@pytest.fixture
def queue():
    return ModelQueue(workers=1, max_waiting=3, max_results=2)


def test_a_result_comes_back_and_is_kept(queue):
    assert queue.ask("me", "key", lambda _: 42).wait(5)
    ticket = queue.ask("you", "key", lambda _: pytest.fail("computed twice"))
    assert ticket.wait(5)
    assert ticket.result() == 42


def test_equal_requests_are_computed_once(queue):
    gate = Gate()
    tickets = [queue.ask(asker, "key", gate) for asker in "abc"]
    gate.open.set()
    assert all(ticket.wait(5) for ticket in tickets)
    assert gate.runs == 1


def test_the_newest_request_of_an_asker_wins(queue):
    busy, old, new = Gate(), Gate(), Gate()
    running = queue.ask("other", "busy", busy)
    assert busy.started.wait(5)
    overtaken = queue.ask("me", "old", old)
    newest = queue.ask("me", "new", new)
    busy.open.set()
    new.open.set()
    assert running.wait(5)
    assert newest.wait(5)
    assert old.runs == 0
    with pytest.raises(Overtaken):
        overtaken.result()


def test_a_running_request_stops_when_nobody_waits(queue):
    gate = Gate()
    ticket = queue.ask("me", "slow", gate)
    assert gate.started.wait(5)
    queue.leave("me")
    assert ticket.wait(5)
    with pytest.raises(Overtaken):
        ticket.result()
    after = queue.ask("me", "slow", lambda _: "anew")
    assert after.wait(5)
    assert after.result() == "anew"


def test_one_leaving_does_not_stop_what_another_waits_for(queue):
    gate = Gate()
    mine, yours = queue.ask("me", "key", gate), queue.ask("you", "key", gate)
    assert gate.started.wait(5)
    queue.ask("me", "else", lambda _: 0)
    gate.open.set()
    assert yours.wait(5)
    assert mine is yours
    assert yours.result() == 1


def test_a_full_queue_says_so(queue):
    gate = Gate()
    queue.ask("busy", "busy", gate)
    assert gate.started.wait(5)
    tickets = [queue.ask(asker, asker, gate) for asker in "abc"]
    assert [queue.ahead_of(ticket) for ticket in tickets] == [0, 1, 2]
    with pytest.raises(ModelError, match="Try again"):
        queue.ask("d", "d", gate)
    gate.open.set()


def test_errors_belong_to_the_asker_and_are_not_kept(queue):
    def fail(_):
        raise ModelError("no")

    ticket = queue.ask("me", "key", fail)
    assert ticket.wait(5)
    with pytest.raises(ModelError, match="no"):
        ticket.result()
    again = queue.ask("me", "key", lambda _: "yes")
    assert again.wait(5)
    assert again.result() == "yes"


def test_results_are_bounded(queue):
    for i in range(10):
        assert queue.ask("me", i, lambda _, i=i: i).wait(5)
    assert len(queue._results) == 2
    assert not queue._asked
    assert not queue._under_way


def test_many_threads_ask_at_once():
    queue = ModelQueue(workers=2)
    wrong = []

    def ask(name):
        for i in range(50):
            ticket = queue.ask(name, i % 7, lambda _, i=i: time.sleep(0.0005) or i % 7)
            if not ticket.wait(10) or ticket.result() != i % 7:
                wrong.append((name, i))

    threads = [threading.Thread(target=ask, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


class Tap:
    """A stream whose items are let through one by one."""

    def __init__(self):
        self.let, self.closed, self.given = threading.Semaphore(0), threading.Event(), 0

    def __call__(self, _ticket):
        return self._items()

    def _items(self):
        try:
            for i in range(1000):
                assert self.let.acquire(timeout=5)
                self.given = i + 1
                yield i
        finally:
            self.closed.set()


def until(condition):
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.005)
    return False


def test_the_items_of_a_stream_are_there_as_they_come(queue):
    tap = Tap()
    ticket = queue.ask("me", "stream", tap)
    tap.let.release(2)
    assert until(lambda: ticket.parts == [0, 1])
    assert not ticket.wait(0)
    short = queue.ask("you", "short", lambda _: iter("abc"))
    queue.leave("me")
    tap.let.release()
    assert short.wait(5)
    assert short.result() == ["a", "b", "c"]


def test_a_stream_that_nobody_waits_for_stops_at_its_next_item(queue):
    tap = Tap()
    before = threading.active_count()
    ticket = queue.ask("me", "stream", tap)
    tap.let.release(2)
    assert until(lambda: len(ticket.parts) == 2)
    queue.leave("me")
    tap.let.release(100)
    assert ticket.wait(5)
    assert tap.closed.wait(5)
    assert tap.given == 3
    assert threading.active_count() == before
    assert ticket.parts[:2] == [0, 1]
    with pytest.raises(Overtaken):
        ticket.result()


def test_a_long_stream_lets_others_go_first(queue):
    tap = Tap()
    long = queue.ask("me", "stream", tap)
    tap.let.release()
    assert until(lambda: long.parts)
    short = queue.ask("you", "short", lambda _: "quick")
    until(lambda: tap.let.release() or short.wait(0))
    assert short.result() == "quick"
    assert not long.wait(0)
    queue.leave("me")
    tap.let.release()
    assert tap.closed.wait(5)


def test_a_stream_that_fails_says_so_and_keeps_its_items(queue):
    def failing():
        yield 1
        raise ModelError("too long")

    ticket = queue.ask("me", "stream", lambda _: failing())
    assert ticket.wait(5)
    assert ticket.parts == [1]
    with pytest.raises(ModelError, match="too long"):
        ticket.result()


def test_one_who_is_not_seen_any_more_holds_no_worker(queue, monkeypatch):
    """A reader who leaves the page or closes the browser says nothing."""
    monkeypatch.setattr(inference, "_MISSED", 0.2)
    tap = Tap()
    ticket = queue.ask("me", "stream", tap)
    for _ in range(8):
        tap.let.release()
        assert not queue.wait("me", 0.05)
    assert until(lambda: tap.let.release() or tap.closed.wait(0.02))
    assert 8 <= tap.given < 100
    assert ticket.wait(5)
    assert ticket.overtaken
    assert queue.wait("me", 0)
    assert queue.ask("me", "stream", lambda _: "anew").wait(5)


def test_what_nobody_waits_for_is_not_begun(queue, monkeypatch):
    monkeypatch.setattr(inference, "_MISSED", 0.05)
    begun, over, gone = threading.Event(), threading.Event(), Gate()

    def busy(_ticket):  # it can't be given up: else it would make room while the other still counts as there
        begun.set()
        return over.wait(5)

    queue.ask("other", "busy", busy)
    assert begun.wait(5)
    ticket = queue.ask("me", "gone", gone)
    time.sleep(0.1)
    over.set()
    assert ticket.wait(5)
    assert ticket.overtaken
    assert gone.runs == 0


def test_a_closed_queue_ends_its_threads():
    before = threading.active_count()
    queue = ModelQueue(workers=3)
    assert queue.ask("me", "key", lambda _: 1).wait(5)
    queue.close()
    assert until(lambda: threading.active_count() == before)


def test_heavy_results_are_forgotten_first_come_first_gone():
    queue = ModelQueue(workers=1, weigh=lambda result: {id(result): len(result)}, max_bytes=10)

    def ask(key, size):
        ticket = queue.ask("me", key, lambda _: f"{key}" * size)
        assert ticket.wait(5)
        return ticket

    first, second = ask(1, 4), ask(2, 4)
    assert ask(1, 4) is first
    ask(3, 6)  # 4 + 4 + 6: the second was asked for longest ago
    assert ask(1, 4) is first
    assert ask(2, 4) is not second
    alone = ask(4, 50)  # more than there is room for, but it was just asked for
    assert ask(4, 50) is alone
    assert ask(1, 4) is not first


def test_a_part_that_results_share_weighs_once():
    shared = "x" * 8
    queue = ModelQueue(workers=1, weigh=lambda result: {id(result): len(result)}, max_bytes=10)

    def ask(key):
        ticket = queue.ask("me", key, lambda _: shared)
        assert ticket.wait(5)
        return ticket

    first, second = ask(1), ask(2)
    assert ask(1) is first
    assert ask(2) is second


class Result:
    """What a weak reference can be made to."""


def test_a_worker_without_work_holds_no_result(queue):
    ticket = queue.ask("me", "key", lambda _: Result())
    assert ticket.wait(5)
    result = weakref.ref(ticket.result())
    del ticket
    assert result() is not None
    queue._results.clear()
    for _ in range(100):
        if result() is None:
            break
        time.sleep(0.02)
    assert result() is None
