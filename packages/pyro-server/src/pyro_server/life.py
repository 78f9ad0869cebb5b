"""When a daemon's server is released, and by whom: closing may be asked for from any place.

A method that closes its daemon is still to be answered, and a program may end as soon as its request loop returns. So
whoever runs the loop releases the server, if there is such a loop; else whoever closes does, but not in the midst of a
hook, for which others may be waiting.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from pyro_server.servers.base import Server

__all__ = ["Life"]

STOP_TIMEOUT = 5.0
"""Seconds that ``close`` waits for the request loop to end."""


class Life:
    """The life of a server that is there already. ``forget()`` is called when it has been released."""

    def __init__(self, server: Server, grace: float, forget: Callable[[], None]) -> None:
        self._server = server
        self._grace = grace
        self._forget = forget
        self._lock = threading.RLock()
        """Guards the next four. Reentrant, because a signal handler may close the daemon."""
        self._closed = False
        self._loop_releases = False
        """Whether the request loop's thread releases the server once the daemon is closed."""
        self._loop_thread: threading.Thread | None = None
        self._releasing = False
        self._loop_ended = threading.Event()
        self._loop_ended.set()
        self.hook_lock = threading.RLock()
        """Held while a hook runs: one at a time. Guards the next two."""
        self._in_hook: threading.Thread | None = None
        self._release_after_hook = False

    def begin_loop(self) -> bool:
        """Note that this thread runs the request loop from now on; False if the server is closed already."""
        with self._lock:
            if not self._closed:
                self._loop_ended.clear()
                self._loop_thread = threading.current_thread()
                self._loop_releases = True
            return not self._closed

    def end_loop(self) -> None:
        """Note that the loop has ended, and release the server if it was closed meanwhile."""
        with self._lock:
            self._loop_thread = None
            self._loop_ended.set()
            if not self._closed:
                self._loop_releases = False  # from now on whoever closes it has to wait himself
                return
        self._release()

    def close(self) -> None:
        """Have the server released, now or by somebody else; may be called again."""
        with self._lock:
            self._closed = True
            loop_releases = self._loop_releases
        self._server.begin_close(self._grace)
        thread = threading.current_thread()
        if loop_releases and (thread is self._loop_thread or self._server.owns(thread)):
            return  # the request loop's thread waits for the calls in flight, of which this may be one
        if thread is self._in_hook:
            self._release_after_hook = True
            return
        self._loop_ended.wait(STOP_TIMEOUT)
        self._release()

    @contextlib.contextmanager
    def hook(self) -> Iterator[None]:
        """Run a hook of the program in this; when it has closed the server, that is released afterwards."""
        with self.hook_lock:
            before, self._in_hook = self._in_hook, threading.current_thread()
            try:
                yield
            finally:
                self._in_hook = before
                release_now = self._release_after_hook and before is None
        if release_now:
            self._release()

    def _release(self) -> None:
        with self._lock:
            first, self._releasing = not self._releasing, True
        if not first and self._server.owns(threading.current_thread()):
            return  # whoever came first waits for this thread, which must not wait for that one
        self._server.begin_close(self._grace)  # the thread that closes it may not have come so far
        self._server.close()
        self._forget()
