"""Oneway calls run in threads of their own, so that their clients' next calls need not wait; but not in any number."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from pyro_server.steps import Job, run

__all__ = ["OnewayCalls", "OnewayClient"]

log = logging.getLogger("Pyro5.server")

IDLE_SECONDS = 5.0
"""How long a thread waits for another call before it ends."""


class OnewayClient(Protocol):
    """Somebody who makes oneway calls."""

    waiting_calls: int
    """How many of them wait for a thread; only to be looked at."""
    held_back: bool
    """Whether there is one more, for which there was no room; only to be looked at."""


_Client = TypeVar("_Client", bound=OnewayClient)


class OnewayCalls(Generic[_Client]):
    """Threads for the calls that nobody waits for: at most ``max_threads`` run.

    Of each client at most ``max_waiting`` calls wait. One that has more is not read any further, and so disturbs nobody
    else; ``on_room(client)`` tells, on any thread, that it may go on.
    """

    def __init__(self, max_threads: int, max_waiting: int, on_room: Callable[[_Client], None]) -> None:
        self._max_threads = max_threads
        self._max_waiting = max(1, max_waiting)  # a call has to wait for the thread at least
        self._on_room = on_room
        self._changed = threading.Condition()
        """Guards all that follows and the attributes of the clients; notified whenever one of them changes."""
        self._waiting: deque[tuple[_Client, Job]] = deque()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._closed = False

    def offer(self, client: _Client, job: Job) -> bool:
        """Have a job run as soon as possible; after ``close``, not at all. False: the client has no room for it."""
        with self._changed:
            if not self.has_room(client):
                client.held_back = True
                return False
            if self._closed:
                return True
            client.waiting_calls += 1
            self._waiting.append((client, job))
            if len(self._waiting) > self._idle and len(self._threads) < self._max_threads:
                self._start_thread()
            if self._threads:
                self._changed.notify_all()
                return True
            self._waiting.pop()
            client.waiting_calls -= 1
        _do(job)  # there are no threads to be had, so the caller does it
        return True

    def has_room(self, client: _Client) -> bool:
        """Tell whether ``offer`` would take a job of a client."""
        return self._closed or client.waiting_calls < self._max_waiting

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is one that runs oneway calls."""
        return thread in self._threads

    def close(self, timeout: float) -> None:
        """Take no more jobs and wait up to ``timeout`` seconds for those that are there, but for the calling one."""
        me = threading.current_thread()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: not self._threads - {me}, timeout):
                log.warning("%d oneway calls did not end in time", len(self._threads - {me}))

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._work, name="oneway-call", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no more threads, or this container may not
            log.warning("cannot start a thread for a oneway call: %s", error)
        else:
            self._threads.add(thread)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            _do(job)
            del job  # it holds the client's connection, with all that it has sent

    def _next(self) -> Job | None:
        """Wait for a job; None if this thread is to end, which counts from then on."""
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._waiting or self._closed, IDLE_SECONDS)
            self._idle -= 1
            self._changed.notify_all()
            if not self._waiting:
                self._threads.discard(threading.current_thread())
                return None
            client, job = self._waiting.popleft()
            client.waiting_calls -= 1
            goes_on, client.held_back = client.held_back, False
        if goes_on:
            self._on_room(client)
        return job


def _do(job: Job) -> None:
    try:
        run(job)
    except BaseException:  # nobody is there to hear of it
        log.exception("unhandled error in a oneway call")
