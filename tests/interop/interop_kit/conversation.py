"""A client of one library that talks to servers of the other."""

from __future__ import annotations

import contextlib
import functools
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from interop_kit.client import perform
from interop_kit.library import load
from interop_kit.processes import START_DEADLINE, Program
from interop_kit.routes import Route

NAMESERVERS = {"ours": "pyro_ns", "released": "Pyro5.nameserver"}


class StepFailed(AssertionError):
    """A step ended with an exception that it did not expect; the message is the traceback."""


class ServerOptions(NamedTuple):
    """Which server to run: the library, and the environment that configures it."""

    library: str
    environment: frozenset[tuple[str, str]]


class Peers:
    """The programs of all servers and of the released client, each started when it is first needed; a context."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="pyro"))
        self._servers: dict[ServerOptions, dict[str, str]] = {}

    def server(self, options: ServerOptions) -> dict[str, str]:
        """The addresses of the objects of a server, and of a name server of the same kind, by their names."""
        if options not in self._servers:
            environment = dict(options.environment)
            socket_name = f"{self._folder}/{len(self._servers)}.socket"
            arguments = ("interop_kit.server", options.library, socket_name)
            server = self._start(*arguments, environment=environment)
            nameserver = self._start("interop_kit.nameserver", NAMESERVERS[options.library], environment=environment)
            uris = json.loads(server.read_line(START_DEADLINE))
            self._servers[options] = {**uris, "nameserver": nameserver.read_line_with("URI = ")}
        return self._servers[options]

    @functools.cached_property
    def released_client(self) -> Program:
        """The released library as a client."""
        return self._start("interop_kit.client", "released")

    def perform(self, library: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Perform a step with our library here, or with the released one in its process."""
        if library == "ours":
            return perform(load("ours"), request)
        answer: dict[str, Any] = json.loads(self.released_client.ask(json.dumps(request)))
        return answer

    def __enter__(self) -> Peers:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def _start(self, *arguments: str, environment: dict[str, str] | None = None) -> Program:
        return self._stack.enter_context(Program(*arguments, environment=environment))


@dataclass(frozen=True, slots=True)
class Conversation:
    """A route and a serializer, and how both sides are configured."""

    peers: Peers
    route: Route
    serializer: str
    client_items: Mapping[str, Any] = field(default_factory=dict)
    server_environment: Mapping[str, str] = field(default_factory=dict)
    other_uris: Mapping[str, str] = field(default_factory=dict)

    @property
    def uris(self) -> dict[str, str]:
        """The addresses that the client uses, by the names of the objects."""
        environment = {"PYRO_SERVERTYPE": self.route.server_type, **self.server_environment}
        options = ServerOptions(self.route.server, frozenset(environment.items()))
        return {**self.peers.server(options), **self.other_uris}

    def with_client(self, **items: Any) -> Conversation:
        """The same with these configuration items of the client."""
        return replace(self, client_items=items)

    def with_server(self, **environment: str) -> Conversation:
        """The same with a server that has these environment variables."""
        return replace(self, server_environment=environment)

    def with_uris(self, **uris: str) -> Conversation:
        """The same with other addresses."""
        return replace(self, other_uris=uris)

    def run(self, step: str, **arguments: Any) -> Any:
        """Perform a step of the client; returns what it saw, raises StepFailed when it did not come to its end."""
        request = {
            "step": step,
            "arguments": arguments,
            "serializer": self.serializer,
            "uris": self.uris,
            "items": dict(self.client_items),
        }
        answer = self.peers.perform(self.route.client, request)
        if "error" in answer:
            raise StepFailed(answer["error"])
        return answer["result"]
