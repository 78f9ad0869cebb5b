"""A pool of worker threads that grows under load and shrinks when there is nothing to do."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TypeAlias

__all__ = ["NoFreeWorkersError", "Pool", "PoolError", "Work"]

log = logging.getLogger("Pyro5.threadpoolserver")

Work: TypeAlias = Callable[[], None]


class PoolError(Exception):
    """The pool cannot take work."""


class NoFreeWorkersError(PoolError):
    """All workers are busy, and there may be no more of them."""


class Pool:
    """Worker threads for work of any length.

    ``size_min`` threads are there from the start and stay; under load there are up to ``size`` of them. The threads are
    daemon threads: they do not keep a program alive. Close the pool, or use it in ``with``. Raises ``ValueError`` for
    sizes that make no sense.
    """

    def __init__(self, size_min: int, size: int, name: str = "Pyro-Worker") -> None:
        if size_min < 1 or size < 1:
            raise ValueError("thread pool sizes must be 1 or more (THREADPOOL_SIZE_MIN, THREADPOOL_SIZE)")
        if size_min > size:
            raise ValueError(f"THREADPOOL_SIZE_MIN={size_min} is larger than THREADPOOL_SIZE={size}")
        self._size_min = size_min
        self._size = size
        self._name = name
        self._started = 0
        self._changed = threading.Condition()
        """Guards all that follows; notified whenever a worker ends."""
        self._workers: set[_Worker] = set()
        self.idle: list[_Worker] = []
        self.busy: set[_Worker] = set()
        self.closed = False
        try:
            for _ in range(size_min):
                self.idle.append(self._start_worker())
        except RuntimeError:
            self.close()
            raise

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Pool {self._name}: {len(self.busy)} busy, {len(self.idle)} idle>"

    def num_workers(self) -> int:
        """Return how many threads there are."""
        with self._changed:
            return len(self.idle) + len(self.busy)

    def process(self, work: Work) -> None:
        """Have ``work()`` done by a worker. Raises ``NoFreeWorkersError``, or ``PoolError`` after ``close``."""
        with self._changed:
            if self.closed:
                raise PoolError("the thread pool is closed")
            if self.idle:
                worker = self.idle.pop()
            elif len(self.busy) < self._size:
                try:
                    worker = self._start_worker()
                except RuntimeError as error:  # the system has no more threads, or this container may not
                    raise NoFreeWorkersError(f"no free workers: {error}") from error
            else:
                raise NoFreeWorkersError("no free workers, increase server threadpool size")
            self.busy.add(worker)
            worker.inbox.put(work)

    def close(self) -> None:
        """Take no more work, and let each worker end when its present work is done. Does not wait."""
        with self._changed:
            self.closed = True
            for worker in (*self.idle, *self.busy):
                worker.inbox.put(None)
            self.idle.clear()

    def join(self, timeout: float) -> bool:
        """Wait after ``close`` until all workers have ended, but for the calling one.

        Returns False if ``timeout`` seconds were too short.
        """
        me = threading.current_thread()
        with self._changed:
            return self._changed.wait_for(lambda: not any(worker is not me for worker in self._workers), timeout)

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is one of the workers."""
        return thread in self._workers

    def _start_worker(self) -> _Worker:
        self._started += 1
        worker = _Worker(self, f"{self._name}-{self._started}")
        worker.start()  # it may fail, so it comes before anybody counts on the worker
        self._workers.add(worker)
        return worker

    def _work_done(self, worker: _Worker) -> bool:
        """Note that a worker has finished; tell whether it is to stay."""
        with self._changed:
            self.busy.discard(worker)
            staying = not self.closed and len(self.idle) < self._size_min
            if staying:
                self.idle.append(worker)
            return staying

    def _ended(self, worker: _Worker) -> None:
        with self._changed:
            self._workers.discard(worker)
            self._changed.notify_all()


class _Worker(threading.Thread):
    def __init__(self, pool: Pool, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.inbox: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._pool = pool

    def run(self) -> None:
        try:
            while (work := self.inbox.get()) is not None:
                _do(work)
                del work  # it holds the client's connection, with all that it has sent
                if not self._pool._work_done(self):
                    return
        finally:
            self._pool._ended(self)


def _do(work: Work) -> None:
    try:
        work()
    except BaseException:  # whatever happened to one client, the worker's place must not be lost
        log.exception("unhandled error in a worker thread")
