"""Calls that are cut short on the client's side: by a signal, by another thread, or while they wait for their turn."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyro_client import Proxy, errors
from pyro_server import expose

DEADLINE = 20.0
SILENCE = 0.05
"""Seconds to wait for a turn that does not come."""


@expose
class Thing:
    """Something that answers at once, or when it is told to."""

    def __init__(self) -> None:
        self.called = threading.Event()
        self.proceed = threading.Event()

    def add(self, first: int, second: int) -> int:
        return first + second

    def wait(self) -> str:
        self.called.set()
        self.proceed.wait(DEADLINE)
        return "at last"


class Stumbling(Proxy):
    """A proxy in which something goes wrong between writing a request and sending it."""

    _pyroStumbles = 1

    def _pyroExchange(self, *args: Any) -> Any:
        if self._pyroStumbles:
            self._pyroStumbles -= 1
            raise LookupError("stumbled")
        return super()._pyroExchange(*args)


class Held(Proxy):
    """A proxy in which the first call stays in the middle until it is told to go on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pyroInside = threading.Event()
        self._pyroGoOn = threading.Event()

    def _pyroExchange(self, *args: Any) -> Any:
        self._pyroInside.set()
        self._pyroGoOn.wait(DEADLINE)
        return super()._pyroExchange(*args)


class Caller(threading.Thread):
    """Calls on a thread of its own, and keeps what comes of it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self.outcome: Any = None
        self._call = call

    def run(self) -> None:
        try:
            self.outcome = self._call()
        except Exception as error:  # the test is to look at any
            self.outcome = error


@pytest.fixture
def thing() -> Iterator[Thing]:
    thing = Thing()
    yield thing
    thing.proceed.set()


@pytest.fixture
def proxy(listening, thing: Thing) -> Proxy:
    proxy: Proxy = listening({"it": thing}).proxy()
    return proxy


@pytest.fixture
def calling(proxy: Proxy, thing: Thing) -> Iterator[Caller]:
    """Another thread that is in a call on the proxy."""
    caller = Caller(proxy.wait)
    caller.start()
    assert thing.called.wait(DEADLINE)
    yield caller
    thing.proceed.set()
    caller.join(DEADLINE)


@pytest.fixture
def signalled(thing: Thing) -> Iterator[None]:
    """A signal that comes when the object has been called, and whose handler raises an error."""

    def handler(*_: Any) -> None:
        raise LookupError("from a signal handler")

    before = signal.signal(signal.SIGUSR1, handler)
    main_thread = threading.get_ident()

    def interrupt() -> None:
        assert thing.called.wait(DEADLINE)
        signal.pthread_kill(main_thread, signal.SIGUSR1)

    thread = threading.Thread(target=interrupt)
    thread.start()
    yield
    thread.join(DEADLINE)
    signal.signal(signal.SIGUSR1, before)


def test_after_an_error_of_a_signal_handler_the_next_call_connects_anew(proxy: Proxy, signalled, thing: Thing) -> None:
    with pytest.raises(LookupError, match="from a signal handler"):
        proxy.wait()
    thing.proceed.set()
    assert proxy.add(1, 2) == 3


def test_a_request_that_was_never_sent_does_not_stand_in_the_way_of_the_next_call(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy(proxy_class=Stumbling)
    with pytest.raises(LookupError, match="stumbled"):
        proxy.add(1, 2)
    assert proxy.add(1, 2) == 3


def test_releasing_a_proxy_makes_the_call_of_another_thread_fail(proxy: Proxy, calling: Caller) -> None:
    proxy._pyroRelease()
    calling.join(DEADLINE)
    assert isinstance(calling.outcome, errors.ConnectionClosedError)


def test_a_proxy_that_was_released_in_mid_call_can_be_used_again(proxy: Proxy, calling: Caller, thing: Thing) -> None:
    proxy._pyroRelease()
    calling.join(DEADLINE)
    assert calling.outcome != "at last"
    thing.proceed.set()
    assert proxy.add(1, 2) == 3


@pytest.fixture
def held(listening, thing: Thing) -> Held:
    proxy: Held = listening({"it": thing}).proxy(proxy_class=Held)
    proxy._pyroBind()
    return proxy


@pytest.fixture
def inside(held: Held) -> Iterator[Caller]:
    """Another thread that is in the middle of a call on that proxy."""
    caller = Caller(lambda: held.add(3, 4))
    caller.start()
    assert held._pyroInside.wait(DEADLINE)
    yield caller
    held._pyroGoOn.set()
    caller.join(DEADLINE)


def test_who_waits_for_the_call_of_another_thread_waits_no_longer_than_told(held: Held, inside: Caller) -> None:
    held._pyroTimeout = SILENCE
    with pytest.raises(errors.TimeoutError, match=f"another thread was in a call on this proxy for {SILENCE} s"):
        held.add(1, 2)


def test_the_call_that_others_wait_for_is_not_disturbed(held: Held, inside: Caller) -> None:
    held._pyroTimeout = SILENCE
    with pytest.raises(errors.TimeoutError):
        held.add(1, 2)
    held._pyroTimeout = None
    held._pyroGoOn.set()
    inside.join(DEADLINE)
    assert inside.outcome == 7
