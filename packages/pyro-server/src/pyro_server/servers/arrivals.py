"""From a connection that has just been accepted to the link that serves it."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from pyro_client.socketutil import SocketConnection, set_keepalive, set_nodelay
from pyro_server.servers.link import Link
from pyro_server.servers.listener import Listener
from pyro_server.servers.oneway import OnewayCalls
from pyro_server.session import ServerSession

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["Arrivals"]

log = logging.getLogger("Pyro5.server")


class Arrivals:
    """Accepts the clients of a listening server.

    ``prepare(socket)`` sets how long each socket may let the server wait; ``others_wait`` is for the links.
    """

    def __init__(
        self,
        daemon: Daemon,
        listener: Listener,
        oneway: OnewayCalls[Link],
        prepare: Callable[[socket.socket], None],
        others_wait: Callable[[], bool],
    ) -> None:
        self._daemon = daemon
        self._listener = listener
        self._oneway = oneway
        self._prepare = prepare
        self._others_wait = others_wait

    def accept(self) -> Link | None:
        """Return the link of the next client; None if there is none after all."""
        accepted = self._listener.accept()
        if accepted is None:
            return None
        sock, address = accepted
        try:
            sock = self._secured(sock)
            self._prepare(sock)
        except OSError as error:
            log.debug("the client at %s is gone already: %s", address, error)
            sock.close()
            return None
        connection = SocketConnection(sock)
        session = ServerSession(self._daemon, connection, address)
        return Link(session, connection, self._oneway, self._others_wait, time.monotonic)

    def _secured(self, sock: socket.socket) -> socket.socket:
        set_keepalive(sock)
        if self._daemon.config.SOCK_NODELAY:
            set_nodelay(sock)
        context: ssl.SSLContext | None = self._daemon.ssl_context
        if context is None:
            return sock
        # The handshake itself waits for the client, so it is a matter of the link, with a deadline.
        return context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
