"""Chapter "Servers": looking at the errors of methods on the server too."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pyro_client import BatchProxy, Proxy
from pyro_server import Daemon, expose, oneway

DEADLINE = 20.0

HANDLER = """
    import Pyro5.server

    @Pyro5.server.expose
    class Thing(object):
        def divide(self, first, second):
            return first // second

    def custom_error_handler(daemon, client_sock, method, vargs, kwargs, exception):
        print(type(daemon).__name__, method.__name__, vargs, kwargs, repr(exception))

    daemon = Pyro5.server.Daemon()
    daemon.methodcall_error_handler = custom_error_handler
    print(daemon.register(Thing))
    daemon.requestLoop()
"""


@expose
class Thing:
    """Something that fails."""

    def divide(self, first: int, second: int) -> int:
        return first // second

    @oneway
    def divide_oneway(self, first: int, second: int) -> None:
        self.divide(first, second)

    @property
    def failing(self) -> int:
        raise LookupError("not today")


class Heard:
    """An error handler that keeps what it is told."""

    def __init__(self) -> None:
        self.arguments: list[tuple[Any, ...]] = []
        self.something = threading.Event()

    def __call__(self, *arguments: Any) -> None:
        self.arguments.append(arguments)
        self.something.set()


@pytest.fixture
def serving(served) -> Any:
    serving = served({"it": Thing()})
    serving.daemon.methodcall_error_handler = Heard()
    return serving


def test_a_handler_of_the_program_hears_of_an_error_as_in_the_manual(program) -> None:
    server = program(HANDLER)
    with Proxy(server.line()) as proxy, pytest.raises(ZeroDivisionError):
        proxy.divide(1, second=0)
    words = server.line("Daemon divide ")
    assert words.endswith("{'second': 0} ZeroDivisionError('integer division or modulo by zero')")


def test_the_error_reaches_the_client_as_well(serving) -> None:
    with pytest.raises(ZeroDivisionError):
        serving.proxy().divide(1, 0)
    assert serving.daemon.methodcall_error_handler.something.wait(DEADLINE)


def test_the_handler_gets_daemon_client_method_arguments_and_error_in_this_order(serving) -> None:
    with pytest.raises(ZeroDivisionError):
        serving.proxy().divide(1, second=0)
    ((daemon, _, method, vargs, kwargs, error),) = serving.daemon.methodcall_error_handler.arguments
    assert daemon is serving.daemon
    assert method.__name__ == "divide"
    assert (list(vargs), dict(kwargs)) == ([1], {"second": 0})
    assert type(error) is ZeroDivisionError


def test_a_handler_hears_of_an_error_in_a_batch(serving) -> None:
    batch = BatchProxy(serving.proxy())
    batch.divide(1, 0)
    with pytest.raises(ZeroDivisionError):
        list(batch())  # type: ignore[arg-type]  # it is no oneway batch
    assert len(serving.daemon.methodcall_error_handler.arguments) == 1


def test_a_handler_hears_of_an_error_in_a_oneway_call(serving) -> None:
    serving.proxy().divide_oneway(1, 0)
    assert serving.daemon.methodcall_error_handler.something.wait(DEADLINE)


def test_a_handler_does_not_hear_of_an_error_of_an_attribute(serving) -> None:
    with pytest.raises(LookupError):
        serving.proxy().failing  # noqa: B018  # reading it is the point
    assert serving.daemon.methodcall_error_handler.arguments == []


def test_without_a_handler_of_the_program_an_error_only_reaches_the_client(served) -> None:
    serving = served({"it": Thing()})
    with pytest.raises(ZeroDivisionError):
        serving.proxy().divide(1, 0)
    assert serving.proxy().divide(4, 2) == 2


def test_a_subclass_may_have_a_handler_of_its_own(served) -> None:
    class Own(Daemon):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.methodcall_error_handler = Heard()

    serving = served({"it": Thing()}, daemon_class=Own)
    with pytest.raises(ZeroDivisionError):
        serving.proxy().divide(1, 0)
    assert serving.daemon.methodcall_error_handler.something.wait(DEADLINE)
