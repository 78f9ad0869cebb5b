"""The connected-socket server: one client, on a socket that the application has connected itself; no handshake."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyro_client.socketutil import SocketConnection
from pyro_server.servers.base import LoopCondition
from pyro_server.servers.conversation import Conversation
from pyro_server.servers.oneway import OnewayCalls
from pyro_server.servers.waker import Waker
from pyro_server.session import ServerSession
from pyro_wire.errors import CommunicationError

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["ConnectedServer"]

log = logging.getLogger("Pyro5.existingconnectionserver")


class ConnectedServer:
    """Serves the one client at the other end of ``sock``, which stays open and belongs to the application.

    Raises ``OSError`` if the socket is not connected.
    """

    def __init__(self, daemon: Daemon, sock: socket.socket) -> None:
        sock.getpeername()
        self._daemon = daemon
        self.sock = sock
        self.location = _location_of(sock)
        connection = SocketConnection(sock, keep_open=True)
        connection.timeout = daemon.config.COMMTIMEOUT
        self._oneway = OnewayCalls(daemon.config.THREADPOOL_SIZE, daemon.config.MAX_ONEWAY_WAITING)
        session = ServerSession(daemon, connection, sock.getpeername(), handshake=False)
        self._conversation = Conversation(session, connection, self._oneway.submit)
        self._waker = Waker()
        self._stopping = False
        self._deadline: float | None = None

    def __repr__(self) -> str:
        return f"<SocketServer_ExistingConnection on {self.location}>"

    @property
    def sockets(self) -> list[socket.socket]:
        """The one socket."""
        return [self.sock]

    def loop(self, condition: LoopCondition) -> None:
        """Serve the client until it leaves, the condition is false, or ``stop`` is called."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            selector.register(self._waker.receiver, selectors.EVENT_READ)
            # The condition comes first because it may itself shut the daemon down.
            while condition() and not self._stopping:
                for key, _ in selector.select(self._daemon.config.POLLTIMEOUT):
                    if key.fileobj is self.sock:
                        self._serve()

    def events(self, eventsockets: Sequence[Any]) -> None:
        """Do what the client asks for."""
        if any(sock is self.sock for sock in eventsockets):
            self._serve()

    def stop(self) -> None:
        """Have ``loop`` return at once; from any thread."""
        self._stopping = True
        self._waker.wake()

    def begin_close(self, grace: float) -> None:
        """Have the loop end after the call that is running; does not wait."""
        if self._deadline is None:
            self._deadline = time.monotonic() + grace
        self.stop()

    def close(self) -> None:
        """Wait for oneway calls until their time is over; release everything but the socket."""
        self._conversation.end()
        self._oneway.close(max(0.0, (self._deadline or 0.0) - time.monotonic()))
        self._waker.close()

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is one of those that serve calls, besides the loop's own."""
        return self._oneway.owns(thread)

    def _serve(self) -> None:
        try:
            goes_on = self._conversation.serve_some()
        except CommunicationError as error:
            log.debug("the client is gone: %s", error)
            goes_on = False
        if not goes_on:
            self._conversation.end()
            self._stopping = True


def _location_of(sock: socket.socket) -> str:
    name = sock.getsockname()
    if isinstance(name, str | bytes):
        text = name if isinstance(name, str) else name.decode("utf-8", "replace")
        return f"./u:{text or '<<not-bound>>'}"
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
