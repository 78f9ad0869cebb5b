"""Making sockets: listening or connected ones, with TLS or without, and those that broadcast."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from pyro_client.tls import HUNG_UP, in_words
from pyro_wire.config import config as process_config

__all__ = [
    "SocketAddress",
    "create_bc_socket",
    "create_socket",
    "interrupt_socket",
    "set_keepalive",
    "set_nodelay",
    "set_noinherit",
    "set_reuseaddr",
]

SocketAddress: TypeAlias = str | tuple[Any, ...]
"""The name of a Unix socket, or (host, port)."""

LISTEN_BACKLOG = 512

INTERRUPTION = b"!" * 16
"""What a throw-away client sends to wake a server; it begins no message of any protocol."""

INTERRUPTION_TIMEOUT = 5.0
"""Seconds after which a server that is to be woken is given up."""


def create_socket(
    bind: SocketAddress | None = None,
    connect: SocketAddress | None = None,
    reuseaddr: bool = False,
    keepalive: bool = True,
    timeout: float | None = -1,
    noinherit: bool = False,
    ipv6: bool | None = False,
    nodelay: bool = True,
    sslContext: ssl.SSLContext | None = None,
    *,
    prefer_ip_version: int | None = None,
) -> socket.socket:
    """Return a stream socket that is listening (``bind``) or connected (``connect``), or neither.

    An address is (host, port), or the name of a Unix socket. ``timeout`` is in seconds, 0 or None for ever, negative:
    leave it. ``ipv6`` None takes what the host has, and a connection tries all of that; ``prefer_ip_version`` says what
    comes first: 4, 6, 0 as the system likes it, None as PREFER_IP_VERSION of the process-wide configuration says.

    With ``sslContext`` it speaks TLS. A connected socket has shaken hands, within another ``timeout``, with a server
    whose certificate is for the host (for localhost on a Unix socket), if the context checks that; a listening one
    shakes hands in ``accept``.

    Raises ``OSError``, and ``ValueError`` for arguments that contradict each other.
    """
    if bind is not None and connect is not None:
        raise ValueError("a socket can bind or connect, not both at once")
    if sslContext is not None:
        _check_side(bind, connect, sslContext)

    def start(sock: socket.socket, target: Any) -> None:
        _prepare(sock, reuseaddr=reuseaddr, keepalive=keepalive, nodelay=nodelay, noinherit=noinherit)
        if timeout is None or timeout >= 0:
            sock.settimeout(timeout or None)
        if bind is not None:
            sock.bind(target)
            sock.listen(LISTEN_BACKLOG)
        elif connect is not None:
            sock.connect(target)

    address = bind if bind is not None else connect
    if prefer_ip_version is None:
        prefer_ip_version = process_config.PREFER_IP_VERSION
    candidates = _candidates(address, ipv6, prefer_ip_version)
    try:
        sock = _first_that_starts(candidates, start)
    except OSError as error:
        doing = "listen on" if bind is not None else "connect to"
        raise _renamed(error, f"cannot {doing} {address!r}: {error.strerror or error}") from error
    return _with_tls(sock, bind, connect, sslContext) if sslContext is not None else sock


def _check_side(bind: SocketAddress | None, connect: SocketAddress | None, context: ssl.SSLContext) -> None:
    if bind is None and connect is None:
        raise ValueError("a socket that neither binds nor connects has nobody to speak TLS with")
    if bind is not None and context.protocol == ssl.PROTOCOL_TLS_CLIENT:
        raise ValueError("a socket that listens needs an SSL context for servers; this one is for clients")
    if connect is not None and context.protocol == ssl.PROTOCOL_TLS_SERVER:
        raise ValueError("a socket that connects needs an SSL context for clients; this one is for servers")


def _first_that_starts(
    candidates: Sequence[tuple[socket.AddressFamily, Any]], start: Callable[[socket.socket, Any], None]
) -> socket.socket:
    """Return a new socket for the first family and address with which it starts; raise the last one's error."""
    failure = OSError("there is no address to use")
    for family, target in candidates:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            start(sock, target)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


def _with_tls(
    sock: socket.socket, bind: SocketAddress | None, connect: SocketAddress | None, context: ssl.SSLContext
) -> socket.socket:
    """Return the socket with TLS on it, which takes its place; it is closed if that fails."""
    try:
        if connect is None:
            return context.wrap_socket(sock, server_side=True)
        return _shaken_hands(context.wrap_socket(sock, False, False, server_hostname=_host_name(connect)))
    except OSError as error:
        sock.close()
        hint = " (it may not speak TLS)" if isinstance(error, HUNG_UP) else ""
        raise _renamed(error, f"TLS with {bind or connect!r} failed: {in_words(error)}{hint}") from error
    except BaseException:
        sock.close()
        raise


def _shaken_hands(sock: ssl.SSLSocket) -> ssl.SSLSocket:
    try:
        sock.do_handshake()
    except BaseException:  # a Ctrl-C too, after which wrap_socket() with a handshake of its own would leave it open
        sock.close()
        raise
    return sock


def _host_name(address: SocketAddress) -> str:
    """Return the name that a server's certificate must have."""
    if isinstance(address, str):
        return "localhost"
    host, _, _ = str(address[0]).partition("%")  # the zone of an IPv6 address is this machine's own affair
    return host or "localhost"


def _renamed(error: OSError, text: str) -> OSError:
    """Return an error of the same kind with another text."""
    return type(error)(text) if error.errno is None else type(error)(error.errno, text)


def interrupt_socket(address: SocketAddress) -> None:
    """Wake a server, of this project or another Pyro, that waits for connections at this address.

    It sees a client that says nothing of sense and leaves. Nothing happens if nobody is there.
    """
    with contextlib.suppress(OSError), create_socket(connect=address, timeout=INTERRUPTION_TIMEOUT, ipv6=None) as sock:
        sock.sendall(INTERRUPTION)


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
