"""Moving bytes through a connected socket, with errors that speak of the conversation, not of errno."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import weakref
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from pyro_client.tls import HUNG_UP, in_words
from pyro_wire.errors import CommunicationError, ConnectionClosedError, TimeoutError
from pyro_wire.message import Buffer

__all__ = [
    "RECEIVE_SIZE",
    "SocketConnection",
    "TLS_RECORD_SIZE",
    "USE_MSG_WAITALL",
    "family_str",
    "receive_data",
    "send_data",
]

RECEIVE_SIZE = 1 << 16
"""Bytes asked for at once: a small message arrives whole with one call."""

TLS_RECORD_SIZE = 1 << 14
"""Bytes that fit into one record of TLS."""

USE_MSG_WAITALL = hasattr(socket, "MSG_WAITALL") and sys.platform != "win32"
"""Whether the system can gather all bytes that are asked for; on Windows it can, and at times forgets to."""


class SocketConnection:
    """A connected socket, with what belongs to the connection: the session's instances and tracked resources.

    ``keep_open`` says that the socket belongs to the application, so ``close()`` leaves it open. ``close()`` may be
    called any number of times.
    """

    def __init__(self, sock: socket.socket, objectId: str | None = None, keep_open: bool = False) -> None:
        self.sock = sock
        self.objectId = objectId
        self.pyroInstances: dict[type, Any] = {}
        """Server: the instances of mode ``session``, by class."""
        self.tracked_resources: weakref.WeakSet[Any] = weakref.WeakSet()
        """Server: what is to be closed when the client goes."""
        self.keep_open = keep_open
        self._closed = False

    def __enter__(self) -> SocketConnection:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def send(self, data: Buffer) -> None:
        """Send all the bytes. Raises ``ConnectionClosedError`` or ``TimeoutError``."""
        send_data(self.sock, data)

    def send_buffers(self, buffers: Sequence[Buffer]) -> None:
        """Send the buffers one after the other. Raises ``ConnectionClosedError`` or ``TimeoutError``."""
        if len(buffers) > 1:
            _send_all(self.sock, buffers)
            return
        try:
            self.sock.sendall(buffers[0])
        except OSError as error:
            raise _cannot_send(self.sock, error) from error

    def recv(self, size: int) -> bytes:
        """Return exactly ``size`` bytes. Raises ``ConnectionClosedError`` or ``TimeoutError``."""
        return receive_data(self.sock, size)

    def recv_some(self) -> bytes:
        """Return the bytes that have arrived, waiting for the first; b"" when the other side has closed.

        Raises ``ConnectionClosedError`` or ``TimeoutError``.
        """
        try:
            return self.sock.recv(RECEIVE_SIZE)
        except OSError as error:
            raise _translated("receiving", error) from error

    def stop_sending(self) -> None:
        """Tell the other side that nothing more will come; receiving still works."""
        _shut_down(self.sock, socket.SHUT_WR)

    def interrupt(self) -> None:
        """Make whoever sends or receives in another thread fail, as if the connection were lost."""
        _shut_down(self.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket, unless it is the application's own, and all tracked resources. ``sock`` stays readable."""
        if self._closed:
            return
        self._closed = True
        if not self.keep_open:
            self.interrupt()  # another thread that still reads is woken by this; close() alone would leave it waiting
            self.sock.close()
        self.pyroInstances.clear()
        for resource in list(self.tracked_resources):
            with contextlib.suppress(Exception):  # the program's own resources; one bad close must not spare the rest
                resource.close()
        self.tracked_resources.clear()

    def fileno(self) -> int:
        """Return the file descriptor, -1 when closed."""
        return self.sock.fileno()

    def family(self) -> str:
        """Return IPv4, IPv6, Unix or ???."""
        return family_str(self.sock)

    @property
    def timeout(self) -> float | None:
        """Seconds that a send or receive may take; None: for ever."""
        return self.sock.gettimeout()

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        self.sock.settimeout(seconds or None)

    def settimeout(self, seconds: float | None) -> None:
        """Set ``timeout``; 0 and None both mean for ever."""
        self.timeout = seconds

    def gettimeout(self) -> float | None:
        """Return ``timeout``."""
        return self.timeout

    def getpeercert(self) -> dict[str, Any] | None:
        """Return the certificate of the other side, None without TLS; empty if it was not checked, None if it has none.

        Raises ``ConnectionClosedError`` when the connection is closed, and ``ValueError`` before TLS has shaken hands.
        """
        if not isinstance(self.sock, ssl.SSLSocket):
            return None
        if self.sock.fileno() < 0:
            raise ConnectionClosedError("the connection is closed, and the certificate of the other side went with it")
        certificate: dict[str, Any] | None = self.sock.getpeercert()
        return certificate


def send_data(sock: socket.socket, data: Buffer) -> None:
    """Send all the bytes. Raises ``ConnectionClosedError`` or ``TimeoutError``."""
    try:
        sock.sendall(data)
    except OSError as error:
        raise _cannot_send(sock, error) from error


def _send_all(sock: socket.socket, buffers: Sequence[Buffer]) -> None:
    """Send several buffers, together if the socket can: sent apart, the second may wait for a delayed ACK."""
    try:
        if isinstance(sock, ssl.SSLSocket) or not hasattr(sock, "sendmsg"):  # the latter is Windows
            for piece in _pieces(buffers):
                sock.sendall(piece)
            return
        sent = sock.sendmsg(buffers)
        for buffer in buffers:
            if sent < len(buffer):
                sock.sendall(memoryview(buffer)[sent:])
                sent = 0
            else:
                sent -= len(buffer)
    except OSError as error:
        raise _cannot_send(sock, error) from error


def _cannot_send(sock: socket.socket, error: OSError) -> CommunicationError:
    if isinstance(sock, ssl.SSLSocket) and isinstance(error, HUNG_UP):
        error = _alert(sock) or error
    return _translated("sending", error)


def _alert(sock: ssl.SSLSocket) -> ssl.SSLError | None:
    """Return why the other side has ended TLS, if it has said so, for one who finds out when sending.

    A server that refuses a client's certificate does it when the client thinks that the handshake is over.
    """
    with contextlib.suppress(OSError):  # it may be closed by now
        sock.settimeout(0)
        try:
            sock.recv(1)
        except ssl.SSLError as error:
            return error if error.errno == ssl.SSL_ERROR_SSL else None
    return None


def _pieces(buffers: Sequence[Buffer]) -> Sequence[Buffer]:
    """Return what to send one after the other on a socket that takes only one buffer at a time.

    Few bytes are joined, because a record of TLS of its own for each buffer costs more than the copy: some twenty
    bytes, the work of sealing and opening it, and often a packet and a wake-up of the other side. Many are not copied.
    """
    if sum(map(len, buffers)) <= TLS_RECORD_SIZE:
        return [b"".join(buffers)]
    return buffers


def _shut_down(sock: socket.socket, how: int) -> None:
    # Not sock.shutdown(): that of a TLS socket drops the encryption, and what another thread sent next on a socket that
    # was shut for receiving alone would go out in plain text.
    with contextlib.suppress(OSError):  # it may be closed already
        socket.socket.shutdown(sock, how)


def receive_data(sock: socket.socket, size: int) -> bytes:
    """Return exactly ``size`` bytes.

    Raises ``TimeoutError``, or ``ConnectionClosedError`` with the bytes so far in ``partialData``.
    """
    data = bytearray()
    flags = socket.MSG_WAITALL if USE_MSG_WAITALL and not isinstance(sock, ssl.SSLSocket) else 0
    while len(data) < size:
        try:
            chunk = sock.recv(min(size - len(data), 1 << 20), flags)
        except OSError as error:
            raise _translated("receiving", error) from error
        if not chunk:
            closed = ConnectionClosedError("receiving: not enough data")
            closed.partialData = bytes(data)
            raise closed
        data += chunk
    return bytes(data)


_IN_VAIN = (socket.timeout, BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What a socket raises that has waited long enough; the latter three if its timeout is 0, which is the application's
doing."""


def _translated(doing: str, error: OSError) -> CommunicationError:
    if isinstance(error, _IN_VAIN):
        return TimeoutError(f"{doing}: timeout")
    return ConnectionClosedError(f"{doing}: connection lost: {in_words(error)}")


def family_str(sock: socket.socket) -> str:
    """Return IPv4, IPv6, Unix or ???."""
    families = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
    if hasattr(socket, "AF_UNIX"):
        families[socket.AF_UNIX] = "Unix"
    return families.get(sock.family, "???")
