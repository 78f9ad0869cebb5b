"""A gateway, and what it needs around it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from werkzeug.test import Client

from pyro_client import current_context, locate_ns
from pyro_ns import NameServerDaemon
from pyro_ns.gateway import Gateway
from pyro_server import Daemon, expose, oneway
from pyro_wire import Config

DEADLINE = 20.0


@expose
class Thing:
    """What is called over HTTP."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self._secret = "never"

    def echo(self, **words: Any) -> Any:
        return words

    def fail(self) -> None:
        raise ValueError("on purpose")

    def count(self) -> Iterator[int]:
        yield 1

    @oneway
    def hear(self) -> None:
        self.heard.set()

    def hear_too(self) -> str:
        self.heard.set()
        return "heard"

    def correlation(self) -> str:
        return str(current_context.correlation_id)

    @property
    def level(self) -> int:
        return 3


@contextmanager
def loop_of(daemon: Daemon) -> Iterator[Daemon]:
    with daemon:
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        try:
            yield daemon
        finally:
            daemon.shutdown()
            thread.join(DEADLINE)


@pytest.fixture
def running() -> Iterator[Callable[[Daemon], Any]]:
    with ExitStack() as stack:
        yield lambda daemon: stack.enter_context(loop_of(daemon))


@pytest.fixture
def thing() -> Thing:
    return Thing()


@pytest.fixture
def nameserver(running: Callable[[Daemon], Any]) -> NameServerDaemon:
    daemon: NameServerDaemon = running(NameServerDaemon("127.0.0.1", 0))
    return daemon


@pytest.fixture
def config(nameserver: NameServerDaemon) -> Config:
    return Config(NS_HOST="127.0.0.1", NS_PORT=nameserver.sock.getsockname()[1], BROADCAST_ADDRS=[])


@pytest.fixture
def register(config: Config) -> Callable[[str, Any], None]:
    """Put a name into the name server."""

    def put(name: str, uri: Any) -> None:
        with locate_ns(config=config) as names:
            names.register(name, uri)

    return put


@pytest.fixture
def gateway(
    config: Config, running: Callable[[Daemon], Any], thing: Thing, register: Callable[[str, Any], None]
) -> Iterator[Gateway]:
    """A gateway to one object, http.thing; another one, other.thing, is not for it."""
    uri = running(Daemon(config=config)).register(thing, "thing")
    register("http.thing", uri)
    register("other.thing", uri)
    made = Gateway(gateway_key=None, config=config)
    yield made
    made.close()


@pytest.fixture
def client(gateway: Gateway) -> Client:
    return Client(gateway)
