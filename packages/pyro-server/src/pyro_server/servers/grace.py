"""The time that calls in flight are given when a server closes."""

from __future__ import annotations

import time

__all__ = ["Grace"]


class Grace:
    """A period that begins once, when the server begins to close, and cannot be prolonged."""

    def __init__(self) -> None:
        self._end: float | None = None

    @property
    def begun(self) -> bool:
        """Whether the server is closing."""
        return self._end is not None

    def begin(self, seconds: float) -> None:
        """Let the period begin, unless it has begun already."""
        if self._end is None:
            self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, 0 when there are none or the period has never begun."""
        return 0.0 if self._end is None else max(0.0, self._end - time.monotonic())
