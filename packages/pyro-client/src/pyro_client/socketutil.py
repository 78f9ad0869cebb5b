"""Sockets: making them, moving bytes through them, and errors that speak of the conversation, not of errno."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
import weakref
from collections.abc import Sequence
from types import TracebackType
from typing import Any, TypeAlias

from pyro_wire.config import config as process_config
from pyro_wire.errors import CommunicationError, ConnectionClosedError, TimeoutError
from pyro_wire.message import Buffer

__all__ = [
    "SocketConnection",
    "bind_unused_port",
    "create_bc_socket",
    "create_socket",
    "family_str",
    "find_probably_unused_port",
    "get_interface",
    "get_ip_address",
    "receive_data",
    "send_data",
    "set_keepalive",
    "set_nodelay",
    "set_noinherit",
    "set_reuseaddr",
]

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
SocketAddress: TypeAlias = str | tuple[Any, ...]
"""The name of a Unix socket, or (host, port)."""

RECEIVE_SIZE = 1 << 16
"""Bytes asked for at once: a small message arrives whole with one call."""

LISTEN_BACKLOG = 512

_ANYWHERE = "4.2.2.2"
"""A public address; asking the kernel for the way to it sends nothing and tells which interface leads outside."""


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
            raise _translated("sending", error) from error

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

    def stop_receiving(self) -> None:
        """Wake whoever waits in ``recv_some``, as if the other side had closed; sending still works."""
        with contextlib.suppress(OSError):  # it may be closed already
            self.sock.shutdown(socket.SHUT_RD)

    def stop_sending(self) -> None:
        """Tell the other side that nothing more will come; receiving still works."""
        with contextlib.suppress(OSError):  # it may be closed already
            self.sock.shutdown(socket.SHUT_WR)

    def interrupt(self) -> None:
        """Make whoever sends or receives in another thread fail, as if the connection were lost."""
        with contextlib.suppress(OSError):  # it may be closed already
            self.sock.shutdown(socket.SHUT_RDWR)

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
        """Return the certificate of the other side, None without TLS."""
        getter = getattr(self.sock, "getpeercert", None)
        certificate: dict[str, Any] | None = getter() if getter else None
        return certificate


def send_data(sock: socket.socket, data: Buffer) -> None:
    """Send all the bytes. Raises ``ConnectionClosedError`` or ``TimeoutError``."""
    try:
        sock.sendall(data)
    except OSError as error:
        raise _translated("sending", error) from error


def _send_all(sock: socket.socket, buffers: Sequence[Buffer]) -> None:
    """Send several buffers, together if the socket can: sent apart, the second may wait for a delayed ACK."""
    if not hasattr(sock, "sendmsg"):  # Windows, TLS
        for buffer in buffers:
            send_data(sock, buffer)
        return
    try:
        sent = sock.sendmsg(buffers)
        for buffer in buffers:
            if sent < len(buffer):
                sock.sendall(memoryview(buffer)[sent:])
                sent = 0
            else:
                sent -= len(buffer)
    except OSError as error:
        raise _translated("sending", error) from error


def receive_data(sock: socket.socket, size: int) -> bytes:
    """Return exactly ``size`` bytes.

    Raises ``TimeoutError``, or ``ConnectionClosedError`` with the bytes so far in ``partialData``.
    """
    data = bytearray()
    while len(data) < size:
        try:
            chunk = sock.recv(min(size - len(data), 1 << 20))
        except OSError as error:
            raise _translated("receiving", error) from error
        if not chunk:
            closed = ConnectionClosedError("receiving: not enough data")
            closed.partialData = bytes(data)
            raise closed
        data += chunk
    return bytes(data)


def _translated(doing: str, error: OSError) -> CommunicationError:
    if isinstance(error, socket.timeout):
        return TimeoutError(f"{doing}: timeout")
    return ConnectionClosedError(f"{doing}: connection lost: {error}")


def create_socket(
    bind: SocketAddress | None = None,
    connect: SocketAddress | None = None,
    reuseaddr: bool = False,
    keepalive: bool = True,
    timeout: float | None = -1,
    noinherit: bool = False,
    ipv6: bool | None = False,
    nodelay: bool = True,
    *,
    prefer_ip_version: int | None = None,
) -> socket.socket:
    """Return a stream socket that is listening (``bind``) or connected (``connect``), or neither.

    An address is (host, port), or the name of a Unix socket. ``timeout`` is in seconds, 0 or None for ever, negative:
    leave it. ``ipv6`` None takes what the host has, and a connection tries all of that; ``prefer_ip_version`` says what
    comes first: 4, 6, 0 as the system likes it, None as PREFER_IP_VERSION of the process-wide configuration says.
    Raises ``OSError``, and ``ValueError`` for arguments that contradict each other.
    """
    if bind is not None and connect is not None:
        raise ValueError("a socket can bind or connect, not both at once")
    address = bind if bind is not None else connect
    failure: OSError | None = None
    if prefer_ip_version is None:
        prefer_ip_version = process_config.PREFER_IP_VERSION
    for family, target in _candidates(address, ipv6, prefer_ip_version):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            _prepare(sock, reuseaddr=reuseaddr, keepalive=keepalive, nodelay=nodelay, noinherit=noinherit)
            if timeout is None or timeout >= 0:
                sock.settimeout(timeout or None)
            if bind is not None:
                sock.bind(target)
                sock.listen(LISTEN_BACKLOG)
            elif connect is not None:
                sock.connect(target)
            return sock
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
    if failure is None:
        raise OSError(f"{address!r} has no address to use")
    doing = "listen on" if bind is not None else "connect to"
    raise type(failure)(failure.errno, f"cannot {doing} {address!r}: {failure.strerror or failure}") from failure


def _candidates(
    address: SocketAddress | None, ipv6: bool | None, prefer_ip_version: int
) -> list[tuple[socket.AddressFamily, Any]]:
    """Return the families and addresses to try, in order."""
    if isinstance(address, str):
        return [(socket.AF_UNIX, address)]
    if address is None:
        return [(socket.AF_INET6 if ipv6 else socket.AF_INET, None)]
    if not 0 <= address[1] <= 65535:  # the system would take it modulo 65536
        raise ValueError(f"port {address[1]} is not in 0..65535")
    if ipv6 and _is_ipv4(address[0]):
        raise ValueError(f"{address[0]} is an IPv4 address, but IPv6 is demanded")
    if ipv6 is not None:
        return [(socket.AF_INET6 if ipv6 else socket.AF_INET, address)]
    infos = socket.getaddrinfo(address[0] or None, address[1], type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    preferred = {4: socket.AF_INET, 6: socket.AF_INET6}.get(prefer_ip_version)
    infos.sort(key=lambda info: info[0] != preferred)
    return [(family, target) for family, _, _, _, target in infos]


def _is_ipv4(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 4
    except ValueError:
        return False


def _prepare(sock: socket.socket, *, reuseaddr: bool, keepalive: bool, nodelay: bool, noinherit: bool) -> None:
    if reuseaddr:
        set_reuseaddr(sock)
    if keepalive:
        set_keepalive(sock)
    if nodelay:
        set_nodelay(sock)
    if noinherit:
        set_noinherit(sock)


def create_bc_socket(
    bind: SocketAddress | None = None, reuseaddr: bool = False, timeout: float | None = -1, ipv6: bool = False
) -> socket.socket:
    """Return a UDP socket that may broadcast. ``timeout`` as for ``create_socket``."""
    sock = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if reuseaddr:
            set_reuseaddr(sock)
        if timeout is None or timeout >= 0:
            sock.settimeout(timeout or None)
        if bind is not None:
            sock.bind(bind)
    except BaseException:
        sock.close()
        raise
    return sock


def set_reuseaddr(sock: socket.socket) -> None:
    """Let the address be bound again at once. On Windows that would let another process steal it, so not there."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def set_nodelay(sock: socket.socket) -> None:
    """Send small packets at once, if the socket is of a kind that could wait."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def set_keepalive(sock: socket.socket) -> None:
    """Have the system find out when the other side has vanished, if it can."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def set_noinherit(sock: socket.socket) -> None:
    """Keep the socket from child processes."""
    sock.set_inheritable(False)


def family_str(sock: socket.socket) -> str:
    """Return IPv4, IPv6, Unix or ???."""
    families = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
    if hasattr(socket, "AF_UNIX"):
        families[socket.AF_UNIX] = "Unix"
    return families.get(sock.family, "???")


def bind_unused_port(sock: socket.socket, host: str = "localhost") -> int:
    """Bind the socket to a free port of ``host`` and return the port."""
    sock.bind((host, 0))
    port: int = sock.getsockname()[1]
    return port


def find_probably_unused_port(
    family: socket.AddressFamily = socket.AF_INET, socktype: socket.SocketKind = socket.SOCK_STREAM
) -> int:
    """Return a port that was free a moment ago. Another process may take it: bind to port 0 where you can."""
    with socket.socket(family, socktype) as sock:
        return bind_unused_port(sock, "::1" if family == socket.AF_INET6 else "127.0.0.1")


def get_ip_address(hostname: str, workaround127: bool = False, version: int | None = None) -> IPAddress:
    """Return the address of a host, of the own one for "".

    ``version`` is 4 or 6; 0 or None leave it to the configuration. With ``workaround127`` an address that only this
    machine can use is replaced by that of the interface which leads outside. Raises ``OSError``.
    """
    if version not in (None, 0, 4, 6):
        raise ValueError(f"the IP version must be 4, 6 or 0, not {version}")
    if not workaround127:
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(hostname)
    address = _look_up(hostname or socket.gethostname(), version or process_config.PREFER_IP_VERSION)
    if workaround127 and (address.is_loopback or address.is_unspecified):
        with contextlib.suppress(OSError):
            return get_interface(_ANYWHERE).ip
    return address


def _look_up(hostname: str, version: int) -> IPAddress:
    family = {4: socket.AF_INET, 6: socket.AF_INET6}.get(version, socket.AF_UNSPEC)
    try:
        infos = socket.getaddrinfo(hostname, None, family, socket.SOCK_STREAM)
    except OSError as error:
        if version == 6:
            raise OSError(f"unable to determine IPV6 address of {hostname}: {error}") from error
        raise
    return ipaddress.ip_address(str(infos[0][4][0]).partition("%")[0])


def get_interface(ip_address: IPAddress | str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    """Return the address of this machine's interface that leads to ``ip_address``. Raises ``OSError``."""
    target = ipaddress.ip_address(ip_address)
    family = socket.AF_INET if target.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect((str(target), 53))  # UDP: nothing is sent
        return ipaddress.ip_interface(sock.getsockname()[0])
