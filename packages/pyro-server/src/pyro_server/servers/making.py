"""Which server a daemon gets."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from pyro_server.servers.base import Server
from pyro_server.servers.connected import ConnectedServer
from pyro_server.servers.multiplex import MultiplexServer
from pyro_server.servers.threads import ThreadServer
from pyro_wire.errors import PyroError

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["make_server"]

_SERVER_TYPES: dict[str, type[ThreadServer] | type[MultiplexServer]] = {
    "thread": ThreadServer,
    "multiplex": MultiplexServer,
}


def make_server(
    daemon: Daemon, host: str, port: int, unixsocket: str | None, connected_socket: socket.socket | None
) -> Server:
    """Return the server for a daemon: on the connected socket if there is one, else of the type SERVERTYPE.

    Raises ``PyroError`` for an unknown type, ``OSError`` if the address cannot be had.
    """
    if connected_socket is not None:
        return ConnectedServer(daemon, connected_socket)
    make = _SERVER_TYPES.get(daemon.config.SERVERTYPE)
    if make is None:
        known = " or ".join(map(repr, _SERVER_TYPES))
        raise PyroError(f"invalid server type {daemon.config.SERVERTYPE!r} (SERVERTYPE): use {known}")
    return make(daemon, host, port, unixsocket)
