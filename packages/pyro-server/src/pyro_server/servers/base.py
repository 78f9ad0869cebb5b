"""What a daemon asks of a server, whatever its type."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

__all__ = ["LoopCondition", "Server"]

LoopCondition = Callable[[], bool]


class Server(Protocol):
    """A driver that accepts clients and serves them."""

    sock: socket.socket
    location: str

    @property
    def sockets(self) -> list[socket.socket]:
        """The sockets that a foreign event loop has to watch."""

    def loop(self, condition: LoopCondition) -> None:
        """Serve, and do the daemon's housekeeping, until the condition is false or ``stop`` is called."""

    def events(self, eventsockets: Sequence[Any]) -> None:
        """Do what there is to do for sockets on which something has happened."""

    def stop(self) -> None:
        """Have ``loop`` return soon; from any thread."""

    def begin_close(self, grace: float) -> None:
        """Accept nobody any more and have each client leave after its call; does not wait.

        The calls have ``grace`` seconds from the first time on that this is called.
        """

    def close(self) -> None:
        """Wait for the calls in flight until their time is over, but not for the caller's own; release everything.

        ``begin_close`` comes first. May be called again, from several threads.
        """

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is one of those that run code of the program, besides the one that loops."""
