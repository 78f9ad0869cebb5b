"""Annotations: small named byte strings beside the payload."""

from __future__ import annotations

import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_wire.annotations import decode_annotations, encode_annotations
from pyro_wire.errors import MessageTooLargeError, ProtocolError

PLENTY = 1024

keys = st.text(st.characters(max_codepoint=127), min_size=4, max_size=4)
mappings = st.dictionaries(keys, st.binary(max_size=50), max_size=8)


def decoded(chunks: bytes, max_count: int = PLENTY) -> dict[str, bytes]:
    return {key: bytes(value) for key, value in decode_annotations(memoryview(chunks), max_count).items()}


# --- sending -------------------------------------------------------------------------------------------------------


def test_a_chunk_is_a_key_a_length_and_a_value() -> None:
    assert encode_annotations({"ABCD": b"value"}) == b"ABCD" + b"\0\0\0\x05" + b"value"


def test_chunks_follow_each_other_in_the_order_of_the_mapping() -> None:
    assert encode_annotations({"ZZZZ": b"1", "AAAA": b""}) == b"ZZZZ\0\0\0\x011AAAA\0\0\0\0"


@pytest.mark.parametrize("value", [b"ab", bytearray(b"ab"), memoryview(b"ab"), memoryview(b"a-b-")[::2]])
def test_a_value_may_be_any_kind_of_bytes(value) -> None:
    assert encode_annotations({"ABCD": value}) == b"ABCD\0\0\0\x02ab"


def test_the_length_of_a_view_is_counted_in_bytes_and_not_in_items() -> None:
    assert encode_annotations({"ABCD": memoryview(array.array("H", [0, 0]))}) == b"ABCD\0\0\0\x04\0\0\0\0"


@pytest.mark.parametrize("key", ["", "ABC", "ABCDE", b"ABCD", None, 1234])
def test_a_key_that_is_no_text_of_four_characters_is_refused(key) -> None:
    with pytest.raises(ProtocolError, match="four characters"):
        encode_annotations({key: b""})


def test_a_key_that_is_not_ascii_is_a_unicode_error() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode_annotations({"ÄBCD": b""})


@pytest.mark.parametrize("value", ["text", None, 5, [1], array.array("b", [1])])
def test_a_value_that_is_no_bytes_is_refused(value) -> None:
    with pytest.raises(ProtocolError, match="must be bytes"):
        encode_annotations({"ABCD": value})


# --- receiving -----------------------------------------------------------------------------------------------------


@given(mappings.filter(bool))
def test_what_was_sent_is_received(sent: dict[str, bytes]) -> None:
    assert decoded(encode_annotations(sent)) == sent


def test_of_a_repeated_key_the_last_value_is_received() -> None:
    assert decoded(b"ABCD\0\0\0\x011ABCD\0\0\0\x012") == {"ABCD": b"2"}


def test_a_value_is_a_view_and_no_copy() -> None:
    chunks = bytearray(b"ABCD\0\0\0\x011")
    value = decode_annotations(memoryview(chunks), PLENTY)["ABCD"]
    chunks[-1:] = b"2"
    assert value == b"2"


@pytest.mark.parametrize(
    "chunks",
    [
        b"A",
        b"ABCD\0\0\0",
        b"ABCD\0\0\0\x01",
        b"ABCD\0\0\0\x03ab",
        b"ABCD\xff\xff\xff\xffab",
        b"ABCD\0\0\0\x01aA",
        b"ABCD\0\0\0\x01aABCD\0\0\0\x01",
    ],
)
def test_chunks_that_do_not_fill_the_bytes_exactly_are_a_protocol_error(chunks: bytes) -> None:
    with pytest.raises(ProtocolError):
        decoded(chunks)


def test_a_received_key_that_is_not_ascii_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="ASCII"):
        decoded(b"\xc3\x84BC\0\0\0\0")


def test_as_many_annotations_as_allowed_are_received() -> None:
    assert len(decoded(encode_annotations({"AAAA": b"", "BBBB": b""}), max_count=2)) == 2


def test_one_annotation_too_many_is_refused_with_the_limit() -> None:
    with pytest.raises(MessageTooLargeError, match="MAX_ANNOTATIONS=1"):
        decoded(encode_annotations({"AAAA": b"", "BBBB": b""}), max_count=1)


def test_repeating_a_key_does_not_evade_the_limit() -> None:
    with pytest.raises(MessageTooLargeError):
        decoded(b"ABCD\0\0\0\0" * 3, max_count=2)


@given(st.binary(min_size=1, max_size=100) | st.builds(bytes.__add__, st.just(b"ABCD\0\0\0\2"), st.binary(max_size=20)))
def test_any_bytes_are_annotations_or_a_protocol_error(garbage: bytes) -> None:
    try:
        received = decoded(garbage)
    except ProtocolError:
        return
    assert all(key.encode() in garbage and value in garbage for key, value in received.items())
