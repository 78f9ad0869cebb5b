"""Sockets that speak TLS: making them, moving bytes through them, and errors that say what is wrong."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pyro_client import errors
from pyro_client.socketutil import SocketConnection, create_socket
from pyro_client.tls import client_context, server_context
from pyro_wire import Config

DEADLINE = 20.0

SILENCE = 0.05
"""Seconds to wait for what never comes."""

Pair = tuple[SocketConnection, SocketConnection]


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


HOSTS = ["127.0.0.1", "localhost", *(["::1"] if has_ipv6() else [])]


@pytest.fixture
def server(certificates) -> ssl.SSLContext:
    return server_context(Config(SSL_SERVERCERT=certificates.server))


@pytest.fixture
def strict_server(certificates) -> ssl.SSLContext:
    """What demands a certificate from clients."""
    items = {"SSL_SERVERCERT": certificates.server, "SSL_CACERTS": certificates.authority}
    return server_context(Config(**items, SSL_REQUIRECLIENTCERT=True))


@pytest.fixture
def client(certificates) -> ssl.SSLContext:
    return client_context(Config(SSL_CACERTS=certificates.authority))


@pytest.fixture
def client_with_certificate(certificates) -> ssl.SSLContext:
    return client_context(Config(SSL_CACERTS=certificates.authority, SSL_CLIENTCERT=certificates.client))


def meet(listener: socket.socket, address: Any, context: ssl.SSLContext) -> tuple[socket.socket, socket.socket]:
    """Return a socket that has connected to the listener, and the one that this gave."""
    with ThreadPoolExecutor() as pool:
        accepted = pool.submit(listener.accept)
        near = create_socket(connect=address, timeout=DEADLINE, ipv6=None, sslContext=context)
        return near, accepted.result(DEADLINE)[0]


def connected(server: ssl.SSLContext, client: ssl.SSLContext, host: str = "localhost") -> Pair:
    with create_socket(bind=(host, 0), timeout=DEADLINE, ipv6=None, sslContext=server) as listener:
        near, far = meet(listener, (host, listener.getsockname()[1]), client)
    far.settimeout(DEADLINE)
    return SocketConnection(near), SocketConnection(far)


@pytest.fixture
def pair(server, client) -> Iterator[Pair]:
    near, far = connected(server, client)
    with near, far:
        yield near, far


@pytest.fixture
def answering() -> Iterator[Callable[..., int]]:
    """Have one client answered in a thread, by a function that gets the plain socket; the call returns the port."""
    with ThreadPoolExecutor() as pool, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE)

        def answer(talk: Callable[[socket.socket], Any]) -> int:
            def accept() -> None:
                sock, _ = listener.accept()
                sock.settimeout(DEADLINE)
                with sock:
                    talk(sock)

            results.append(pool.submit(accept))
            port: int = listener.getsockname()[1]
            return port

        results: list[Any] = []
        yield answer
        for result in results:
            result.result(DEADLINE)


def shaking_hands(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    """Return what does the server's part of a handshake that may fail, and hangs up."""

    def shake_hands(sock: socket.socket) -> None:
        try:
            context.wrap_socket(sock, server_side=True).close()
        except OSError:
            sock.close()

    return shake_hands


def send_until_the_system_notices(connection: SocketConnection) -> None:
    for _ in range(1000):
        connection.send_buffers([b"abc", b"def"])


# ------------------------------------------------------------------------------------------------- making


@pytest.mark.parametrize("host", HOSTS)
def test_a_listening_and_a_connected_socket_speak_tls(server, client, host: str) -> None:
    near, far = connected(server, client, host)
    with near, far:
        assert isinstance(near.sock, ssl.SSLSocket)
        near.send(b"abc")
        assert far.recv(3) == b"abc"


def test_on_a_unix_socket_the_server_is_localhost(server, client, tmp_path: Path) -> None:
    name = str(tmp_path / "socket")
    with create_socket(bind=name, timeout=DEADLINE, sslContext=server) as listener:
        near, far = meet(listener, name, client)
    with near, far:
        near.sendall(b"abc")
        assert far.recv(3) == b"abc"


def test_authorities_may_be_in_a_folder(server, certificates) -> None:
    near, far = connected(server, client_context(Config(SSL_CACERTS=certificates.folder)))
    with near, far:
        assert near.getpeercert()


def test_a_certificate_of_an_unknown_authority_is_refused(certificates, answering, client) -> None:
    port = answering(shaking_hands(server_context(Config(SSL_SERVERCERT=certificates.stranger))))
    text = "failed: certificate verify failed: unable to get local issuer certificate; see SSL_CACERTS"
    with pytest.raises(ssl.SSLCertVerificationError, match=text):
        create_socket(connect=("127.0.0.1", port), timeout=DEADLINE, sslContext=client)


def test_a_certificate_for_another_host_is_refused(certificates, answering, client) -> None:
    port = answering(shaking_hands(server_context(Config(SSL_SERVERCERT=certificates.client))))
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for '127\.0\.0\.1'"):
        create_socket(connect=("127.0.0.1", port), timeout=DEADLINE, sslContext=client)


def test_a_server_that_hangs_up_may_not_speak_tls(answering, client) -> None:
    port = answering(lambda sock: sock.recv(1))
    with pytest.raises(OSError, match="may not speak TLS"):
        create_socket(connect=("127.0.0.1", port), timeout=DEADLINE, sslContext=client)


def test_nor_may_one_that_answers_something_else(answering, client) -> None:
    port = answering(lambda sock: sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n") or sock.recv(1 << 16))
    with pytest.raises(OSError, match="may not speak TLS"):
        create_socket(connect=("127.0.0.1", port), timeout=DEADLINE, sslContext=client)


def test_a_handshake_that_does_not_end_is_a_timeout(client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError, match=r"^TLS with .* timed out"):
        create_socket(connect=silent.getsockname(), timeout=SILENCE, sslContext=client)


def test_a_context_for_the_other_side_is_refused(server, client) -> None:
    with pytest.raises(ValueError, match="this one is for clients"):
        create_socket(bind=("127.0.0.1", 0), sslContext=client)
    with pytest.raises(ValueError, match="this one is for servers"):
        create_socket(connect=("127.0.0.1", 1), sslContext=server)


def test_a_socket_that_does_neither_cannot_speak_tls(client) -> None:
    with pytest.raises(ValueError, match="neither binds nor connects"):
        create_socket(sslContext=client)


# --------------------------------------------------------------------------------------------- certificates


def test_the_certificate_of_the_server_is_there(pair: Pair) -> None:
    certificate = pair[0].getpeercert()
    assert certificate is not None
    assert ("DNS", "localhost") in certificate["subjectAltName"]


def test_a_client_that_showed_none_has_no_certificate(pair: Pair) -> None:
    assert pair[1].getpeercert() is None


def test_a_client_shows_its_certificate_to_a_server_that_demands_it(strict_server, client_with_certificate) -> None:
    near, far = connected(strict_server, client_with_certificate)
    with near, far:
        certificate = far.getpeercert()
        assert certificate is not None
        assert ("email", "client@example.org") in certificate["subjectAltName"]


def test_a_client_without_a_certificate_hears_that_the_server_demands_one(answering, strict_server, client) -> None:
    port = answering(shaking_hands(strict_server))
    sock = create_socket(connect=("127.0.0.1", port), timeout=DEADLINE, sslContext=client)
    # With TLS 1.3 the client's handshake is over before the server has looked.
    text = r"certificate required .*see SSL_CLIENTCERT"
    with SocketConnection(sock) as near, pytest.raises(errors.ConnectionClosedError, match=text):
        near.recv_some()


def test_it_hears_that_too_when_it_finds_out_by_sending(answering, strict_server, client) -> None:
    refused = threading.Event()

    def refuse(sock: socket.socket) -> None:
        shaking_hands(strict_server)(sock)
        refused.set()

    sock = create_socket(connect=("127.0.0.1", answering(refuse)), timeout=DEADLINE, sslContext=client)
    with SocketConnection(sock) as near:
        assert refused.wait(DEADLINE)
        with pytest.raises(errors.ConnectionClosedError, match=r"sending: .*certificate required"):
            send_until_the_system_notices(near)


def test_of_a_closed_connection_no_certificate_is_told(pair: Pair) -> None:
    pair[0].close()
    with pytest.raises(errors.ConnectionClosedError, match="the connection is closed"):
        pair[0].getpeercert()


# ---------------------------------------------------------------------------------------------- moving bytes


@pytest.mark.parametrize("sizes", [[0], [3], [40, 10], [40, 1 << 22], [1 << 22, 1 << 22, 5], [1, 0, 2, 0]])
def test_buffers_arrive_whole_and_in_order_whatever_their_sizes(pair: Pair, sizes: list[int]) -> None:
    left, right = pair
    buffers = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    sender = threading.Thread(target=left.send_buffers, args=(buffers,))
    sender.start()
    assert right.recv(sum(sizes)) == b"".join(buffers)
    sender.join(DEADLINE)


def test_a_small_message_is_one_record(pair: Pair) -> None:
    left, right = pair
    left.send_buffers([b"header", bytearray(b"annotations"), memoryview(b"payload")])
    assert right.recv_some() == b"headerannotationspayload", "receiving gives no more than a record at once"


@pytest.mark.parametrize("receive", [lambda connection: connection.recv(1), lambda connection: connection.recv_some()])
def test_receiving_in_vain_is_a_timeout(pair: Pair, receive) -> None:
    pair[1].timeout = SILENCE
    with pytest.raises(errors.TimeoutError, match="receiving: timeout"):
        receive(pair[1])


def test_receiving_without_waiting_is_a_timeout(pair: Pair) -> None:
    pair[1].sock.setblocking(False)
    with pytest.raises(errors.TimeoutError, match="receiving: timeout"):
        pair[1].recv_some()


@pytest.mark.parametrize("blocking", [True, False])
def test_sending_to_somebody_who_does_not_read_is_a_timeout(pair: Pair, blocking: bool) -> None:
    pair[0].sock.settimeout(SILENCE if blocking else 0)
    with pytest.raises(errors.TimeoutError, match="sending: timeout"):
        pair[0].send_buffers([b"x" * (1 << 23), b"y" * (1 << 23)])


def test_the_end_is_seen_when_the_other_side_closes(pair: Pair) -> None:
    pair[0].close()
    assert pair[1].recv_some() == b""


def test_an_early_end_tells_what_came_before_it(pair: Pair) -> None:
    pair[0].send(b"abc")
    pair[0].close()
    with pytest.raises(errors.ConnectionClosedError, match="receiving: not enough data") as caught:
        pair[1].recv(10)
    assert caught.value.partialData == b"abc"


def test_using_a_closed_connection_is_a_closed_connection(pair: Pair) -> None:
    pair[0].close()
    with pytest.raises(errors.ConnectionClosedError):
        pair[0].send_buffers([b"abc", b"def"])
    with pytest.raises(errors.ConnectionClosedError):
        pair[0].recv_some()


def test_after_it_stopped_sending_a_connection_still_receives(pair: Pair) -> None:
    pair[0].stop_sending()
    assert pair[1].recv_some() == b""
    pair[1].send(b"abc")
    assert pair[0].recv(3) == b"abc"


def test_an_interrupted_connection_is_of_no_use_to_a_thread_that_waits(pair: Pair) -> None:
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pair[0].recv_some()))
    reader.start()
    pair[0].interrupt()
    reader.join(DEADLINE)
    assert received == [b""]
    with pytest.raises(errors.ConnectionClosedError):
        pair[0].send(b"abc")
