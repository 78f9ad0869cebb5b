"""The thread server and its parts by their documented names: for programs that look inside, or use the pool."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from Pyro5._servers import StandsFor
from pyro_client.socketutil import SocketConnection
from pyro_server import housekeeping
from pyro_server.servers import pool
from pyro_server.servers.link import Link, Pause
from pyro_server.servers.oneway import OnewayCalls
from pyro_server.servers.pool import NoFreeWorkersError, PoolError, Worker
from pyro_server.servers.threads import ThreadServer
from pyro_server.session import ServerSession
from pyro_wire import config

if TYPE_CHECKING:
    from pyro_server import Daemon

__all__ = [
    "ClientConnectionJob",
    "Housekeeper",
    "NoFreeWorkersError",
    "Pool",
    "PoolError",
    "SocketServer_Threadpool",
    "Worker",
]

_Job: TypeAlias = Callable[[], Any]


class SocketServer_Threadpool(ThreadServer, metaclass=StandsFor):
    """A thread server that is told its daemon and its address by ``init``, as the released one is."""

    stands_for: ClassVar[type] = ThreadServer

    def __init__(self) -> None:
        pass  # there is nothing yet; `init` does it

    def init(self, daemon: Daemon, host: str, port: int, unixsocket: str | None = None) -> None:
        """Listen for clients of a daemon. Raises ``OSError`` if the address cannot be had."""
        super().__init__(daemon, host, port, unixsocket)

    def close(self) -> None:
        """Let the calls in flight end, for SHUTDOWN_GRACE seconds at most, and release everything."""
        self.begin_close(self._daemon.config.SHUTDOWN_GRACE)
        super().close()


class Pool(pool.Pool[_Job]):
    """A pool of worker threads, of the sizes in the process-wide configuration. A job is a callable of no arguments.

    The servers' own pool is made for clients that come and go; here each job is one that comes once.
    """

    def __init__(self) -> None:
        super().__init__(config.THREADPOOL_SIZE_MIN, config.THREADPOOL_SIZE, self._do)

    def _do(self, job: _Job) -> None:
        try:
            job()
        finally:
            self.notify_done(threading.current_thread())

    def notify_done(self, worker: threading.Thread) -> None:
        """Take notice that a worker is through with its job. The pool counts by itself; this is for subclasses."""


class Housekeeper(housekeeping.Housekeeper):
    """Does a daemon's housekeeping on a thread of its own, from ``start`` to ``stop``."""

    def __init__(self, daemon: Daemon) -> None:
        super().__init__(daemon.keep_house, daemon.housekeeping_period())


class ClientConnectionJob:
    """Serves one client of a daemon from its handshake to its end, on the thread that calls the job.

    For sockets that the program has accepted itself. Here the daemon's servers need no such thing, because their
    connections change threads when they are idle.
    """

    def __init__(self, clientSocket: socket.socket, clientAddr: Any, daemon: Daemon) -> None:
        self.daemon = daemon
        self.csock = SocketConnection(clientSocket)
        self.caddr = clientAddr
        self._room = threading.Event()

    def __call__(self) -> None:
        """Serve the client until it leaves, or does not take its answers any more (COMMTIMEOUT)."""
        settings = self.daemon.config
        oneway: OnewayCalls[Link] = OnewayCalls(
            settings.THREADPOOL_SIZE, settings.MAX_ONEWAY_WAITING, lambda link: self._room.set()
        )
        session = ServerSession(self.daemon, self.csock, self.caddr)
        link = Link(session, self.csock, oneway, lambda: False, time.monotonic)
        try:
            self.csock.timeout = settings.COMMTIMEOUT
            self._serve(link)
        finally:
            link.end()
            oneway.close(settings.SHUTDOWN_GRACE)

    def _serve(self, link: Link) -> None:
        pause = Pause.NEXT
        while pause in (Pause.NEXT, Pause.ONEWAY):
            if pause is Pause.ONEWAY:
                self._room.wait()
                self._room.clear()
            pause = link.advance()
