"""The pool of workers: how many there are, what they are called, and how they end."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from pyro_server.servers import pool as pool_module
from pyro_server.servers.pool import NoFreeWorkersError, Pool, PoolError

DEADLINE = 10.0


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

    def give(self, pool: Pool) -> Busy:
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
    with Pool(3, 5) as pool:
        assert (pool.num_workers(), len(pool.idle), len(pool.busy)) == (3, 3, 0)


def test_work_is_done_by_a_worker(work: Work) -> None:
    with Pool(1, 1) as pool:
        busy = work.give(pool)
        assert (len(pool.idle), len(pool.busy)) == (0, 1)
        assert busy.thread is not threading.current_thread()
        busy.end.set()


def test_a_pool_grows_while_all_workers_are_busy(work: Work) -> None:
    with Pool(1, 3) as pool:
        for count in (1, 2, 3):
            work.give(pool)
            assert pool.num_workers() == count
        for busy in work.all:
            busy.end.set()


def test_a_full_pool_takes_no_work(work: Work) -> None:
    with Pool(1, 2) as pool:
        work.give(pool)
        work.give(pool)
        with pytest.raises(NoFreeWorkersError, match="no free workers, increase server threadpool size"):
            pool.process(lambda: None)
        for busy in work.all:
            busy.end.set()


def test_a_pool_shrinks_to_its_smallest_number(work: Work) -> None:
    with Pool(1, 3) as pool:
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
    with Pool(1, 1) as pool:
        threads: list[threading.Thread] = []
        for _ in range(5):
            done = threading.Event()

            def note(done: threading.Event = done) -> None:
                threads.append(threading.current_thread())
                done.set()

            process_when_free(pool, note)
            assert done.wait(DEADLINE)
        assert len(set(threads)) == 1


def process_when_free(pool: Pool, work: Callable[[], None]) -> None:
    """Give work to a pool as soon as it takes some."""
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            pool.process(work)
            return
        except NoFreeWorkersError:
            assert time.monotonic() < deadline


def test_workers_have_names_with_numbers(work: Work) -> None:
    with Pool(1, 2) as pool:
        names = {work.give(pool).thread.name for _ in range(2)}  # type: ignore[union-attr]  # it has one by now
        assert names == {"Pyro-Worker-1", "Pyro-Worker-2"}
        for busy in work.all:
            busy.end.set()


def test_workers_do_not_keep_a_program_alive() -> None:
    with Pool(2, 2) as pool:
        assert all(worker.daemon for worker in pool.idle)


@pytest.mark.parametrize("error", [ValueError("wrong"), SystemExit(3), KeyboardInterrupt()])
def test_a_worker_survives_its_work(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise error

    with caplog.at_level(logging.ERROR), Pool(1, 1) as pool:
        pool.process(fail)
        done = threading.Event()
        process_when_free(pool, done.set)
        assert done.wait(DEADLINE)
    assert "unhandled error in a worker thread" in caplog.text


@pytest.mark.parametrize(("size_min", "size"), [(0, 1), (1, 0), (-1, 5), (5, 4)])
def test_sizes_that_make_no_sense_are_refused(size_min: int, size: int) -> None:
    with pytest.raises(ValueError, match="THREADPOOL_SIZE"):
        Pool(size_min, size)


def test_a_closed_pool_takes_no_work() -> None:
    pool = Pool(1, 1)
    pool.close()
    assert pool.closed
    with pytest.raises(PoolError, match="closed"):
        pool.process(lambda: None)
    assert pool.join(DEADLINE)


def test_closing_lets_work_end(work: Work) -> None:
    pool = Pool(1, 1)
    busy = work.give(pool)
    pool.close()
    assert not pool.join(0)
    busy.end.set()
    assert pool.join(DEADLINE)
    assert pool.num_workers() == 0


def test_a_worker_that_closes_its_pool_does_not_wait_for_itself() -> None:
    pool = Pool(2, 2)
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
    with Pool(2, 2) as pool:
        work.give(pool)
        assert repr(pool) == "<Pool Pyro-Worker: 1 busy, 1 idle>"
        work.all[0].end.set()


# --------------------------------------------------------------------------- when there are no threads to be had


@pytest.fixture
def starved(work: Work, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """A pool whose only worker is busy, and that cannot start another one."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    pool = Pool(1, 5)
    work.give(pool)
    monkeypatch.setattr(pool_module._Worker, "start", start)
    yield pool
    pool.close()


def test_when_no_thread_can_be_started_there_are_no_free_workers(starved: Pool) -> None:
    with pytest.raises(NoFreeWorkersError, match="no free workers: can't start new thread"):
        starved.process(lambda: None)


def test_a_worker_that_could_not_be_started_does_not_count(starved: Pool) -> None:
    for _ in range(10):
        with pytest.raises(NoFreeWorkersError, match="can't start"):
            starved.process(lambda: None)
    assert starved.num_workers() == 1


def test_nobody_waits_for_a_worker_that_could_not_be_started(starved: Pool, work: Work) -> None:
    with pytest.raises(NoFreeWorkersError):
        starved.process(lambda: None)
    starved.close()
    work.all[0].end.set()
    assert starved.join(DEADLINE)


def test_when_there_are_threads_again_the_pool_grows_again(
    starved: Pool, work: Work, monkeypatch: pytest.MonkeyPatch
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
    with Pool(1, 1) as pool:
        pool.process(last)
        del last
        assert gone.wait(DEADLINE)
