"""Clients that stop in the middle of something: the others do not notice, and the server does not wait for ever."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyro_client import Proxy
from pyro_client.socketutil import SocketConnection
from pyro_server import Daemon, expose, oneway
from pyro_wire import Config
from pyro_wire.message import FLAGS_ONEWAY, MSG_CONNECT, MSG_INVOKE, encode
from pyro_wire.serializers import serializers

DEADLINE = 20.0
BRIEFLY = 0.2
"""Seconds of a limit that a test waits for."""

MSGPACK = serializers["msgpack"]
HUNDRED_MEGABYTES = 100_000_000


@expose
class Thing:
    """Something that gives small and large answers."""

    def __init__(self) -> None:
        self.noted = threading.Semaphore(0)
        self.proceed = threading.Event()

    def add(self, a: int, b: int) -> int:
        return a + b

    def zeros(self, size: int) -> bytes:
        return bytes(size)

    @oneway
    def note(self) -> None:
        self.proceed.wait(DEADLINE)
        self.noted.release()


class Watched(Daemon):
    """A daemon that tells when a client has left."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gone = threading.Semaphore(0)

    def clientDisconnect(self, conn: SocketConnection) -> None:
        self.gone.release()


class RawClient:
    """A client that sends what bytes it likes, and reads only what it is told to."""

    def __init__(self, daemon: Daemon) -> None:
        host, port = daemon.sock.getsockname()[:2]
        self.sock = socket.create_connection((host, port), DEADLINE)

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.sock.sendall(data)

    def connect(self) -> None:
        """Shake hands, and read the answer's header at least."""
        self.send(connect_bytes())
        assert self.sock.recv(40)

    def is_closed_by_the_server(self) -> bool:
        """Wait until the server has closed."""
        with contextlib.suppress(ConnectionResetError):
            while self.sock.recv(1 << 20):
                pass
        return True


def connect_bytes() -> bytes:
    payload = MSGPACK.dumps({"handshake": "hello", "object": "it"})
    return b"".join(encode(MSG_CONNECT, 0, 0, MSGPACK.serializer_id, payload))


def call_bytes(method: str, *args: Any, flags: int = 0) -> bytes:
    payload = MSGPACK.dumpsCall("it", method, args, {})
    return b"".join(encode(MSG_INVOKE, flags, 1, MSGPACK.serializer_id, payload))


@pytest.fixture
def thing() -> Iterator[Thing]:
    thing = Thing()
    yield thing
    thing.proceed.set()


@pytest.fixture
def raw_client() -> Iterator[Callable[[Daemon], RawClient]]:
    """Make clients, which are closed in the end."""
    with contextlib.ExitStack() as stack:

        def make(daemon: Daemon) -> RawClient:
            client = RawClient(daemon)
            stack.callback(client.sock.close)
            return client

        yield make


# ------------------------------------------------------------------------------------- nobody else is disturbed


def stop_after_six_bytes(client: RawClient) -> None:
    client.send(connect_bytes()[:6])


def stop_in_the_middle_of_a_call(client: RawClient) -> None:
    client.connect()
    client.send(call_bytes("add", 1, 2)[:-1])


def never_read_replies(client: RawClient) -> None:
    client.connect()
    for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):  # else the system lets them grow, to some megabytes
        client.sock.setsockopt(socket.SOL_SOCKET, buffer, 1 << 16)
    # The server's replies fill all buffers soon, and then so do the calls that it does not read any more.
    client.sock.settimeout(BRIEFLY)
    with contextlib.suppress(OSError):  # it takes too long, or the server has had enough
        while True:
            client.send(call_bytes("zeros", 1_000_000))


def ask_for_a_hundred_megabytes(client: RawClient) -> None:
    client.connect()
    client.send(call_bytes("zeros", HUNDRED_MEGABYTES))


def say_nothing(client: RawClient) -> None:
    pass


STALLS = [
    say_nothing,
    stop_after_six_bytes,
    stop_in_the_middle_of_a_call,
    never_read_replies,
    ask_for_a_hundred_megabytes,
]


@pytest.mark.parametrize("stall", STALLS)
def test_others_are_answered_while_a_client(listening, thing: Thing, raw_client, calling_all_the_time, stall) -> None:
    serving = listening({"it": thing}, THREADPOOL_SIZE_MIN=1, THREADPOOL_SIZE=2)
    with calling_all_the_time(serving.proxy()) as bystander:
        for _ in range(3):  # more than there are workers
            stall(raw_client(serving.daemon))
            bystander.assert_undisturbed()
        assert serving.proxy().add(1, 2) == 3, "newcomers are served too"


def test_others_are_answered_while_three_clients_stall_in_different_ways(
    listening, thing: Thing, raw_client, calling_all_the_time
) -> None:
    serving = listening({"it": thing})
    with calling_all_the_time(serving.proxy()) as bystander:
        for stall in (stop_after_six_bytes, never_read_replies, ask_for_a_hundred_megabytes):
            stall(raw_client(serving.daemon))
        bystander.assert_undisturbed()
        assert serving.proxy().add(1, 2) == 3


def test_others_are_answered_while_a_client_has_too_many_oneway_calls(
    listening, thing: Thing, raw_client, calling_all_the_time
) -> None:
    serving = listening({"it": thing}, MAX_ONEWAY_WAITING=5, THREADPOOL_SIZE_MIN=1, THREADPOOL_SIZE=2)
    client = raw_client(serving.daemon)
    client.connect()
    with calling_all_the_time(serving.proxy()) as bystander:
        client.send(call_bytes("note", flags=FLAGS_ONEWAY) * 50)
        bystander.assert_undisturbed()
        thing.proceed.set()
        assert all(thing.noted.acquire(timeout=DEADLINE) for _ in range(50)), "none of them is lost"


# ------------------------------------------------------------------------------------------ it does not last


def test_a_client_that_has_stalled_may_go_on(listening, thing: Thing, raw_client) -> None:
    client = raw_client(listening({"it": thing}).daemon)
    client.send(connect_bytes()[:6])
    client.send(connect_bytes()[6:])
    with SocketConnection(client.sock, keep_open=True) as connection:
        header = connection.recv(40)
        connection.recv(int.from_bytes(header[12:16], "big") + int.from_bytes(header[16:20], "big"))
        client.send(call_bytes("zeros", HUNDRED_MEGABYTES // 10))
        header = connection.recv(40)
        size = int.from_bytes(header[12:16], "big")
        assert size > HUNDRED_MEGABYTES // 10
        assert len(connection.recv(size)) == size
        client.send(call_bytes("add", 1, 2))
        assert connection.recv(40)


@pytest.mark.parametrize("stall", [say_nothing, stop_after_six_bytes])
def test_a_stranger_that_stalls_is_dropped_in_time(listening, thing: Thing, raw_client, stall) -> None:
    client = raw_client(listening({"it": thing}, HANDSHAKE_TIMEOUT=BRIEFLY).daemon)
    stall(client)
    assert client.is_closed_by_the_server()


@pytest.mark.parametrize("stall", [stop_in_the_middle_of_a_call, never_read_replies, ask_for_a_hundred_megabytes])
def test_a_client_that_stalls_in_a_message_is_dropped_in_time(listening, thing: Thing, raw_client, stall) -> None:
    serving = listening({"it": thing}, daemon_class=Watched, STALL_TIMEOUT=BRIEFLY)
    stall(raw_client(serving.daemon))
    assert serving.daemon.gone.acquire(timeout=DEADLINE)


def test_a_client_that_is_idle_between_calls_is_not_dropped(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, daemon_class=Watched, STALL_TIMEOUT=0.01, HANDSHAKE_TIMEOUT=0.05)
    proxy = serving.proxy()
    assert proxy.add(1, 2) == 3
    connection = proxy._pyroConnection
    assert not serving.daemon.gone.acquire(timeout=BRIEFLY)
    assert proxy.add(1, 2) == 3
    assert proxy._pyroConnection is connection


def test_the_pieces_of_a_slow_message_may_take_long_all_together(listening, thing: Thing, raw_client) -> None:
    client = raw_client(listening({"it": thing}, STALL_TIMEOUT=2.0).daemon)
    client.connect()
    for byte in call_bytes("add", 1, 2):
        client.send(bytes([byte]))
    client.sock.settimeout(DEADLINE)
    assert client.sock.recv(1)


def test_a_slow_reader_of_a_large_reply_gets_all_of_it(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy(SERIALIZER="msgpack")
    assert len(proxy.zeros(HUNDRED_MEGABYTES)) == HUNDRED_MEGABYTES


# ------------------------------------------------------------------------------------------ in foreign loops


def test_in_a_foreign_loop_too_others_are_answered_and_a_large_reply_arrives(thing: Thing, raw_client) -> None:
    with Daemon(config=Config(SERVERTYPE="multiplex", SHUTDOWN_GRACE=BRIEFLY)) as daemon, ForeignLoop(daemon):
        daemon.register(thing, "it")
        for stall in (stop_after_six_bytes, never_read_replies):
            stall(raw_client(daemon))
        with Proxy(daemon.uriFor("it"), config=Config(SERIALIZER="msgpack")) as proxy:
            assert proxy.add(1, 2) == 3
            assert len(proxy.zeros(HUNDRED_MEGABYTES)) == HUNDRED_MEGABYTES
            assert proxy.add(1, 2) == 3


class ForeignLoop:
    """An event loop that only watches for what can be read, as the manual shows it."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._mine, self._theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._theirs.close()
        self._thread.join(DEADLINE)
        self._mine.close()

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._mine, *self._daemon.sockets], [], [], DEADLINE)
            if self._mine in ready:
                return
            self._daemon.events(ready)
