"""Errors that travel: with their class, arguments, attributes and traceback, and what becomes of those that cannot."""

from __future__ import annotations

import sqlite3
import struct
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from pyro_client import Proxy, errors
from pyro_server import callback, expose
from pyro_wire import register_class_to_dict, register_dict_to_class, unregister_class_to_dict, unregister_dict_to_class


class OwnError(Exception):
    """An error of the program's own, which the other side does not know."""


class Unspeakable(Exception):
    """An error that cannot even be put into words."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@dataclass(frozen=True)
class Frozen(Exception):
    """An error that takes no attributes."""

    text: str


ERRORS: dict[str, Exception] = {
    "ValueError": ValueError("wrong", 42),
    "KeyError": KeyError("missing"),
    "ZeroDivisionError": ZeroDivisionError("division by zero"),
    "FileNotFoundError": FileNotFoundError(2, "no such file"),
    "struct.error": struct.error("bad format"),
    "sqlite3.OperationalError": sqlite3.OperationalError("no such table"),
    "NamingError": errors.NamingError("unknown name"),
    "DaemonError": errors.DaemonError("not here"),
    "TimeoutError": errors.TimeoutError("too late"),
    "SerializeError": errors.SerializeError("cannot"),
    "ConnectionClosedError": errors.ConnectionClosedError("gone"),
}


@expose
class Failing:
    """Something that fails in every way."""

    def raise_(self, name: str) -> None:
        raise type(ERRORS[name])(*ERRORS[name].args)

    def with_attributes(self) -> None:
        error = ValueError("wrong")
        error.details = {"line": 5, "why": ["a", "b"]}  # type: ignore[attr-defined]  # exceptions take attributes
        raise error

    def with_notes(self) -> None:
        error = ValueError("wrong")
        error.add_note("look here")
        raise error

    def own(self) -> None:
        raise OwnError("something of our own")

    def unserializable(self) -> None:
        raise ValueError(range(3))

    def unspeakable(self) -> None:
        raise Unspeakable(range(3))

    def frozen(self) -> None:
        raise Frozen("as hard as ice")

    def refuse(self) -> None:
        raise errors.SecurityError("too dangerous")

    def stop(self) -> None:
        sys.exit("enough")

    def deep(self, depth: int) -> None:
        if depth == 0:
            raise ValueError("deep down")
        self.deep(depth - 1)

    def chained(self) -> None:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error

    def returned(self) -> Exception:
        return ValueError("only a value")

    @callback
    def called_back(self) -> None:
        raise ValueError("in a callback")

    def fine(self) -> str:
        return "fine"


@pytest.fixture
def proxy(served) -> Proxy:
    proxy: Proxy = served({"it": Failing()}).proxy()
    return proxy


def remote_lines(error: Any) -> list[str]:
    """The traceback that an error has brought."""
    lines: list[str] = error._pyroTraceback
    return lines


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_an_error_arrives_with_its_class_and_arguments(proxy: Proxy, name: str) -> None:
    expected = ERRORS[name]
    with pytest.raises(type(expected)) as caught:
        proxy.raise_(name)
    assert type(caught.value) is type(expected)
    assert caught.value.args == expected.args


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_an_error_of_a_method_leaves_the_connection_as_it_is(proxy: Proxy, name: str) -> None:
    proxy._pyroBind()
    connection = proxy._pyroConnection
    with pytest.raises(type(ERRORS[name])):
        proxy.raise_(name)
    assert proxy.fine() == "fine"
    assert proxy._pyroConnection is connection


def test_an_error_brings_its_attributes(proxy: Proxy) -> None:
    with pytest.raises(ValueError, match="wrong") as caught:
        proxy.with_attributes()
    assert caught.value.details == {"line": 5, "why": ["a", "b"]}  # type: ignore[attr-defined]


def test_an_error_brings_its_notes(proxy: Proxy) -> None:
    with pytest.raises(ValueError, match="wrong") as caught:
        proxy.with_notes()
    assert caught.value.__notes__ == ["look here"]


def test_an_error_brings_the_remote_traceback(proxy: Proxy) -> None:
    with pytest.raises(ValueError, match="deep down") as caught:
        proxy.deep(3)
    lines = remote_lines(caught.value)
    assert all(line.endswith("\n") for line in lines)
    assert sum("in deep" in line for line in lines) == 4
    assert lines[-1] == "ValueError: deep down\n"


def test_the_remote_traceback_shows_the_cause(proxy: Proxy) -> None:
    with pytest.raises(ValueError, match="second") as caught:
        proxy.chained()
    assert "KeyError: 'first'" in "".join(remote_lines(caught.value))


def test_both_tracebacks_can_be_shown_together(proxy: Proxy) -> None:
    with pytest.raises(ValueError, match="deep down") as caught:
        proxy.deep(1)
    text = "".join(errors.get_pyro_traceback(type(caught.value), caught.value, caught.tb))
    local, remote = text.split("Remote traceback:")
    assert "proxy.deep(1)" in local
    assert " |   File " in remote
    assert " | ValueError: deep down" in remote


def test_an_error_that_is_returned_is_a_value(proxy: Proxy) -> None:
    error = proxy.returned()
    assert isinstance(error, ValueError)
    assert error.args == ("only a value",)


def test_a_method_that_exits_ends_neither_side(proxy: Proxy) -> None:
    with pytest.raises(errors.PyroError, match=r"SystemExit\('enough'\)"):
        proxy.stop()
    assert proxy.fine() == "fine"


@pytest.mark.parametrize(
    ("method", "name"),
    [("unserializable", "ValueError"), ("unspeakable", "Unspeakable"), ("frozen", "Frozen.*as hard as ice")],
)
def test_an_error_that_cannot_be_serialized_is_told_in_words(proxy: Proxy, method: str, name: str) -> None:
    with pytest.raises(Exception, match=name) as caught:
        getattr(proxy, method)()
    assert type(caught.value) is errors.PyroError
    assert any(f"in {method}" in line for line in remote_lines(caught.value))
    assert proxy.fine() == "fine"


def test_an_error_of_an_own_class_arrives_when_both_sides_have_registered_it(proxy: Proxy) -> None:
    def to_dict(error: OwnError) -> dict[str, Any]:
        return {"__class__": "tests.OwnError", "text": str(error)}

    register_class_to_dict(OwnError, to_dict)
    register_dict_to_class("tests.OwnError", lambda _, data: OwnError(data["text"]))
    try:
        with pytest.raises(OwnError, match="something of our own"):
            proxy.own()
    finally:
        unregister_class_to_dict(OwnError)
        unregister_dict_to_class("tests.OwnError")


def test_an_error_in_a_callback_reaches_the_caller_and_ends_the_connection(listening, caplog) -> None:
    proxy = listening({"it": Failing()}).proxy()
    with pytest.raises(ValueError, match="in a callback"):
        proxy.called_back()
    assert "called_back" in caplog.text
    with pytest.raises(errors.ConnectionClosedError):
        proxy.fine()
    assert proxy.fine() == "fine", "the next call makes a new connection"


def test_after_a_security_error_the_next_call_makes_a_new_connection(listening) -> None:
    proxy = listening({"it": Failing()}).proxy()
    with pytest.raises(errors.SecurityError, match="too dangerous"):
        proxy.refuse()
    assert proxy.fine() == "fine"


@pytest.mark.parametrize("detailed", [False, True])
def test_the_traceback_shows_variables_if_the_daemon_is_told_so(served, detailed: bool) -> None:
    proxy = served({"it": Failing()}, DETAILED_TRACEBACK=detailed).proxy()
    with pytest.raises(ValueError, match="deep down") as caught:
        proxy.deep(2)
    assert ("depth = 2" in "".join(remote_lines(caught.value))) is detailed
