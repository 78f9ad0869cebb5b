"""The multiplex server by its documented name, for programs that give a daemon a second one or look at its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from Pyro5._servers import StandsFor
from pyro_server.servers.multiplex import MultiplexServer

if TYPE_CHECKING:
    from pyro_server import Daemon

__all__ = ["SocketServer_Multiplex"]


class SocketServer_Multiplex(MultiplexServer, metaclass=StandsFor):
    """A multiplex server that is told its daemon and its address by ``init``, as the released one is."""

    stands_for: ClassVar[type] = MultiplexServer

    def __init__(self) -> None:
        pass  # there is nothing yet; `init` does it

    def init(self, daemon: Daemon, host: str, port: int, unixsocket: str | None = None) -> None:
        """Listen for clients of a daemon. Raises ``OSError`` if the address cannot be had."""
        super().__init__(daemon, host, port, unixsocket)

    def close(self) -> None:
        """Let the calls in flight end, for SHUTDOWN_GRACE seconds at most, and release everything."""
        self.begin_close(self._daemon.config.SHUTDOWN_GRACE)
        super().close()
