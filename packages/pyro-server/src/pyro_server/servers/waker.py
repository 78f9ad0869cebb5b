"""Waking a loop that waits in a selector, from another thread or a signal handler."""

from __future__ import annotations

import contextlib
import socket

__all__ = ["Waker"]


class Waker:
    """A socket pair: what is written at one end makes the other one readable."""

    def __init__(self) -> None:
        self.receiver, self._sender = socket.socketpair()
        self.receiver.setblocking(False)
        self._sender.setblocking(False)

    def wake(self) -> None:
        """Make ``receiver`` readable; from any thread, any number of times, also after ``close``."""
        with contextlib.suppress(OSError):  # full: it is awake already; closed: nobody waits any more
            self._sender.send(b"!")

    def settle(self) -> None:
        """Make ``receiver`` unreadable again, until somebody wakes it anew."""
        with contextlib.suppress(OSError):
            self.receiver.recv(4096)

    def close(self) -> None:
        """Release both sockets."""
        self.receiver.close()
        self._sender.close()
