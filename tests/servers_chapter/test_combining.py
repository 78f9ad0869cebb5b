"""Chapter "Servers": one request loop for several daemons, which the multiplex server has."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pyro_client import Proxy, errors, locate_ns
from pyro_client.naming import BROADCAST_REQUEST
from pyro_ns import BroadcastServer, NameServerDaemon
from pyro_server import Daemon, expose
from pyro_wire import Config

DEADLINE = 20.0


@expose
class Thing:
    """Something that knows on which thread it is called."""

    def add(self, first: int, second: int) -> int:
        return first + second

    def thread(self) -> int:
        return threading.get_ident()


@pytest.fixture
def config() -> Config:
    """A configuration with the multiplex server."""
    return Config(SERVERTYPE="multiplex", NS_HOST="127.0.0.1", BROADCAST_ADDRS=[])


@contextmanager
def loop_of(daemon: Daemon) -> Iterator[threading.Thread]:
    """Run only this daemon's request loop."""
    thread = threading.Thread(target=daemon.requestLoop)
    thread.start()
    try:
        yield thread
    finally:
        daemon.shutdown()
        thread.join(DEADLINE)


def test_one_loop_serves_all_daemons_that_were_combined(config: Config) -> None:
    with Daemon(config=config) as master, Daemon(config=config) as second, Daemon(config=config) as third:
        uris = [daemon.register(Thing()) for daemon in (master, second, third)]
        master.combine(second)
        master.combine(third)
        with loop_of(master) as thread:
            for uri in uris:
                with Proxy(uri) as proxy:
                    assert proxy.thread() == thread.ident


def test_combined_daemons_share_their_sockets_and_their_selector(config: Config) -> None:
    with Daemon(config=config) as master, Daemon(config=config) as other:
        before = len(master.sockets) + len(other.sockets)
        master.combine(other)
        assert len(master.sockets) == before
        assert {master.sock, other.sock} <= set(master.sockets)
        assert master.selector is other.selector


def test_a_name_server_can_be_combined_with_a_daemon(config: Config) -> None:
    with Daemon(config=config) as master, NameServerDaemon("127.0.0.1", 0, config=config) as nameserver:
        config.NS_PORT = nameserver.sock.getsockname()[1]
        uri = master.register(Thing())
        master.combine(nameserver)
        with loop_of(master):
            with locate_ns(config=config) as names:
                names.register("the_thing", uri)
            with Proxy("PYRONAME:the_thing", config=config) as proxy:
                assert proxy.add(1, 2) == 3


def test_so_can_the_broadcast_server_of_a_name_server(config: Config) -> None:
    ns_uri = "PYRO:Pyro.NameServer@192.0.2.1:9090"
    with (
        Daemon(config=config) as master,
        BroadcastServer(ns_uri, "127.0.0.1", 0, config=config) as responder,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        client.settimeout(DEADLINE)
        master.combine(responder)
        with loop_of(master):
            client.sendto(BROADCAST_REQUEST, ("127.0.0.1", responder.getPort()))
            assert client.recv(100).decode() == ns_uri


def test_the_thread_server_cannot_be_combined() -> None:
    with Daemon(config=Config(SERVERTYPE="thread")) as first, Daemon(config=Config(SERVERTYPE="thread")) as second:
        with pytest.raises(TypeError):
            first.combine(second)
        with pytest.raises(TypeError):
            first.selector  # noqa: B018  # reading it is the point


def test_a_connected_socket_cannot_be_combined() -> None:
    near, far = socket.socketpair()
    with near, far, Daemon(connected_socket=near) as first, Daemon() as second, pytest.raises(errors.PyroError):
        first.combine(second)


def test_the_selector_is_one_of_python(config: Config) -> None:
    with Daemon(config=config) as daemon:
        selector: Any = daemon.selector
        assert isinstance(selector, selectors.BaseSelector)
