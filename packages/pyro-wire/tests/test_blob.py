"""Blobs: arguments that travel on unread, until somebody looks inside."""

from __future__ import annotations

import pytest

from pyro_uri import URI
from pyro_wire import Message, SerializedBlob, SerializerBase, serializers
from pyro_wire.calls import BLOB_KEY, pack_blob_address, unpack_blob
from pyro_wire.errors import ProtocolError, SerializeError
from pyro_wire.message import FLAGS_KEEPSERIALIZED, MSG_INVOKE

each_serializer = pytest.mark.parametrize("serializer", serializers.values(), ids=serializers)


def message_with(serializer: SerializerBase, data: list, **annotations: bytes) -> Message:
    payload = serializer.dumpsCall("obj", "method", data, {})
    return Message(MSG_INVOKE, FLAGS_KEEPSERIALIZED, 1, serializer.serializer_id, payload, dict(annotations))


# --- blobs ---------------------------------------------------------------------------------------------------------


def test_a_blob_that_was_made_here_gives_its_arguments_back() -> None:
    data = [1, object()]
    blob = SerializedBlob("info", data)
    assert blob.info == "info"
    assert blob.deserialized() is data
    assert blob.payload is None


@each_serializer
def test_a_received_blob_reads_its_arguments_when_somebody_asks(serializer: SerializerBase) -> None:
    message = message_with(serializer, [1, URI("PYRO:obj@host:1")])
    blob = SerializedBlob("info", message, is_blob=True)
    assert list(blob.deserialized()) == [1, URI("PYRO:obj@host:1")]
    assert blob.payload is message


def test_a_received_blob_is_read_anew_each_time() -> None:
    blob = SerializedBlob("info", message_with(serializers["json"], [[1]]), is_blob=True)
    blob.deserialized()[0].append(2)
    assert blob.deserialized() == [[1]]


def test_a_received_blob_that_cannot_be_read_is_a_serialize_error_when_somebody_asks() -> None:
    message = Message(MSG_INVOKE, FLAGS_KEEPSERIALIZED, 1, 1, b"garbage", {})
    blob = SerializedBlob("info", message, is_blob=True)
    with pytest.raises(SerializeError):
        blob.deserialized()


@pytest.mark.parametrize("data", [[1, 2], b"bytes", None])
def test_a_received_blob_is_made_from_a_message_only(data: object) -> None:
    with pytest.raises(TypeError, match="message"):
        SerializedBlob("info", data, is_blob=True)


# --- their address -------------------------------------------------------------------------------------------------


@each_serializer
@pytest.mark.parametrize("info", ["info", None, 5, ("a", 1), ["a", {"b": 1.5}], b"bytes"])
def test_a_blob_arrives_with_its_address_whatever_the_serializer(serializer: SerializerBase, info: object) -> None:
    message = message_with(serializer, [1, 2], BLBI=pack_blob_address(info, "obj", "method"))
    object_id, method, blob = unpack_blob(message, serializer)
    assert (object_id, method, blob.info) == ("obj", "method", info)
    assert blob.payload is message
    assert list(blob.deserialized()) == [1, 2]


def test_the_address_in_the_annotation_counts_and_not_the_one_in_the_payload() -> None:
    message = message_with(serializers["json"], [1], BLBI=pack_blob_address("info", "other", "forward"))
    assert unpack_blob(message, serializers["json"])[:2] == ("other", "forward")


@pytest.mark.parametrize("info", [object(), [URI("PYRO:obj@host:1")], {"a": ValueError()}, unpack_blob])
def test_an_info_that_is_no_plain_value_is_refused(info: object) -> None:
    with pytest.raises(SerializeError, match="plain builtin value"):
        pack_blob_address(info, "obj", "method")


def test_a_call_with_a_blob_but_without_address_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match=BLOB_KEY):
        unpack_blob(message_with(serializers["json"], [1]), serializers["json"])


@pytest.mark.parametrize(
    "address",
    [
        b"",
        b"garbage",
        b"N",
        b"c" + bytes(50),
        serializers["marshal"].dumps(5),
        serializers["marshal"].dumps(("info", "obj")),
        serializers["marshal"].dumps(("info", "obj", "method", 4)),
        serializers["marshal"].dumps(("info", 1, "method")),
        serializers["marshal"].dumps(("info", "obj", None)),
    ],
)
def test_an_address_that_is_none_is_a_protocol_error(address: bytes) -> None:
    with pytest.raises(ProtocolError, match=BLOB_KEY):
        unpack_blob(message_with(serializers["json"], [1], BLBI=address), serializers["json"])
