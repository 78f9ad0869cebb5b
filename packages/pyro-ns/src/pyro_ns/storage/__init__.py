"""Where names are kept."""

from __future__ import annotations

from pyro_ns.storage.base import Storage
from pyro_ns.storage.entry import Entry
from pyro_ns.storage.memory import MemoryStorage
from pyro_ns.storage.opening import open_storage
from pyro_ns.storage.queries import Everything, HasAll, HasAny, MatchesRegex, Named, Query, RegisteredAs, StartsWith
from pyro_ns.storage.sqlite import SqliteStorage

__all__ = [
    "Entry",
    "Everything",
    "HasAll",
    "HasAny",
    "MatchesRegex",
    "MemoryStorage",
    "Named",
    "Query",
    "RegisteredAs",
    "SqliteStorage",
    "StartsWith",
    "Storage",
    "open_storage",
]
