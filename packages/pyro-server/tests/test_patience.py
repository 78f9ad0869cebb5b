"""How long a socket lets its user wait."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_server.servers import patience
from pyro_server.servers.patience import be_patient, never_wait

NOT_NOW = (BlockingIOError, TimeoutError)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


@pytest.fixture(params=["by the kernel", "by Python"])
def patient(request: pytest.FixtureRequest, pair: Any, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """A socket that waits a little, by either means."""
    if request.param == "by Python":
        monkeypatch.setattr(patience, "_HAS_TIMEVAL", False)
    near: socket.socket = pair[0]
    be_patient(near, 0.01)
    return near


def test_who_never_waits_is_told_at_once_that_nothing_has_come(pair: Any) -> None:
    never_wait(pair[0])
    with pytest.raises(BlockingIOError):
        pair[0].recv(1)


def test_who_never_waits_is_told_at_once_that_nothing_can_be_sent(pair: Any) -> None:
    never_wait(pair[0])
    with pytest.raises(BlockingIOError):
        send_for_ever(pair[0])


def send_for_ever(sock: socket.socket) -> None:
    while True:
        sock.send(bytes(4096))


def test_who_is_patient_is_told_that_nothing_has_come(patient: socket.socket) -> None:
    with pytest.raises(NOT_NOW):
        patient.recv(1)


def test_who_is_patient_is_told_that_nothing_can_be_sent(patient: socket.socket) -> None:
    with pytest.raises(NOT_NOW):
        send_for_ever(patient)


def test_who_is_patient_gets_what_comes(patient: socket.socket, pair: Any) -> None:
    pair[1].send(b"x")
    assert patient.recv(10) == b"x"


def test_who_was_told_so_may_try_again(patient: socket.socket, pair: Any) -> None:
    with pytest.raises(NOT_NOW):
        patient.recv(1)
    pair[1].send(b"x")
    assert patient.recv(10) == b"x"


def test_patience_may_last_for_more_than_a_second(pair: Any) -> None:
    be_patient(pair[0], 1.5)
    pair[1].send(b"x")
    assert pair[0].recv(10) == b"x"


def test_over_tls_it_is_python_that_waits(pair: Any) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with context.wrap_socket(pair[0], server_side=True, do_handshake_on_connect=False) as wrapped:
        be_patient(wrapped, 0.01)
        assert wrapped.gettimeout() == 0.01
        with pytest.raises(TimeoutError):
            wrapped.do_handshake()
