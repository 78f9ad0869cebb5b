"""Oneway calls run in threads of their own, so that their clients' next calls need not wait; but not in any number."""

from __future__ import annotations

import logging
import threading
from collections import deque

from pyro_server.steps import Job, run

__all__ = ["OnewayCalls"]

log = logging.getLogger("Pyro5.server")

IDLE_SECONDS = 5.0
"""How long a thread waits for another call before it ends."""


class OnewayCalls:
    """Threads for the calls that nobody waits for: at most ``max_threads`` run, at most ``max_waiting`` wait.

    Whoever submits one more is made to wait, and so does not read further requests from its client.
    """

    def __init__(self, max_threads: int, max_waiting: int) -> None:
        self._max_threads = max_threads
        self._max_waiting = max_waiting
        self._changed = threading.Condition()
        """Guards all that follows; notified whenever one of them changes."""
        self._waiting: deque[Job] = deque()
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._closed = False

    def submit(self, job: Job) -> None:
        """Have a job run as soon as possible; after ``close``, not at all."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._waiting) < self._max_waiting)
            if self._closed:
                return
            self._waiting.append(job)
            if len(self._waiting) > self._idle and len(self._threads) < self._max_threads:
                self._start_thread()
            if self._threads:
                self._changed.notify_all()
                return
            self._waiting.remove(job)
        _do(job)  # there are no threads to be had, so the caller does it

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is one that runs oneway calls."""
        return thread in self._threads

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._work, name="oneway-call", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no more threads, or this container may not
            log.warning("cannot start a thread for a oneway call: %s", error)
        else:
            self._threads.add(thread)

    def close(self, timeout: float) -> None:
        """Take no more jobs and wait up to ``timeout`` seconds for those that are there, but for the calling one."""
        me = threading.current_thread()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: not self._threads - {me}, timeout):
                log.warning("%d oneway calls did not end in time", len(self._threads - {me}))

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
            job = self._waiting.popleft() if self._waiting else None
            if job is None:
                self._threads.discard(threading.current_thread())
            self._changed.notify_all()
            return job


def _do(job: Job) -> None:
    try:
        run(job)
    except BaseException:  # nobody is there to hear of it
        log.exception("unhandled error in a oneway call")
