"""What a step of the client program works with."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from interop_kit.library import Library

DEADLINE = 20.0
"""Seconds after which a client gives up waiting for one answer."""


@dataclass(frozen=True, slots=True)
class Client:
    """A library, its configuration, and the addresses of the objects by their names."""

    library: Library
    uris: Mapping[str, str]
    serializer: str
    items: Mapping[str, Any] = field(default_factory=dict)
    connected_socket: socket.socket | None = None
    """What reaches the objects whose addresses are bare ids."""

    def options(self) -> dict[str, Any]:
        """The keyword arguments that configure a proxy or `locate_ns`."""
        return self.library.options(SERIALIZER=self.serializer, COMMTIMEOUT=DEADLINE, **self.items)

    def proxy(self, name: str = "service") -> Any:
        """A new proxy for the object of that name."""
        return self.proxy_for(self.uris[name])

    def proxy_for(self, uri: Any, proxy_class: Any = None) -> Any:
        """A new proxy for any address, of the library's class or of another one."""
        make = proxy_class or self.library.Proxy
        if isinstance(uri, str) and "@" not in uri and ":" not in uri:
            return make(uri, connected_socket=self.connected_socket, **self.options())
        return make(uri, **self.options())


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as plain values."""
    return {"class": type(error).__name__, "args": [repr(argument) for argument in error.args]}


def error_of(function: Callable[..., object], *arguments: Any, **keywords: Any) -> dict[str, Any]:
    """The exception that a call raises, described; an AssertionError when it raises none."""
    try:
        result = function(*arguments, **keywords)
    except Exception as error:
        return describe(error)
    raise AssertionError(f"no exception was raised; the result was {result!r}")


def recalled(service: Any, token: str) -> Any:
    """What the service remembers under `token`, as soon as it does."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        if found := service.recall(token):
            return found[0]
    raise TimeoutError(f"nothing was remembered under {token!r} within {DEADLINE} seconds")
