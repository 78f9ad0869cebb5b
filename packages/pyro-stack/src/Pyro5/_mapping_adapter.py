"""A storage of a program's own, which is a mapping in the manner of Pyro5, as the storage that the name server knows.

Every operation is one of the mapping's own methods, so what a program has overridden is what happens.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias

from pyro_ns import Entry, Storage
from pyro_ns.storage import HasAll, HasAny, MatchesRegex, Named, Query, RegisteredAs, StartsWith

__all__ = ["AdaptedMapping", "NameMapping", "missing_methods"]

Found: TypeAlias = Mapping[str, Any]
"""By name: a uri text, or with metadata a pair of that and tags."""


class NameMapping(Protocol):
    """What a storage of a program's own has: a mapping from a name to a pair of uri text and tags, with more methods.

    The ``optimized_*`` methods may return None; then all registrations are looked at.
    """

    def __getitem__(self, name: str) -> tuple[str, Iterable[str] | None]: ...

    def __setitem__(self, name: str, registration: tuple[str, set[str]]) -> None: ...

    def __delitem__(self, name: str) -> None: ...

    def __contains__(self, name: str) -> bool: ...

    def __len__(self) -> int: ...

    def everything(self, return_metadata: bool = False) -> Found: ...

    def remove_items(self, items: Iterable[str]) -> None: ...

    def optimized_prefix_list(self, prefix: str, return_metadata: bool = False) -> Found | None: ...

    def optimized_regex_list(self, regex: str, return_metadata: bool = False) -> Found | None: ...

    def optimized_metadata_search(
        self,
        metadata_all: Iterable[str] | None = None,
        metadata_any: Iterable[str] | None = None,
        return_metadata: bool = False,
    ) -> Found | None: ...

    def close(self) -> None: ...


_METHODS = (
    *("__getitem__", "__setitem__", "__delitem__", "__contains__", "__len__", "everything", "remove_items", "close"),
    *("optimized_prefix_list", "optimized_regex_list", "optimized_metadata_search"),
)


def missing_methods(storage: object) -> list[str]:
    """Return the names of the methods that an object lacks to be a storage of a program's own."""
    return [name for name in _METHODS if not hasattr(type(storage) if name.startswith("__") else storage, name)]


class AdaptedMapping(Storage):
    """A storage that keeps its names in a mapping.

    Any number of threads may use the name server, and the mapping need not know of that: they take turns.
    """

    def __init__(self, mapping: NameMapping) -> None:
        self._mapping = mapping
        # Held during every operation. Reentrant, as a method of the mapping may ask the name server in turn.
        self._lock = threading.RLock()

    def get(self, name: str) -> Entry | None:
        """Return what is stored under a name, None if nothing is."""
        with self._lock:
            try:
                return _entry(self._mapping[name])
            except KeyError:
                return None

    def put(self, name: str, entry: Entry, *, overwrite: bool = True) -> bool:
        """Store an entry under a name; with ``overwrite`` false only if the name is free."""
        with self._lock:
            if not overwrite and name in self._mapping:
                return False
            self._mapping[name] = (entry.uri, set(entry.metadata))
            return True

    def set_metadata(self, name: str, metadata: frozenset[str]) -> bool:
        """Replace the tags of a name. Returns whether the name was there."""
        with self._lock:
            old = self.get(name)
            return old is not None and self.put(name, Entry(old.uri, metadata))

    def find(self, query: Query) -> dict[str, Entry]:
        """Return the entries that a query asks for, by name."""
        with self._lock:
            found = self._asked(query, True)
            if found is None:
                return self._filtered(query)
            return {name: _entry(registration) for name, registration in found.items()}

    def find_uris(self, query: Query) -> dict[str, str]:
        """Return the uris alone of what a query asks for, by name."""
        with self._lock:
            found = self._asked(query, False)
            if found is None:
                return {name: entry.uri for name, entry in self._filtered(query).items()}
            return dict(found)

    def remove(self, query: Query, *, keep: frozenset[str] = frozenset()) -> int:
        """Remove the entries that a query asks for, except the names in ``keep``, and return how many went."""
        with self._lock:
            match query:
                case Named(name) | RegisteredAs(name):
                    return self._remove_one(name, query) if name not in keep else 0
                case _:
                    return self._remove_all([name for name in self.find_uris(query) if name not in keep])

    def count(self) -> int:
        """Return the number of names."""
        with self._lock:
            return len(self._mapping)

    def close(self) -> None:
        """Close the mapping."""
        with self._lock:
            self._mapping.close()

    def _remove_one(self, name: str, query: Query) -> int:
        if not self._filtered(query):
            return 0
        del self._mapping[name]
        return 1

    def _remove_all(self, doomed: list[str]) -> int:
        if doomed:
            self._mapping.remove_items(doomed)
        return len(doomed)

    def _asked(self, query: Query, with_metadata: bool) -> Found | None:
        """Return what the mapping's own search finds, None if it has none for this query."""
        match query:
            case StartsWith(prefix):
                return self._mapping.optimized_prefix_list(prefix, with_metadata)
            case MatchesRegex(pattern):
                return self._mapping.optimized_regex_list(pattern.pattern, with_metadata)
            case HasAll(tags):
                return self._mapping.optimized_metadata_search(metadata_all=tags, return_metadata=with_metadata)
            case HasAny(tags):
                return self._mapping.optimized_metadata_search(metadata_any=tags, return_metadata=with_metadata)
            case _:
                return None

    def _filtered(self, query: Query) -> dict[str, Entry]:
        match query:
            case Named(name) | RegisteredAs(name):
                entry = self.get(name)
                entries = {} if entry is None else {name: entry}
            case _:
                everything = self._mapping.everything(return_metadata=True)
                entries = {name: _entry(registration) for name, registration in everything.items()}
        return {name: entry for name, entry in entries.items() if query.matches(name, entry)}


def _entry(registration: tuple[str, Iterable[str] | None]) -> Entry:
    uri, metadata = registration
    return Entry(uri, frozenset(metadata or ()))
