"""What the commands of ``pyro-nsc`` do: each asks a name server and returns the text to print.

The name server is given, so these work with a proxy as well as with a ``NameServer`` in the same process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from pyro_client import Proxy
from pyro_ns.nameserver import NameServer

__all__ = [
    "ping",
    "register",
    "remove",
    "remove_matching",
    "set_metadata",
    "show_all",
    "show_matching",
    "show_one",
    "show_tagged_with_all",
    "show_tagged_with_any",
]

AnyNameServer: TypeAlias = NameServer | Proxy

_BY_METADATA = " - searched by metadata"


def show_all(nameserver: AnyNameServer, prefix: str | None = None) -> str:
    """List all registrations, or those with a prefix."""
    title = f"- prefix '{prefix}'" if prefix else ""
    return _listing(nameserver.list(prefix=prefix, return_metadata=True), title)


def show_matching(nameserver: AnyNameServer, regex: str) -> str:
    """List the registrations whose name a regular expression matches from its start."""
    return _listing(nameserver.list(regex=regex, return_metadata=True), f"- regex '{regex}'")


def show_tagged_with_all(nameserver: AnyNameServer, tags: Iterable[str]) -> str:
    """List the registrations that have all of the tags."""
    return _listing(nameserver.yplookup(meta_all=list(tags), return_metadata=True), _BY_METADATA)


def show_tagged_with_any(nameserver: AnyNameServer, tags: Iterable[str]) -> str:
    """List the registrations that have at least one of the tags."""
    return _listing(nameserver.yplookup(meta_any=list(tags), return_metadata=True), _BY_METADATA)


def show_one(nameserver: AnyNameServer, name: str) -> str:
    """Show what is registered under a name."""
    found: Any = nameserver.lookup(name, return_metadata=True)
    uri, metadata = found
    return f"{uri}\nmetadata: {_as_set(metadata)}" if metadata else str(uri)


def register(nameserver: AnyNameServer, name: str, uri: str) -> str:
    """Register a uri under a name that is free."""
    nameserver.register(name, uri, safe=True)
    return f"Registered {name}"


def remove(nameserver: AnyNameServer, name: str) -> str:
    """Remove a name."""
    return f"Removed {name}" if nameserver.remove(name) else "Nothing removed"


def remove_matching(nameserver: AnyNameServer, regex: str) -> str:
    """Remove the names that a regular expression matches from their start."""
    return f"{nameserver.remove(regex=regex)} items removed."


def set_metadata(nameserver: AnyNameServer, name: str, tags: Iterable[str]) -> str:
    """Replace the tags of a name; none clear them."""
    new = list(tags)
    nameserver.set_metadata(name, new)
    return "Metadata updated" if new else "Metadata cleared"


def ping(nameserver: AnyNameServer) -> str:
    """See whether the name server answers."""
    nameserver.ping()
    return "Name server ping ok."


def _listing(registrations: Mapping[str, Any], title: str) -> str:
    """Return registrations as lines, sorted by name. ``registrations`` is name -> (uri, tags)."""
    lines = [f"--------START LIST {title}"]
    for name, (uri, metadata) in sorted(registrations.items()):
        lines.append(f"{name} --> {uri}")
        if metadata:
            lines.append(f"    metadata: {_as_set(metadata)}")
    lines.append(f"--------END LIST {title}")
    return "\n".join(lines)


def _as_set(metadata: Iterable[str]) -> str:
    """Return tags as a set is written, in a fixed order: a serializer may have made them a list."""
    return "{" + ", ".join(map(repr, sorted(metadata))) + "}"
