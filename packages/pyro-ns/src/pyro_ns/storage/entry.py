"""What a storage keeps under a name."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Entry"]


class Entry(NamedTuple):
    """One registration: the text of a uri, and the tags that it can be searched by.

    A pair as well, because Pyro5 hands registrations to programs as that.
    """

    uri: str
    metadata: frozenset[str] = frozenset()
