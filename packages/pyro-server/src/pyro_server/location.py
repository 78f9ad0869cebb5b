"""Where a daemon is reached from the other side of a NAT."""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

from pyro_wire.config import Config

__all__ = ["Host", "NatAddress", "nat_address", "nat_location"]

Host: TypeAlias = str | ipaddress.IPv4Address | ipaddress.IPv6Address | None
NatAddress: TypeAlias = tuple[str, int] | None
"""Published host and port, where port 0 stands for the real one; None: the real location is published."""


def nat_address(nathost: Host, natport: int | None, has_port: bool, config: Config) -> NatAddress:
    """Return the published address, from the arguments or else, for a daemon with a port, the configuration.

    Raises ``ValueError`` for arguments that contradict each other.
    """
    if nathost is None and natport is not None:
        raise ValueError("natport needs nathost")
    if nathost is not None and not has_port:
        raise ValueError("a Unix socket or a connected one cannot be published under a nathost")
    if nathost is None and has_port:
        nathost = config.NATHOST
    if nathost is None:
        return None
    port = config.NATPORT if natport is None else natport
    if not str(nathost) or not 0 <= port <= 65535:
        raise ValueError(f"{str(nathost)!r} and port {port} cannot be published: see nathost and natport")
    return str(nathost), port


def nat_location(address: NatAddress, location: str) -> str | None:
    """Return the published location of a daemon that really is at ``location``; None: that one."""
    if address is None:
        return None
    host, port = address
    port = port or int(location.rpartition(":")[2])
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
