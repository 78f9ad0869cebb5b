"""A pool of worker threads that grows under load and shrinks when there is nothing to do."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

__all__ = ["NoFreeWorkersError", "Pool", "PoolError", "Worker"]

log = logging.getLogger("Pyro5.threadpoolserver")

_Client = TypeVar("_Client")


class PoolError(Exception):
    """The pool cannot take a client."""


class NoFreeWorkersError(PoolError):
    """No worker is free, and there may be no more of them."""


class Pool(Generic[_Client]):
    """Worker threads that serve clients, each for any length of time.

    ``serve(client)`` does what can be done for a client now. It returns None if that was all; else its worker stays
    reserved for this client, so that the client's calls go on on the same thread, and what was returned is called: it
    has the client come back with ``enqueue`` when there is more to do. A reserved worker is lent to others only when
    there is no other left.

    ``size_min`` threads are there from the start and stay; under load there are up to ``size`` of them. The threads are
    daemon threads: they do not keep a program alive. Close the pool, or use it in ``with``. Raises ``ValueError`` for
    sizes that make no sense.
    """

    def __init__(
        self,
        size_min: int,
        size: int,
        serve: Callable[[_Client], Callable[[], None] | None],
        name: str = "Pyro-Worker",
    ) -> None:
        if size_min < 1 or size < 1:
            raise ValueError("thread pool sizes must be 1 or more (THREADPOOL_SIZE_MIN, THREADPOOL_SIZE)")
        if size_min > size:
            raise ValueError(f"THREADPOOL_SIZE_MIN={size_min} is larger than THREADPOOL_SIZE={size}")
        self._size_min = size_min
        self._size = size
        self._serve = serve
        self._name = name
        self._started = 0
        self._changed = threading.Condition()
        """Guards all that follows; notified whenever a worker ends."""
        self._workers: set[Worker[_Client]] = set()
        self.idle: list[Worker[_Client]] = []
        self.busy: set[Worker[_Client]] = set()
        self.reserved: dict[_Client, Worker[_Client]] = {}
        """The workers that wait for their clients to come back, the longest-waiting first."""
        self.waiting: deque[_Client] = deque()
        """The clients that wait for a worker. To look whether there are any takes no lock."""
        self.closed = False
        try:
            for _ in range(size_min):
                self.idle.append(self._start_worker())
        except RuntimeError:
            self.close()
            raise

    def __enter__(self) -> Pool[_Client]:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Pool {self._name}: {len(self.busy)} busy, {len(self.idle) + len(self.reserved)} idle>"

    def num_workers(self) -> int:
        """Return how many threads there are."""
        with self._changed:
            return len(self.idle) + len(self.busy) + len(self.reserved)

    # ------------------------------------------------------------------------------ clients

    def process(self, client: _Client) -> None:
        """Have a client served at once. Raises ``NoFreeWorkersError``, or ``PoolError`` after ``close``."""
        with self._changed:
            self._check_open()
            self._hand_over(client, self._idle_or_new())

    def enqueue(self, client: _Client, max_waiting: int | None = None) -> bool:
        """Have a client served as soon as there is a worker, if possible the one that served it before.

        Returns whether there is one now. Raises ``NoFreeWorkersError`` if it would have to wait and ``max_waiting``
        others do so already, and ``PoolError`` after ``close``.
        """
        with self._changed:
            self._check_open()
            worker = self.reserved.pop(client, None)
            try:
                worker = worker or self._idle_or_new()
            except NoFreeWorkersError:
                if not self.reserved:
                    if max_waiting is not None and len(self.waiting) >= max_waiting:
                        raise
                    self.waiting.append(client)
                    return False
                worker = self.reserved.pop(next(iter(self.reserved)))
            self._hand_over(client, worker)
            return True

    def withdraw(self, client: _Client) -> bool:
        """Take a client out of the waiting line; tell whether it was there."""
        with self._changed:
            try:
                self.waiting.remove(client)
            except ValueError:
                return False
            return True

    def release(self, client: _Client) -> None:
        """Free the worker that is reserved for a client, if there is one: the client will not come back."""
        with self._changed:
            worker = self.reserved.pop(client, None)
            if worker is not None and not self._stays(worker):
                worker.inbox.put(None)

    # ------------------------------------------------------------------------------ workers

    def close(self) -> None:
        """Take no more clients; each worker ends when nobody waits for it any more. Does not wait."""
        with self._changed:
            self.closed = True
            for worker in self._workers:
                worker.inbox.put(None)
            self.idle.clear()
            self.reserved.clear()

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

    def _check_open(self) -> None:
        if self.closed:
            raise PoolError("the thread pool is closed")

    def _idle_or_new(self) -> Worker[_Client]:
        if self.idle:
            return self.idle.pop()
        if len(self.busy) + len(self.reserved) >= self._size:
            raise NoFreeWorkersError("no free workers, increase server threadpool size")
        try:
            return self._start_worker()
        except RuntimeError as error:  # the system has no more threads, or this container may not
            raise NoFreeWorkersError(f"no free workers: {error}") from error

    def _start_worker(self) -> Worker[_Client]:
        self._started += 1
        worker = Worker(self, f"{self._name}-{self._started}")
        worker.start()  # it may fail, so it comes before anybody counts on the worker
        self._workers.add(worker)
        return worker

    def _hand_over(self, client: _Client, worker: Worker[_Client]) -> None:
        self.busy.add(worker)
        worker.inbox.put(client)

    def _stays(self, worker: Worker[_Client]) -> bool:
        staying = not self.closed and len(self.idle) < self._size_min
        if staying:
            self.idle.append(worker)
        return staying

    def _serve_in_turn(self, worker: Worker[_Client], client: _Client) -> bool:
        """Serve a client and then those who wait; tell whether the worker is to stay."""
        turn: _Client | None = client
        while turn is not None:
            come_back = self._serve_safely(turn)
            turn, stays = self._next_turn(worker, turn, reserve=come_back is not None)
            if come_back is not None:
                come_back()  # not before the worker is reserved: the client may come back at once
        return stays

    def _next_turn(self, worker: Worker[_Client], client: _Client, *, reserve: bool) -> tuple[_Client | None, bool]:
        """Return the next client if somebody waits, and whether the worker stays if nobody does."""
        with self._changed:
            if self.waiting:
                return self.waiting.popleft(), True
            self.busy.discard(worker)
            if reserve and not self.closed:
                self.reserved[client] = worker
                return None, True
            return None, self._stays(worker)

    def _serve_safely(self, client: _Client) -> Callable[[], None] | None:
        try:
            return self._serve(client)
        except BaseException:  # whatever happened to one client, the worker's place must not be lost
            log.exception("unhandled error in a worker thread")
            return None

    def _ended(self, worker: Worker[_Client]) -> None:
        with self._changed:
            self._workers.discard(worker)
            self._changed.notify_all()


class Worker(threading.Thread, Generic[_Client]):
    """One thread of a pool, which makes them itself."""

    def __init__(self, pool: Pool[_Client], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.inbox: queue.SimpleQueue[_Client | None] = queue.SimpleQueue()
        self._pool = pool

    def run(self) -> None:
        try:
            while (client := self.inbox.get()) is not None:
                stays = self._pool._serve_in_turn(self, client)
                del client  # it holds the connection, with all that has been sent over it
                if not stays:
                    return
        finally:
            self._pool._ended(self)
