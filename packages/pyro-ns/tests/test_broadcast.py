"""The responder, over UDP on loopback."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_ns import BroadcastServer
from pyro_ns.broadcast import answer_for, is_loopback
from pyro_uri import URI, PyroError
from pyro_wire import Config

NS_URI = "PYRO:Pyro.NameServer@192.0.2.7:9090"
DEADLINE = 10
"""Seconds after which a test gives up."""


def responder(uri: str = NS_URI) -> BroadcastServer:
    return BroadcastServer(URI(uri), "127.0.0.1", 0)


@pytest.fixture
def client() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(DEADLINE)
        yield sock


def send(client: socket.socket, server: BroadcastServer, data: bytes) -> None:
    client.sendto(data, ("127.0.0.1", server.getPort()))


def process_one(server: BroadcastServer) -> None:
    assert select.select([server], [], [], DEADLINE)[0] == [server]
    server.processRequest()


def test_a_request_is_answered_with_the_uri(client: socket.socket) -> None:
    with responder() as server:
        send(client, server, b"GET_NSURI")
        process_one(server)
        assert client.recvfrom(100) == (NS_URI.encode(), ("127.0.0.1", server.getPort()))


def test_a_request_is_answered_in_a_thread(client: socket.socket) -> None:
    with responder() as server:
        server.runInThread()
        send(client, server, b"GET_NSURI")
        assert client.recv(100) == NS_URI.encode()


@pytest.mark.parametrize(
    "datagram", [b"", b"get_nsuri", b"GET_NSUR", b"GET_NSURI\0", b"GET_NSURI\n", b"GET_NSURI" * 20, b"\xff" * 60_000]
)
def test_anything_else_gets_no_answer_and_stops_nothing(client: socket.socket, datagram: bytes) -> None:
    with responder() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        send(stranger, server, datagram)
        process_one(server)
        send(client, server, b"GET_NSURI")
        process_one(server)
        assert client.recv(100) == NS_URI.encode()
        assert select.select([stranger], [], [], 0)[0] == []


@given(st.lists(st.binary(max_size=120), max_size=5))
def test_any_datagrams_leave_the_thread_answering(datagrams: list[bytes]) -> None:
    with responder() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(DEADLINE)
        thread = server.runInThread()
        for datagram in datagrams:
            send(client, server, datagram)
        send(client, server, b"GET_NSURI")
        assert client.recv(100) == NS_URI.encode()
        assert thread.is_alive()


def test_a_requester_that_has_left_stops_nothing(client: socket.socket) -> None:
    with responder() as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            send(gone, server, b"GET_NSURI")
        process_one(server)
        send(client, server, b"GET_NSURI")
        process_one(server)
        assert client.recv(100) == NS_URI.encode()


def test_processing_without_a_request_does_not_wait() -> None:
    with responder() as server:
        server.processRequest()


def test_a_name_server_on_every_interface_is_told_by_the_address_towards_the_requester(client: socket.socket) -> None:
    with responder("PYRO:Pyro.NameServer@0.0.0.0:45931") as server:
        send(client, server, b"GET_NSURI")
        process_one(server)
        assert client.recv(100) == b"PYRO:Pyro.NameServer@127.0.0.1:45931"


def test_an_ipv6_name_server_on_every_interface_is_told_by_an_ipv6_address() -> None:
    answer = answer_for(URI("PYRO:Pyro.NameServer@[::]:9090"), "2001:db8::1", lambda requester: "2001:db8::2")
    assert answer == b"PYRO:Pyro.NameServer@[2001:db8::2]:9090"


def test_without_a_way_to_the_requester_the_address_stays_open() -> None:
    def no_way(requester: str) -> str:
        raise OSError(f"network is unreachable: {requester}")

    answer = answer_for(URI("PYRO:Pyro.NameServer@0.0.0.0:9090"), "192.0.2.1", no_way)
    assert answer == b"PYRO:Pyro.NameServer@0.0.0.0:9090"


@pytest.mark.parametrize(
    "location", ["localhost:9090", "LocalHost:9090", "127.0.0.1:9090", "127.3.2.1:9090", "[::1]:9090", "./u:/run/ns"]
)
def test_nothing_is_bound_for_a_name_server_that_other_machines_cannot_reach(location: str) -> None:
    with pytest.raises(ValueError, match="other machines cannot reach the name server"):
        responder(f"PYRO:Pyro.NameServer@{location}")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "fe80::1%eth0", "example.org", "127.example.org"])
def test_other_addresses_are_not_taken_for_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_a_host_that_cannot_be_told_is_refused() -> None:
    with pytest.raises(ValueError, match="ISO-8859-1"):
        responder("PYRO:Pyro.NameServer@日本:9090")


def test_a_uri_that_clients_would_cut_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with responder(f"PYRO:Pyro.NameServer@{'x' * 90}:9090"):
        assert "more than 100 bytes" in caplog.text


def test_host_and_port_come_from_the_config() -> None:
    with BroadcastServer(URI(NS_URI), config=Config(NS_BCHOST="127.0.0.1", NS_BCPORT=0)) as server:
        assert server.locationStr == f"127.0.0.1:{server.getPort()}"
        assert server.getPort() > 0


def test_closing_ends_the_thread(client: socket.socket) -> None:
    server = responder()
    thread = server.runInThread()
    server.close()
    assert not thread.is_alive()
    assert server.fileno() == -1


def test_closing_from_several_threads_is_the_same_as_closing_once() -> None:
    server = responder()
    server.runInThread()
    closers = [threading.Thread(target=server.close) for _ in range(4)]
    for closer in closers:
        closer.start()
    for closer in closers:
        closer.join(DEADLINE)
    assert not any(closer.is_alive() for closer in closers)


def test_running_twice_is_one_thread() -> None:
    with responder() as server:
        assert server.runInThread() is server.runInThread()


def test_running_after_close_says_so() -> None:
    server = responder()
    server.close()
    with pytest.raises(PyroError, match="closed"):
        server.runInThread()


def test_processing_after_close_does_nothing() -> None:
    server = responder()
    server.close()
    server.processRequest()


def test_closing_frees_the_port() -> None:
    with responder() as first:
        port = first.getPort()
    with BroadcastServer(URI(NS_URI), "127.0.0.1", port) as second:
        assert second.getPort() == port
