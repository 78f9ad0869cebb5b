"""Who calls whom with which serializer, and what the released library cannot do."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum, auto

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


ROUTES = (
    Route("released", "ours", "thread"),
    Route("ours", "released", "thread"),
    Route("ours", "released", "multiplex"),
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
}


def pairs(
    *features: Feature, clients: Collection[str] = ("ours", "released"), serializers: Iterable[str] = SERIALIZERS
) -> list[tuple[Route, str]]:
    """The routes from `clients` and the serializers with which the features work in the released library."""
    return [
        (route, serializer)
        for route in ROUTES
        if route.client in clients
        for serializer in serializers
        if all(_released_can(feature, route, serializer) for feature in features)
    ]


def name_of(pair: tuple[Route, str]) -> str:
    """The name of a route and serializer in a test report."""
    route, serializer = pair
    return f"{route}-{serializer}"


def over(
    *features: Feature, clients: Collection[str] = ("ours", "released"), serializers: Iterable[str] = SERIALIZERS
) -> pytest.MarkDecorator:
    """Run a test with its fixture `conversation` over all these `pairs`."""
    chosen = pairs(*features, clients=clients, serializers=serializers)
    return pytest.mark.parametrize("conversation", chosen, indirect=True, ids=name_of)


def _released_can(feature: Feature, route: Route, serializer: str) -> bool:
    side = "client" if route.client == "released" else "server"
    return (side, serializer) not in RELEASED_CANNOT[feature]
