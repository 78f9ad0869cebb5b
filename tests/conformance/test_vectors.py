"""Captured messages mean here what they mean in the released library, and are written here as they are there.

Each entry of protocol 502 is read and compared with its description. Where its bytes have a single form it is written
again, too; ``vectors.why_not_rewritten`` tells of the rest. The entries on values are in ``test_value_vectors``.
"""

from __future__ import annotations

import builtins
from collections import Counter
from typing import Any

import pytest
from vectors import (
    ALL,
    MARSHAL,
    NO_BYTES,
    PROTOCOL,
    SET,
    VECTORS,
    ZLIB,
    described,
    entries,
    kind,
    raw,
    rewritten,
    serializer_of,
    why_not_rewritten,
)

import pyro_client.naming
import pyro_wire.errors
from pyro_client import Proxy
from pyro_uri import URI
from pyro_wire import Limits, Message, MessageReader, TypeRegistry, encode, serializers, serializers_by_id
from pyro_wire.calls import BLOB_KEY, Metadata, load_connect, load_connect_reply, pack_blob_address, unpack_blob
from pyro_wire.errors import RemoteError
from pyro_wire.exceptions import ExceptionWrapper
from pyro_wire.message import FLAGS_COMPRESSED, HEADER_SIZE, MSG_CONNECT, MSG_CONNECTOK, MSG_INVOKE, MSG_PING


class PlainTypes(TypeRegistry):
    """A registry that leaves class dictionaries as they are."""

    def dict_to_class(self, data: dict[str, Any], *, remote_errors: bool = True) -> Any:
        return data


# --- all entries ---------------------------------------------------------------------------------------------------


def test_no_entry_is_left_out() -> None:
    assert Counter(map(kind, VECTORS)) == {"message": 150, "value": 110, "refused value": 11, "datagram": 2}
    assert len(VECTORS) == 273
    assert {vector["protocol"] for vector in ALL} == {PROTOCOL, 48}


def test_the_entries_that_are_only_read_are_these() -> None:
    reasons = Counter(why_not_rewritten(vector) for vector in VECTORS)
    assert reasons == {None: 202, MARSHAL: 54, NO_BYTES: 11, ZLIB: 2, SET: 4}
    assert [vector["name"] for vector in VECTORS if why_not_rewritten(vector) in (ZLIB, SET)] == [
        "p502/serpent/connectok",
        "p502/serpent/connectok-corr",
        "p502/serpent/invoke-compressed",
        "p502/serpent/result-compressed",
        "p502/serpent/connectok-daemonobj",
        "p502/serpent/result-get_metadata",
    ]


# --- messages ------------------------------------------------------------------------------------------------------


def received(vector: dict) -> Message:
    reader = MessageReader(Limits())
    reader.feed(raw(vector))
    message = reader.next_message()
    assert message is not None
    assert reader.pending == b""
    return message


def number_before_name(text: str) -> int:
    """``5 RESULT`` or ``0x0041 EXCEPTION|CORR_ID`` as a number."""
    return int(text.partition(" ")[0], 0)


def plain(message: Message) -> Any:
    """The payload with class dictionaries left as they are."""
    serializer_class = type(serializers_by_id[message.serializer_id])
    return serializer_class(PlainTypes()).loads(message.data)


@entries("message")
def test_the_header_of_a_message_is_read(vector: dict) -> None:
    message, expected = received(vector), vector["decoded"]
    assert message.type == number_before_name(expected["type"])
    if "version" not in expected:  # of one entry only the type is told
        return
    assert message.serializer_id == expected["serializer_id"]
    assert message.flags == number_before_name(expected["flags"]) & ~FLAGS_COMPRESSED
    assert message.seq == expected["seq"]
    assert (message.correlation_id or bytes(16)).hex() == expected["corr_id"]
    assert len(message.data) == expected.get("compressed_from", expected["data_len"])
    assert len(raw(vector)) == HEADER_SIZE + expected["ann_len"] + expected["data_len"]


@entries("message")
def test_the_annotations_of_a_message_are_read(vector: dict) -> None:
    expected = described(vector["decoded"].get("annotations", {}))
    assert received(vector).annotations == {
        key: value.encode("ascii") if isinstance(value, str) else value for key, value in expected.items()
    }


@entries("message")
def test_the_payload_of_a_message_is_read(vector: dict) -> None:
    message, expected = received(vector), vector["decoded"]
    if message.type == MSG_PING:
        assert message.data == expected["payload_raw"].encode("ascii")
    elif "payload" in expected:
        value = plain(message)
        assert value == described(expected["payload"])
        assert type(value) is type(described(expected["payload"]))
    else:
        assert expected["note"] == "payload is a marshalled str"
        assert plain(message) == "no free workers, increase server threadpool size"


@entries("message")
def test_what_a_message_means_is_understood(vector: dict) -> None:
    message = received(vector)
    if message.type == MSG_PING:
        return
    serializer, payload = serializer_of(vector), described(vector["decoded"].get("payload"))
    if message.type == MSG_CONNECT:
        assert load_connect(serializer, message.data) == (payload["handshake"], payload["object"])
    elif message.type == MSG_CONNECTOK:
        assert load_connect_reply(serializer, message.data) == ("hello", Metadata.from_wire(payload["meta"]))
    elif message.type == MSG_INVOKE:
        parts = payload.values() if isinstance(payload, dict) else payload
        for part, expected in zip(serializer.loadsCall(message.data), parts, strict=True):
            check_object(part, expected)
    elif isinstance(payload, dict) and payload.get("__class__") == "app.AppError":
        error = serializer.loads(message.data)
        assert isinstance(error, RemoteError)
        assert (error.remote_class, list(error.args)) == ("app.AppError", list(payload["args"]))
    elif payload is not None:
        check_object(serializer.loads(message.data), payload)


@pytest.mark.parametrize("name", serializers)
def test_the_address_of_a_blob_is_read_and_written(name: str) -> None:
    vector = next(vector for vector in VECTORS if vector["name"] == f"p502/{name}/blob-request")
    object_id, method, blob = unpack_blob(received(vector), serializers[name])
    address = described(vector["decoded"]["BLBI_marshal"])
    assert (blob.info, object_id, method) == address
    assert list(blob.deserialized()) == [1, 2]
    message = received(vector)
    message.annotations[BLOB_KEY] = pack_blob_address(*address)
    assert unpack_blob(message, serializers[name])[:2] == (object_id, method)


@entries("message")
def test_a_message_is_written_as_it_was(vector: dict) -> None:
    message = received(vector)
    compress = "compressed_from" in vector["decoded"]
    parts = (message.type, message.flags, message.seq, message.serializer_id, message.data, message.annotations)
    written = b"".join(encode(*parts, message.correlation_id, compress=compress))
    if not compress:
        assert written == raw(vector)
        return
    assert written[:0x0C] == raw(vector)[:0x0C]  # all that comes before the length
    assert received({"hex": written.hex()}).data == message.data


@rewritten("message")
def test_a_payload_is_written_as_it_was(vector: dict) -> None:
    message = received(vector)
    if message.type == MSG_PING:
        return
    serializer, value = serializer_of(vector), described(vector["decoded"]["payload"])
    if message.type == MSG_INVOKE:
        call = value.values() if isinstance(value, dict) else value
        assert serializer.dumpsCall(*call) == message.data
        assert serializer.dumpsCall(*serializer.loadsCall(message.data)) == message.data
    else:
        assert serializer.dumps(value) == message.data


@rewritten("message")
def test_an_object_in_a_reply_is_written_as_it_was(vector: dict) -> None:
    message = received(vector)
    if message.type in (MSG_INVOKE, MSG_PING) or "custom-class" in vector["name"]:
        return
    assert serializer_of(vector).dumps(serializer_of(vector).loads(message.data)) == message.data


def check_object(value: Any, description: Any) -> None:
    """Compare a value with its description, class dictionaries with the objects that they stand for."""
    if isinstance(description, list | tuple):
        assert type(value) is type(description)
        for item, expected in zip(value, description, strict=True):
            check_object(item, expected)
    elif not isinstance(description, dict):
        assert value == description
    elif "__class__" in description:
        CHECKS.get(description["__class__"], check_exception)(value, description)
    else:
        assert list(value) == list(description)
        for key, expected in description.items():
            check_object(value[key], expected)


def check_uri(value: Any, description: dict) -> None:
    assert type(value) is URI
    assert value.__getstate__() == tuple(description["state"])


def check_proxy(value: Any, description: dict) -> None:
    uri, oneway, methods, attrs, handshake, serializer = description["state"]
    assert type(value) is Proxy
    assert value._pyroUri == URI(uri)
    assert (value._pyroOneway, value._pyroMethods, value._pyroAttrs) == (set(oneway), set(methods), set(attrs))
    assert (value._pyroHandshake, value._pyroSerializer) == (handshake, serializer)
    assert value._pyroConnection is None


def check_wrapper(value: Any, description: dict) -> None:
    assert type(value) is ExceptionWrapper
    check_exception(value.exception, description["exception"])


def check_exception(value: Any, description: dict) -> None:
    module, _, name = description["__class__"].rpartition(".")
    assert type(value) is getattr({"builtins": builtins, "Pyro5.errors": pyro_wire.errors}[module], name)
    assert list(value.args) == list(description["args"])
    assert vars(value) == description["attributes"]


CHECKS = {
    "Pyro5.core.URI": check_uri,
    "Pyro5.client.Proxy": check_proxy,
    "Pyro5.core._ExceptionWrapper": check_wrapper,
}


# --- datagrams -----------------------------------------------------------------------------------------------------


@entries("datagram")
def test_a_datagram_is_read_and_written(vector: dict) -> None:
    match vector["decoded"]:
        case {"ascii": text}:
            assert raw(vector) == text.encode("ascii") == pyro_client.naming.BROADCAST_REQUEST
        case {"iso-8859-1": text}:
            uri = URI(raw(vector).decode("iso-8859-1"))
            assert (uri.protocol, uri.object, uri.host) == ("PYRO", "Pyro.NameServer", "127.0.0.1")
            assert str(uri).encode("iso-8859-1") == text.encode("iso-8859-1") == raw(vector)
