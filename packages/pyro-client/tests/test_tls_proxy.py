"""Proxies over TLS: by the configuration, with a context of their own, and on sockets of the application."""

from __future__ import annotations

import contextlib
import copy
import pickle
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyro_client import Proxy, errors, locate_ns
from pyro_client.socketutil import get_ssl_context, interrupt_socket
from pyro_client.tls import client_context, server_context
from pyro_wire import Config, Limits, Message, MessageReader, serializers
from pyro_wire.message import MSG_CONNECT

DEADLINE = 20.0

SILENCE = 0.05
"""Seconds to wait for what never comes."""


class Server:
    """A daemon with TLS if it has a context, for one client after the other; the reply to each call is ``value``."""

    def __init__(self, reply: Any, context: ssl.SSLContext | None, value: Any = 3) -> None:
        self._reply = reply
        self._context = context
        self._value = value
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._leaving = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def uri(self, host: str = "127.0.0.1") -> str:
        return f"PYRO:obj@{host}:{self.port}"

    def close(self) -> None:
        self._leaving = True
        interrupt_socket(("127.0.0.1", self.port))
        self._thread.join(DEADLINE)
        self._listener.close()

    def _serve(self) -> None:
        while not self._leaving:
            sock, _ = self._listener.accept()
            sock.settimeout(DEADLINE)
            with contextlib.suppress(OSError), sock:  # what the client makes of it is what counts
                self._talk(sock)

    def _talk(self, sock: socket.socket) -> None:
        if self._context is None:
            self._answer_all(sock)
            return
        with self._context.wrap_socket(sock, server_side=True) as tls:
            self._answer_all(tls)

    def _answer_all(self, sock: socket.socket) -> None:
        reader = MessageReader(Limits())
        while data := sock.recv(1 << 16):
            if not data.startswith(b"PYRO"):
                return
            reader.feed(data)
            while (request := reader.next_message()) is not None:
                sock.sendall(self._answer(request).to(request))

    def _answer(self, request: Message) -> Any:
        if request.type != MSG_CONNECT:
            return self._reply(self._value)
        return self._reply.welcome(meta={"methods": ["add", "lookup", "ping"], "oneway": [], "attrs": []})


@pytest.fixture
def serve(reply) -> Iterator[Callable[..., Server]]:
    """Start a server: ``serve(context, value)``."""
    with contextlib.ExitStack() as stack:

        def start(*arguments: Any) -> Server:
            server = Server(reply, *arguments)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def server(serve, certificates) -> Server:
    """A server with TLS."""
    server: Server = serve(get_ssl_context(servercert=certificates.server))
    return server


@pytest.fixture
def strict_server(serve, certificates) -> Server:
    """A server that demands a certificate."""
    items = {"SSL_SERVERCERT": certificates.server, "SSL_CACERTS": certificates.authority}
    strict: Server = serve(server_context(Config(**items, SSL_REQUIRECLIENTCERT=True)))
    return strict


@pytest.fixture
def config(certificates) -> Config:
    """What a client needs to trust the servers."""
    return Config(SSL=True, SSL_CACERTS=certificates.authority, COMMTIMEOUT=DEADLINE)


def peer_names(proxy: Proxy) -> Any:
    """The names in the certificate of the server that a proxy is connected with."""
    assert proxy._pyroConnection is not None
    certificate = proxy._pyroConnection.getpeercert()
    assert certificate is not None
    return certificate["subjectAltName"]


# ------------------------------------------------------------------------------------------ by configuration


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_proxy_uses_tls_if_the_configuration_says_so(server, config, host: str) -> None:
    with Proxy(server.uri(host), config=config) as proxy:
        assert proxy.add(1, 2) == 3
        assert ("DNS", "localhost") in peer_names(proxy)


def test_a_client_shows_the_certificate_of_the_configuration(strict_server, config, certificates) -> None:
    config.SSL_CLIENTCERT = certificates.client
    with Proxy(strict_server.uri(), config=config) as proxy:
        assert proxy.add(1, 2) == 3


def test_without_the_certificate_that_a_server_demands_there_is_an_error_that_says_so(strict_server, config) -> None:
    with pytest.raises(errors.CommunicationError, match=r"certificate required .*see SSL_CLIENTCERT"):
        Proxy(strict_server.uri(), config=config)._pyroBind()


def test_an_untrusted_server_is_a_communication_error_in_words(server, config, certificates) -> None:
    config.SSL_CACERTS = certificates.strange_authority
    text = rf"cannot connect to 127\.0\.0\.1:{server.port}: .*certificate verify failed: unable to get .*SSL_CACERTS"
    with pytest.raises(errors.CommunicationError, match=text):
        Proxy(server.uri(), config=config)._pyroBind()


def test_a_server_with_another_name_is_a_communication_error_in_words(serve, config, certificates) -> None:
    nameless = serve(get_ssl_context(servercert=certificates.client))
    with pytest.raises(errors.CommunicationError, match=r"not valid for '127\.0\.0\.1'"):
        Proxy(nameless.uri(), config=config)._pyroBind()


def test_a_server_without_tls_is_a_communication_error_in_words(serve, config) -> None:
    plain = serve(None)
    with pytest.raises(errors.CommunicationError, match="may not speak TLS"):
        Proxy(plain.uri(), config=config)._pyroBind()


def test_a_missing_file_is_a_communication_error_that_names_it(config) -> None:
    config.SSL_CACERTS = "no such file"
    with pytest.raises(errors.CommunicationError, match=r"SSL_CACERTS: 'no such file'"):
        Proxy("PYRO:obj@localhost:1", config=config)._pyroBind()


def test_a_server_that_does_not_shake_hands_in_time_is_a_timeout(config) -> None:
    config.COMMTIMEOUT = SILENCE
    with socket.create_server(("127.0.0.1", 0)) as silent:
        location = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(errors.TimeoutError, match=f"connecting to {location}: timeout"):
            Proxy(f"PYRO:obj@{location}", config=config)._pyroBind()


def test_a_name_server_is_reached_with_tls_too(serve, certificates, config) -> None:
    nameserver = serve(get_ssl_context(servercert=certificates.server), "pong")
    with locate_ns("localhost", nameserver.port, config=config) as found:
        assert found.ping() == "pong"


def test_a_name_server_without_tls_is_not_found(serve, config) -> None:
    plain = serve(None)
    with pytest.raises(errors.NamingError, match="may not speak TLS"):
        locate_ns("localhost", plain.port, config=config)


# --------------------------------------------------------------------------------------- a context of its own


def test_a_proxy_uses_the_context_that_it_is_given_whatever_the_configuration_says(server, certificates) -> None:
    context = get_ssl_context(cacerts=certificates.authority)
    with Proxy(server.uri(), config=Config(SSL=False), ssl_context=context) as proxy:
        assert proxy.add(1, 2) == 3
        assert ("DNS", "localhost") in peer_names(proxy)


def test_the_context_goes_before_the_configuration(server, config, certificates) -> None:
    context = get_ssl_context(cacerts=certificates.strange_authority)
    with pytest.raises(errors.CommunicationError, match="certificate verify failed"):
        Proxy(server.uri(), config=config, ssl_context=context)._pyroBind()


def test_a_context_for_servers_is_a_communication_error_in_words(server, certificates) -> None:
    context = get_ssl_context(servercert=certificates.server)
    with pytest.raises(errors.CommunicationError, match="this one is for servers"):
        Proxy(server.uri(), ssl_context=context)._pyroBind()


def test_a_copy_keeps_the_context(server, certificates) -> None:
    proxy = Proxy(server.uri(), ssl_context=get_ssl_context(cacerts=certificates.authority))
    with copy.copy(proxy) as duplicate:
        assert duplicate.add(1, 2) == 3


@pytest.mark.parametrize("name", sorted(serializers))
def test_the_context_does_not_travel(name: str) -> None:
    proxy = Proxy("PYRO:obj@example.org:1", ssl_context=get_ssl_context())
    assert pickle.loads(pickle.dumps(proxy))._pyroSslContext is None
    assert serializers[name].loads(serializers[name].dumps(proxy))._pyroSslContext is None


def test_the_context_is_for_the_object_and_not_for_the_name_server(server, serve, certificates) -> None:
    plain_nameserver = serve(None, server.uri())
    uri = f"PYRONAME:thing@127.0.0.1:{plain_nameserver.port}"
    with Proxy(uri, config=Config(), ssl_context=get_ssl_context(cacerts=certificates.authority)) as proxy:
        assert proxy.add(1, 2) == 3
        assert ("DNS", "localhost") in peer_names(proxy)


# ------------------------------------------------------------------------------------- application's sockets


def test_a_connected_socket_may_speak_tls(server, config) -> None:
    plain = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
    with client_context(config).wrap_socket(plain, server_hostname="127.0.0.1") as sock:
        reply_to_everything = {"methods": ["add"], "oneway": [], "attrs": []}
        server._value = reply_to_everything
        with Proxy("obj", connected_socket=sock, config=config) as proxy:
            assert proxy.add(1, 2) == reply_to_everything


def test_a_connected_socket_that_does_not_is_refused_if_the_configuration_wants_tls(config) -> None:
    near, far = socket.socketpair()
    with near, far, pytest.raises(OSError, match="does not speak TLS"):
        Proxy("obj", connected_socket=near, config=config)


def test_so_is_one_that_comes_with_a_context(certificates) -> None:
    near, far = socket.socketpair()
    with near, far, pytest.raises(OSError, match="does not speak TLS"):
        Proxy("obj", connected_socket=near, ssl_context=get_ssl_context())
