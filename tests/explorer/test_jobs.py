import gc
import re
import threading
import weakref

import pytest

from explorer.jobs import Jobs, State
from models.errors import ModelError

WAIT = 20  # seconds at most, until something that must happen has happened


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Steps:
    """Work that takes one step each time it is let."""

    def __init__(self, count=3):
        self.count = count
        self.let = threading.Semaphore(0)
        self.taken = threading.Semaphore(0)
        self.closed = threading.Event()

    def __call__(self, _check):
        try:
            for step in range(self.count):
                assert self.let.acquire(timeout=WAIT)
                self.taken.release()
                yield step
            return "result"
        finally:
            self.closed.set()

    def step(self):
        self.let.release()
        assert self.taken.acquire(timeout=WAIT)


def at_once(count):
    def work(_check):
        yield from range(count)
        return "result"

    return work


def failing(error):
    def work(_check):
        yield "begun"
        raise error

    return work


def test_a_job_tells_its_events_and_gives_its_result():
    job = Jobs().start("a", "key", at_once(5))
    assert job.wait(WAIT)
    assert (job.state, job.events, job.newest, job.result) == (State.DONE, [0, 1, 2, 3, 4], 4, "result")


def test_none_is_no_event():
    def work(_check):
        yield from (None, 1, None)

    job = Jobs().start("a", "key", work)
    assert job.wait(WAIT)
    assert job.events == [1]


def test_the_history_is_bounded_and_keeps_the_first_and_the_newest():
    job = Jobs(most_events=10).start("a", "key", at_once(1_000))
    assert job.wait(WAIT)
    assert len(job.events) <= 10
    assert (job.events[0], job.newest) == (0, 999)
    assert job.events == sorted(job.events)


def test_equal_jobs_are_one_and_a_result_is_kept():
    jobs, steps = Jobs(), Steps(1)
    first = jobs.start("a", "key", steps)
    assert jobs.start("b", "key", at_once(1)) is first
    steps.step()
    assert first.wait(WAIT)
    assert jobs.start("c", "key", failing(ValueError())) is first
    assert jobs.find("d", "key") is first
    assert jobs.find("d", "another") is None


def test_a_stopped_job_ends_before_its_next_event_and_keeps_what_it_told():
    jobs, steps = Jobs(), Steps()
    job = jobs.start("a", "key", steps)
    steps.step()
    jobs.stop("a")
    steps.let.release()
    assert job.wait(WAIT)
    assert steps.closed.wait(WAIT)
    assert (job.state, job.result) == (State.STOPPED, None)
    assert job.events[:1] == [0]
    assert len(job.events) <= 2
    assert jobs.of("a") is job
    assert jobs.find("a", "key") is None  # the next one begins anew
    again = jobs.start("a", "key", at_once(2))
    assert again.wait(WAIT)
    assert again.state is State.DONE


def test_work_between_two_events_can_ask_whether_it_is_wanted():
    begun = threading.Event()

    def work(check):
        begun.set()
        for _ in range(1_000_000):
            check()
            threading.Event().wait(0.001)
        yield "never"

    jobs = Jobs()
    job = jobs.start("a", "key", work)
    assert begun.wait(WAIT)
    jobs.stop("a")
    assert job.wait(WAIT)
    assert (job.state, job.events) == (State.STOPPED, [])


def test_who_stops_takes_nothing_from_others():
    jobs, steps = Jobs(), Steps(2)
    job = jobs.start("a", "key", steps)
    jobs.start("b", "key", steps)
    steps.step()
    while not job.events:
        pass
    jobs.stop("a")
    assert jobs.of("a").state is State.STOPPED
    assert jobs.of("a").events == [0]
    steps.step()
    assert job.wait(WAIT)
    assert jobs.of("b") is job
    assert job.state is State.DONE
    assert jobs.of("a").events == [0]


def test_a_reader_looks_at_one_job_and_an_earlier_one_ends():
    jobs, steps = Jobs(), Steps()
    first = jobs.start("a", "first", steps)
    steps.step()
    second = jobs.start("a", "second", at_once(1))
    steps.let.release()
    assert first.wait(WAIT)
    assert second.wait(WAIT)
    assert (first.state, second.state) == (State.STOPPED, State.DONE)


def test_others_wait_in_turn_and_see_their_place():
    jobs, steps = Jobs(at_once=1), Steps(1)
    running = jobs.start("a", "a", steps)
    while running.state is State.WAITING:
        pass
    second, third = (jobs.start(name, name, at_once(1)) for name in "bc")
    assert [jobs.ahead_of(job) for job in (running, second, third)] == [0, 0, 1]
    assert second.state is State.WAITING
    jobs.stop("b")
    assert second.state is State.STOPPED
    assert jobs.ahead_of(third) == 0
    steps.step()
    assert third.wait(WAIT)
    assert third.state is State.DONE


def test_too_many_are_refused():
    jobs, steps = Jobs(at_once=1, most_waiting=2), Steps(1)
    running = jobs.start("a", "a", steps)
    while running.state is State.WAITING:
        pass
    for name in "bc":
        jobs.start(name, name, at_once(1))
    with pytest.raises(ModelError, match="2 others wait already"):
        jobs.start("d", "d", at_once(1))
    steps.step()


@pytest.mark.parametrize(
    ("error", "said"), [(ModelError("Give a longer text."), "Give a longer text."), (KeyError("x"), r"\(KeyError\)")]
)
def test_an_error_is_told_and_the_next_one_begins_anew(error, said):
    jobs = Jobs()
    job = jobs.start("a", "key", failing(error))
    assert job.wait(WAIT)
    assert job.state is State.FAILED
    assert re.search(said, job.error)
    assert job.events == ["begun"]
    again = jobs.start("b", "other", at_once(1))
    assert again.wait(WAIT)
    assert jobs.find("a", "key") is None


def test_a_job_that_nobody_looks_at_ends_after_some_minutes():
    clock = Clock()
    jobs, steps = Jobs(patience=100, clock=clock), Steps(4)
    job = jobs.start("a", "key", steps)
    clock.now += 99
    steps.step()
    jobs.of("a")  # seen again
    clock.now += 99
    steps.step()
    clock.now += 2
    steps.step()
    assert job.wait(WAIT)
    assert job.state is State.STOPPED


def test_a_reader_who_leaves_and_comes_back_finds_the_job_at_work():
    clock = Clock()
    jobs, steps = Jobs(patience=100, grace=10, clock=clock), Steps(4)
    job = jobs.start("a", "key", steps)
    jobs.leave("a")
    clock.now += 5
    steps.step()
    jobs.of("a")
    clock.now += 50
    steps.step()
    jobs.leave("a")
    clock.now += 11
    steps.step()
    assert job.wait(WAIT)
    assert job.state is State.STOPPED


def test_only_the_newest_results_are_kept():
    jobs = Jobs(most_kept=2)
    for name in "abc":
        assert jobs.start("reader " + name, name, at_once(1)).wait(WAIT)
    last = jobs.start("reader", "d", at_once(1))
    assert last.wait(WAIT)
    assert jobs.start("reader", "e", at_once(1)).wait(WAIT)
    assert jobs.find("reader", "a") is None


def test_who_has_gone_is_not_waited_for():
    clock = Clock()
    jobs, steps = Jobs(at_once=1, most_waiting=2, patience=100, clock=clock), Steps(1)
    running = jobs.start("a", "a", steps)
    while running.state is State.WAITING:
        pass
    gone = [jobs.start(name, name, at_once(1)) for name in "bc"]
    clock.now += 101
    jobs.of("a")
    newcomer = jobs.start("d", "d", at_once(1))
    assert jobs.ahead_of(newcomer) == 0
    assert all(job.state is State.STOPPED for job in gone)
    steps.step()
    assert newcomer.wait(WAIT)
    assert newcomer.state is State.DONE


def test_what_is_done_does_not_outlive_its_readers():
    jobs = Jobs(most_kept=0)
    job = jobs.start("a", "key", at_once(1))
    assert job.wait(WAIT)
    gone = weakref.ref(job)
    del job
    jobs.leave("a")
    other = jobs.start("b", "other", at_once(1))  # whose end lets go of the results beyond `most_kept`
    assert other.wait(WAIT)
    assert jobs.start("b", "last", at_once(1)).wait(WAIT)
    gc.collect()
    assert gone() is None


def test_who_stopped_a_shared_job_can_leave():
    jobs, steps = Jobs(), Steps()
    shared = jobs.start("a", "key", steps)
    jobs.start("b", "key", steps)
    steps.step()
    jobs.stop("b")
    jobs.leave("b")
    assert jobs.of("b") is None
    assert not shared.is_over
    jobs.stop("a")
    steps.let.release()
    assert shared.wait(WAIT)
