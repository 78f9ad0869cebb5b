"""Errors of classes that the other side does not know: they arrive under their names, everywhere, and go on as such."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_client import BatchProxy, Proxy, errors
from pyro_server import expose
from pyro_wire import register_dict_to_class, unregister_dict_to_class

NAME = f"{__name__}.OwnError"
TEXT = f"unsupported serialized class: {NAME}"


class OwnError(Exception):
    """An error of the program's own."""


def make_error() -> OwnError:
    error = OwnError("of our own", 42)
    error.details = {"line": 5}  # type: ignore[attr-defined]  # exceptions take attributes
    return error


@expose
class Failing:
    """Something that fails in its own way."""

    def fail(self) -> None:
        raise make_error()

    @property
    def broken(self) -> int:
        raise make_error()

    def stream(self) -> Iterator[int]:
        yield 1
        raise make_error()

    def returned(self) -> list[Exception]:
        return [make_error()]

    def class_of(self, value: Any) -> str:
        return type(value).__mro__[1].__name__

    def echo(self, value: Any) -> Any:
        return value

    def fine(self) -> str:
        return "fine"


@expose
class Middle:
    """Something that calls another server for its clients."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def fail(self) -> None:
        self._proxy._pyroClaimOwnership()
        self._proxy.fail()


@pytest.fixture
def proxy(served) -> Proxy:
    proxy: Proxy = served({"it": Failing()}).proxy()
    return proxy


def assert_tells_the_truth(error: Any) -> None:
    """Check that an error is what ``make_error`` has made."""
    assert isinstance(error, errors.RemoteError)
    assert (type(error).__name__, error.remote_class) == ("OwnError", NAME)
    assert error.args == ("of our own", 42)
    assert error.details == {"line": 5}  # type: ignore[attr-defined]


def test_it_is_raised_with_name_arguments_and_attributes(proxy: Proxy) -> None:
    with pytest.raises(errors.RemoteError) as caught:
        proxy.fail()
    assert_tells_the_truth(caught.value)


def test_the_connection_stays(proxy: Proxy) -> None:
    proxy._pyroBind()
    connection = proxy._pyroConnection
    with pytest.raises(errors.RemoteError):
        proxy.fail()
    assert proxy.fine() == "fine"
    assert proxy._pyroConnection is connection


def test_an_ordinary_traceback_shows_both_sides(proxy: Proxy) -> None:
    with pytest.raises(errors.RemoteError) as caught:
        proxy.fail()
    text = "".join(traceback.format_exception(caught.value))
    assert "proxy.fail()" in text
    assert "raise make_error()" in text
    assert "".join(caught.value._pyroTraceback) in text  # type: ignore[attr-defined]


def test_an_attribute_raises_it(proxy: Proxy) -> None:
    with pytest.raises(errors.RemoteError) as caught:
        _ = proxy.broken
    assert_tells_the_truth(caught.value)


def test_a_stream_raises_it_at_its_place(proxy: Proxy) -> None:
    stream = proxy.stream()
    assert next(stream) == 1
    with pytest.raises(errors.RemoteError) as caught:
        next(stream)
    assert_tells_the_truth(caught.value)


def test_a_batch_raises_it_at_its_place_and_keeps_the_results_before_it(proxy: Proxy) -> None:
    batch = BatchProxy(proxy)
    batch.fine()
    batch.fail()
    results = batch() or iter(())
    assert next(results) == "fine"
    with pytest.raises(errors.RemoteError) as caught:
        next(results)
    assert_tells_the_truth(caught.value)
    assert "make_error" in str(caught.value.__cause__)


def test_as_a_value_it_arrives_unraised_in_both_directions(proxy: Proxy) -> None:
    assert_tells_the_truth(proxy.returned()[0])
    assert proxy.class_of(make_error()) == "RemoteError"
    assert_tells_the_truth(proxy.echo(make_error()))


def test_a_class_that_is_registered_arrives_as_itself(proxy: Proxy) -> None:
    register_dict_to_class(NAME, lambda _, data: OwnError(*data["args"]))
    try:
        with pytest.raises(OwnError) as caught:
            proxy.fail()
    finally:
        unregister_dict_to_class(NAME)
    assert type(caught.value) is OwnError


def test_a_program_can_have_the_error_of_pyro5_instead(served) -> None:
    proxy = served({"it": Failing()}).proxy(REMOTE_ERRORS=False)
    with pytest.raises(errors.SerializeError) as caught:
        proxy.fail()
    assert (type(caught.value), str(caught.value)) == (errors.SerializeError, TEXT)
    assert proxy.fine() == "fine"


def test_so_can_a_server_for_its_arguments(served) -> None:
    proxy = served({"it": Failing()}, REMOTE_ERRORS=False).proxy()
    with pytest.raises(errors.SerializeError, match=TEXT):
        proxy.class_of(make_error())
    assert proxy.fine() == "fine"


def test_a_server_in_the_middle_passes_it_on_as_what_it_was(served, listening) -> None:
    with listening({"it": Failing()}).proxy() as source:
        proxy = served({"it": Middle(source)}).proxy()
        with pytest.raises(errors.RemoteError) as caught:
            proxy.fail()
        assert_tells_the_truth(caught.value)
        assert len(caught.value.__notes__) == 1
        text = "".join(caught.value._pyroTraceback)  # type: ignore[attr-defined]
        assert text.count("raise make_error()") == 1
        assert "self._proxy.fail()" in text
