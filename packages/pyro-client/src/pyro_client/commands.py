"""What a flow asks its driver to do. Flows decide, drivers do: one driver blocks, another one may await."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from pyro_client.session import ClientSession
from pyro_uri import URI
from pyro_wire.message import Buffer

__all__ = ["Bind", "Call", "Close", "Command", "Exchange", "Flow", "Open", "Release", "Send", "Shout", "Sleep"]


@dataclass(frozen=True, slots=True)
class Open:
    """Connect a socket to the location of ``uri`` and make it the proxy's connection, for this session."""

    uri: URI
    session: ClientSession


@dataclass(frozen=True, slots=True)
class Exchange:
    """Send a request and return the message that answers it."""

    buffers: Sequence[Buffer]


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request that has no answer."""

    buffers: Sequence[Buffer]


@dataclass(frozen=True, slots=True)
class Close:
    """Close the proxy's connection."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let some seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Bind:
    """Return a connected proxy for ``uri``."""

    uri: URI | str


@dataclass(frozen=True, slots=True)
class Call:
    """Call a method of another proxy and return the result."""

    proxy: Any
    method: str
    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """Close the connection of another proxy."""

    proxy: Any


@dataclass(frozen=True, slots=True)
class Shout:
    """Send a datagram to each address and return the first answer, or None when ``timeout`` seconds have passed."""

    data: bytes
    addresses: Sequence[tuple[str, int]]
    timeout: float


Command: TypeAlias = Open | Exchange | Send | Close | Sleep | Bind | Call | Release | Shout

_T = TypeVar("_T")
Flow: TypeAlias = Generator[Command, Any, _T]
