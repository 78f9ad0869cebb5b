"""What a storage keeps under a name."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One registration: the text of a uri, and the tags that it can be searched by."""

    uri: str
    metadata: frozenset[str] = frozenset()
