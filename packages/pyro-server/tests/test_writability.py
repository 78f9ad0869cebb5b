"""Telling a foreign event loop that a socket can be written to."""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import threading
from collections.abc import Iterator

import pytest

from pyro_server.servers.writability import Writability

DEADLINE = 10.0


@pytest.fixture
def told() -> queue.SimpleQueue[None]:
    return queue.SimpleQueue()


@pytest.fixture
def writability(told: queue.SimpleQueue[None]) -> Iterator[Writability]:
    writability = Writability(lambda: told.put(None))
    yield writability
    writability.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets; the first is full."""
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    with near, far:
        with contextlib.suppress(BlockingIOError):
            while True:
                near.send(bytes(4096))
        yield near, far


def drain(sock: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        while sock.recv(1 << 16):
            pass


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "writability"]


def test_it_is_told_when_a_socket_can_be_written_to(writability, told, pair) -> None:
    near, far = pair
    writability.watch(near)
    assert told.empty()
    drain(far)
    told.get(timeout=DEADLINE)


def test_it_is_told_once(writability, told, pair) -> None:
    near, far = pair
    writability.watch(near)
    writability.watch(near)
    drain(far)
    told.get(timeout=DEADLINE)
    for thread in threads():
        thread.join(DEADLINE)
    assert told.empty()


def test_it_is_told_again_when_asked_again(writability, told, pair) -> None:
    near, far = pair
    drain(far)
    for _ in range(3):
        writability.watch(near)
        told.get(timeout=DEADLINE)


def test_a_lost_client_is_told_too(writability, told, pair) -> None:
    near, far = pair
    writability.watch(near)
    far.close()
    told.get(timeout=DEADLINE)


def test_sockets_are_watched_together(writability, told, pair) -> None:
    near, far = pair
    writability.watch(near)
    other, peer = socket.socketpair()
    with other, peer:
        writability.watch(other)
        told.get(timeout=DEADLINE)
        drain(far)
        told.get(timeout=DEADLINE)


def test_there_is_a_thread_only_as_long_as_there_are_sockets(writability, told, pair) -> None:
    near, _ = pair
    assert threads() == []
    writability.watch(near)
    (thread,) = threads()
    assert thread.daemon
    writability.forget(near)
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert told.empty()


def test_to_forget_a_socket_that_is_not_watched_is_no_error(writability, pair) -> None:
    writability.forget(pair[0])


def test_a_socket_that_was_closed_does_not_disturb_the_others(writability, told, pair) -> None:
    near, far = pair
    lost, peer = socket.socketpair()
    lost.close()
    peer.close()
    writability.watch(lost)
    writability.watch(near)
    drain(far)
    told.get(timeout=DEADLINE)


def test_closing_ends_the_thread(told, pair) -> None:
    writability = Writability(lambda: told.put(None))
    writability.watch(pair[0])
    (thread,) = threads()
    writability.close()
    assert not thread.is_alive()
    writability.close()


def test_without_a_thread_it_is_logged_and_tried_again(writability, told, pair, monkeypatch, caplog) -> None:
    near, far = pair
    drain(far)

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with caplog.at_level(logging.WARNING), monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        writability.watch(near)
    assert "can't start new thread" in caplog.text
    writability.watch(near)
    told.get(timeout=DEADLINE)
