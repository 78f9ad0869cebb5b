"""Pyro5's storages of names, for programs that fill or read one themselves.

To them a storage is a mapping from a name to a pair of uri and tags, with a few methods more. To the name server these
classes are storages like any other, and mappings of a program's own become that by an adapter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any, TypeAlias, cast

import pyro_ns
from Pyro5._mapping_adapter import AdaptedMapping, NameMapping, missing_methods
from pyro_ns import Entry, Storage
from pyro_ns.storage import Everything, HasAll, HasAny, MatchesRegex, Named, Query, StartsWith, open_storage

__all__ = ["MemoryStorage", "SqlStorage", "opened", "usable"]

Registrations: TypeAlias = dict[str, Any]
"""By name: a uri text, or with metadata a pair of that and a set of tags."""


class _AsMapping(Storage, MutableMapping[str, Any]):
    """The mapping, in terms of the storage."""

    __hash__ = object.__hash__  # a storage is itself, whatever is in it

    def get(self, name: str, default: Any = None) -> Any:
        """Return the pair of uri and tags that is registered under a name: a mapping's ``get`` and a storage's too."""
        return self.find(Named(name)).get(name, default)

    def __getitem__(self, name: str) -> Entry:
        entry: Entry | None = self.get(name)
        if entry is None:
            raise KeyError(name)
        return entry

    def __setitem__(self, name: str, registration: tuple[str, Iterable[str] | None]) -> None:
        uri, metadata = registration
        self.put(name, Entry(uri, frozenset(metadata or ())))

    def __delitem__(self, name: str) -> None:
        if not self.remove(Named(name)):
            raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.find(Everything()))

    def __len__(self) -> int:
        return self.count()

    def everything(self, return_metadata: bool = False) -> Registrations:
        """Return all registrations."""
        return self._found(Everything(), return_metadata)

    def remove_items(self, items: Iterable[str]) -> None:
        """Remove names; those that are not there are ignored."""
        for name in items:
            self.remove(Named(name))

    def optimized_prefix_list(self, prefix: str, return_metadata: bool = False) -> Registrations:
        """Return the registrations whose name has a prefix."""
        return self._found(StartsWith(prefix), return_metadata)

    def optimized_regex_list(self, regex: str, return_metadata: bool = False) -> Registrations:
        """Return the registrations whose name a regular expression matches from its start."""
        return self._found(MatchesRegex(re.compile(regex)), return_metadata)

    def optimized_metadata_search(
        self,
        metadata_all: Iterable[str] | None = None,
        metadata_any: Iterable[str] | None = None,
        return_metadata: bool = False,
    ) -> Registrations:
        """Return the registrations that have all of some tags, or else at least one of some others."""
        query = HasAll(frozenset(metadata_all)) if metadata_all else HasAny(frozenset(metadata_any or ()))
        return self._found(query, return_metadata)

    def _found(self, query: Query, with_metadata: bool) -> Registrations:
        entries = self.find(query)
        if with_metadata:
            return {name: (entry.uri, set(entry.metadata)) for name, entry in entries.items()}
        return {name: entry.uri for name, entry in entries.items()}


class MemoryStorage(_AsMapping, pyro_ns.MemoryStorage):
    """Names in memory."""


class SqlStorage(_AsMapping, pyro_ns.SqliteStorage):
    """Names in a SQLite file."""

    def __delitem__(self, name: str) -> None:
        self.remove(Named(name))  # in a file, Pyro5 takes an unknown name for one that is deleted already


def opened(storage: str | Storage | NameMapping | None) -> Storage | NameMapping:
    """Return the storage that a text names, or what is a storage itself.

    Raises ``ValueError`` for an unknown text, ``TypeError`` for what is no storage, and ``NamingError`` if the file
    cannot be opened.
    """
    if storage is not None and not isinstance(storage, str):
        usable(storage)
        return storage
    if storage in (None, "", "memory"):
        return MemoryStorage()
    kind, _, path = str(storage).partition(":")
    return SqlStorage(path) if kind == "sql" and path else open_storage(storage)  # which says what there is


def usable(storage: Storage | NameMapping) -> Storage:
    """Return a storage as the name server uses it. Raises ``TypeError`` for what is none.

    A class that is derived from one of those above may have changed what its methods do as a mapping: it is used by
    these. Between processes that share a file, a safe registration is then two operations.
    """
    is_changed = isinstance(storage, _AsMapping) and type(storage) not in (MemoryStorage, SqlStorage)
    if isinstance(storage, Storage) and not is_changed:
        return storage
    missing = missing_methods(storage)
    if missing:
        raise TypeError(f"{type(storage).__name__} is no storage for names: it has no {', '.join(missing)}")
    return AdaptedMapping(cast("NameMapping", storage))
