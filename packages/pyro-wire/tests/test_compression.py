"""Compressed payloads, and how little of a bomb goes off."""

from __future__ import annotations

import contextlib
import sys
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_wire.compression import deflate, inflate
from pyro_wire.errors import MessageTooLargeError, ProtocolError

MEBIBYTE = 1 << 20


@given(st.binary(max_size=1000), st.sampled_from([bytes, bytearray, memoryview]))
def test_what_was_deflated_is_inflated(data: bytes, kind: type) -> None:
    assert inflate(kind(deflate(kind(data))), 1000, "ITEM") == data


def test_the_format_is_that_of_zlib() -> None:
    assert zlib.decompress(deflate(b"x" * 500)) == b"x" * 500


def test_contents_of_exactly_the_maximum_size_are_inflated() -> None:
    assert inflate(deflate(b"x" * 500), 500, "ITEM") == b"x" * 500


def test_contents_over_the_maximum_size_are_refused_with_the_limit_and_its_name() -> None:
    with pytest.raises(MessageTooLargeError, match=r"max=499\): the limit is ITEM"):
        inflate(deflate(b"x" * 500), 499, "ITEM")


@pytest.mark.parametrize("max_size", [sys.maxsize - 1, sys.maxsize, 1 << 64])
def test_the_maximum_size_may_be_as_good_as_none(max_size: int) -> None:
    assert inflate(deflate(b"x" * 500), max_size, "ITEM") == b"x" * 500


@pytest.mark.parametrize("data", [b"", b"x", b"no zlib stream", deflate(b"x" * 500)[:-1], deflate(b"x" * 500)[:10]])
def test_damaged_or_unfinished_data_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="compressed payload"):
        inflate(data, 1000, "ITEM")


@given(st.binary(max_size=200))
def test_any_bytes_are_inflated_or_a_protocol_error(garbage: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        assert len(inflate(garbage, 100, "ITEM")) <= 100


def test_a_bomb_takes_memory_for_the_maximum_size_and_not_for_its_contents() -> None:
    bomb = deflate(bytes(64 * MEBIBYTE))
    assert len(bomb) < MEBIBYTE
    tracemalloc.start()
    try:
        with pytest.raises(MessageTooLargeError):
            inflate(bomb, MEBIBYTE, "ITEM")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MEBIBYTE
