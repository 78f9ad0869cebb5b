"""The name server: finds objects by name or by metadata.

``start_ns_loop`` runs one, and so do the command ``pyro-ns`` and ``python -m pyro_ns``. ``NameServer`` is the object
that programs call, ``Storage`` is where its names are kept.
"""

from __future__ import annotations

from pyro_client.lookup import lookup, yplookup
from pyro_ns.autocleaning import AutoCleaner
from pyro_ns.broadcast import BroadcastServer
from pyro_ns.daemon import NameServerDaemon
from pyro_ns.nameserver import NameServer
from pyro_ns.starting import start_ns, start_ns_loop
from pyro_ns.storage import Entry, MemoryStorage, SqliteStorage, Storage

__all__ = [
    "AutoCleaner",
    "BroadcastServer",
    "Entry",
    "MemoryStorage",
    "NameServer",
    "NameServerDaemon",
    "SqliteStorage",
    "Storage",
    "lookup",
    "start_ns",
    "start_ns_loop",
    "yplookup",
]
