"""Annotations: small named byte strings that travel beside the payload of a message.

One chunk after the other, without padding::

    offset size  field
    0       4    key           four ASCII characters
    4       4    value length  unsigned, big-endian
    8       n    value
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TypeAlias

from pyro_wire.errors import MessageTooLargeError, ProtocolError

__all__ = ["Annotations", "decode_annotations", "encode_annotations"]

Annotations: TypeAlias = dict[str, bytes | bytearray | memoryview]

_CHUNK_HEAD = struct.Struct("!4sI")
_KEY_LENGTH = 4


def encode_annotations(annotations: Mapping[str, bytes | bytearray | memoryview]) -> bytes:
    """Return the chunks of a mapping, in its order.

    Raises ``ProtocolError`` for a wrong key or value, and ``UnicodeEncodeError`` for a key that is not ASCII.
    """
    parts: list[bytes | bytearray] = []
    for key, value in annotations.items():
        if not isinstance(key, str) or len(key) != _KEY_LENGTH:
            raise ProtocolError(f"annotation key {key!r} must have four characters")
        if not isinstance(value, bytes | bytearray | memoryview):
            raise ProtocolError(f"the value of annotation {key!r} must be bytes, not {type(value).__name__}")
        data = value.tobytes() if isinstance(value, memoryview) else value  # the length of a view counts its items
        parts.append(_CHUNK_HEAD.pack(key.encode("ascii"), len(data)))
        parts.append(data)
    return b"".join(parts)


def decode_annotations(chunks: memoryview, max_count: int) -> Annotations:
    """Return the annotations in the chunks, the last one of a repeated key.

    The values are views of ``chunks``. Raises ``ProtocolError`` unless the chunks fill the bytes exactly, and
    ``MessageTooLargeError`` for more than ``max_count`` (config ``MAX_ANNOTATIONS``).
    """
    result: Annotations = {}
    offset = 0
    for count in range(1, len(chunks) // _CHUNK_HEAD.size + 1):
        if count > max_count:
            raise MessageTooLargeError(f"message has too many annotations (MAX_ANNOTATIONS={max_count})")
        offset = _decode_chunk(chunks, offset, result)
        if offset == len(chunks):
            return result
    raise ProtocolError("annotations end in the middle of a chunk")


def _decode_chunk(chunks: memoryview, offset: int, result: Annotations) -> int:
    """Add the annotation at ``offset`` to ``result``; return where the next one begins."""
    start = offset + _CHUNK_HEAD.size
    if start > len(chunks):
        raise ProtocolError("annotations end in the middle of a chunk")
    key, length = _CHUNK_HEAD.unpack_from(chunks, offset)
    end: int = start + length
    if end > len(chunks):
        raise ProtocolError(f"annotation {key!r} claims {length} bytes where {len(chunks) - start} remain")
    try:
        result[key.decode("ascii")] = chunks[start:end]
    except UnicodeDecodeError as error:
        raise ProtocolError(f"annotation key {key!r} is not ASCII") from error
    return end
