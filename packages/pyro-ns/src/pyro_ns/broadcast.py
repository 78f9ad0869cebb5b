"""The answer to those who shout for a name server.

A client that knows no address sends a datagram to everybody on its network; the responder answers with the uri of the
name server. UDP, both ways in one datagram::

    request     the 9 bytes ``GET_NSURI``; anything else gets no answer
    response    the uri as text in ISO-8859-1, ``PYRO:Pyro.NameServer@192.168.1.5:9090``; clients read 100 bytes of it

Anybody can send that request, and anybody can answer it: this is for networks where all machines are trusted.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from pyro_client import socketutil
from pyro_client.naming import BROADCAST_REQUEST
from pyro_uri import URI, PyroError
from pyro_wire import Config
from pyro_wire import config as process_config

__all__ = ["BroadcastServer", "is_loopback"]

BUFFER_SIZE = 100
"""Bytes that either side reads of a datagram."""

STOP_TIMEOUT = 5.0
"""Seconds to wait for the thread to end. It never does anything that takes long."""

_ANYWHERE = ("0.0.0.0", "::")

log = logging.getLogger("Pyro5.naming")


class BroadcastServer:
    """A UDP responder that tells where the name server is.

    Run it with ``runInThread``, call ``processRequest`` whenever ``fileno()`` is readable, or have a daemon ``combine``
    it into its own request loop. ``bchost`` and ``bcport`` are where it listens (default: NS_BCHOST, else every
    interface, and NS_BCPORT; 0 is a random port). Raises ``OSError`` if that is not possible, and ``ValueError`` if the
    name server cannot be reached from other machines, so that there is nothing to tell them.
    """

    def __init__(
        self,
        nsUri: URI | str,
        bchost: str | None = None,
        bcport: int | None = None,
        ipv6: bool = False,
        *,
        config: Config | None = None,
    ) -> None:
        config = process_config if config is None else config
        self.nsUri = URI(nsUri)
        _check_worth_telling(self.nsUri)
        address = (bchost or config.NS_BCHOST or "", config.NS_BCPORT if bcport is None else bcport)
        self.sock = socketutil.create_bc_socket(address, reuseaddr=config.SOCK_REUSE, ipv6=ipv6)
        self.sock.setblocking(False)
        host: str = self.sock.getsockname()[0]
        self._port: int = self.sock.getsockname()[1]
        self.locationStr = f"[{host}]:{self._port}" if ":" in host else f"{host}:{self._port}"
        # Guards the next three: a thread is never started on a server that is being closed.
        self._lock = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._waker: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def getPort(self) -> int:
        """Return the UDP port that it listens on."""
        return self._port

    def fileno(self) -> int:
        """Return the file descriptor to wait on, -1 when closed."""
        return self.sock.fileno()

    @property
    def transportServer(self) -> Self:
        """What a daemon's ``combine`` serves in its request loop: the responder itself, with the next two."""
        return self

    @property
    def sockets(self) -> list[socket.socket]:
        """The socket to be watched, none when closed."""
        return [] if self._closed else [self.sock]

    def events(self, eventsockets: Sequence[object]) -> None:
        """Answer a request, because the socket can be read."""
        self.processRequest()

    def runInThread(self) -> threading.Thread:
        """Answer requests in a thread of its own until ``close``, and return the thread.

        Raises ``PyroError`` when it is closed.
        """
        with self._lock:
            if self._closed:
                raise PyroError("this broadcast server is closed; make another one")
            if self._thread is None:
                self._waker, woken = socket.socketpair()
                thread = threading.Thread(target=self._run, args=(woken,), name="broadcast-responder", daemon=True)
                thread.start()
                self._thread = thread
            return self._thread

    def processRequest(self) -> None:
        """Answer one datagram, if one has arrived. Never waits."""
        try:
            data, sender = self.sock.recvfrom(BUFFER_SIZE)
            if data == BROADCAST_REQUEST:
                log.debug("telling %s where the name server is", sender)
                self.sock.sendto(answer_for(self.nsUri, sender[0], _address_towards), sender)
        except BlockingIOError:
            pass  # readable a moment ago, but its checksum was wrong, or the send buffer is full: the client repeats it
        except OSError as error:  # nobody there any more, no way to there, a datagram that was cut
            log.debug("a broadcast request was not answered: %s", error)

    def close(self) -> None:
        """Stop the thread and close the socket. May be called any number of times."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._waker is not None:
                self._waker.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(STOP_TIMEOUT)
        self.sock.close()

    def _run(self, woken: socket.socket) -> None:
        """Answer requests until the other end of ``woken`` is closed."""
        with woken, selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            selector.register(self.sock, selectors.EVENT_READ)
            while woken not in (key.fileobj for key, _ in selector.select()):
                self.processRequest()


def answer_for(uri: URI, requester: str, address_towards: Callable[[str], str]) -> bytes:
    """Return the answer to a request from an address.

    A name server on every interface is told by the address of the interface that leads to the requester.
    """
    told = URI(uri)
    if told.host in _ANYWHERE:
        with contextlib.suppress(OSError, ValueError):  # no way to there: the answer is as good as it gets
            told.host = address_towards(requester)
    return str(told).encode("iso-8859-1")


def is_loopback(host: str) -> bool:
    """Tell whether a host, as it is written, can be reached from its own machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address_towards(requester: str) -> str:
    return str(socketutil.get_interface(requester).ip)


def _check_worth_telling(uri: URI) -> None:
    """Raise ``ValueError`` for a uri that is of no use to other machines, or does not fit into an answer."""
    if uri.host is None or is_loopback(uri.host):
        raise ValueError(f"not answering broadcasts: other machines cannot reach the name server at {uri.location}")
    try:
        size = len(str(uri).encode("iso-8859-1"))
    except UnicodeEncodeError as error:
        raise ValueError(f"not answering broadcasts: {uri} is not ISO-8859-1, give the host as a number") from error
    if size > BUFFER_SIZE:
        log.warning("clients will not find the name server: its uri has more than %d bytes: %s", BUFFER_SIZE, uri)
