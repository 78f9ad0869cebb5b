"""Listening sockets: TCP or Unix, and where clients find them."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import os
import socket
import time

from pyro_client.socketutil import create_socket
from pyro_wire.config import Config

__all__ = ["Listener"]

log = logging.getLogger("Pyro5.server")

# What accept() raises when descriptors or memory have run out; the client goes on waiting.
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

# What it raises when the socket is no listening one (any more); everything else concerns one client only.
BROKEN = (errno.EBADF, errno.EINVAL, errno.ENOTSOCK, errno.EOPNOTSUPP)

SHORTEST_PAUSE = 0.01
LONGEST_PAUSE = 1.0
"""Seconds not to accept when descriptors have run out; doubled from one failure to the next."""

LOG_PERIOD = 60.0
"""Seconds between two lines in the log about the same trouble."""


class Listener:
    """A listening socket. ``location`` is ``host:port`` with the host as it was given, or ``./u:name``.

    ``secure`` says that connections will be encrypted. Raises ``OSError`` if the address cannot be had.
    """

    def __init__(self, host: str, port: int, unixsocket: str | None, config: Config, *, secure: bool = False) -> None:
        self._path = unixsocket
        self.pause = 0.0
        """Seconds to wait before the next ``accept``."""
        self._silent_until = 0.0
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
            if not secure:
                _warn_if_public(bound_host, self.location)
            _warn_if_private(host, bound_host)

    def accept(self) -> tuple[socket.socket, object] | None:
        """Return the next client's socket and address; None if there is none after all."""
        try:
            sock, address = self.sock.accept()
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            if self.sock.fileno() < 0:  # closed by another thread a moment ago
                return None
            if error.errno in BROKEN:
                raise
            self._note_failure(error)
            return None
        self.pause = 0.0
        sock.setblocking(True)
        return sock, address

    def _note_failure(self, error: OSError) -> None:
        if error.errno in EXHAUSTED:
            self.pause = min(max(2 * self.pause, SHORTEST_PAUSE), LONGEST_PAUSE)
        now = time.monotonic()
        if now >= self._silent_until:
            self._silent_until = now + LOG_PERIOD
            log.warning("cannot accept connections on %s: %s", self.location, error)

    def close(self) -> None:
        """Stop listening; a Unix socket's file is removed. May be called again."""
        if self.sock.fileno() < 0:  # the file may be that of another server by now
            return
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


def _warn_if_private(host: str, bound_host: str) -> None:
    """Warn of a name that was meant for others: on some systems the own host name stands for 127.0.1.1."""
    if host in ("", "localhost") or ":" in host or host.startswith("127."):
        return
    if bound_host.startswith("127."):
        log.warning("the host %s is %s, so only this machine can reach it: check DNS or /etc/hosts", host, bound_host)
