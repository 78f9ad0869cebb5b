"""The connected-socket server: one client, on a socket that the application has connected itself; no handshake."""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyro_client.socketutil import SocketConnection
from pyro_server.housekeeping import Chore
from pyro_server.servers.base import LoopCondition
from pyro_server.servers.grace import Grace
from pyro_server.servers.link import Link, Pause
from pyro_server.servers.oneway import OnewayCalls
from pyro_server.servers.waker import Waker
from pyro_server.session import ServerSession

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["ConnectedServer"]

log = logging.getLogger("Pyro5.existingconnectionserver")


class ConnectedServer:
    """Serves the one client at the other end of ``sock``, which stays open and belongs to the application.

    Raises ``OSError`` if the socket is not connected, or is a plain one although TLS is demanded.
    """

    def __init__(self, daemon: Daemon, sock: socket.socket) -> None:
        sock.getpeername()
        if (daemon.config.SSL or daemon.ssl_context is not None) and not isinstance(sock, ssl.SSLSocket):
            raise OSError("TLS is demanded (SSL, ssl_context), but the connected socket is a plain one: wrap it first")
        self._daemon = daemon
        self.sock = sock
        self.location = _location_of(sock)
        connection = SocketConnection(sock, keep_open=True)
        connection.timeout = daemon.config.COMMTIMEOUT
        self._room = threading.Event()
        self._oneway = OnewayCalls(daemon.config.THREADPOOL_SIZE, daemon.config.MAX_ONEWAY_WAITING, self._make_room)
        session = ServerSession(daemon, connection, sock.getpeername(), handshake=False)
        self._link = Link(session, connection, self._oneway, time.monotonic)
        self._waker = Waker()
        self._housekeeping = Chore(daemon.keep_house, daemon.housekeeping_period(), time.monotonic)
        self._stopping = False
        self._grace = Grace()

    def __repr__(self) -> str:
        return f"<SocketServer_ExistingConnection on {self.location}>"

    @property
    def sockets(self) -> list[socket.socket]:
        """The one socket; none when the conversation is over, as its end can be read for ever."""
        return [] if self._stopping else [self.sock]

    def loop(self, condition: LoopCondition) -> None:
        """Serve the client until it leaves, the condition is false, or ``stop`` is called."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            selector.register(self._waker.receiver, selectors.EVENT_READ)
            # The condition comes first because it may itself shut the daemon down.
            while condition() and not self._stopping:
                for key, _ in selector.select(min(self._daemon.config.POLLTIMEOUT, self._housekeeping.patience())):
                    if key.fileobj is self.sock:
                        self._serve()
                self._housekeeping.do_if_due()

    def events(self, eventsockets: Sequence[Any]) -> None:
        """Do what the client asks for."""
        if not self._stopping and any(sock is self.sock for sock in eventsockets):
            self._serve()
        self._housekeeping.do_if_due()

    def stop(self) -> None:
        """Have ``loop`` return at once; from any thread."""
        self._stopping = True
        self._room.set()  # the loop may be waiting for a oneway call that never ends
        self._waker.wake()

    def begin_close(self, grace: float) -> None:
        """Have the loop end after the call that is running; does not wait."""
        self._grace.begin(grace)
        self.stop()

    def close(self) -> None:
        """Wait for oneway calls until their time is over; release everything but the socket."""
        self._link.end()
        self._oneway.close(self._grace.left())
        self._waker.close()

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is one of those that serve calls, besides the loop's own."""
        return self._oneway.owns(thread)

    def _make_room(self, _: Link) -> None:
        self._room.set()

    def _serve(self) -> None:
        """Do what the client asks for. Nobody else is there to be disturbed, so waiting is no harm."""
        pause = self._link.advance()
        while pause is Pause.ONEWAY and not self._stopping:
            self._room.wait()
            self._room.clear()
            pause = self._link.advance()
        if pause in (Pause.OVER, Pause.UNREAD):  # UNREAD: the client has not read its answer in COMMTIMEOUT
            self._link.end()
            self._stopping = True


def _location_of(sock: socket.socket) -> str:
    name = sock.getsockname()
    if isinstance(name, str | bytes):
        text = name if isinstance(name, str) else name.decode("utf-8", "replace")
        return f"./u:{text or '<<not-bound>>'}"
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
