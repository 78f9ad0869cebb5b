"""Chapter "Servers": daemons in an event loop of the program, and several daemons at once."""

from __future__ import annotations

import select
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pyro_client import Proxy, locate_ns
from pyro_ns import NameServerDaemon
from pyro_server import Daemon, expose
from pyro_wire import Config

DEADLINE = 20.0
ROUND = 0.05
"""Seconds that a loop of these tests waits for its sockets."""


@expose
class Thing:
    """Something to call."""

    def add(self, first: int, second: int) -> int:
        return first + second


class Caller:
    """Clients in a thread: ``work`` is done once, and ``done`` is set then."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self.done = threading.Event()
        self.result: Any = None
        self.thread = threading.Thread(target=self._run)

    def __enter__(self) -> Caller:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join(DEADLINE)

    def _run(self) -> None:
        try:
            self.result = self._work()
        finally:
            self.done.set()


def call(uri: Any) -> list[int]:
    with Proxy(uri) as proxy:
        return [proxy.add(number, 1) for number in range(3)]


@pytest.fixture
def config(listening_kind: str) -> Config:
    """A configuration for each type of server that has clients."""
    return Config(SERVERTYPE=listening_kind, NS_HOST="127.0.0.1", BROADCAST_ADDRS=[])


def test_select_can_drive_a_daemon(config: Config) -> None:
    with Daemon(config=config) as daemon:
        uri = daemon.register(Thing)
        with Caller(lambda: call(uri)) as client:
            while not client.done.is_set():
                ready, _, _ = select.select(daemon.sockets, [], [], ROUND)
                if ready:
                    daemon.events(ready)
        assert client.result == [1, 2, 3]


def test_a_loop_that_only_polls_can_drive_a_daemon(config: Config) -> None:
    ticks = 0
    with Daemon(config=config) as daemon:
        uri = daemon.register(Thing)
        with Caller(lambda: call(uri)) as client:
            while not client.done.wait(0.001):  # what the timer of a user interface does
                ticks += 1
                daemon.events(select.select(daemon.sockets, [], [], 0)[0])
        assert client.result == [1, 2, 3]
    assert ticks


def test_a_name_server_and_a_daemon_may_share_a_loop_of_the_program(config: Config) -> None:
    with NameServerDaemon("127.0.0.1", 0, config=config) as nameserver, Daemon(config=config) as daemon:
        config.NS_PORT = nameserver.sock.getsockname()[1]
        uri = daemon.register(Thing)
        near, far = socket.socketpair()
        heard: list[bytes] = []

        def work() -> list[int]:
            with locate_ns(config=config) as names:
                names.register("the_thing", uri)
            with Proxy("PYRONAME:the_thing", config=config) as proxy:
                proxy._pyroBind()
                return call(proxy._pyroUri)

        with near, far, Caller(work) as client:
            near.sendall(b"from elsewhere")
            while not (client.done.is_set() and heard):
                ready, _, _ = select.select([far, *nameserver.sockets, *daemon.sockets], [], [], ROUND)
                if far in ready:
                    heard.append(far.recv(100))
                for one in (nameserver, daemon):
                    own = one.sockets
                    one.events([sock for sock in ready if sock in own])
        assert client.result == [1, 2, 3]
        assert heard == [b"from elsewhere"]


def test_selectors_can_drive_several_daemons_and_other_things(config: Config) -> None:
    near, far = socket.socketpair()
    with near, far, Daemon(config=config) as first, Daemon(config=config) as second:
        uris = [first.register(Thing(), "one"), second.register(Thing(), "two")]
        heard: list[bytes] = []
        near.sendall(b"from elsewhere")
        with Caller(lambda: [call(uri) for uri in uris]) as client:
            while not (client.done.is_set() and heard):
                for owner, sock in ready_sockets([first, second], far):
                    if owner is None:
                        heard.append(sock.recv(100))
                    else:
                        owner.events([sock])
        assert client.result == [[1, 2, 3], [1, 2, 3]]


def ready_sockets(daemons: list[Daemon], other: socket.socket) -> list[tuple[Any, Any]]:
    """Return the sockets that have something to read, with the daemon that each belongs to."""
    with selectors.DefaultSelector() as selector:
        selector.register(other, selectors.EVENT_READ, None)
        for daemon in daemons:
            for sock in daemon.sockets:
                selector.register(sock, selectors.EVENT_READ, daemon)
        return [(key.data, key.fileobj) for key, _ in selector.select(ROUND)]


def test_each_daemon_may_run_in_a_thread_of_its_own(running, config: Config) -> None:
    daemons = [running(Daemon(config=config)) for _ in range(3)]
    for daemon in daemons:
        assert call(daemon.register(Thing())) == [1, 2, 3]


def test_a_name_server_may_run_in_a_thread_beside_a_daemon(running, config: Config) -> None:
    nameserver = running(NameServerDaemon("127.0.0.1", 0, config=config))
    config.NS_PORT = nameserver.sock.getsockname()[1]
    uri = running(Daemon(config=config)).register(Thing())
    with locate_ns(config=config) as names:
        names.register("the_thing", uri)
    with Proxy("PYRONAME:the_thing", config=config) as proxy:
        assert proxy.add(1, 2) == 3


def test_after_a_loop_of_the_program_the_daemon_is_closed_as_ever(config: Config) -> None:
    daemon = Daemon(config=config)
    uri = daemon.register(Thing)
    with Caller(lambda: call(uri)) as client:
        while not client.done.is_set():
            daemon.events(select.select(daemon.sockets, [], [], ROUND)[0])
    daemon.close()
    assert daemon.transportServer is None
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((uri.host, uri.port), DEADLINE)
