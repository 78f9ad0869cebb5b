"""The client as error handlers see it: a connection, and an address."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_client.socketutil import SocketConnection
from pyro_server.client_socket import ClientSocket

ADDRESS = ("192.0.2.1", 4444)


@pytest.fixture
def connection() -> Iterator[SocketConnection]:
    near, far = socket.socketpair()
    with far, SocketConnection(near, "it") as connection:
        yield connection


def test_it_is_the_connection(connection: SocketConnection) -> None:
    client = ClientSocket(connection, ADDRESS)
    assert isinstance(client, SocketConnection)
    assert (client.sock, client.objectId, client.family()) == (connection.sock, "it", "Unix")


def test_what_is_done_to_it_is_done_to_the_connection(connection: SocketConnection) -> None:
    client = ClientSocket(connection, ADDRESS)
    client.objectId = "other"
    client.timeout = 5.0
    client.close()
    assert connection.objectId == "other"
    assert connection.fileno() == -1


def test_it_reads_like_the_address(connection: SocketConnection) -> None:
    client = ClientSocket(connection, ADDRESS)
    host, port = client
    assert (host, port, client[0]) == ("192.0.2.1", 4444, "192.0.2.1")
    assert client == ADDRESS
    assert f"{client}" == repr(client) == "('192.0.2.1', 4444)"
    assert "%s:%d" % client == "192.0.2.1:4444"  # noqa: UP031  # programs write it so


@pytest.mark.parametrize("address", ["", b"\0name", None], ids=repr)
def test_the_address_of_a_unix_socket_is_its_only_item(connection: SocketConnection, address: Any) -> None:
    client = ClientSocket(connection, address)
    assert list(client) == [address]
    assert client, "a handler may look whether there is a client"
