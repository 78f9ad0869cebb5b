"""The server of one connected socket by its documented name."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, ClassVar

from Pyro5._servers import StandsFor
from pyro_server.servers.connected import ConnectedServer

if TYPE_CHECKING:
    from pyro_server import Daemon

__all__ = ["SocketServer_ExistingConnection"]


class SocketServer_ExistingConnection(ConnectedServer, metaclass=StandsFor):
    """A server of one socket that is told its daemon by ``init``, as the released one is."""

    stands_for: ClassVar[type] = ConnectedServer

    def __init__(self) -> None:
        pass  # there is nothing yet; `init` does it

    def init(self, daemon: Daemon, connected_socket: socket.socket) -> None:
        """Serve the client at the other end of the socket. Raises ``OSError`` if it is not connected."""
        super().__init__(daemon, connected_socket)

    def close(self) -> None:
        """Let the calls in flight end, for SHUTDOWN_GRACE seconds at most, and release everything but the socket."""
        self.begin_close(self._daemon.config.SHUTDOWN_GRACE)
        super().close()
