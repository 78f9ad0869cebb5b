"""Doing one thing at a time for the clients of a server, and closing it only in between."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["Turn"]


class Turn:
    """In ``with``: something is done for clients, by this thread alone. Turns of one thread may be nested."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        """Held during each turn. Guards what follows."""
        self._depth = 0
        self._afterwards: Callable[[], None] | None = None

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        action = self._afterwards
        try:
            if action is not None and not self._depth:
                self._afterwards = None
                action()
        finally:
            self._lock.release()

    def within(self, action: Callable[[], None], timeout: float) -> bool:
        """Do something in a turn of its own, or in that which this thread has.

        Returns False, and does nothing, if another thread's turn did not end in ``timeout`` seconds; -1: for ever.
        """
        if not self._lock.acquire(timeout=timeout):
            return False
        try:
            with self:
                action()
        finally:
            self._lock.release()
        return True

    def between(self, action: Callable[[], None], timeout: float) -> bool:
        """Do something between two turns: now, or at the end of the present one if it is this thread's.

        Returns False, and does nothing, if another thread's turn did not end in ``timeout`` seconds.
        """
        if not self._lock.acquire(timeout=timeout):
            return False
        try:
            if self._depth:
                self._afterwards = action
            else:
                action()
        finally:
            self._lock.release()
        return True
