"""Other servers in a server's selector: those who ask to be told, and those who bring their own sockets."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from pyro_server.servers.partners import Guest, Partner, Partners


class Listening:
    """A partner with one socket, that notes what it is told."""

    def __init__(self) -> None:
        self.peer, self.sock = socket.socketpair()
        self.told: list[Any] = []
        self.closed = False

    @property
    def sockets(self) -> list[socket.socket]:
        return [] if self.closed else [self.sock]

    def events(self, eventsockets: Sequence[Any]) -> None:
        self.told += eventsockets

    def close(self) -> None:
        self.closed = True
        self.peer.close()
        self.sock.close()


class Visiting(Listening):
    """One that puts its socket into the selector itself."""

    def __init__(self) -> None:
        super().__init__()
        self.selectors: list[selectors.BaseSelector | None] = []
        self.wait = 5.0
        self.free = True
        self.tended: list[bool] = []

    def use_selector(self, selector: selectors.BaseSelector | None, timeout: float = -1) -> bool:
        assert not self.closed
        self.selectors.append(selector)
        return self.free

    def patience(self) -> float:
        return self.wait

    def tend(self, *, foreign: bool = False) -> None:
        self.tended.append(foreign)


@pytest.fixture
def selector() -> Iterator[selectors.BaseSelector]:
    with selectors.DefaultSelector() as selector:
        yield selector


@pytest.fixture
def partners(selector: selectors.BaseSelector) -> Partners:
    return Partners(selector)


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def listening(closing: ExitStack) -> Listening:
    partner = Listening()
    closing.callback(partner.close)
    return partner


@pytest.fixture
def visiting(closing: ExitStack) -> Visiting:
    partner = Visiting()
    closing.callback(partner.close)
    return partner


def serve(selector: selectors.BaseSelector) -> None:
    """Do what a server does with its selector."""
    for key, _ in selector.select(0):
        handler, argument = key.data
        handler(argument)


def test_only_who_brings_its_own_sockets_is_a_guest(listening: Partner, visiting: Partner) -> None:
    assert not isinstance(listening, Guest)
    assert isinstance(visiting, Guest)


def test_a_partner_is_told_when_its_socket_can_be_read(partners: Partners, selector, listening) -> None:
    partners.add(listening)
    serve(selector)
    assert listening.told == []
    listening.peer.send(b"x")
    serve(selector)
    assert listening.told == [listening.sock]


def test_each_partner_is_told_of_its_own_socket(partners: Partners, selector, listening, closing) -> None:
    other = Listening()
    closing.callback(other.close)
    partners.add(listening)
    partners.add(other)
    other.peer.send(b"x")
    serve(selector)
    assert (listening.told, other.told) == ([], [other.sock])


def test_a_guest_is_given_the_selector(partners: Partners, selector, visiting) -> None:
    partners.add(visiting)
    assert visiting.selectors == [selector]
    assert not selector.get_map()


def test_the_sockets_of_all_partners_are_known(partners: Partners, listening, visiting) -> None:
    partners.add(listening)
    partners.add(visiting)
    assert set(partners.sockets) == {listening.sock, visiting.sock}


def test_partners_move_to_another_selector(partners: Partners, selector, listening, visiting) -> None:
    partners.add(listening)
    partners.add(visiting)
    listening.peer.send(b"x")
    with selectors.DefaultSelector() as other:
        partners.move(other)
        assert not selector.get_map()
        assert visiting.selectors == [selector, other]
        serve(other)
        assert listening.told == [listening.sock]


def test_when_none_is_served_any_more_guests_go_back(partners: Partners, selector, listening, visiting) -> None:
    partners.add(listening)
    partners.add(visiting)
    partners.clear(1.0)
    assert not selector.get_map()
    assert visiting.selectors == [selector, None]
    assert partners.sockets == []


@pytest.mark.parametrize("leave", ["clear", "move"])
def test_a_guest_that_was_closed_is_not_sent_anywhere(partners: Partners, selector, visiting, leave: str) -> None:
    partners.add(visiting)
    visiting.close()
    partners.clear(1.0) if leave == "clear" else partners.move(selector)
    assert visiting.selectors == [selector]


def test_patience_is_that_of_the_least_patient_guest(partners: Partners, listening, visiting, closing) -> None:
    partners.add(listening)
    assert partners.patience() is None
    other = Visiting()
    closing.callback(other.close)
    other.wait = 3.0
    partners.add(visiting)
    partners.add(other)
    assert partners.patience() == 3.0


@pytest.mark.parametrize("foreign", [True, False])
def test_guests_are_tended(partners: Partners, visiting, foreign: bool) -> None:
    partners.add(visiting)
    partners.tend(foreign=foreign)
    assert visiting.tended == [foreign]


def test_partners_that_were_closed_are_forgotten(partners: Partners, selector, listening, visiting) -> None:
    partners.add(listening)
    partners.add(visiting)
    listening.close()
    visiting.close()
    partners.tend(foreign=False)
    assert not selector.get_map()
    assert (visiting.tended, partners.patience(), partners.sockets) == ([], None, [])


def test_a_partner_may_be_forgotten_although_another_socket_has_its_number(
    partners: Partners, selector, listening
) -> None:
    partners.add(listening)
    selector.unregister(listening.sock)  # whoever got its number has put it out
    listening.close()
    partners.tend(foreign=False)
    assert partners.sockets == []


def test_a_guest_that_is_busy_stays_until_it_is_not(partners: Partners, visiting: Visiting) -> None:
    partners.add(visiting)
    visiting.free = False
    assert not partners.clear(0.0)
    visiting.free = True
    assert partners.clear(0.0)
    assert visiting.selectors[-1] is None
    assert partners.sockets == []
