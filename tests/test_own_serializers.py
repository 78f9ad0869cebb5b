"""Serializers of a program's own, put into the tables of the process and chosen by the configuration."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest

from pyro_client import BatchProxy, Proxy, errors
from pyro_server import expose
from pyro_wire import SerializerBase, serializers, serializers_by_id
from pyro_wire import config as process_config
from pyro_wire.serializers import MsgpackSerializer


class LiteralSerializer(SerializerBase):
    """All four methods of its own: values as Python writes them, exceptions by their text."""

    serializer_id = 77

    def dumps(self, data: Any) -> bytes:
        return repr({"error": str(data)} if isinstance(data, Exception) else data).encode()

    def loads(self, data: Any) -> Any:
        value = ast.literal_eval(bytes(data).decode())
        return errors.PyroError(value["error"]) if isinstance(value, dict) and "error" in value else value

    def dumpsCall(self, obj: str, method: str, vargs: Any, kwargs: Any) -> bytes:
        return self.dumps((obj, method, vargs, kwargs))

    def loadsCall(self, data: Any) -> Any:
        return self.loads(data)


class RangeSerializer(MsgpackSerializer):
    """Msgpack that carries ranges."""

    def default(self, obj: Any) -> Any:
        if isinstance(obj, range):
            return msgpack.ExtType(0x60, bytes([obj.start, obj.stop]))
        return super().default(obj)

    def ext_hook(self, code: int, data: bytes) -> Any:
        return range(*data) if code == 0x60 else super().ext_hook(code, data)


@expose
class Thing:
    """Something to call."""

    def echo(self, value: Any) -> Any:
        return value

    def numbers(self) -> Iterator[Any]:
        yield (1, 2)
        yield range(2)

    def fail(self) -> None:
        raise ValueError("wrong")


@pytest.fixture
def literal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another serializer beside those that there are."""
    own = LiteralSerializer()
    monkeypatch.setitem(serializers, "literal", own)
    monkeypatch.setitem(serializers_by_id, own.serializer_id, own)


@pytest.fixture
def msgpack_with_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """A serializer in the place of another."""
    own = RangeSerializer()
    monkeypatch.setitem(serializers, "msgpack", own)
    monkeypatch.setitem(serializers_by_id, own.serializer_id, own)


@pytest.mark.usefixtures("literal")
def test_calls_go_by_a_serializer_that_the_program_added(listening) -> None:
    proxy = listening({"it": Thing()}).proxy(SERIALIZER="literal")
    assert proxy.echo((1, {2: {3}}, b"bytes")) == (1, {2: {3}}, b"bytes")


@pytest.mark.usefixtures("literal")
def test_all_kinds_of_requests_go_by_it(listening) -> None:
    proxy = listening({"it": Thing()}).proxy(SERIALIZER="literal")
    batch = BatchProxy(proxy)
    batch.echo((1,))
    batch.echo(2j)
    assert list(batch() or ()) == [(1,), 2j]
    assert next(proxy.numbers()) == (1, 2)
    with pytest.raises(errors.PyroError, match="wrong"):
        proxy.fail()


@pytest.mark.usefixtures("literal")
def test_one_proxy_may_choose_it(listening) -> None:
    proxy = listening({"it": Thing()}).proxy()
    proxy._pyroSerializer = "literal"
    assert proxy.echo({1: (2,)}) == {1: (2,)}


@pytest.mark.usefixtures("literal")
def test_the_configuration_of_the_process_may_choose_it(listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_config, "SERIALIZER", "literal")
    serving = listening({"it": Thing()})
    with Proxy(serving.daemon.uriFor("it")) as proxy:
        assert proxy.echo((1, 2j)) == (1, 2j)


@pytest.mark.usefixtures("literal")
def test_what_it_cannot_read_harms_one_call(listening) -> None:
    proxy = listening({"it": Thing()}).proxy(SERIALIZER="literal")
    proxy._pyroBind()
    connection = proxy._pyroConnection
    with pytest.raises(errors.PyroError):
        proxy.echo(object())  # the server cannot read it
    with pytest.raises(ValueError, match="malformed"):
        list(proxy.numbers())  # here it is the client that cannot read the second item
    assert proxy.echo("still there") == "still there"
    assert proxy._pyroConnection is connection


@pytest.mark.usefixtures("msgpack_with_ranges")
def test_a_subclass_may_take_the_place_of_a_serializer(listening) -> None:
    proxy = listening({"it": Thing()}).proxy(SERIALIZER="msgpack")
    assert proxy.echo([range(1, 3)]) == [range(1, 3)]
    assert list(proxy.numbers()) == [[1, 2], range(2)]
    with pytest.raises(ValueError, match="wrong"):
        proxy.fail()


def test_a_serializer_that_the_server_does_not_know_is_refused(listening, monkeypatch: pytest.MonkeyPatch) -> None:
    serving = listening({"it": Thing()})
    monkeypatch.setitem(serializers, "literal", LiteralSerializer())
    with pytest.raises(errors.CommunicationError, match="77"):
        serving.proxy(SERIALIZER="literal").echo(1)
