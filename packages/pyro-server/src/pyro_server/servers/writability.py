"""For foreign event loops, which watch for what can be read only: a word when sockets can be written to again."""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Callable

from pyro_server.servers.waker import Waker

__all__ = ["Writability"]

log = logging.getLogger("Pyro5.multiplexserver")


class Writability:
    """Watches sockets, on a thread that is there only as long as there are some, and calls ``tell()`` for each."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._changed = Waker()
        self._lock = threading.Lock()
        """Guards what follows."""
        self._sockets: set[socket.socket] = set()
        self._thread: threading.Thread | None = None

    def watch(self, sock: socket.socket) -> None:
        """Tell once when this socket can be written to."""
        with self._lock:
            if sock in self._sockets:
                return
            self._sockets.add(sock)
            self._changed.wake()
            if self._thread is None:
                self._start_thread()

    def forget(self, sock: socket.socket) -> None:
        """Watch a socket no more; nothing happens if it is not watched. To be called before it is closed."""
        with self._lock:
            if sock in self._sockets:
                self._sockets.discard(sock)
                self._changed.wake()

    def close(self) -> None:
        """End the thread, if there is one, and wait for it."""
        with self._lock:
            self._sockets.clear()
            thread = self._thread
        self._changed.wake()
        if thread is not None:
            thread.join()
        self._changed.close()

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="writability", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no more threads; the next call tries again
            self._sockets.clear()
            log.warning("cannot start the thread that watches for slow readers: %s", error)
        else:
            self._thread = thread

    def _run(self) -> None:
        while sockets := self._watched():
            with selectors.DefaultSelector() as selector:
                selector.register(self._changed.receiver, selectors.EVENT_READ)
                for sock in sockets:
                    with contextlib.suppress(ValueError):  # closed a moment ago
                        selector.register(sock, selectors.EVENT_WRITE)
                ready: set[object] = set()
                with contextlib.suppress(OSError):  # where select() minds that a socket is closed meanwhile
                    ready = {key.fileobj for key, _ in selector.select()}
            self._changed.settle()
            if writable := {sock for sock in sockets if sock in ready}:
                self._note(writable)

    def _watched(self) -> set[socket.socket]:
        with self._lock:
            if not self._sockets:
                self._thread = None
            return set(self._sockets)

    def _note(self, writable: set[socket.socket]) -> None:
        with self._lock:
            self._sockets -= writable
        self._tell()
