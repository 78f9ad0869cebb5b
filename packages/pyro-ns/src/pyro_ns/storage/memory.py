"""Names in memory: fast, and forgotten when the process ends."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping

from pyro_ns.storage.base import Storage
from pyro_ns.storage.entry import Entry
from pyro_ns.storage.queries import HasAll, HasAny, Named, Query, RegisteredAs, StartsWith
from pyro_wire.errors import NamingError

__all__ = ["MemoryStorage"]

_NOBODY: frozenset[str] = frozenset()


class MemoryStorage(Storage):
    """A storage that lives and dies with its process.

    A search by prefix or by metadata takes time that grows with its answer, not with the number of names.
    """

    def __init__(self) -> None:
        # Guards everything below: the entries and both indexes change together.
        self._lock = threading.Lock()
        self._closed = False
        self._entries: dict[str, Entry] = {}
        self._sorted_names: list[str] = []
        self._names_by_tag: dict[str, set[str]] = {}

    def get(self, name: str) -> Entry | None:
        """Return what is stored under a name, None if nothing is."""
        with self._lock:
            self._check_open()
            return self._entries.get(name)

    def put(self, name: str, entry: Entry, *, overwrite: bool = True) -> bool:
        """Store an entry under a name; with ``overwrite`` false only if the name is free."""
        with self._lock:
            self._check_open()
            old = self._entries.get(name)
            if old is None:
                insort(self._sorted_names, name)
            elif not overwrite:
                return False
            self._replace(name, old, entry)
            return True

    def set_metadata(self, name: str, metadata: frozenset[str]) -> bool:
        """Replace the tags of a name. Returns whether the name was there."""
        with self._lock:
            self._check_open()
            old = self._entries.get(name)
            if old is None:
                return False
            self._replace(name, old, Entry(old.uri, metadata))
            return True

    def find(self, query: Query) -> dict[str, Entry]:
        """Return the entries that a query asks for, by name."""
        with self._lock:
            self._check_open()
            candidates = self._candidates(query)
        # Outside of the lock: a slow regular expression delays nobody but its caller.
        return {name: entry for name, entry in candidates if query.matches(name, entry)}

    def remove(self, query: Query, *, keep: frozenset[str] = frozenset()) -> int:
        """Remove the entries that a query asks for, except the names in ``keep``, and return how many went."""
        with self._lock:
            self._check_open()
            candidates = self._candidates(query)
            doomed = {name: entry for name, entry in candidates if name not in keep and query.matches(name, entry)}
            self._forget(doomed)
            return len(doomed)

    def count(self) -> int:
        """Return the number of names."""
        with self._lock:
            self._check_open()
            return len(self._entries)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._closed = True
            self._entries.clear()
            self._sorted_names.clear()
            self._names_by_tag.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise NamingError("the storage of this name server is closed; start another name server")

    def _replace(self, name: str, old: Entry | None, new: Entry) -> None:
        if old is not None:
            self._unindex(name, old)
        self._entries[name] = new
        for tag in new.metadata:
            self._names_by_tag.setdefault(tag, set()).add(name)

    def _unindex(self, name: str, entry: Entry) -> None:
        for tag in entry.metadata:
            names = self._names_by_tag[tag]
            names.discard(name)
            if not names:
                del self._names_by_tag[tag]

    def _forget(self, doomed: Mapping[str, Entry]) -> None:
        for name, entry in doomed.items():
            self._unindex(name, entry)
            del self._entries[name]
        if len(doomed) == 1:  # the usual case, which need not look at every other name
            (name,) = doomed
            del self._sorted_names[bisect_left(self._sorted_names, name)]
        elif doomed:
            self._sorted_names = [name for name in self._sorted_names if name in self._entries]

    def _candidates(self, query: Query) -> list[tuple[str, Entry]]:
        """Return a superset of the answer, as small as the indexes make it."""
        return [(name, self._entries[name]) for name in self._candidate_names(query)]

    def _candidate_names(self, query: Query) -> Iterable[str]:
        match query:
            case Named(name) | RegisteredAs(name):
                return [name] if name in self._entries else []
            case StartsWith(prefix):
                return self._names_with_prefix(prefix)
            case HasAll(tags):
                tagged = (self._names_by_tag.get(tag, _NOBODY) for tag in tags)
                return min(tagged, key=len, default=self._sorted_names)
            case HasAny(tags):
                return _NOBODY.union(*(self._names_by_tag.get(tag, _NOBODY) for tag in tags))
            case _:
                return self._sorted_names

    def _names_with_prefix(self, prefix: str) -> list[str]:
        start = bisect_left(self._sorted_names, prefix)
        end = bisect_right(self._sorted_names, prefix, start, key=lambda name: name[: len(prefix)])
        return self._sorted_names[start:end]
