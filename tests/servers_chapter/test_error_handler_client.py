"""Chapter "Servers": who the client is, as an error handler is told."""

from __future__ import annotations

from typing import Any

import pytest

from pyro_client.socketutil import SocketConnection
from pyro_server import expose


@expose
class Thing:
    """Something that fails."""

    def fail(self) -> None:
        raise ValueError("wrong")


@pytest.fixture
def client_of_the_error(listening) -> Any:
    """What a handler is given for the client, and the client's own proxy."""
    heard: list[Any] = []
    serving = listening({"it": Thing()})
    serving.daemon.methodcall_error_handler = lambda daemon, client_sock, *rest: heard.append(client_sock)
    proxy = serving.proxy()
    with pytest.raises(ValueError, match="wrong"):
        proxy.fail()
    return heard[0], proxy


def test_a_handler_is_given_the_connection_of_the_client(client_of_the_error) -> None:
    client_sock, proxy = client_of_the_error
    assert isinstance(client_sock, SocketConnection)
    assert client_sock.objectId == "it"
    assert client_sock.sock.getpeername() == proxy._pyroLocalSocket


def test_a_handler_may_use_it_as_the_address_of_the_client(client_of_the_error) -> None:
    client_sock, proxy = client_of_the_error
    assert client_sock == proxy._pyroLocalSocket
    assert f"{client_sock[0]}:{client_sock[1]}" == "{}:{}".format(*proxy._pyroLocalSocket)
