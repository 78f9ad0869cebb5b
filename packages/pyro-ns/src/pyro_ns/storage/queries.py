"""Questions that a storage answers: which names?

A query is a value. A storage with an index of its own, or a database, takes it apart with ``match``; any other asks
``matches`` for each of its entries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from pyro_ns.storage.entry import Entry

__all__ = ["Everything", "HasAll", "HasAny", "MatchesRegex", "Named", "Query", "RegisteredAs", "StartsWith"]


@dataclass(frozen=True, slots=True)
class Everything:
    """All names."""

    def matches(self, name: str, entry: Entry) -> bool:
        """Tell whether the entry is part of the answer."""
        return True


@dataclass(frozen=True, slots=True)
class Named:
    """The one name that is equal to ``name``."""

    name: str

    def matches(self, name: str, entry: Entry) -> bool:
        """Tell whether the entry is part of the answer."""
        return name == self.name


@dataclass(frozen=True, slots=True)
class RegisteredAs:
    """The one name that is equal to ``name``, as long as it stands for ``uri`` and no other."""

    name: str
    uri: str

    def matches(self, name: str, entry: Entry) -> bool:
        """Tell whether the entry is part of the answer."""
        return name == self.name and entry.uri == self.uri


@dataclass(frozen=True, slots=True)
class StartsWith:
    """Names that begin with ``prefix``: case counts, and no character is a wildcard."""

    prefix: str

    def matches(self, name: str, entry: Entry) -> bool:
        """Tell whether the entry is part of the answer."""
        return name.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class MatchesRegex:
    """Names that a regular expression matches from their start; it need not reach their end."""

    pattern: re.Pattern[str]

    def matches(self, name: str, entry: Entry) -> bool:
        """Tell whether the entry is part of the answer."""
        return self.pattern.match(name) is not None


@dataclass(frozen=True, slots=True)
class HasAll:
    """Names whose metadata has every one of ``tags``."""

    tags: frozenset[str]

    def matches(self, name: str, entry: Entry) -> bool:
        """Tell whether the entry is part of the answer."""
        return self.tags <= entry.metadata


@dataclass(frozen=True, slots=True)
class HasAny:
    """Names whose metadata has at least one of ``tags``."""

    tags: frozenset[str]

    def matches(self, name: str, entry: Entry) -> bool:
        """Tell whether the entry is part of the answer."""
        return not self.tags.isdisjoint(entry.metadata)


Query: TypeAlias = Everything | Named | RegisteredAs | StartsWith | MatchesRegex | HasAll | HasAny
