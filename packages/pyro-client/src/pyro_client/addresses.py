"""Addresses of hosts and interfaces, and ports that are free."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from typing import TypeAlias

from pyro_wire.config import config as process_config

__all__ = ["IPAddress", "bind_unused_port", "find_probably_unused_port", "get_interface", "get_ip_address"]

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_ANYWHERE = "4.2.2.2"
"""A public address; asking the kernel for the way to it sends nothing and tells which interface leads outside."""


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
