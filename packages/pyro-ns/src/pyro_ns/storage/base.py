"""Where names are kept: the interface that every storage has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from pyro_ns.storage.entry import Entry
from pyro_ns.storage.queries import Query

__all__ = ["Storage"]


class Storage(ABC):
    """A table of names, each with an ``Entry``.

    Each method is one atomic operation, and any number of threads may call them at once. What is stored has been
    validated before. When a method returns, what it changed is as durable as the storage can make it.

    An engine's own errors are raised as ``NamingError``; so is the use of a storage after ``close``.
    """

    @abstractmethod
    def get(self, name: str) -> Entry | None:
        """Return what is stored under a name, None if nothing is."""

    @abstractmethod
    def put(self, name: str, entry: Entry, *, overwrite: bool = True) -> bool:
        """Store an entry under a name; with ``overwrite`` false only if the name is free.

        Returns whether it was stored.
        """

    @abstractmethod
    def set_metadata(self, name: str, metadata: frozenset[str]) -> bool:
        """Replace the tags of a name and leave its uri. Returns whether the name was there."""

    @abstractmethod
    def find(self, query: Query) -> dict[str, Entry]:
        """Return the entries that a query asks for, by name, as they were at one moment."""

    def find_uris(self, query: Query) -> dict[str, str]:
        """Return the uris alone of what a query asks for, by name. Override it where that is faster."""
        return {name: entry.uri for name, entry in self.find(query).items()}

    @abstractmethod
    def remove(self, query: Query, *, keep: frozenset[str] = frozenset()) -> int:
        """Remove the entries that a query asks for, except the names in ``keep``, and return how many went."""

    @abstractmethod
    def count(self) -> int:
        """Return the number of names."""

    @abstractmethod
    def close(self) -> None:
        """Give back what the storage holds. May be called any number of times."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()
