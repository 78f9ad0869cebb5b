"""TLS, from proxies to daemons of every kind, by configuration and with contexts of one's own."""

from __future__ import annotations

import contextlib
import copy
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_client import Proxy, errors, locate_ns
from pyro_client.socketutil import get_ssl_context
from pyro_ns import NameServerDaemon
from pyro_server import Daemon, expose
from pyro_wire import Config, current_context

DEADLINE = 20.0
BRIEFLY = 0.2

LARGE = 3_000_000
"""Bytes that need many records of TLS, and more than the buffers of a socket."""


@expose
class Thing:
    def add(self, a: int, b: int) -> int:
        return a + b

    def echo(self, value: Any) -> Any:
        return value

    def count(self, to: int) -> Iterator[int]:
        yield from range(to)

    def who(self) -> str:
        certificate = current_context.client.getpeercert()
        return str(certificate.get("subjectAltName")) if certificate else "nobody"


@pytest.fixture
def server_items(certificates: Any) -> dict[str, Any]:
    """The configuration of a daemon with a certificate."""
    return {"SSL": True, "SSL_SERVERCERT": certificates.server}


@pytest.fixture
def mutual_items(server_items: dict[str, Any], certificates: Any) -> dict[str, Any]:
    """The configuration of a daemon that demands certificates."""
    return {**server_items, "SSL_REQUIRECLIENTCERT": True, "SSL_CACERTS": certificates.authority}


@pytest.fixture
def client_items(certificates: Any) -> dict[str, Any]:
    """The configuration of a proxy that trusts the daemon."""
    return {"SSL": True, "SSL_CACERTS": certificates.authority}


# ------------------------------------------------------------------------------------------------- by configuration


def test_calls_go_over_tls(listening, server_items, client_items) -> None:
    proxy = listening({"it": Thing()}, **server_items).proxy(**client_items)
    assert proxy.add(1, 2) == 3
    assert isinstance(proxy._pyroConnection.sock, ssl.SSLSocket)
    assert proxy._pyroConnection.getpeercert()


def test_large_values_and_streams_go_over_tls(listening, server_items, client_items) -> None:
    proxy = listening({"it": Thing()}, **server_items).proxy(SERIALIZER="msgpack", **client_items)
    assert proxy.echo(bytes(LARGE)) == bytes(LARGE)
    assert list(proxy.count(5)) == [0, 1, 2, 3, 4]


def test_an_idle_connection_over_tls_goes_on(listening, server_items, client_items) -> None:
    serving = listening({"it": Thing()}, THREADPOOL_SIZE_MIN=1, THREADPOOL_SIZE=1, **server_items)
    proxies = [serving.proxy(**client_items) for _ in range(5)]
    for _ in range(3):
        assert [proxy.add(1, 2) for proxy in proxies] == [3] * 5


def test_a_daemon_whose_certificate_is_not_trusted_is_not_called(listening, server_items) -> None:
    proxy = listening({"it": Thing()}, **server_items).proxy(SSL=True)
    with pytest.raises(errors.CommunicationError, match=r"certificate verify failed.*SSL_CACERTS"):
        proxy.add(1, 2)


def test_a_daemon_can_demand_certificates_and_see_them(listening, mutual_items, client_items, certificates) -> None:
    serving = listening({"it": Thing()}, **mutual_items)
    proxy = serving.proxy(SSL_CLIENTCERT=certificates.client, **client_items)
    assert "client@example.org" in proxy.who()


def test_without_the_certificate_that_is_demanded_nobody_comes_in(
    listening, mutual_items, client_items, calling_all_the_time, certificates
) -> None:
    serving = listening({"it": Thing()}, **mutual_items)
    with calling_all_the_time(serving.proxy(SSL_CLIENTCERT=certificates.client, **client_items)) as bystander:
        for _ in range(5):
            with pytest.raises(errors.CommunicationError):
                serving.proxy(**client_items).add(1, 2)
        bystander.assert_undisturbed()


def test_without_a_demand_a_client_is_nobody(listening, server_items, client_items) -> None:
    assert listening({"it": Thing()}, **server_items).proxy(**client_items).who() == "nobody"


def test_the_hook_for_handshakes_sees_the_certificate(listening, mutual_items, client_items, certificates) -> None:
    class Strict(Daemon):
        def validateHandshake(self, conn: Any, data: Any) -> Any:
            if "client@example.org" not in str(conn.getpeercert()):
                raise PermissionError("who are you?")
            return "welcome"

    serving = listening({"it": Thing()}, daemon_class=Strict, **mutual_items)
    assert serving.proxy(SSL_CLIENTCERT=certificates.client, **client_items).add(1, 2) == 3
    with pytest.raises(errors.CommunicationError, match=r"who are you\?"):
        serving.proxy(SSL_CLIENTCERT=certificates.server, **client_items).add(1, 2)


def test_a_daemon_without_a_certificate_says_which_item_is_missing() -> None:
    with pytest.raises(ValueError, match="SSL_SERVERCERT"):
        Daemon(config=Config(SSL=True))


def test_daemons_with_and_without_tls_live_side_by_side(listening, server_items, client_items) -> None:
    safe, plain = listening({"it": Thing()}, **server_items), listening({"it": Thing()})
    assert safe.proxy(**client_items).add(1, 2) == 3
    assert plain.proxy().add(1, 2) == 3


# --------------------------------------------------------------------------------------- with contexts of one's own


def test_a_daemon_and_a_proxy_may_have_contexts_of_their_own(tls_server, certificates) -> None:
    context = get_ssl_context(cacerts=certificates.authority)
    with Proxy(tls_server.uriFor("it"), ssl_context=context) as proxy:
        assert proxy.add(1, 2) == 3
        with copy.copy(proxy) as twin:
            assert twin.add(1, 2) == 3


@pytest.fixture
def tls_server(listening_kind: str, certificates) -> Iterator[Daemon]:
    """A daemon with a context of its own; its configuration knows nothing of TLS."""
    context = get_ssl_context(servercert=certificates.server)
    with Daemon(config=Config(SERVERTYPE=listening_kind), ssl_context=context) as daemon:
        daemon.register(Thing(), "it")
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        yield daemon
        daemon.shutdown()
        thread.join(DEADLINE)


def test_a_name_server_may_speak_tls(listening_kind, server_items, client_items) -> None:
    with NameServerDaemon(port=0, config=Config(SERVERTYPE=listening_kind, **server_items)) as daemon:
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        port = daemon.sock.getsockname()[1]
        with locate_ns("localhost", port, config=Config(**client_items)) as nameserver:
            nameserver.ping()
        daemon.shutdown()
        thread.join(DEADLINE)


def test_tls_works_over_a_unix_socket(listening_kind, certificates, tmp_path) -> None:
    context = get_ssl_context(servercert=certificates.server)
    config = Config(SERVERTYPE=listening_kind)
    with Daemon(unixsocket=str(tmp_path / "socket"), config=config, ssl_context=context) as daemon:
        uri = daemon.register(Thing())
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        with Proxy(uri, ssl_context=get_ssl_context(cacerts=certificates.authority)) as proxy:
            assert proxy.add(1, 2) == 3
        daemon.shutdown()
        thread.join(DEADLINE)


def test_tls_works_over_a_connected_socket(certificates) -> None:
    near, far = socket.socketpair()
    server, client = get_ssl_context(servercert=certificates.server), get_ssl_context(cacerts=certificates.authority)
    results: list[int] = []

    def call() -> None:
        with client.wrap_socket(near, server_hostname="localhost") as sock, Proxy("it", connected_socket=sock) as proxy:
            results.append(proxy.add(1, 2))

    caller = threading.Thread(target=call)
    caller.start()
    with server.wrap_socket(far, server_side=True) as sock, Daemon(connected_socket=sock) as daemon:
        daemon.register(Thing(), "it")
        daemon.requestLoop()
    caller.join(DEADLINE)
    assert results == [3]


def test_a_plain_connected_socket_is_refused_when_tls_is_demanded(certificates) -> None:
    near, far = socket.socketpair()
    context = get_ssl_context(servercert=certificates.server)
    with near, far, pytest.raises(OSError, match="plain"):
        Daemon(connected_socket=far, ssl_context=context)


# ---------------------------------------------------------------------------------------------- those who stall


def test_clients_that_do_not_finish_the_handshake_of_tls_disturb_nobody(
    listening, server_items, client_items, calling_all_the_time
) -> None:
    serving = listening({"it": Thing()}, THREADPOOL_SIZE_MIN=1, THREADPOOL_SIZE=2, **server_items)
    with contextlib.ExitStack() as stack:
        bystander = stack.enter_context(calling_all_the_time(serving.proxy(**client_items)))
        for beginning in (b"", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\r\n\r\n"):
            for _ in range(3):
                client = stack.enter_context(socket.create_connection(serving.daemon.sock.getsockname()[:2]))
                client.sendall(beginning)
        bystander.assert_undisturbed()
        assert serving.proxy(**client_items).add(1, 2) == 3


def test_clients_that_do_not_finish_the_handshake_of_tls_are_dropped_in_time(listening, server_items) -> None:
    serving = listening({"it": Thing()}, HANDSHAKE_TIMEOUT=BRIEFLY, **server_items)
    for beginning in (b"", b"\x16\x03\x01"):
        with socket.create_connection(serving.daemon.sock.getsockname()[:2], DEADLINE) as client:
            client.sendall(beginning)
            with contextlib.suppress(ConnectionResetError):
                while client.recv(100):
                    pass


def test_a_plain_client_of_a_daemon_with_tls_hears_that_it_is_not_understood(listening, server_items) -> None:
    proxy = listening({"it": Thing()}, **server_items).proxy()
    with pytest.raises(errors.CommunicationError):
        proxy.add(1, 2)


def test_a_client_with_tls_of_a_plain_daemon_hears_that_it_is_not_understood(listening, client_items) -> None:
    proxy = listening({"it": Thing()}).proxy(**client_items)
    with pytest.raises(errors.CommunicationError, match="may not speak TLS"):
        proxy.add(1, 2)


def test_a_daemon_is_shut_down_while_a_client_shakes_hands(listening, server_items) -> None:
    serving = listening({"it": Thing()}, **server_items)
    with socket.create_connection(serving.daemon.sock.getsockname()[:2]) as client:
        client.sendall(b"\x16\x03\x01")
        serving.daemon.shutdown()
        serving.thread.join(DEADLINE)
        assert not serving.thread.is_alive()


def test_a_context_for_clients_is_refused_by_a_daemon(listening_kind) -> None:
    with pytest.raises(ValueError, match="one for clients"):
        Daemon(config=Config(SERVERTYPE=listening_kind), ssl_context=ssl.create_default_context())


def test_a_proxy_that_arrives_over_tls_speaks_tls(tls_server, certificates) -> None:
    class Shop:
        @expose
        def thing(self) -> Any:
            thing = Thing()
            tls_server.register(thing)
            return thing

    tls_server.register(Shop(), "shop")
    context = get_ssl_context(cacerts=certificates.authority)
    with Proxy(tls_server.uriFor("shop"), ssl_context=context) as shop, shop.thing() as thing:
        assert thing.add(1, 2) == 3
        assert isinstance(thing._pyroConnection.sock, ssl.SSLSocket)


def test_a_proxy_that_is_an_argument_goes_by_the_configuration_of_the_daemon(
    listening, server_items, client_items, certificates
) -> None:
    class Caller:
        @expose
        def call(self, thing: Any) -> int:
            with thing:
                result: int = thing.add(1, 2)
                return result

    # A server that is a client too: one configuration tells how it does either.
    both = {**server_items, **client_items}
    callee = listening({"it": Thing()}, **both)
    caller = listening({"it": Caller()}, **both).proxy(**client_items)
    assert caller.call(callee.proxy(**client_items)) == 3
