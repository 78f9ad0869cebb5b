"""Values that one side cannot write, read or accept: they harm the call that they are in, and no other."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from pyro_client import BatchProxy, Proxy, errors
from pyro_server import expose
from pyro_wire import register_class_to_dict, register_dict_to_class, unregister_class_to_dict, unregister_dict_to_class


class Plain:
    """An object of a class that nobody knows on the other side."""

    def __init__(self) -> None:
        self.value = 1


class Unwritable:
    """An object that does not want to travel."""


class Unreadable:
    """An object that does not want to arrive."""


def refuse_to_write(_: object) -> dict[str, Any]:
    raise LookupError("not to be written")


def refuse_to_read(*_: object) -> object:
    raise LookupError("not to be read")


@pytest.fixture(autouse=True)
def converters() -> Any:
    register_class_to_dict(Unwritable, refuse_to_write)
    register_class_to_dict(Unreadable, lambda _: {"__class__": "tests.Unreadable"})
    register_dict_to_class("tests.Unreadable", refuse_to_read)
    yield
    unregister_class_to_dict(Unwritable)
    unregister_class_to_dict(Unreadable)
    unregister_dict_to_class("tests.Unreadable")


POISON: dict[str, Any] = {
    "no state": object(),
    "an unknown class": Plain(),
    "refuses to be written": Unwritable(),
    "refuses to be read": Unreadable(),
    "a function": refuse_to_read,
    "in a list": [1, [Plain()]],
}

REFUSALS = (errors.SerializeError, LookupError, TypeError, ValueError)
"""How they are refused, by whichever side."""


@expose
class Taking:
    """Something that takes and gives anything."""

    def take(self, value: Any) -> None:
        pass

    def give(self, name: str) -> Any:
        return POISON[name]

    def fine(self) -> str:
        return "fine"


@pytest.fixture
def proxy(served) -> Proxy:
    proxy: Proxy = served({"it": Taking()}).proxy()
    proxy._pyroBind()
    return proxy


def assert_goes_on(proxy: Proxy, connection: object) -> None:
    assert proxy.fine() == "fine"
    assert proxy._pyroConnection is connection


@pytest.mark.parametrize("name", POISON)
def test_an_argument_harms_one_call(proxy: Proxy, name: str) -> None:
    connection = proxy._pyroConnection
    with pytest.raises(REFUSALS):
        proxy.take(POISON[name])
    assert_goes_on(proxy, connection)


@pytest.mark.parametrize("name", POISON)
def test_an_argument_by_name_harms_one_call(proxy: Proxy, name: str) -> None:
    connection = proxy._pyroConnection
    with pytest.raises(REFUSALS):
        proxy.take(value=POISON[name])
    assert_goes_on(proxy, connection)


@pytest.mark.parametrize("name", POISON)
def test_a_result_harms_one_call(proxy: Proxy, name: str) -> None:
    connection = proxy._pyroConnection
    with pytest.raises(REFUSALS):
        proxy.give(name)
    assert_goes_on(proxy, connection)


@pytest.mark.parametrize("name", POISON)
def test_an_argument_in_a_batch_harms_that_batch(proxy: Proxy, name: str) -> None:
    connection = proxy._pyroConnection
    batch = BatchProxy(proxy)
    batch.take(POISON[name])
    with pytest.raises(REFUSALS):
        list(batch() or ())
    assert_goes_on(proxy, connection)


@pytest.mark.parametrize("name", POISON)
def test_an_argument_of_a_oneway_call_harms_no_other_call(proxy: Proxy, name: str) -> None:
    connection = proxy._pyroConnection
    proxy._pyroOneway.add("take")
    with contextlib.suppress(*REFUSALS):  # it could not even be written
        proxy.take(POISON[name])
    assert_goes_on(proxy, connection)


def test_a_call_that_is_too_large_to_be_sent_harms_no_other_call(served) -> None:
    proxy = served({"it": Taking()}).proxy(MAX_MESSAGE_SIZE=1000)
    proxy._pyroBind()
    connection = proxy._pyroConnection
    with pytest.raises(errors.MessageTooLargeError):
        proxy.take("x" * 1000)
    assert_goes_on(proxy, connection)


def test_after_a_call_that_is_too_large_for_the_server_the_next_one_connects_anew(listening) -> None:
    proxy = listening({"it": Taking()}, MAX_MESSAGE_SIZE=1000).proxy()
    with pytest.raises(errors.CommunicationError):
        proxy.take("x" * 2000)
    assert proxy.fine() == "fine"


def test_after_a_result_that_is_too_large_for_the_client_the_next_call_connects_anew(listening, monkeypatch) -> None:
    monkeypatch.setitem(POISON, "large", "x" * 2000)
    proxy = listening({"it": Taking()}).proxy(MAX_MESSAGE_SIZE=1000)
    with pytest.raises(errors.MessageTooLargeError):
        proxy.give("large")
    assert proxy.fine() == "fine"


def test_after_an_argument_that_is_too_dangerous_the_next_call_connects_anew(listening) -> None:
    proxy = listening({"it": Taking()}).proxy()
    with pytest.raises(errors.SecurityError, match="double underscores"):
        proxy.take({"__class__": "app__x.Thing"})
    assert proxy.fine() == "fine"


def test_a_result_that_is_too_dangerous_harms_one_call(served, monkeypatch) -> None:
    monkeypatch.setitem(POISON, "dangerous", {"__class__": "app__x.Thing"})
    proxy = served({"it": Taking()}).proxy()
    proxy._pyroBind()
    connection = proxy._pyroConnection
    with pytest.raises(errors.SecurityError, match="double underscores"):
        proxy.give("dangerous")
    assert_goes_on(proxy, connection)
