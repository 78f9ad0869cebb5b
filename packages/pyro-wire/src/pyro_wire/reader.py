"""Bytes in, messages out, whatever the chunking.

The reader trusts nothing: sizes are checked against the limits as soon as the header is there, before the body has
arrived, and memory grows with the bytes that came and never with those that were promised. For any input at all it
gives messages or raises ``ProtocolError`` or one of its children.
"""

from __future__ import annotations

from collections.abc import Container

from pyro_wire.annotations import Annotations, decode_annotations
from pyro_wire.compression import inflate
from pyro_wire.errors import MessageTooLargeError, ProtocolError
from pyro_wire.limits import Limits
from pyro_wire.message import (
    FLAGS_COMPRESSED,
    FLAGS_CORR_ID,
    HEADER,
    HEADER_SIZE,
    MAGIC,
    MSG_CONNECT,
    MSG_PING,
    PREAMBLE,
    PROTOCOL_VERSION,
    TAG,
    Message,
)

__all__ = ["MessageReader"]

ANY_TYPE = range(MSG_CONNECT, MSG_PING + 1)


class MessageReader:
    """Turns a stream of bytes into messages; one reader per connection and direction.

    ``accepted`` holds the message types that may come next, ``limits`` how large they may be; both may be changed
    between messages. After an error the stream is out of step: close the connection.
    """

    __slots__ = ("_buffer", "_start", "accepted", "limits", "refused")

    def __init__(self, limits: Limits, accepted: Container[int] = ANY_TYPE) -> None:
        self.limits = limits
        self.accepted = accepted
        self.refused: Message | None = None
        """The message, without its body, that was too large or damaged; it may still be answered."""
        self._buffer: bytes | bytearray = b""
        self._start = 0

    @property
    def unfinished(self) -> bool:
        """Whether there are bytes that no message has taken yet."""
        return self._start < len(self._buffer)

    @property
    def pending(self) -> bytes:
        """The bytes of the message that is not complete yet."""
        return bytes(memoryview(self._buffer)[self._start :])

    def feed(self, data: bytes) -> None:
        """Take the bytes that have arrived."""
        if self._start == len(self._buffer):
            # The usual case, one whole message in one piece: it is parsed where it lies.
            self._buffer = data
            self._start = 0
            return
        if isinstance(self._buffer, bytes):
            self._buffer = bytearray(memoryview(self._buffer)[self._start :])
            self._start = 0
        elif self._start:
            del self._buffer[: self._start]
            self._start = 0
        self._buffer += data

    def next_message(self) -> Message | None:
        """Return the next message, or None until more bytes have been fed.

        Raises ``ProtocolError`` for bytes that are no message, or a message type that is not accepted now;
        ``MessageTooLargeError`` for a message over a limit.
        """
        buffer, start = self._buffer, self._start
        available = len(buffer) - start
        if available < HEADER_SIZE:
            if available:
                _check_preamble(bytes(memoryview(buffer)[start : start + len(PREAMBLE)]))
            return None
        (tag, version, msgtype, serializer_id, flags, seq, data_size, annotations_size, correlation_id, _, magic) = (
            HEADER.unpack_from(buffer, start)
        )
        size = data_size + annotations_size
        if tag != TAG or version != PROTOCOL_VERSION or magic != MAGIC:
            _check_preamble(bytes(memoryview(buffer)[start : start + len(PREAMBLE)]))
            raise ProtocolError(f"invalid magic number: {magic:#06x} instead of {MAGIC:#06x}")
        if size > self.limits.max_size or annotations_size or msgtype not in self.accepted:
            if msgtype in self.accepted:
                self.refused = Message(msgtype, flags, seq, serializer_id, b"", {})
            self._check_header(msgtype, size, annotations_size)
            self.refused = None
        body = start + HEADER_SIZE
        end = body + size
        if end > len(buffer):
            return None
        self._start = end
        annotations: Annotations = {}
        if annotations_size:
            # A copy, since the annotations may outlive the buffer.
            chunks = memoryview(bytes(buffer[body : body + annotations_size]))
            annotations = decode_annotations(chunks, self.limits.max_annotations)
        data = buffer[body + annotations_size : end]
        if flags & FLAGS_COMPRESSED:
            self.refused = Message(msgtype, flags, seq, serializer_id, b"", annotations)
            data = inflate(data, self.limits.max_size - annotations_size, self.limits.item)
            self.refused = None
            flags &= ~FLAGS_COMPRESSED
        if not flags & FLAGS_CORR_ID:
            correlation_id = None
        return Message(msgtype, flags, seq, serializer_id, data, annotations, correlation_id)

    def _check_header(self, msgtype: int, size: int, annotations_size: int) -> None:
        limits = self.limits
        if size > limits.max_size:
            raise MessageTooLargeError(f"message too large ({size}, max={limits.max_size}): the limit is {limits.item}")
        if annotations_size > limits.max_annotations_size:
            raise MessageTooLargeError(
                f"annotations too large ({annotations_size}, max={limits.max_annotations_size}): "
                f"the limit is {limits.item}"
            )
        if msgtype not in self.accepted:
            raise ProtocolError(f"invalid msg type {msgtype} received (expected: {_describe(self.accepted)})")


def _check_preamble(preamble: bytes) -> None:
    """Raise ``ProtocolError`` unless these bytes, or as many as there are, begin a message."""
    if not TAG.startswith(preamble[:4]):
        raise ProtocolError("invalid data: this is not the beginning of a Pyro message")
    if len(preamble) == len(PREAMBLE) and preamble != PREAMBLE:
        raise ProtocolError(f"invalid protocol version: {int.from_bytes(preamble[4:], 'big')}")


def _describe(accepted: Container[int]) -> str:
    return ", ".join(str(msgtype) for msgtype in ANY_TYPE if msgtype in accepted) or "none"
