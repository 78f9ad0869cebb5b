"""The pool of workers: how many there are, what they are called, and how they end."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest

from pyro_server.servers import pool as pool_module
from pyro_server.servers.pool import NoFreeWorkersError, Pool, PoolError

DEADLINE = 10.0

Client: TypeAlias = Callable[[], Callable[[], None] | None]
"""What is to be done for a client, who may come back."""
ClientPool: TypeAlias = Pool[Client]


def new_pool(size_min: int, size: int) -> ClientPool:
    return Pool(size_min, size, lambda client: client())


class Busy:
    """Work that goes on until it is told to end."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.end = threading.Event()
        self.thread: threading.Thread | None = None

    def __call__(self) -> None:
        self.thread = threading.current_thread()
        self.begun.set()
        self.end.wait(DEADLINE)


class Work:
    """Work to be given to pools, which all ends with the test."""

    def __init__(self) -> None:
        self.all: list[Busy] = []

    def give(self, pool: ClientPool) -> Busy:
        """Have a worker busy; return when it is."""
        busy = Busy()
        self.all.append(busy)
        pool.process(busy)
        assert busy.begun.wait(DEADLINE)
        return busy


@pytest.fixture
def work() -> Iterator[Work]:
    work = Work()
    yield work
    for busy in work.all:
        busy.end.set()


def test_the_smallest_number_of_workers_is_there_from_the_start() -> None:
    with new_pool(3, 5) as pool:
        assert (pool.num_workers(), len(pool.idle), len(pool.busy)) == (3, 3, 0)


def test_work_is_done_by_a_worker(work: Work) -> None:
    with new_pool(1, 1) as pool:
        busy = work.give(pool)
        assert (len(pool.idle), len(pool.busy)) == (0, 1)
        assert busy.thread is not threading.current_thread()
        busy.end.set()


def test_a_pool_grows_while_all_workers_are_busy(work: Work) -> None:
    with new_pool(1, 3) as pool:
        for count in (1, 2, 3):
            work.give(pool)
            assert pool.num_workers() == count
        for busy in work.all:
            busy.end.set()


def test_a_full_pool_takes_no_work(work: Work) -> None:
    with new_pool(1, 2) as pool:
        work.give(pool)
        work.give(pool)
        with pytest.raises(NoFreeWorkersError, match="no free workers, increase server threadpool size"):
            pool.process(lambda: None)
        for busy in work.all:
            busy.end.set()


def test_a_pool_shrinks_to_its_smallest_number(work: Work) -> None:
    with new_pool(1, 3) as pool:
        given = [work.give(pool) for _ in range(3)]
        for busy in given:
            busy.end.set()
        # One of the three stays; which one, is theirs to settle.
        threads = [busy.thread for busy in given if busy.thread is not None]
        wait_until_alive(threads, 1)
        assert pool.num_workers() == 1


def wait_until_alive(threads: list[threading.Thread], count: int) -> None:
    """Wait until only so many of the threads are alive."""
    deadline = time.monotonic() + DEADLINE
    while sum(thread.is_alive() for thread in threads) > count:
        assert time.monotonic() < deadline
        for thread in threads:
            thread.join(0.001)


def test_a_worker_is_used_again(work: Work) -> None:
    with new_pool(1, 1) as pool:
        threads: list[threading.Thread] = []
        for _ in range(5):
            done = threading.Event()

            def note(done: threading.Event = done) -> None:
                threads.append(threading.current_thread())
                done.set()

            process_when_free(pool, note)
            assert done.wait(DEADLINE)
        assert len(set(threads)) == 1


def process_when_free(pool: ClientPool, work: Callable[[], None]) -> None:
    """Give work to a pool as soon as it takes some."""
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            pool.process(work)
            return
        except NoFreeWorkersError:
            assert time.monotonic() < deadline


def test_workers_have_names_with_numbers(work: Work) -> None:
    with new_pool(1, 2) as pool:
        names = {work.give(pool).thread.name for _ in range(2)}  # type: ignore[union-attr]  # it has one by now
        assert names == {"Pyro-Worker-1", "Pyro-Worker-2"}
        for busy in work.all:
            busy.end.set()


def test_workers_do_not_keep_a_program_alive() -> None:
    with new_pool(2, 2) as pool:
        assert all(worker.daemon for worker in pool.idle)


@pytest.mark.parametrize("error", [ValueError("wrong"), SystemExit(3), KeyboardInterrupt()])
def test_a_worker_survives_its_work(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise error

    with caplog.at_level(logging.ERROR), new_pool(1, 1) as pool:
        pool.process(fail)
        done = threading.Event()
        process_when_free(pool, done.set)
        assert done.wait(DEADLINE)
    assert "unhandled error in a worker thread" in caplog.text


@pytest.mark.parametrize(("size_min", "size"), [(0, 1), (1, 0), (-1, 5), (5, 4)])
def test_sizes_that_make_no_sense_are_refused(size_min: int, size: int) -> None:
    with pytest.raises(ValueError, match="THREADPOOL_SIZE"):
        new_pool(size_min, size)


def test_a_closed_pool_takes_no_work() -> None:
    pool = new_pool(1, 1)
    pool.close()
    assert pool.closed
    with pytest.raises(PoolError, match="closed"):
        pool.process(lambda: None)
    assert pool.join(DEADLINE)


def test_closing_lets_work_end(work: Work) -> None:
    pool = new_pool(1, 1)
    busy = work.give(pool)
    pool.close()
    assert not pool.join(0)
    busy.end.set()
    assert pool.join(DEADLINE)
    assert pool.num_workers() == 0


def test_a_worker_that_closes_its_pool_does_not_wait_for_itself() -> None:
    pool = new_pool(2, 2)
    results: list[bool] = []
    done = threading.Event()

    def close() -> None:
        pool.close()
        results.append(pool.join(DEADLINE))
        done.set()

    pool.process(close)
    assert done.wait(DEADLINE)
    assert results == [True]


def test_a_pool_says_how_busy_it_is(work: Work) -> None:
    with new_pool(2, 2) as pool:
        work.give(pool)
        assert repr(pool) == "<Pool Pyro-Worker: 1 busy, 1 idle>"
        work.all[0].end.set()


# --------------------------------------------------------------------------- when there are no threads to be had


@pytest.fixture
def starved(work: Work, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClientPool]:
    """A pool whose only worker is busy, and that cannot start another one."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    pool = new_pool(1, 5)
    work.give(pool)
    monkeypatch.setattr(pool_module.Worker, "start", start)
    yield pool
    pool.close()


def test_when_no_thread_can_be_started_there_are_no_free_workers(starved: ClientPool) -> None:
    with pytest.raises(NoFreeWorkersError, match="no free workers: can't start new thread"):
        starved.process(lambda: None)


def test_a_worker_that_could_not_be_started_does_not_count(starved: ClientPool) -> None:
    for _ in range(10):
        with pytest.raises(NoFreeWorkersError, match="can't start"):
            starved.process(lambda: None)
    assert starved.num_workers() == 1


def test_nobody_waits_for_a_worker_that_could_not_be_started(starved: ClientPool, work: Work) -> None:
    with pytest.raises(NoFreeWorkersError):
        starved.process(lambda: None)
    starved.close()
    work.all[0].end.set()
    assert starved.join(DEADLINE)


def test_when_there_are_threads_again_the_pool_grows_again(
    starved: ClientPool, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoFreeWorkersError):
        starved.process(lambda: None)
    monkeypatch.undo()
    work.give(starved)
    assert starved.num_workers() == 2


def test_a_worker_does_not_keep_its_last_work_alive() -> None:
    gone = threading.Event()
    last = Busy()
    last.end.set()
    weakref.finalize(last, gone.set)
    with new_pool(1, 1) as pool:
        pool.process(last)
        del last
        assert gone.wait(DEADLINE)


# ------------------------------------------------------------------------------------- clients who come back


class Guest:
    """A client who comes back, and notes which worker serves it."""

    def __init__(self, pool: ClientPool) -> None:
        self.pool = pool
        self.threads: list[threading.Thread] = []
        self.waits = threading.Event()
        """Set when a worker is done with it for now."""
        self.at_once = 0
        """How many times it comes back without a pause."""
        self.stays = True

    def __call__(self) -> Callable[[], None] | None:
        self.threads.append(threading.current_thread())
        return self.come_back if self.stays else None

    def come_back(self) -> None:
        if self.at_once:
            self.at_once -= 1
            self.pool.enqueue(self)
        else:
            self.waits.set()

    def visit(self) -> None:
        """Be served once; return when a worker is reserved."""
        self.waits.clear()
        self.pool.enqueue(self)
        assert self.waits.wait(DEADLINE)


def test_a_client_that_comes_back_is_served_by_the_same_worker() -> None:
    with new_pool(1, 5) as pool:
        first, second = Guest(pool), Guest(pool)
        for _ in range(3):
            first.visit()
            second.visit()
        assert len(set(first.threads)) == len(set(second.threads)) == 1
        assert first.threads[0] is not second.threads[0]


def test_a_client_may_come_back_at_once() -> None:
    with new_pool(1, 5) as pool:
        guest = Guest(pool)
        guest.at_once = 100
        guest.visit()
        assert len(guest.threads) == 101
        assert len(set(guest.threads)) == 1


def test_a_reserved_worker_counts_as_an_idle_one() -> None:
    with new_pool(1, 5) as pool:
        Guest(pool).visit()
        assert (pool.num_workers(), repr(pool)) == (1, "<Pool Pyro-Worker: 0 busy, 1 idle>")


def test_a_reserved_worker_is_not_for_those_who_want_to_be_served_at_once() -> None:
    with new_pool(1, 1) as pool:
        Guest(pool).visit()
        with pytest.raises(NoFreeWorkersError):
            pool.process(lambda: None)


def test_a_reserved_worker_is_lent_when_there_is_no_other_the_longest_waiting_first() -> None:
    with new_pool(1, 2) as pool:
        first, second, third = Guest(pool), Guest(pool), Guest(pool)
        for guest in (first, second, third):
            guest.visit()
        assert third.threads == first.threads
        second.visit()
        assert len(set(second.threads)) == 1


def test_a_client_whose_worker_was_lent_is_served_by_another(work: Work) -> None:
    with new_pool(1, 1) as pool:
        guest, other = Guest(pool), Guest(pool)
        guest.visit()
        other.visit()
        guest.visit()
        assert len(guest.threads) == 2


def test_who_finds_no_worker_waits_for_one(work: Work) -> None:
    with new_pool(1, 1) as pool:
        busy = work.give(pool)
        first, second = Guest(pool), Guest(pool)
        pool.enqueue(first)
        pool.enqueue(second)
        assert list(pool.waiting) == [first, second]
        busy.end.set()
        assert first.waits.wait(DEADLINE)
        assert second.waits.wait(DEADLINE)
        assert not pool.waiting


def test_who_waits_may_be_taken_out_of_the_line(work: Work) -> None:
    with new_pool(1, 1) as pool:
        busy = work.give(pool)
        guest = Guest(pool)
        pool.enqueue(guest)
        assert pool.withdraw(guest)
        assert not pool.withdraw(guest)
        busy.end.set()
    assert pool.join(DEADLINE)
    assert guest.threads == []


def test_who_waits_comes_before_a_reservation(work: Work) -> None:
    with new_pool(1, 1) as pool:
        busy = work.give(pool)
        guest, other = Guest(pool), Guest(pool)
        pool.enqueue(guest)
        pool.enqueue(other)
        busy.end.set()
        assert other.waits.wait(DEADLINE)
        assert list(pool.reserved) == [other]


def test_the_worker_of_a_client_that_has_left_is_free_again() -> None:
    with new_pool(1, 1) as pool:
        guest = Guest(pool)
        guest.visit()
        pool.release(guest)
        pool.release(guest)
        assert (len(pool.idle), len(pool.reserved)) == (1, 0)


def test_such_a_worker_ends_if_there_are_enough() -> None:
    with new_pool(1, 2) as pool:
        first, second = Guest(pool), Guest(pool)
        first.visit()
        second.visit()
        pool.release(first)
        pool.release(second)
        second.threads[0].join(DEADLINE)
        assert not second.threads[0].is_alive()
        assert first.threads[0].is_alive()


def test_the_worker_of_a_client_that_does_not_come_back_is_idle() -> None:
    with new_pool(1, 1) as pool:
        guest = Guest(pool)
        guest.visit()
        guest.stays = False
        pool.enqueue(guest)
        done = threading.Event()
        process_when_free(pool, done.set)
        assert done.wait(DEADLINE)
        assert len(guest.threads) == 2


def test_closing_ends_reserved_workers_too() -> None:
    pool = new_pool(1, 5)
    guest = Guest(pool)
    guest.visit()
    pool.close()
    assert pool.join(DEADLINE)
    with pytest.raises(PoolError, match="closed"):
        pool.enqueue(guest)


def test_those_who_wait_when_the_pool_closes_are_still_served(work: Work) -> None:
    pool = new_pool(1, 1)
    busy = work.give(pool)
    guest = Guest(pool)
    pool.enqueue(guest)
    pool.close()
    busy.end.set()
    assert pool.join(DEADLINE)
    assert len(guest.threads) == 1


def test_a_client_served_while_the_pool_closes_is_told_to_come_back_all_the_same(work: Work) -> None:
    pool = new_pool(1, 1)
    guest = Guest(pool)
    served, closed = threading.Event(), threading.Event()

    def be_served() -> Callable[[], None]:
        served.set()
        closed.wait(DEADLINE)
        return guest.come_back

    pool.process(be_served)
    assert served.wait(DEADLINE)
    pool.close()
    closed.set()
    assert guest.waits.wait(DEADLINE)
    assert pool.join(DEADLINE)


def test_a_worker_does_not_keep_a_client_alive_that_has_left() -> None:
    with new_pool(1, 1) as pool:
        guest = Guest(pool)
        guest.visit()
        gone = threading.Event()
        weakref.finalize(guest, gone.set)
        pool.release(guest)
        done = threading.Event()
        pool.process(done.set)
        del guest
        assert done.wait(DEADLINE)
        assert gone.wait(DEADLINE)
