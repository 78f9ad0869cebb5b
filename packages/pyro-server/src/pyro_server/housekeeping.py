"""Regular tidying, on a thread of its own so that it never waits for a client, nor a client for it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

__all__ = ["Housekeeper"]

log = logging.getLogger("Pyro5.server")


class Housekeeper:
    """Calls ``work()`` every ``period`` seconds while it is in ``with``; an error in it is logged."""

    def __init__(self, work: Callable[[], None], period: float) -> None:
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
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._period):
            try:
                self._work()
            except Exception:  # the program's own hook; the next round shall come all the same
                log.exception("error in housekeeping")
