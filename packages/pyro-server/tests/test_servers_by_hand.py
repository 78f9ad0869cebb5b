"""Whole servers, in a loop of the test's own: how they end, and what does not end them."""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pyro_client.socketutil import SocketConnection
from pyro_server import Daemon, expose, oneway
from pyro_server.servers.connected import ConnectedServer
from pyro_server.servers.parking import ParkingLot
from pyro_wire import Config, Limits, Message, MessageReader, current_context, serializers
from pyro_wire.errors import SecurityError
from pyro_wire.message import FLAGS_ONEWAY, MSG_CONNECT, MSG_INVOKE, encode

DEADLINE = 10.0
SERPENT = serializers["serpent"]
MULTIPLEX = Config(SERVERTYPE="multiplex", SHUTDOWN_GRACE=DEADLINE)


@expose
class Door:
    """Something that knows its callers."""

    def __init__(self) -> None:
        self.callers: list[SocketConnection] = []
        self.open = threading.Event()
        self.entered = threading.Event()

    def knock(self) -> int:
        self.callers.append(current_context.client)
        return len(self.callers)

    def turn_out(self, number: int) -> None:
        self.callers[number].close()

    def forbid(self) -> None:
        raise SecurityError("not here")

    @oneway
    def wait(self) -> None:
        self.entered.set()
        self.open.wait(DEADLINE)


class Client:
    """A client that speaks by hand. ``sock`` may be connected later."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(DEADLINE)
        self._reader = MessageReader(Limits())

    def connect(self) -> None:
        payload = SERPENT.dumps({"handshake": "hello", "object": "door"})
        self.sock.sendall(b"".join(encode(MSG_CONNECT, 0, 1, SERPENT.serializer_id, payload)))

    def call(self, method: str, *args: Any, flags: int = 0) -> None:
        payload = SERPENT.dumpsCall("door", method, args, {})
        self.sock.sendall(b"".join(encode(MSG_INVOKE, flags, 1, SERPENT.serializer_id, payload)))

    def answer(self) -> Message | None:
        """Return the next message; None if the server has hung up."""
        while (message := self._reader.next_message()) is None:
            data = self.sock.recv(1 << 16)
            if not data:
                return None
            self._reader.feed(data)
        return message


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def door(stack: ExitStack) -> Door:
    door = Door()
    stack.callback(door.open.set)
    return door


def pump(daemon: Daemon) -> None:
    """Wait until there is something to do, and do it."""
    with selectors.DefaultSelector() as selector:
        for sock in daemon.sockets:
            selector.register(sock, selectors.EVENT_READ)
        ready = [key.fileobj for key, _ in selector.select(DEADLINE)]
    assert ready
    daemon.events(ready)


# --------------------------------------------------------------------------------------------- multiplexing


@pytest.fixture
def daemon(stack: ExitStack, door: Door) -> Daemon:
    daemon = stack.enter_context(Daemon(config=MULTIPLEX))
    daemon.register(door, "door")
    return daemon


def enter(daemon: Daemon, stack: ExitStack, sock: socket.socket | None = None) -> Client:
    """Have a client let in, that has knocked."""
    client = Client(stack.enter_context(sock or socket.socket()))
    client.sock.connect(daemon.sock.getsockname())
    pump(daemon)
    client.connect()
    pump(daemon)
    assert client.answer()
    client.call("knock")
    pump(daemon)
    assert client.answer()
    return client


def test_a_program_may_close_a_clients_connection_and_another_client_have_its_number(
    daemon: Daemon, door: Door, stack: ExitStack
) -> None:
    enter(daemon, stack)
    host = enter(daemon, stack)
    number = door.callers[0].fileno()
    sock = socket.socket()  # before the number is free, which is to be for the other end
    host.call("turn_out", 0)
    pump(daemon)
    assert host.answer()
    enter(daemon, stack, sock)
    assert door.callers[2].fileno() == number
    host.call("knock")
    pump(daemon)
    assert host.answer()


def test_an_error_with_one_client_does_not_end_the_loop(
    daemon: Daemon, stack: ExitStack, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    unlucky, other = enter(daemon, stack), enter(daemon, stack)

    def fail(_: int) -> Any:
        raise MemoryError("no more of it")

    with monkeypatch.context() as patched:
        patched.setattr(daemon, "serializer_by_id", fail)
        unlucky.call("knock")
        pump(daemon)
    assert unlucky.answer() is None
    assert "no more of it" in caplog.text
    other.call("knock")
    pump(daemon)
    assert other.answer()


@pytest.mark.parametrize("first", [0, 1])
def test_daemons_that_were_combined_may_be_closed_in_any_order(stack: ExitStack, first: int) -> None:
    daemons = [stack.enter_context(Daemon(config=MULTIPLEX)) for _ in range(2)]
    daemons[0].combine(daemons[1])
    daemons[first].close()
    daemons[1 - first].close()


# -------------------------------------------------------------------------------------- connected sockets


@pytest.fixture
def pair(stack: ExitStack) -> tuple[socket.socket, socket.socket]:
    near, far = socket.socketpair()
    return stack.enter_context(near), stack.enter_context(far)


def connected(pair: Any, stack: ExitStack, door: Door, **items: Any) -> Daemon:
    daemon = stack.enter_context(Daemon(connected_socket=pair[1], config=Config(**items)))
    daemon.register(door, "door")
    return daemon


def test_when_the_client_has_left_there_is_no_socket_to_be_watched(pair, stack: ExitStack, door: Door) -> None:
    daemon = connected(pair, stack, door)
    assert daemon.sockets == [pair[1]]
    pair[0].close()
    pump(daemon)
    assert daemon.sockets == []


def test_after_the_end_of_the_conversation_nothing_is_done_any_more(pair, stack: ExitStack, door: Door) -> None:
    daemon = connected(pair, stack, door)
    client = Client(pair[0])
    client.call("forbid")
    pump(daemon)
    assert client.answer()
    client.call("knock")
    daemon.events([pair[1]])
    assert door.callers == []


def test_a_loop_that_waits_for_a_oneway_call_can_be_stopped(pair, stack: ExitStack, door: Door) -> None:
    daemon = connected(pair, stack, door, MAX_ONEWAY_WAITING=1, THREADPOOL_SIZE=1, THREADPOOL_SIZE_MIN=1)
    server, client = daemon.transportServer, Client(pair[0])
    assert isinstance(server, ConnectedServer)
    client.call("wait", flags=FLAGS_ONEWAY)
    thread = threading.Thread(target=daemon.requestLoop)
    thread.start()
    assert door.entered.wait(DEADLINE)
    for _ in range(3):
        client.call("wait", flags=FLAGS_ONEWAY)
    wait_until(lambda: server._link.held_back)
    server.stop()
    thread.join(DEADLINE)
    assert not thread.is_alive()
    door.open.set()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that nobody tells of."""
    deadline, never = time.monotonic() + DEADLINE, threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        never.wait(0.001)


# ------------------------------------------------------------------------------------------------ threads


def test_a_thread_server_that_cannot_be_made_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ParkingLot, "__init__", fail)
    with pytest.raises(RuntimeError, match="can't start"):
        Daemon(config=Config())


@pytest.mark.parametrize("server_type", ["thread", "multiplex"])
def test_a_daemon_that_is_closed_again_leaves_its_successors_unix_socket_alone(
    tmp_path: Path, server_type: str
) -> None:
    path = str(tmp_path / "socket")
    config = Config(SERVERTYPE=server_type)
    daemon = Daemon(unixsocket=path, config=config)
    daemon.close()
    with Daemon(unixsocket=path, config=config):
        daemon.close()
        assert os.path.exists(path)
