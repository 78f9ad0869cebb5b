"""Bytes in, messages out, whatever the chunking; and what becomes of bytes that are no messages."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_wire import Limits, Message, MessageReader, encode
from pyro_wire.errors import MessageTooLargeError, ProtocolError
from pyro_wire.message import FLAGS_COMPRESSED, FLAGS_CORR_ID, HEADER_SIZE, MSG_INVOKE, MSG_PING, MSG_RESULT

KIBIBYTE = 1 << 10
MEBIBYTE = 1 << 20
MESSAGE = b"".join(encode(MSG_INVOKE, 0, 7, 1, b"payload", {"ABCD": b"value"}))


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent in one message, and what is to be received."""

    type: int
    flags: int
    seq: int
    serializer_id: int
    data: bytes
    annotations: dict[str, bytes] = field(default_factory=dict)
    correlation_id: bytes | None = None

    def encoded(self, compress: bool) -> bytes:
        parts = (self.type, self.flags, self.seq, self.serializer_id, self.data, self.annotations, self.correlation_id)
        return b"".join(encode(*parts, compress=compress))

    @classmethod
    def from_received(cls, message: Message) -> Sent:
        annotations = {key: bytes(value) for key, value in message.annotations.items()}
        flags = message.flags & ~FLAGS_CORR_ID
        fields = (message.type, flags, message.seq, message.serializer_id, bytes(message.data))
        return cls(*fields, annotations, message.correlation_id)


messages = st.builds(
    Sent,
    type=st.integers(1, 6),
    flags=st.integers(0, 0xFFFF).map(lambda flags: flags & ~(FLAGS_COMPRESSED | FLAGS_CORR_ID)),
    seq=st.integers(0, 0xFFFF),
    serializer_id=st.integers(0, 0xFF),
    data=st.binary(max_size=20) | st.integers(100, 300).map(bytes),
    annotations=st.dictionaries(
        st.text(st.characters(max_codepoint=127), min_size=4, max_size=4), st.binary(max_size=9)
    ),
    correlation_id=st.none() | st.binary(min_size=16, max_size=16),
)


def received(reader: MessageReader, chunks: list[bytes]) -> list[Message]:
    """All messages that come out while the chunks go in."""
    result = []
    for chunk in chunks:
        reader.feed(chunk)
        while (message := reader.next_message()) is not None:
            result.append(message)
    return result


def divided(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


def byte_by_byte(stream: bytes) -> list[bytes]:
    return [stream[place : place + 1] for place in range(len(stream))]


def reader_within(**limits: Any) -> MessageReader:
    return MessageReader(Limits(**limits))


def altered(message: bytes, offset: int, replacement: bytes) -> bytes:
    return message[:offset] + replacement + message[offset + len(replacement) :]


# --- any chunking gives the same messages --------------------------------------------------------------------------


@given(st.lists(messages, max_size=5), st.booleans(), st.lists(st.integers(0), max_size=10), st.data())
def test_any_chunking_gives_the_messages_that_were_sent(
    sent: list[Sent], compress: bool, places: list[int], data: st.DataObject
) -> None:
    stream = b"".join(message.encoded(compress) for message in sent)
    trailing = MESSAGE[: data.draw(st.integers(0, len(MESSAGE) - 1), label="trailing bytes")]
    for chunks in ([stream + trailing], byte_by_byte(stream + trailing), divided(stream + trailing, places)):
        reader = reader_within()
        assert [Sent.from_received(message) for message in received(reader, chunks)] == sent
        assert reader.pending == trailing


def test_nothing_comes_out_before_the_last_byte() -> None:
    reader = reader_within()
    assert received(reader, byte_by_byte(MESSAGE[:-1])) == []
    assert len(received(reader, [MESSAGE[-1:]])) == 1


def test_an_unfinished_message_is_pending_until_it_is_complete() -> None:
    reader = reader_within()
    assert received(reader, [MESSAGE[:50]]) == []
    assert reader.pending == MESSAGE[:50]
    received(reader, [MESSAGE[50:]])
    assert reader.pending == b""


def test_what_was_received_does_not_change_with_what_comes_after_it() -> None:
    reader = reader_within()
    chunks = [MESSAGE[:45], MESSAGE[45:] + MESSAGE[:45], MESSAGE[45:].swapcase()]
    first, _ = received(reader, chunks)
    assert first.data == b"payload"
    assert first.annotations == {"ABCD": b"value"}


# --- what a message says -------------------------------------------------------------------------------------------


def test_a_compressed_payload_arrives_inflated_and_without_the_flag() -> None:
    stream = b"".join(encode(MSG_RESULT, 0, 1, 1, b"x" * 500, compress=True))
    (message,) = received(reader_within(), [stream])
    assert message.data == b"x" * 500
    assert not message.flags & FLAGS_COMPRESSED


def test_a_correlation_id_without_its_flag_is_none() -> None:
    (message,) = received(reader_within(), [altered(MESSAGE, 0x14, bytes(range(16)))])
    assert message.correlation_id is None


def test_the_reserved_bytes_are_ignored() -> None:
    (message,) = received(reader_within(), [altered(MESSAGE, 0x24, b"\xff\xff")])
    assert message.data == b"payload"


def test_flags_and_serializers_that_nobody_knows_are_kept() -> None:
    (message,) = received(reader_within(), [b"".join(encode(MSG_PING, 0xFF80, 0, 99, b""))])
    assert (message.flags, message.serializer_id) == (0xFF80, 99)


# --- bytes that are no message -------------------------------------------------------------------------------------


@pytest.mark.parametrize("garbage", [b"\0", b"p", b"!" * 16, b"PYRX", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01"])
def test_another_tag_is_refused_at_its_first_byte(garbage: bytes) -> None:
    with pytest.raises(ProtocolError, match="invalid data"):
        received(reader_within(), [garbage])


@pytest.mark.parametrize("version", [0, 48, 501, 503, 65535])
def test_another_version_is_refused_at_the_sixth_byte_and_named(version: int) -> None:
    with pytest.raises(ProtocolError, match=f"invalid protocol version: {version}$"):
        received(reader_within(), [b"PYRO" + version.to_bytes(2, "big")])


@pytest.mark.parametrize("offset", [0, 4])
def test_a_whole_header_is_checked_from_its_beginning(offset: int) -> None:
    with pytest.raises(ProtocolError, match=r"invalid data|invalid protocol version"):
        received(reader_within(), [altered(MESSAGE, offset, b"\0\0")])


def test_another_magic_number_is_refused_before_the_body_has_come() -> None:
    with pytest.raises(ProtocolError, match="invalid magic number"):
        received(reader_within(), [altered(MESSAGE, 0x26, b"\0\0")[:HEADER_SIZE]])


def test_a_type_that_is_not_accepted_now_is_refused_before_the_body_has_come() -> None:
    reader = MessageReader(Limits(), accepted={MSG_RESULT, MSG_PING})
    with pytest.raises(ProtocolError, match=r"invalid msg type 4 received \(expected: 5, 6\)"):
        received(reader, [MESSAGE[:HEADER_SIZE]])


@pytest.mark.parametrize("msgtype", [0, 7, 255])
def test_a_type_that_does_not_exist_is_refused(msgtype: int) -> None:
    with pytest.raises(ProtocolError, match=f"invalid msg type {msgtype}"):
        received(reader_within(), [b"".join(encode(msgtype, 0, 0, 1, b""))])


def test_annotations_that_are_damaged_are_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="annotation"):
        received(reader_within(), [altered(MESSAGE, HEADER_SIZE + 4, b"\xff")])


def test_a_compressed_payload_that_is_damaged_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="compressed payload"):
        received(reader_within(), [altered(MESSAGE, 0x08, FLAGS_COMPRESSED.to_bytes(2, "big"))])


def read_garbage(chunks: list[bytes]) -> None:
    """Only a ProtocolError may come out, and messages within the limits."""
    reader = reader_within(max_size=200, max_annotations=3, max_annotations_size=100)
    try:
        for message in received(reader, chunks):
            assert len(message.data) <= 200
            assert len(message.annotations) <= 3
    except ProtocolError:
        pass


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_any_bytes_are_messages_or_a_protocol_error(chunks: list[bytes]) -> None:
    read_garbage(chunks)


@given(
    st.lists(messages, min_size=1, max_size=3),
    st.booleans(),
    st.lists(st.tuples(st.integers(0), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4),
    st.lists(st.integers(0), max_size=4),
)
def test_damaged_messages_are_messages_or_a_protocol_error(
    sent: list[Sent], compress: bool, damages: list[tuple[int, bytes]], places: list[int]
) -> None:
    stream = b"".join(message.encoded(compress) for message in sent)
    for offset, replacement in damages:
        stream = altered(stream, offset % len(stream), replacement)
    read_garbage(divided(stream, places))


# --- limits --------------------------------------------------------------------------------------------------------


def test_a_message_of_exactly_the_maximum_size_is_received() -> None:
    assert len(received(reader_within(max_size=len(MESSAGE) - HEADER_SIZE), [MESSAGE])) == 1


def test_a_larger_message_is_refused_before_the_body_has_come_with_both_numbers_and_the_item() -> None:
    limits = Limits(max_size=19, item="MAX_SOMETHING")
    with pytest.raises(MessageTooLargeError, match=r"message too large \(20, max=19\): the limit is MAX_SOMETHING"):
        received(MessageReader(limits), [MESSAGE[:HEADER_SIZE]])


def test_larger_annotations_are_refused_before_the_body_has_come() -> None:
    with pytest.raises(MessageTooLargeError, match=r"annotations too large \(13, max=12\)"):
        received(reader_within(max_annotations_size=12), [MESSAGE[:HEADER_SIZE]])


def test_too_many_annotations_are_refused() -> None:
    with pytest.raises(MessageTooLargeError, match="MAX_ANNOTATIONS=0"):
        received(reader_within(max_annotations=0), [MESSAGE])


def test_what_counts_for_the_maximum_size_is_the_inflated_payload_with_the_annotations() -> None:
    stream = b"".join(encode(MSG_RESULT, 0, 1, 1, b"x" * 500, {"ABCD": b"value"}, compress=True))
    assert len(received(reader_within(max_size=513), [stream])) == 1
    with pytest.raises(MessageTooLargeError):
        received(reader_within(max_size=512), [stream])


def test_limits_and_accepted_types_may_change_between_messages() -> None:
    reader = MessageReader(Limits(max_size=20), accepted={MSG_INVOKE})
    assert len(received(reader, [MESSAGE])) == 1
    reader.limits = Limits(max_size=19)
    with pytest.raises(MessageTooLargeError):
        received(reader, [MESSAGE])


# --- memory --------------------------------------------------------------------------------------------------------


@contextmanager
def peak_memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < limit


def test_a_promise_of_a_gibibyte_takes_no_memory() -> None:
    header = altered(MESSAGE, 0x0C, (1 << 30).to_bytes(4, "big") + bytes(4))[:HEADER_SIZE]
    with peak_memory_below(100 * KIBIBYTE):
        reader = reader_within(max_size=1 << 30)
        assert received(reader, byte_by_byte(header + bytes(KIBIBYTE))) == []


def test_memory_grows_with_the_bytes_that_came_and_not_with_those_that_were_promised() -> None:
    header = altered(MESSAGE, 0x0C, (1 << 30).to_bytes(4, "big") + bytes(4))[:HEADER_SIZE]
    chunk = bytes(KIBIBYTE)
    with peak_memory_below(4 * MEBIBYTE):
        assert received(reader_within(max_size=1 << 30), [header, *[chunk] * KIBIBYTE]) == []


def test_a_payload_that_inflates_takes_memory_for_the_limit_and_not_for_its_contents() -> None:
    bomb = b"".join(encode(MSG_INVOKE, 0, 1, 1, bytes(64 * MEBIBYTE), compress=True))
    with peak_memory_below(4 * MEBIBYTE), pytest.raises(MessageTooLargeError):
        received(reader_within(max_size=MEBIBYTE), [bomb])


def test_memory_does_not_grow_with_the_number_of_messages() -> None:
    stream = b"".join(encode(MSG_INVOKE, 0, 1, 1, bytes(10 * KIBIBYTE)))
    chunks = divided(stream * 4, [1000, 9000, 15000, 33000])
    with peak_memory_below(300 * KIBIBYTE):
        reader = reader_within()
        for _ in range(100):
            assert len(received(reader, chunks)) == 4
