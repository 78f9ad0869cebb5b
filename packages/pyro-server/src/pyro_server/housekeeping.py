"""Regular tidying: on a thread of its own where calls run on threads, else between the calls of a loop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from pyro_server.steps import is_from_operator

__all__ = ["Chore", "Housekeeper"]

log = logging.getLogger("Pyro5.server")

Work = Callable[[], None]


class Housekeeper:
    """Calls ``work()`` every ``period`` seconds from ``start`` to ``stop``, on a thread that waits for no client."""

    def __init__(self, work: Work, period: float) -> None:
        self._work = work
        self._period = period
        self._stop = threading.Event()
        self._lock = threading.Lock()
        """Held while it begins or ends, so that it does not begin after its end."""
        self._thread = threading.Thread(target=self._run, name="housekeeper", daemon=True)

    def start(self) -> None:
        """Begin, unless it has begun or ended already."""
        with self._lock:
            if self._thread.ident is None and not self._stop.is_set():
                self._thread.start()

    def stop(self, timeout: float) -> None:
        """End, after what is being done; wait for that up to ``timeout`` seconds, unless this is that thread."""
        with self._lock:
            self._stop.set()
        if self._thread.ident is not None and not self.owns(threading.current_thread()):
            self._thread.join(timeout)

    def is_alive(self) -> bool:
        """Tell whether it has begun and not ended yet."""
        return self._thread.is_alive()

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, which it does not by itself. Raises ``RuntimeError`` if it has not begun."""
        self._thread.join(timeout)

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
    except BaseException as error:  # the program's own hook; the next round shall come all the same
        if is_from_operator(error):
            raise
        log.exception("error in housekeeping")
