"""A client of one library that talks to servers of the other."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from interop_kit.client import perform
from interop_kit.combined import LOCALHOST
from interop_kit.library import load
from interop_kit.processes import START_DEADLINE, Program
from interop_kit.routes import CONNECTED, Route

NO_PORT = 1
"""Where no name server is."""


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
        self._nameservers: dict[ServerOptions, str] = {}
        self._combined: dict[ServerOptions, dict[str, Any]] = {}
        self._released_clients: dict[frozenset[tuple[str, Any]], Program] = {}

    def server(self, options: ServerOptions) -> dict[str, str]:
        """The addresses of the objects of a server, by their names."""
        if options not in self._servers:
            environment = dict(options.environment)
            socket_name = f"{self._folder}/{len(self._servers)}.socket"
            server = self._start("interop_kit.server", options.library, socket_name, environment=environment)
            self._servers[options] = json.loads(server.read_line(START_DEADLINE))
        return self._servers[options]

    def nameserver(self, options: ServerOptions) -> str:
        """The address of a name server."""
        if options not in self._nameservers:
            arguments = ("interop_kit.nameserver", options.library)
            nameserver = self._start(*arguments, environment=dict(options.environment))
            self._nameservers[options] = nameserver.read_line_with("URI = ")
        return self._nameservers[options]

    def combined(self, options: ServerOptions) -> dict[str, Any]:
        """The addresses of daemons that share one loop, and the port of a broadcast responder in it."""
        if options not in self._combined:
            program = self._start("interop_kit.combined", options.library, environment=dict(options.environment))
            self._combined[options] = json.loads(program.read_line_with("COMBINED = "))
        return self._combined[options]

    def released_client(self, items: Mapping[str, Any]) -> Program:
        """The released library as a client; another one for each setting of TLS, because it keeps the first one."""
        tls = frozenset((name, value) for name, value in items.items() if name.startswith("SSL"))
        if tls not in self._released_clients:
            self._released_clients[tls] = self._start("interop_kit.client", "released")
        return self._released_clients[tls]

    def perform(self, library: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Perform a step with our library here, or with the released one in its process."""
        if library == "ours":
            return perform(load("ours"), request)
        answer: dict[str, Any] = json.loads(self.released_client(request["items"]).ask(json.dumps(request)))
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
        uris = self.peers.server(self._server_options)
        choose = _through_the_door if self.route.server_type == CONNECTED else _without_the_door
        return {**choose(uris), **self.other_uris}

    @property
    def _server_options(self) -> ServerOptions:
        # Every server program has a door, which is why the type of its other daemons does not matter then.
        server_type = "thread" if self.route.server_type == CONNECTED else self.route.server_type
        environment = {"PYRO_SERVERTYPE": server_type, **self.server_environment}
        return ServerOptions(self.route.server, frozenset(environment.items()))

    def with_client(self, **items: Any) -> Conversation:
        """The same with these configuration items of the client."""
        return replace(self, client_items=items)

    def with_server(self, **environment: str) -> Conversation:
        """The same with a server that has these environment variables."""
        return replace(self, server_environment=environment)

    def with_uris(self, **uris: str) -> Conversation:
        """The same with other addresses."""
        return replace(self, other_uris=uris)

    def with_nameserver(self) -> Conversation:
        """The same with a name server, of the server's library and type."""
        return self.with_uris(nameserver=self.peers.nameserver(self._server_options))

    def with_combined_daemons(self) -> Conversation:
        """The same with daemons, a name server and its responder that share one loop; its port is `broadcast_port`."""
        uris = self.peers.combined(self._server_options)
        items = {"NS_BCPORT": uris["broadcast_port"], "BROADCAST_ADDRS": [LOCALHOST], "NS_PORT": NO_PORT}
        return replace(self, other_uris=uris, client_items={**self.client_items, **items})

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


def _without_the_door(uris: Mapping[str, str]) -> dict[str, str]:
    return {name: uri for name, uri in uris.items() if name != "door"}


def _through_the_door(uris: Mapping[str, str]) -> dict[str, str]:
    """The same addresses, but bare ids for the objects that are behind the door too."""
    _, _, plain = uris["daemon"].partition("@")
    ids = {name: uri.removeprefix("PYRO:").removesuffix(f"@{plain}") for name, uri in uris.items()}
    return {name: ids[name] if uri.endswith(f"@{plain}") else uri for name, uri in uris.items()}
