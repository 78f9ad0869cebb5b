"""Compressed payloads: zlib streams (RFC 1950), never inflated beyond a bound."""

from __future__ import annotations

import sys
import zlib

from pyro_wire.errors import MessageTooLargeError, ProtocolError

__all__ = ["deflate", "inflate"]

_LEVEL = 4


def deflate(data: bytes | bytearray | memoryview) -> bytes:
    """Return ``data`` as a zlib stream."""
    return zlib.compress(data, _LEVEL)


def inflate(data: bytes | bytearray | memoryview, max_size: int, item: str) -> bytes:
    """Return the contents of a zlib stream of at most ``max_size`` bytes.

    A longer one raises ``MessageTooLargeError``, naming the configuration item ``item``, after ``max_size + 1`` bytes
    and not later: a stream may be a thousand times smaller than its contents. Bad data raises ``ProtocolError``.
    """
    decompressor = zlib.decompressobj()
    try:
        result = decompressor.decompress(data, min(max_size + 1, sys.maxsize))
    except zlib.error as error:
        raise ProtocolError(f"the compressed payload is damaged: {error}") from error
    if len(result) > max_size:
        raise MessageTooLargeError(f"message too large after inflating (max={max_size}): the limit is {item}")
    if not decompressor.eof:
        raise ProtocolError("the compressed payload ends too early")
    return result
