"""The name server object: what programs call under the name ``Pyro.NameServer``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from pyro_ns.storage import (
    Entry,
    Everything,
    HasAll,
    HasAny,
    MatchesRegex,
    MemoryStorage,
    Named,
    Query,
    StartsWith,
    Storage,
)
from pyro_ns.validation import checked_metadata, checked_name, checked_uri, compiled_pattern, tags_of
from pyro_server import behavior, expose
from pyro_uri import URI
from pyro_wire import NAMESERVER_NAME
from pyro_wire.errors import NamingError

__all__ = ["NAMESERVER_TAG", "NameServer"]

NAMESERVER_TAG = "class:Pyro5.nameserver.NameServer"
"""The metadata of the name server's own registration, on the wire the same whatever the class is called here."""

Registrations: TypeAlias = dict[str, str] | dict[str, tuple[str, set[str]]]
"""Uri texts by name; with metadata, pairs of uri text and tags."""

_PROTECTED = frozenset({NAMESERVER_NAME})


@expose
@behavior(instance_mode="single")
class NameServer:
    """A directory of names: name -> uri, with tags to search by.

    An ordinary Pyro object, and an ordinary Python object too. Any number of threads may call it at once; every method
    is one atomic operation on the storage (default: a new ``MemoryStorage``), which stays the caller's to close.
    """

    def __init__(self, storageProvider: Storage | None = None) -> None:
        self.storage: Storage = MemoryStorage() if storageProvider is None else storageProvider

    @property
    def _names(self) -> Storage:
        """The storage as the methods use it: a subclass whose ``storage`` is of another kind translates it here."""
        return self.storage

    def count(self) -> int:
        """Return the number of registrations."""
        return self._names.count()

    def lookup(self, name: str, return_metadata: bool = False) -> URI | tuple[URI, set[str]]:
        """Return the uri that is registered under a name, with its tags if asked for. Raises ``NamingError``."""
        entry = self._names.get(_as_name(name))
        if entry is None:
            raise NamingError(f"unknown name: {name}")
        uri = URI(entry.uri)
        return (uri, set(entry.metadata)) if return_metadata else uri

    def register(self, name: str, uri: str | URI, safe: bool = False, metadata: Iterable[str] | None = None) -> None:
        """Register a uri and tags under a name, in place of what was there.

        With ``safe`` a name that is taken raises ``NamingError``; so does what is over a limit. Raises ``PyroError``
        for an invalid uri and ``TypeError`` for a wrong type.
        """
        entry = Entry(checked_uri(uri), checked_metadata(metadata))
        if not self._names.put(checked_name(name), entry, overwrite=not safe):
            raise NamingError(f"name already registered: {name}")

    def set_metadata(self, name: str, metadata: Iterable[str] | None) -> None:
        """Replace the tags of a name. Raises ``NamingError`` for an unknown name and for what is over a limit."""
        if not self._names.set_metadata(_as_name(name), checked_metadata(metadata)):
            raise NamingError(f"unknown name: {name}")

    def remove(self, name: str | None = None, prefix: str | None = None, regex: str | None = None) -> int:
        """Remove one name, or those with a prefix, or those that a regular expression matches from their start.

        Returns how many went; the name server itself stays. The first argument that is given counts. Raises
        ``NamingError`` for an invalid regular expression.
        """
        query = _removal(name, prefix, regex)
        return 0 if query is None else self._names.remove(query, keep=_PROTECTED)

    def list(self, prefix: str | None = None, regex: str | None = None, return_metadata: bool = False) -> Registrations:
        """Return all registrations, or those whose name has a prefix or matches a regular expression from its start.

        Raises ``NamingError`` for an invalid regular expression and ``ValueError`` for both filters at once.
        """
        if prefix and regex:
            raise ValueError("list takes a prefix or a regex, not both")
        return self._found(_filter(prefix, regex) or Everything(), return_metadata)

    def yplookup(
        self,
        meta_all: Iterable[str] | None = None,
        meta_any: Iterable[str] | None = None,
        return_metadata: bool = True,
    ) -> Registrations:
        """Return the registrations that have all of some tags, or at least one of them.

        No tags find nothing. Raises ``ValueError`` for both searches at once.
        """
        if meta_all and meta_any:
            raise ValueError("yplookup takes meta_all or meta_any, not both")
        all_tags = tags_of(meta_all, "metadata_all") if meta_all is not None else frozenset()
        any_tags = tags_of(meta_any, "metadata_any") if meta_any is not None else frozenset()
        if all_tags:
            return self._found(HasAll(all_tags), return_metadata)
        return self._found(HasAny(any_tags), return_metadata)

    def ping(self) -> None:
        """Do nothing: an answer shows that the name server is there."""

    def _found(self, query: Query, with_metadata: bool) -> Registrations:
        if not with_metadata:
            return self._names.find_uris(query)
        return {name: (entry.uri, set(entry.metadata)) for name, entry in self._names.find(query).items()}


def _as_name(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError("name must be a str")
    return name


def _removal(name: str | None, prefix: str | None, regex: str | None) -> Query | None:
    """Return what is to be removed, None if no argument says so."""
    # The protected name counts as none at all, as in Pyro5: then prefix or regex decide.
    if name and name not in _PROTECTED:
        return Named(_as_name(name))
    return _filter(prefix, regex)


def _filter(prefix: str | None, regex: str | None) -> Query | None:
    if prefix:
        if not isinstance(prefix, str):
            raise TypeError("prefix must be a str")
        return StartsWith(prefix)
    if regex:
        return MatchesRegex(compiled_pattern(regex))
    return None
