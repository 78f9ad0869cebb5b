"""The bytes of a message: the header at its documented offsets, then annotations, then the payload."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_wire import PROTOCOL_VERSION, Message, encode
from pyro_wire.errors import MessageTooLargeError, ProtocolError
from pyro_wire.message import (
    FLAGS_BATCH,
    FLAGS_COMPRESSED,
    FLAGS_CORR_ID,
    FLAGS_EXCEPTION,
    FLAGS_ITEMSTREAMRESULT,
    FLAGS_KEEPSERIALIZED,
    FLAGS_ONEWAY,
    HEADER_SIZE,
    JOIN_BELOW,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_CONNECTOK,
    MSG_INVOKE,
    MSG_PING,
    MSG_RESULT,
    PREAMBLE,
)

CORRELATION_ID = bytes(range(16))


def joined(*arguments, **options) -> bytes:
    return b"".join(encode(*arguments, **options))


def flags_of(message: bytes) -> int:
    return int.from_bytes(message[8:10], "big")


# --- the header ----------------------------------------------------------------------------------------------------


def test_the_numbers_of_the_protocol_are_those_of_version_502() -> None:
    assert PROTOCOL_VERSION == 502
    assert HEADER_SIZE == 40
    assert bytes.fromhex("5059524f01f6") == PREAMBLE
    types = [MSG_CONNECT, MSG_CONNECTOK, MSG_CONNECTFAIL, MSG_INVOKE, MSG_RESULT, MSG_PING]
    assert types == [1, 2, 3, 4, 5, 6]
    flags = [FLAGS_EXCEPTION, FLAGS_COMPRESSED, FLAGS_ONEWAY, FLAGS_BATCH, FLAGS_ITEMSTREAMRESULT]
    assert flags == [0x01, 0x02, 0x04, 0x08, 0x10]
    assert [FLAGS_KEEPSERIALIZED, FLAGS_CORR_ID] == [0x20, 0x40]


def test_an_empty_message_is_the_header_alone() -> None:
    assert joined(MSG_PING, 0, 0, 42, b"").hex() == "5059524f01f6062a" + "0" * 60 + "4dc5"


def test_every_field_is_at_its_offset() -> None:
    message = joined(MSG_INVOKE, FLAGS_BATCH, 0x1234, 3, b"payload", {"ABCD": b"xy"}, CORRELATION_ID)
    assert message[0x00:0x04] == b"PYRO"
    assert message[0x04:0x06] == (502).to_bytes(2, "big")
    assert message[0x06] == MSG_INVOKE
    assert message[0x07] == 3
    assert message[0x08:0x0A] == (FLAGS_BATCH | FLAGS_CORR_ID).to_bytes(2, "big")
    assert message[0x0A:0x0C] == b"\x12\x34"
    assert message[0x0C:0x10] == len(b"payload").to_bytes(4, "big")
    assert message[0x10:0x14] == len(b"ABCD----xy").to_bytes(4, "big")
    assert message[0x14:0x24] == CORRELATION_ID
    assert message[0x24:0x26] == b"\0\0"
    assert message[0x26:0x28] == b"\x4d\xc5"
    assert message[0x28:] == b"ABCD" + struct.pack(">I", 2) + b"xy" + b"payload"


def test_without_a_correlation_id_its_field_is_zeros_and_its_flag_is_off() -> None:
    message = joined(MSG_INVOKE, 0, 1, 1, b"")
    assert flags_of(message) == 0
    assert message[0x14:0x24] == bytes(16)


def test_the_flags_that_framing_decides_cannot_be_set_by_a_caller() -> None:
    assert flags_of(joined(MSG_INVOKE, FLAGS_COMPRESSED | FLAGS_CORR_ID | FLAGS_ONEWAY, 1, 1, b"x")) == FLAGS_ONEWAY


@pytest.mark.parametrize(
    ("msgtype", "flags", "seq", "serializer_id"),
    [(256, 0, 0, 1), (-1, 0, 0, 1), (4, 0, 65536, 1), (4, 0, -1, 1), (4, 0, 0, 256)],
)
def test_a_field_that_does_not_fit_the_header_is_a_protocol_error(
    msgtype: int, flags: int, seq: int, serializer_id: int
) -> None:
    with pytest.raises(ProtocolError, match="does not fit"):
        encode(msgtype, flags, seq, serializer_id, b"")


def test_flags_that_do_not_exist_are_not_sent() -> None:
    assert flags_of(joined(MSG_INVOKE, 1 << 16 | FLAGS_ONEWAY, 1, 1, b"x")) == FLAGS_ONEWAY


def test_the_type_is_not_judged_when_a_message_is_made() -> None:
    assert joined(255, 0, 0, 1, b"")[6] == 255


# --- compression ---------------------------------------------------------------------------------------------------


def test_a_payload_of_more_than_100_bytes_is_compressed() -> None:
    message = joined(MSG_RESULT, 0, 1, 1, b"x" * 101, compress=True)
    assert flags_of(message) == FLAGS_COMPRESSED
    assert zlib.decompress(message[HEADER_SIZE:]) == b"x" * 101


def test_a_payload_of_100_bytes_is_not_compressed() -> None:
    message = joined(MSG_RESULT, 0, 1, 1, b"x" * 100, compress=True)
    assert flags_of(message) == 0
    assert message[HEADER_SIZE:] == b"x" * 100


def test_nothing_is_compressed_unless_asked_for() -> None:
    assert flags_of(joined(MSG_RESULT, 0, 1, 1, b"x" * 101)) == 0


def test_a_payload_that_grows_by_compression_is_sent_compressed_all_the_same() -> None:
    payload = bytes(range(256))[:150]
    message = joined(MSG_RESULT, 0, 1, 1, payload, compress=True)
    assert flags_of(message) == FLAGS_COMPRESSED
    assert len(message) > HEADER_SIZE + len(payload)


@pytest.mark.parametrize("msgtype", range(MSG_CONNECT, MSG_PING + 1))
def test_every_type_of_message_is_compressed(msgtype: int) -> None:
    assert flags_of(joined(msgtype, 0, 1, 1, b"x" * 101, compress=True)) == FLAGS_COMPRESSED


def test_annotations_are_not_compressed() -> None:
    message = joined(MSG_RESULT, 0, 1, 1, b"x" * 101, {"ABCD": b"y" * 200}, compress=True)
    assert b"y" * 200 in message


# --- size ----------------------------------------------------------------------------------------------------------


def test_annotations_and_payload_together_may_have_the_maximum_size() -> None:
    assert len(joined(MSG_INVOKE, 0, 1, 1, b"x" * 90, {"ABCD": b"yz"}, max_size=100)) == HEADER_SIZE + 100


def test_one_byte_more_than_the_maximum_size_is_refused_with_both_numbers() -> None:
    with pytest.raises(MessageTooLargeError, match=r"message too large \(101, max=100\)"):
        encode(MSG_INVOKE, 0, 1, 1, b"x" * 91, {"ABCD": b"yz"}, max_size=100)


def test_what_counts_is_the_size_after_compression() -> None:
    assert encode(MSG_INVOKE, 0, 1, 1, b"x" * 1000, max_size=100, compress=True)


def test_a_small_message_is_one_buffer() -> None:
    assert len(encode(MSG_INVOKE, 0, 1, 1, b"x" * 1000, {"ABCD": b"y"})) == 1


def test_the_payload_of_a_large_message_is_sent_as_it_is_and_not_copied() -> None:
    payload = bytearray(JOIN_BELOW)
    head, body = encode(MSG_INVOKE, 0, 1, 1, payload, {"ABCD": b"y"})
    assert body is payload
    assert len(head) == HEADER_SIZE + len(b"ABCD----y")


@given(st.binary(max_size=300), st.sampled_from([bytes, bytearray, memoryview]))
def test_a_payload_may_be_any_kind_of_bytes(payload: bytes, kind: type) -> None:
    assert joined(MSG_INVOKE, 0, 1, 1, kind(payload)) == joined(MSG_INVOKE, 0, 1, 1, payload)


# --- a message that has arrived ------------------------------------------------------------------------------------


def test_a_message_shows_its_header_and_sizes() -> None:
    message = Message(MSG_RESULT, 0x41, 7, 1, b"four", {"ABCD": b""})
    assert repr(message) == "<Message type=5 flags=0x0041 seq=7 serializer=1 annotations=1 payload=4 bytes>"


def test_a_message_without_correlation_id_says_none() -> None:
    assert Message(MSG_PING, 0, 0, 42, b"", {}).correlation_id is None
