"""What the commands of ``pyro-nsc`` do: each asks a name server and returns the answer to show.

The name server is given, so these work with a proxy as well as with a ``NameServer`` in the same process.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from pyro_client import Proxy
from pyro_ns.answers import Answer, Table, printable
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
_COLUMNS = ("name", "uri", "metadata")


def show_all(nameserver: AnyNameServer, prefix: str | None = None) -> Answer:
    """List all registrations, or those with a prefix."""
    title = f"- prefix '{prefix}'" if prefix else ""
    return _listing(nameserver.list(prefix=prefix, return_metadata=True), title)


def show_matching(nameserver: AnyNameServer, regex: str) -> Answer:
    """List the registrations whose name a regular expression matches from its start."""
    return _listing(nameserver.list(regex=regex, return_metadata=True), f"- regex '{regex}'")


def show_tagged_with_all(nameserver: AnyNameServer, *tags: str) -> Answer:
    """List the registrations that have all of the tags."""
    return _listing(nameserver.yplookup(meta_all=list(tags), return_metadata=True), _BY_METADATA)


def show_tagged_with_any(nameserver: AnyNameServer, *tags: str) -> Answer:
    """List the registrations that have at least one of the tags."""
    return _listing(nameserver.yplookup(meta_any=list(tags), return_metadata=True), _BY_METADATA)


def show_one(nameserver: AnyNameServer, name: str) -> Answer:
    """Show what is registered under a name."""
    found: Any = nameserver.lookup(name, return_metadata=True)
    uri, metadata = found
    text = printable(str(uri))
    if metadata:
        text += f"\nmetadata: {_as_set(metadata)}"
    return Answer(text, {"name": name, "uri": str(uri), "metadata": sorted(metadata)})


def register(nameserver: AnyNameServer, name: str, uri: str) -> Answer:
    """Register a uri under a name that is free."""
    nameserver.register(name, uri, safe=True)
    return Answer(f"Registered {name}", {"registered": name})


def remove(nameserver: AnyNameServer, name: str) -> Answer:
    """Remove a name."""
    removed = nameserver.remove(name)
    return Answer(f"Removed {name}" if removed else "Nothing removed", {"removed": removed})


def remove_matching(nameserver: AnyNameServer, regex: str) -> Answer:
    """Remove the names that a regular expression matches from their start."""
    removed = nameserver.remove(regex=regex)
    return Answer(f"{removed} items removed.", {"removed": removed})


def set_metadata(nameserver: AnyNameServer, name: str, *tags: str) -> Answer:
    """Replace the tags of a name; none clear them."""
    nameserver.set_metadata(name, list(tags))
    text = "Metadata updated" if tags else "Metadata cleared"
    return Answer(text, {"name": name, "metadata": sorted(set(tags))})


def ping(nameserver: AnyNameServer) -> Answer:
    """See whether the name server answers."""
    nameserver.ping()
    return Answer("Name server ping ok.", {"ping": "ok"})


def _listing(registrations: Mapping[str, Any], title: str) -> Answer:
    """Return registrations, sorted by name, as an answer. ``registrations`` is name -> (uri, tags)."""
    found = sorted(registrations.items())
    data = {name: {"uri": uri, "metadata": sorted(metadata)} for name, (uri, metadata) in found}
    return Answer("\n".join(_lines(found, title)), data, _table(found, title))


def _lines(registrations: Iterable[tuple[str, Any]], title: str) -> list[str]:
    lines = [f"--------START LIST {title}"]
    for name, (uri, metadata) in registrations:
        lines.append(f"{printable(name)} --> {printable(uri)}")
        if metadata:
            lines.append(f"    metadata: {_as_set(metadata)}")
    lines.append(f"--------END LIST {title}")
    return lines


def _table(registrations: list[tuple[str, Any]], title: str) -> Table:
    rows = tuple((name, uri, ", ".join(sorted(metadata))) for name, (uri, metadata) in registrations)
    count = f"{len(rows)} registration{'' if len(rows) == 1 else 's'}"
    return Table(f"{count} {title.strip()}".rstrip(), _COLUMNS, rows)


def _as_set(metadata: Iterable[str]) -> str:
    """Return tags as a set is written, in a fixed order: a serializer may have made them a list."""
    return "{" + ", ".join(map(repr, sorted(metadata))) + "}"
