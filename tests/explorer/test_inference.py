import threading
import time

import pytest

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
