"""Daemons that share one loop: what the manual does not say about it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest

from pyro_client import Proxy
from pyro_server import Daemon, expose
from pyro_wire import Config

DEADLINE = 20.0


@expose
class Thing:
    def add(self, a: int, b: int) -> int:
        return a + b


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    """Three daemons that host a thing each."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(Daemon(config=Config(SERVERTYPE="multiplex"))) for _ in range(3)]
        for daemon in made:
            daemon.register(Thing(), "it")
        yield made


def assert_answered(daemon: Daemon) -> None:
    with Proxy(daemon.uriFor("it")) as proxy:
        proxy._pyroTimeout = DEADLINE
        assert proxy.add(1, 2) == 3


@contextlib.contextmanager
def looping(daemon: Daemon) -> Iterator[None]:
    thread = threading.Thread(target=daemon.requestLoop)
    thread.start()
    yield
    daemon.shutdown()
    thread.join(DEADLINE)
    assert not thread.is_alive()


def test_a_daemon_with_guests_can_be_a_guest(daemons: list[Daemon]) -> None:
    first, second, third = daemons
    first.combine(second)
    third.combine(first)
    with looping(third):
        for daemon in daemons:
            assert_answered(daemon)


def test_a_daemon_is_served_in_one_loop_only(daemons: list[Daemon]) -> None:
    first, second, third = daemons
    first.combine(second)
    for host, guest in [(second, first), (first, second), (third, second)]:
        with pytest.raises(ValueError, match="served in the loop of another one"):
            host.combine(guest)
    with looping(first):
        assert_answered(first)
        assert_answered(second)


def test_a_guest_that_is_closed_leaves_the_others_alone(daemons: list[Daemon]) -> None:
    first, second, third = daemons
    first.combine(second)
    first.combine(third)
    with looping(first):
        assert_answered(second)
        second.close()
        assert_answered(first)
        assert_answered(third)


def test_when_the_host_is_closed_a_guest_can_serve_itself(daemons: list[Daemon]) -> None:
    first, second, _ = daemons
    first.combine(second)
    with looping(first):
        assert_answered(second)
    with looping(second):
        assert_answered(second)


def test_a_guest_may_be_shut_down_by_a_method_of_its_own(daemons: list[Daemon]) -> None:
    first, second, _ = daemons

    @expose
    class Tired:
        def leave(self) -> str:
            second.shutdown()
            return "goodbye"

    second.register(Tired, "tired")
    first.combine(second)
    with looping(first):
        with Proxy(second.uriFor("tired")) as proxy:
            assert proxy.leave() == "goodbye"
        assert_answered(first)
