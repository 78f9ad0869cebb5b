"""Bytes are bytes, wherever they are in a conversation: with serpent, they are unwrapped on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pyro_client import BatchProxy, Proxy, SerializedBlob
from pyro_server import Daemon, expose

BYTES = b"\0bytes\xff"
WRAPPED = {"data": "AGJ5dGVz/w==", "encoding": "base64"}


@expose
class Box:
    """Something that keeps what it is given, and says of which type that was."""

    def __init__(self) -> None:
        self._content: Any = BYTES

    @property
    def content(self) -> Any:
        return self._content

    @content.setter
    def content(self, value: Any) -> None:
        self._content = value

    def type_of_content(self) -> str:
        return type(self._content).__name__

    def type_of(self, value: Any) -> str:
        return type(value).__name__

    def types_of(self, *values: Any, **named: Any) -> list[str]:
        return [type(value).__name__ for value in (*values, *named.values())]

    def echo(self, value: Any) -> Any:
        return value

    def chunks(self) -> Iterator[Any]:
        yield BYTES
        yield [BYTES]

    def fail(self) -> None:
        raise ValueError(BYTES)

    def blob_type(self, blob: SerializedBlob) -> str:
        (value,) = blob.deserialized()
        return type(value).__name__


class Watchful(Daemon):
    """A daemon that answers the handshake with what it got, and with its type."""

    def validateHandshake(self, conn: Any, data: Any) -> Any:
        return [type(data).__name__, data]


class Curious(Proxy):
    """A proxy that keeps the answer to its handshake."""

    def _pyroValidateHandshake(self, response: Any) -> None:
        self.__dict__["response"] = response


@pytest.fixture
def box(listening) -> Proxy:
    """A proxy of a box, with serpent; the server is of every kind."""
    proxy: Proxy = listening({"it": Box()}).proxy()
    return proxy


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_method_gets_and_returns_bytes(box: Proxy, kind: type) -> None:
    assert box.type_of(kind(BYTES)) == "bytes"
    assert box.echo(kind(BYTES)) == BYTES


def test_all_arguments_are_unwrapped(box: Proxy) -> None:
    assert box.types_of(BYTES, 1, BYTES, key=BYTES) == ["bytes", "int", "bytes", "bytes"]


@pytest.mark.parametrize("value", [[BYTES], (BYTES,), {"k": BYTES}, {BYTES: {"k": [BYTES]}}, {BYTES, b""}], ids=repr)
def test_bytes_in_containers_are_unwrapped(box: Proxy, value: Any) -> None:
    assert box.echo(value) == value


def test_attributes_are_unwrapped(box: Proxy) -> None:
    assert box.content == BYTES
    box.content = b"others"
    assert box.type_of_content() == "bytes"


def test_batches_are_unwrapped(box: Proxy) -> None:
    batch = BatchProxy(box)
    batch.type_of(BYTES)
    batch.echo([BYTES])
    assert list(batch() or ()) == ["bytes", [BYTES]]


def test_items_of_streams_are_unwrapped(box: Proxy) -> None:
    assert list(box.chunks()) == [BYTES, [BYTES]]


def test_arguments_of_exceptions_are_unwrapped(box: Proxy) -> None:
    with pytest.raises(ValueError, match="bytes") as caught:
        box.fail()
    assert list(caught.value.args) == [BYTES]


def test_blobs_are_unwrapped_when_they_are_opened(box: Proxy) -> None:
    assert box.blob_type(SerializedBlob("info", [BYTES])) == "bytes"


def test_data_of_the_handshake_is_unwrapped(listening) -> None:
    proxy = listening({"it": Box()}, daemon_class=Watchful).proxy(proxy_class=Curious)
    proxy._pyroHandshake = BYTES
    proxy._pyroBind()
    assert vars(proxy)["response"] == ["bytes", BYTES]


def test_with_the_item_off_both_sides_see_the_dictionary(listening) -> None:
    box = listening({"it": Box()}, SERPENT_UNWRAP_BYTES=False).proxy(SERPENT_UNWRAP_BYTES=False)
    assert box.type_of(BYTES) == "dict"
    assert box.content == WRAPPED
    assert list(box.chunks()) == [WRAPPED, [WRAPPED]]


@pytest.mark.parametrize("name", ["marshal", "msgpack"])
def test_other_serializers_have_bytes_of_their_own(listening, name: str) -> None:
    box = listening({"it": Box()}, SERPENT_UNWRAP_BYTES=False).proxy(SERIALIZER=name)
    assert box.type_of(BYTES) == "bytes"
    assert box.echo(WRAPPED) == WRAPPED
