"""One message of protocol 502, and its bytes.

Layout, all integers unsigned and big-endian; ``struct`` format ``!4sHBBHHII16sHH``, 40 bytes::

    offset size  field
    0x00    4    tag               the ASCII letters PYRO
    0x04    2    protocol version  502
    0x06    1    message type      MSG_CONNECT .. MSG_PING
    0x07    1    serializer id     1 serpent, 2 marshal, 3 json, 4 msgpack
    0x08    2    flags             FLAGS_*
    0x0A    2    sequence number   wraps at 65536; a reply repeats that of its request
    0x0C    4    data length       bytes of payload as sent, that is after compression
    0x10    4    annotations length  bytes of all annotation chunks with their heads
    0x14   16    correlation id    a UUID, or zeros when FLAGS_CORR_ID is not set
    0x24    2    reserved          sent as 0, ignored when received
    0x26    2    magic             0x4DC5

Then come the annotation chunks (see ``annotations``) and the payload.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TypeAlias

from pyro_wire.annotations import Annotations, encode_annotations
from pyro_wire.compression import deflate
from pyro_wire.errors import MessageTooLargeError, ProtocolError

__all__ = [
    "Buffer",
    "FLAGS_BATCH",
    "FLAGS_COMPRESSED",
    "FLAGS_CORR_ID",
    "FLAGS_EXCEPTION",
    "FLAGS_ITEMSTREAMRESULT",
    "FLAGS_KEEPSERIALIZED",
    "FLAGS_ONEWAY",
    "HEADER_SIZE",
    "MSG_CONNECT",
    "MSG_CONNECTFAIL",
    "MSG_CONNECTOK",
    "MSG_INVOKE",
    "MSG_PING",
    "MSG_RESULT",
    "Message",
    "PROTOCOL_VERSION",
    "encode",
]

PROTOCOL_VERSION = 502

MSG_CONNECT = 1
MSG_CONNECTOK = 2
MSG_CONNECTFAIL = 3
MSG_INVOKE = 4
MSG_RESULT = 5
MSG_PING = 6

FLAGS_EXCEPTION = 1 << 0
FLAGS_COMPRESSED = 1 << 1
FLAGS_ONEWAY = 1 << 2
FLAGS_BATCH = 1 << 3
FLAGS_ITEMSTREAMRESULT = 1 << 4
FLAGS_KEEPSERIALIZED = 1 << 5
FLAGS_CORR_ID = 1 << 6

TAG = b"PYRO"
MAGIC = 0x4DC5
PREAMBLE = TAG + PROTOCOL_VERSION.to_bytes(2, "big")
"""The first six bytes of every message, enough to tell a peer of this protocol from anybody else."""

HEADER = struct.Struct("!4sHBBHHII16sHH")
HEADER_SIZE = HEADER.size
NO_CORRELATION_ID = bytes(16)

_FLAGS_OF_CALLERS = 0xFFFF & ~(FLAGS_COMPRESSED | FLAGS_CORR_ID)
"""The framing decides the other two by itself."""

COMPRESS_ABOVE = 100
"""Payloads of more bytes than this are compressed, if compression is on."""

JOIN_BELOW = 1 << 16
"""Messages shorter than this are sent as one string of bytes: a second send costs 17 us, joining 64 KiB costs 4."""

Buffer: TypeAlias = bytes | bytearray | memoryview


class Message:
    """A message that has arrived: header fields, annotations and the inflated payload.

    ``data`` is bytes-like. ``correlation_id`` has 16 bytes, or is None when the sender gave none.
    """

    __slots__ = ("annotations", "correlation_id", "data", "flags", "seq", "serializer_id", "type")

    def __init__(
        self,
        msgtype: int,
        flags: int,
        seq: int,
        serializer_id: int,
        data: Buffer,
        annotations: Annotations,
        correlation_id: bytes | None = None,
    ) -> None:
        self.type = msgtype
        self.flags = flags
        self.seq = seq
        self.serializer_id = serializer_id
        self.data = data
        self.annotations = annotations
        self.correlation_id = correlation_id

    def __repr__(self) -> str:
        return (
            f"<Message type={self.type} flags={self.flags:#06x} seq={self.seq} serializer={self.serializer_id}"
            f" annotations={len(self.annotations)} payload={len(self.data)} bytes>"
        )


def encode(
    msgtype: int,
    flags: int,
    seq: int,
    serializer_id: int,
    payload: Buffer,
    annotations: Mapping[str, Buffer] | None = None,
    correlation_id: bytes | None = None,
    *,
    compress: bool = False,
    max_size: int = 1 << 30,
) -> list[Buffer]:
    """Return the buffers that, sent one after the other, are the message; a small message is one buffer.

    ``max_size`` is the number of bytes that annotations and payload may have together (config ``MAX_MESSAGE_SIZE``);
    a larger message raises ``MessageTooLargeError``. Wrong annotations raise ``ProtocolError``.
    """
    flags &= _FLAGS_OF_CALLERS
    if compress and len(payload) > COMPRESS_ABOVE:
        payload = deflate(payload)
        flags |= FLAGS_COMPRESSED
    if correlation_id is None:
        correlation_id = NO_CORRELATION_ID
    else:
        flags |= FLAGS_CORR_ID
    chunks = encode_annotations(annotations) if annotations else b""
    size = len(chunks) + len(payload)
    if size > max_size:
        raise MessageTooLargeError(
            f"message too large ({size}, max={max_size}): send less, or raise MAX_MESSAGE_SIZE on both sides"
        )
    try:
        header = HEADER.pack(
            TAG,
            PROTOCOL_VERSION,
            msgtype,
            serializer_id,
            flags,
            seq,
            len(payload),
            len(chunks),
            correlation_id,
            0,
            MAGIC,
        )
    except struct.error as error:
        raise ProtocolError(f"a header field does not fit the protocol: {error}") from error
    if size < JOIN_BELOW:
        return [header + chunks + payload if chunks else header + payload]
    return [header + chunks, payload]
