"""What a daemon asks of a server, whatever its type."""

from __future__ import annotations

import socket
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
        """Serve until the condition is false or ``stop`` is called."""

    def events(self, eventsockets: Sequence[Any]) -> None:
        """Do what there is to do for sockets on which something has happened."""

    def stop(self) -> None:
        """Have ``loop`` return soon; from any thread."""

    def close(self, grace: float) -> None:
        """Accept nobody any more, let the calls in flight end within ``grace`` seconds, release everything.

        May be called again, from several threads; each waits, but a thread does not wait for its own call.
        """
