"""Regular tidying: on a thread of its own where calls run on threads, else between the calls of a loop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

__all__ = ["Chore", "Housekeeper"]

log = logging.getLogger("Pyro5.server")

Work = Callable[[], None]


class Housekeeper:
    """Calls ``work()`` every ``period`` seconds while it is in ``with``, on a thread that waits for no client."""

    def __init__(self, work: Work, period: float) -> None:
        self._work = work
        self._period = period
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeper", daemon=True)

    def __enter__(self) -> Housekeeper:
        self._thread.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._stop.set()
        if not self.owns(threading.current_thread()):
            self._thread.join()

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is the one that does the work."""
        return thread is self._thread

    def _run(self) -> None:
        while not self._stop.wait(self._period):
            _do(self._work)


class Chore:
    """Work that a loop does besides, every ``period`` seconds. ``clock`` tells the seconds."""

    def __init__(self, work: Work, period: float, clock: Callable[[], float]) -> None:
        self._work = work
        self._period = period
        self._clock = clock
        self._due = clock() + period

    def patience(self) -> float:
        """Return the seconds until the next time."""
        return max(0.0, self._due - self._clock())

    def do_if_due(self) -> None:
        """Do it if it is time."""
        if self._clock() >= self._due:
            _do(self._work)
            self._due = self._clock() + self._period


def _do(work: Work) -> None:
    try:
        work()
    except Exception:  # the program's own hook; the next round shall come all the same
        log.exception("error in housekeeping")
