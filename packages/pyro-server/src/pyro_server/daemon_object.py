"""The object that every daemon hosts under the id ``Pyro.Daemon``."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from pyro_server.exposure import expose
from pyro_wire.context import state

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["DaemonObject"]


@expose
class DaemonObject:
    """What a daemon lets its clients ask of itself. Give a subclass to the daemon as ``interface`` to offer more."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon: Daemon = weakref.proxy(daemon)

    def registered(self) -> list[str]:
        """Return the ids of all objects in this daemon."""
        return list(self.daemon.objectsById)

    def ping(self) -> None:
        """Do nothing; that it returns is the answer."""

    def info(self) -> str:
        """Return a sentence about the daemon."""
        daemon = self.daemon
        return (
            f"Pyro.Daemon bound on {daemon.locationStr}, NAT {daemon.natLocationStr}, "
            f"{len(daemon.objectsById)} objects registered. Servertype: {daemon.transportServer!r}"
        )

    def get_metadata(self, objectId: str, as_lists: bool = False) -> dict[str, Any]:
        """Return the names of the methods, oneway methods and attributes of an object.

        Raises ``DaemonError`` for an unknown id.
        """
        metadata = self.daemon.metadata_of(objectId).to_wire()
        return {key: list(names) for key, names in metadata.items()} if as_lists else metadata

    def get_next_stream_item(self, streamId: str) -> Any:
        """Return the next item of a stream; see ``StreamTable.next``."""
        return self.daemon.streams.next(streamId, state().client)

    def close_stream(self, streamId: str) -> None:
        """Forget a stream; an unknown id is ignored."""
        self.daemon.streams.close(streamId)
