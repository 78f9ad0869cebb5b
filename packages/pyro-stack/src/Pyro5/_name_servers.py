"""The name server and its daemon, with a storage that programs for Pyro5 can read and write as a mapping."""

from __future__ import annotations

from functools import wraps
from typing import Any

import pyro_ns
from Pyro5._name_storages import MemoryStorage, opened, usable
from pyro_ns import BroadcastServer, Storage
from pyro_uri import URI

__all__ = ["NameServer", "NameServerDaemon", "start_ns", "start_ns_loop"]


class NameServer(pyro_ns.NameServer):
    """A directory of names, in a storage that is a mapping (default: a new ``MemoryStorage``) or a ``Storage``.

    Raises ``TypeError`` for what is neither.
    """

    def __init__(self, storageProvider: Any = None) -> None:
        super().__init__(MemoryStorage() if storageProvider is None else storageProvider)

    @property
    def storage(self) -> Any:
        """The storage as it was given."""
        return self._storage

    @storage.setter
    def storage(self, storage: Any) -> None:
        self._usable_storage = usable(storage)
        self._storage = storage

    @property
    def _names(self) -> Storage:
        return self._usable_storage


class NameServerDaemon(pyro_ns.NameServerDaemon):
    """A daemon with a name server, whose ``storage`` is ``memory`` (as is None), ``sql:FILE`` or a storage itself.

    One that it opened is closed with the daemon; one that was handed in stays yours to close.
    """

    _nameserver_class = NameServer
    _open_storage = staticmethod(opened)


@wraps(pyro_ns.start_ns)
def start_ns(*args: Any, **options: Any) -> tuple[URI, pyro_ns.NameServerDaemon, BroadcastServer | None]:
    """Start a name server with the daemon of this module."""
    return pyro_ns.start_ns(*args, **{"daemon_class": NameServerDaemon, **options})


@wraps(pyro_ns.start_ns_loop)
def start_ns_loop(*args: Any, **options: Any) -> None:
    """Serve a name server with the daemon of this module."""
    pyro_ns.start_ns_loop(*args, **{"daemon_class": NameServerDaemon, **options})
