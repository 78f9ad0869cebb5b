"""Listening sockets: TCP or Unix, and where clients find them."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import os
import socket

from pyro_client.socketutil import create_socket
from pyro_wire.config import Config

__all__ = ["Listener"]

log = logging.getLogger("Pyro5.server")

# What accept() raises when the connection that it was to return has gone already, or when descriptors have run out.
PASSING_ERRORS = (
    errno.ECONNABORTED,
    errno.EPROTO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOBUFS,
    errno.ENOMEM,
    errno.EPERM,
)


class Listener:
    """A listening socket. ``location`` is ``host:port`` with the host as it was given, or ``./u:name``.

    Raises ``OSError`` if the address cannot be had.
    """

    def __init__(self, host: str, port: int, unixsocket: str | None, config: Config) -> None:
        self._path = unixsocket
        self.sock = create_socket(
            bind=unixsocket if unixsocket else (host, port),
            reuseaddr=config.SOCK_REUSE,
            nodelay=config.SOCK_NODELAY,
            noinherit=True,
            ipv6=None,
            prefer_ip_version=config.PREFER_IP_VERSION,
        )
        self.sock.setblocking(False)
        if unixsocket:
            self.location = f"./u:{unixsocket}"
        else:
            bound_host, bound_port = self.sock.getsockname()[:2]
            shown = host or bound_host
            self.location = f"[{shown}]:{bound_port}" if ":" in shown else f"{shown}:{bound_port}"
            _warn_if_public(bound_host, self.location)

    def accept(self) -> tuple[socket.socket, object] | None:
        """Return the next client's socket and address; None if there is none after all."""
        try:
            sock, address = self.sock.accept()
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            if self.sock.fileno() < 0:  # closed by another thread a moment ago
                return None
            if error.errno not in PASSING_ERRORS:
                raise
            log.warning("cannot accept a connection: %s", error)
            return None
        sock.setblocking(True)
        return sock, address

    def close(self) -> None:
        """Stop listening; a Unix socket's file is removed."""
        self.sock.close()
        if self._path and not self._path.startswith("\0"):
            with contextlib.suppress(OSError):
                os.unlink(self._path)


def _warn_if_public(host: str, location: str) -> None:
    if not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        log.warning(
            "listening on %s, which other machines may reach: plain TCP has no identity, no secrecy and no replay "
            "protection, so anybody who reaches it can call what is exposed",
            location,
        )
