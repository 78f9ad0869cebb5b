"""Who calls whom with which serializer, and what the released library cannot do."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import pytest

SERIALIZERS = ("serpent", "json", "marshal", "msgpack")


@dataclass(frozen=True, slots=True)
class Route:
    """A client library that calls a server library, which uses a server of that type."""

    client: str
    server: str
    server_type: str

    def __str__(self) -> str:
        return f"{self.client}-calls-{self.server}-{self.server_type}"


LISTENING = ("thread", "multiplex")
"""The types of servers that clients connect to."""

CONNECTED = "connected"
"""A server that has one end of a socket pair: no handshake, and no connection after this one."""

SERVER_TYPES = (*LISTENING, CONNECTED)

ROUTES = tuple(
    Route(client, server, server_type)
    for client, server in (("released", "ours"), ("ours", "released"))
    for server_type in SERVER_TYPES
)


class Feature(Enum):
    """What a test needs of both sides."""

    ATTRIBUTES = auto()
    BATCH = auto()
    EXCEPTION_IN_BATCH = auto()
    OBJECT_AS_PROXY = auto()
    OPEN_BLOB = auto()
    FORWARD_BLOB = auto()
    NESTED_URI = auto()
    CALL_AFTER_SERIALIZE_ERROR = auto()
    CLOSE_STREAM_LATER = auto()
    CLOSE_IDLE_CONNECTIONS = auto()
    STREAM_LIFETIME = auto()
    TLS_ON_UNIX_SOCKET = auto()
    SEE_ANNOTATIONS_OF_HANDSHAKE = auto()


RELEASED_CANNOT: dict[Feature, frozenset[tuple[str, str]]] = {
    # The marshal encoder of its client fails on requests without keyword arguments, and these have none.
    Feature.ATTRIBUTES: frozenset({("client", "marshal")}),
    Feature.BATCH: frozenset({("client", "marshal")}),
    # Its marshal encoder does not look into the list of results, where the exception is.
    Feature.EXCEPTION_IN_BATCH: frozenset({("client", "marshal"), ("server", "marshal")}),
    # Objects become proxies, and addresses are converted, at the top level only or not at all with marshal: this is
    # the format as documented, for both sides.
    Feature.OBJECT_AS_PROXY: frozenset({("client", "marshal"), ("server", "marshal")}),
    Feature.NESTED_URI: frozenset({("client", "marshal"), ("server", "marshal")}),
    # Its `deserialized()` takes the third name of the json object, not its third value.
    Feature.OPEN_BLOB: frozenset({("server", "json")}),
    Feature.FORWARD_BLOB: frozenset({("server", "json")}),
    # Its client drops the connection at such an error, and a connected socket cannot be connected again.
    Feature.CALL_AFTER_SERIALIZE_ERROR: frozenset({("client", CONNECTED)}),
    # Its client closes a stream over a new connection when there were other calls since.
    Feature.CLOSE_STREAM_LATER: frozenset({("client", CONNECTED)}),
    # Its multiplex server waits for idle clients for ever, whatever COMMTIMEOUT says.
    Feature.CLOSE_IDLE_CONNECTIONS: frozenset({("server", "multiplex")}),
    # Its server on a connected socket does not keep house while the client is silent.
    Feature.STREAM_LIFETIME: frozenset({("server", CONNECTED)}),
    # In `validateHandshake` its context has what an earlier request on that thread has left there.
    Feature.SEE_ANNOTATIONS_OF_HANDSHAKE: frozenset({("server", server_type) for server_type in LISTENING}),
    # Its client expects the first character of the socket's name, a slash or NUL, as the host name in the certificate.
    Feature.TLS_ON_UNIX_SOCKET: frozenset({("client", server_type) for server_type in LISTENING}),
}
"""By feature, where that fails: the side on which the released library stands, and a serializer or a type of server."""


def pairs(
    *features: Feature,
    clients: Collection[str] = ("ours", "released"),
    serializers: Iterable[str] = SERIALIZERS,
    server_types: Collection[str] = SERVER_TYPES,
) -> list[tuple[Route, str]]:
    """The routes from `clients` to these types of servers, and the serializers with which all works as released."""
    return [
        (route, serializer)
        for route in ROUTES
        if route.client in clients and route.server_type in server_types
        for serializer in serializers
        if all(_released_can(feature, route, serializer) for feature in features)
    ]


def name_of(pair: tuple[Route, str]) -> str:
    """The name of a route and serializer in a test report."""
    route, serializer = pair
    return f"{route}-{serializer}"


def over(*features: Feature, **choice: Any) -> pytest.MarkDecorator:
    """Run a test with its fixture `conversation` over all these `pairs`."""
    chosen = pairs(*features, **choice)
    return pytest.mark.parametrize("conversation", chosen, indirect=True, ids=name_of)


def _released_can(feature: Feature, route: Route, serializer: str) -> bool:
    side = "client" if route.client == "released" else "server"
    return RELEASED_CANNOT[feature].isdisjoint({(side, serializer), (side, route.server_type)})
