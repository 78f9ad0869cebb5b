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
        # Made now, because later there may be no descriptor for it.
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._changed.receiver, selectors.EVENT_READ)
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
        self._selector.close()
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
        try:
            while sockets := self._watched():
                self._adjust(sockets)
                ready: set[object] = set()
                with contextlib.suppress(OSError):  # where select() minds that a socket is closed meanwhile
                    ready = {key.fileobj for key, _ in self._selector.select()}
                self._changed.settle()
                if writable := {sock for sock in sockets if sock in ready}:
                    self._note(writable)
        except Exception:
            log.exception("the thread that watches for slow readers failed")
            with self._lock:
                self._sockets.clear()
                self._thread = None

    def _watched(self) -> set[socket.socket]:
        with self._lock:
            if not self._sockets:
                self._thread = None
            return set(self._sockets)

    def _adjust(self, sockets: set[socket.socket]) -> None:
        """Have the selector watch these, and nothing else but the waker."""
        known = {key.fileobj for key in self._selector.get_map().values()} - {self._changed.receiver}
        for gone in known - sockets:
            self._selector.unregister(gone)
        for sock in sockets - known:
            with contextlib.suppress(ValueError, KeyError):  # closed a moment ago, or its number used anew
                self._selector.register(sock, selectors.EVENT_WRITE)

    def _note(self, writable: set[socket.socket]) -> None:
        with self._lock:
            self._sockets -= writable
        self._tell()
