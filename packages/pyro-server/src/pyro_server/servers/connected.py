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
from pyro_server.servers.documented import DocumentedNames
from pyro_server.servers.grace import Grace
from pyro_server.servers.link import Link, Pause
from pyro_server.servers.oneway import OnewayCalls
from pyro_server.servers.patience import never_wait
from pyro_server.servers.turn import Turn
from pyro_server.servers.waker import Waker
from pyro_server.session import ServerSession

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["ConnectedServer"]

SHORT_WAIT = 0.5
"""Seconds for which closing waits for a call even when the grace is over: most calls are short."""

_HELD_UP = (Pause.UNREAD, Pause.ONEWAY)

log = logging.getLogger("Pyro5.existingconnectionserver")


class ConnectedServer(DocumentedNames):
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
        self._timeout_before = sock.gettimeout()
        never_wait(sock)
        self._waker = Waker()
        self._oneway = OnewayCalls(daemon.config.THREADPOOL_SIZE, daemon.config.MAX_ONEWAY_WAITING, self._wake_for)
        session = ServerSession(daemon, connection, sock.getpeername(), handshake=False)
        self._link = Link(session, connection, self._oneway, lambda: False, time.monotonic)
        self._turn = Turn()
        self._closed = False
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
                for key, _ in selector.select(self._patience()):
                    if key.fileobj is self.sock:
                        self._serve()
                self._tend()

    def events(self, eventsockets: Sequence[Any]) -> None:
        """Do what the client asks for."""
        if not self._stopping and any(sock is self.sock for sock in eventsockets):
            self._serve()
        self._tend()

    def stop(self) -> None:
        """Have ``loop`` return at once; from any thread."""
        self._stopping = True
        self._waker.wake()

    def begin_close(self, grace: float) -> None:
        """Have the loop end after the call that is running; does not wait."""
        self._grace.begin(grace)
        self._link.closing = True
        self.stop()

    def close(self) -> None:
        """Wait for the calls in flight until their time is over; release everything but the socket.

        In the midst of a call on this thread that happens as soon as its reply is sent.
        """
        if not self._turn.between(self._finish, self._grace.left() + SHORT_WAIT):
            log.warning("a call did not end in time (SHUTDOWN_GRACE)")

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is one of those that serve calls, besides the loop's own."""
        return self._oneway.owns(thread)

    # ------------------------------------------------------------------------------ inside

    def _patience(self) -> float:
        return min(self._daemon.config.POLLTIMEOUT, self._housekeeping.patience())

    def _tend(self) -> None:
        with self._turn:
            self._waker.settle()
            self._housekeeping.do_if_due()

    def _wake_for(self, _: Link) -> None:
        self._waker.wake()

    def _serve(self) -> None:
        """Do what the client asks for. Nobody else is there to be disturbed, so this waits for it."""
        with self._turn:
            pause = self._link.advance()
            while pause in _HELD_UP and self._wait(pause):
                pause = self._link.advance()
            if pause is Pause.OVER or pause in _HELD_UP:
                self._link.end()
                self._stopping = True

    def _wait(self, pause: Pause) -> bool:
        """Wait until the client takes more bytes, or oneway calls have room. False: it is not to be waited for."""
        deadline = self._link.deadline(pause)
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker.receiver, selectors.EVENT_READ)
            if pause is Pause.UNREAD:
                selector.register(self.sock, selectors.EVENT_WRITE)
            while True:
                waits = [] if deadline is None else [deadline - time.monotonic()]
                if self._stopping:  # a last answer may still be sent, but nothing new be begun
                    waits.append(self._grace.left() if pause is Pause.UNREAD else 0.0)
                if waits and min(waits) <= 0:
                    return False
                ready = selector.select(min(waits, default=None))
                self._waker.settle()
                if ready and (pause is Pause.ONEWAY or any(key.fileobj is self.sock for key, _ in ready)):
                    return True

    def _finish(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._link.end()
        self._oneway.close(self._grace.left())
        self._waker.close()
        if self.sock.fileno() >= 0:
            self.sock.settimeout(self._timeout_before)


def _location_of(sock: socket.socket) -> str:
    name = sock.getsockname()
    if isinstance(name, str | bytes):
        text = name if isinstance(name, str) else name.decode("utf-8", "replace")
        return f"./u:{text or '<<not-bound>>'}"
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
