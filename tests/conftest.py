"""Daemons of every kind to try the same things on, each with its loop in a thread, and proxies to call them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import pytest

from pyro_client import Proxy
from pyro_server import Daemon
from pyro_wire import Config, serializers
from pyro_wire.context import CallState, set_state

DEADLINE = 20.0
"""Seconds after which a test gives up on a thread."""


class Served:
    """A daemon that serves some objects, by their ids, while it is entered; its loop runs in a thread.

    ``items`` are those of the daemon's configuration, ``serializer`` is that of the proxies.
    """

    SERVERTYPE = ""

    def __init__(
        self,
        objects: Mapping[str, Any],
        daemon_class: type[Daemon] = Daemon,
        serializer: str = "serpent",
        **items: Any,
    ) -> None:
        self._stack = ExitStack()
        self._serializer = serializer
        self.config = Config(SERVERTYPE=self.SERVERTYPE, **items)
        self.daemon = self._make_daemon(daemon_class)
        for object_id, obj in objects.items():
            self.daemon.register(obj, object_id)
        self.thread = threading.Thread(target=self.daemon.requestLoop, name="request loop")

    def __enter__(self) -> Served:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._stack:
            self.daemon.shutdown()
            self.thread.join(DEADLINE)
            assert not self.thread.is_alive(), "the request loop did not end"

    def proxy(self, object_id: str = "it", proxy_class: type[Proxy] = Proxy, **items: Any) -> Proxy:
        """Return a proxy of an object, which goes by a configuration with these items; it is closed in the end."""
        config = Config(**{"SERIALIZER": self._serializer, **items})
        proxy = self._make_proxy(object_id, proxy_class, config)
        self._stack.callback(proxy._pyroRelease)
        return proxy

    def _make_daemon(self, daemon_class: type[Daemon]) -> Daemon:
        return daemon_class(config=self.config)

    def _make_proxy(self, object_id: str, proxy_class: type[Proxy], config: Config) -> Proxy:
        return proxy_class(self.daemon.uriFor(object_id), config=config)


class Threaded(Served):
    """A daemon with a thread for each connection."""

    SERVERTYPE = "thread"


class Multiplexed(Served):
    """A daemon with one thread for all connections."""

    SERVERTYPE = "multiplex"


class Connected(Served):
    """A daemon on a socket that is connected already; all proxies share that connection."""

    SERVERTYPE = "thread"

    def _make_daemon(self, daemon_class: type[Daemon]) -> Daemon:
        near, far = socket.socketpair()
        self._client_socket = self._stack.enter_context(near)
        return daemon_class(connected_socket=self._stack.enter_context(far), config=self.config)

    def _make_proxy(self, object_id: str, proxy_class: type[Proxy], config: Config) -> Proxy:
        return proxy_class(object_id, connected_socket=self._client_socket, config=config)


LISTENING: dict[str, type[Served]] = {"thread": Threaded, "multiplex": Multiplexed}
"""The kinds of servers that accept connections: a new one is tested by an entry here."""

KINDS: dict[str, type[Served]] = {**LISTENING, "connected": Connected}
"""All kinds of servers."""


class Bystander:
    """A client that calls all the time, on a thread of its own."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._progress = threading.Condition()
        self._calls = 0
        self._leaving = False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._call)

    def __enter__(self) -> Bystander:
        self._thread.start()
        self.assert_undisturbed()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving = True
        self._thread.join(DEADLINE)

    def assert_undisturbed(self) -> None:
        """Wait until some more calls have been answered well, all over the connection of the beginning."""
        with self._progress:
            goal = self._calls + 3
            assert self._progress.wait_for(lambda: self._failure or self._calls >= goal, DEADLINE), "it waits"
            assert self._failure is None

    def _call(self) -> None:
        try:
            self._proxy._pyroBind()
            connection = self._proxy._pyroConnection
            while not self._leaving:
                assert self._proxy.add(1, 2) == 3
                assert self._proxy._pyroConnection is connection
                with self._progress:
                    self._calls += 1
                    self._progress.notify_all()
        except Exception as error:  # the test is to hear of any
            with self._progress:
                self._failure = error
                self._progress.notify_all()


Serve = Callable[..., Served]


@pytest.fixture(autouse=True)
def fresh_context() -> None:
    """Let no annotations of another test travel with the calls of this one."""
    set_state(CallState())


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    """The name of a kind of server."""
    return str(request.param)


@pytest.fixture(params=sorted(LISTENING))
def listening_kind(request: pytest.FixtureRequest) -> str:
    """The name of a kind of server that accepts connections."""
    return str(request.param)


@pytest.fixture(params=sorted(serializers))
def serializer(request: pytest.FixtureRequest) -> str:
    """The name of a serializer."""
    return str(request.param)


@pytest.fixture
def served(kind: str, serializer: str) -> Iterator[Serve]:
    """Serve objects with every kind of server, to clients with every serializer: ``served({"id": obj})``."""
    with ExitStack() as stack:

        def serve(objects: Mapping[str, Any], **options: Any) -> Served:
            return stack.enter_context(KINDS[kind](objects, serializer=serializer, **options))

        yield serve


@pytest.fixture
def listening(listening_kind: str) -> Iterator[Serve]:
    """Serve objects with every kind of server that clients may connect to as often as they like."""
    with ExitStack() as stack:

        def serve(objects: Mapping[str, Any], **options: Any) -> Served:
            return stack.enter_context(LISTENING[listening_kind](objects, **options))

        yield serve


@pytest.fixture
def threaded() -> Iterator[Serve]:
    """Serve objects with the thread server: for what only happens when calls run at the same time."""
    with ExitStack() as stack:

        def serve(objects: Mapping[str, Any], **options: Any) -> Served:
            return stack.enter_context(Threaded(objects, **options))

        yield serve


@pytest.fixture
def calling_all_the_time() -> type[Bystander]:
    """What tells whether a client, given as a proxy with a method ``add``, was disturbed."""
    return Bystander
