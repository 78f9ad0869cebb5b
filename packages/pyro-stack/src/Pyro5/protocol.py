"""Messages by hand: what programs import from ``Pyro5.protocol`` to speak to a daemon without a proxy.

The library itself has no use for these classes: it turns streams of bytes into messages whatever their chunks, see
``pyro_wire``. They are thin covers over the same encoder and the same reader, so that no rule is written twice.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping
from typing import Protocol

from pyro_wire import MessageReader, config
from pyro_wire.annotations import Annotations
from pyro_wire.context import state
from pyro_wire.errors import ProtocolError
from pyro_wire.limits import Limits
from pyro_wire.message import (
    FLAGS_BATCH,
    FLAGS_COMPRESSED,
    FLAGS_CORR_ID,
    FLAGS_EXCEPTION,
    FLAGS_ITEMSTREAMRESULT,
    FLAGS_KEEPSERIALIZED,
    FLAGS_ONEWAY,
    HEADER,
    HEADER_SIZE,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_CONNECTOK,
    MSG_INVOKE,
    MSG_PING,
    MSG_RESULT,
    NO_CORRELATION_ID,
    PREAMBLE,
    PROTOCOL_VERSION,
    Buffer,
    Message,
    encode,
)

__all__ = [
    "FLAGS_BATCH",
    "FLAGS_COMPRESSED",
    "FLAGS_CORR_ID",
    "FLAGS_EXCEPTION",
    "FLAGS_ITEMSTREAMRESULT",
    "FLAGS_KEEPSERIALIZED",
    "FLAGS_ONEWAY",
    "MSG_CONNECT",
    "MSG_CONNECTFAIL",
    "MSG_CONNECTOK",
    "MSG_INVOKE",
    "MSG_PING",
    "MSG_RESULT",
    "PROTOCOL_VERSION",
    "ReceivingMessage",
    "SendingMessage",
    "log_wiredata",
    "recv_stub",
]

_header_size = HEADER_SIZE

_ANY_TYPE = range(256)
"""Whoever reads messages by hand may want to see those, too, that a daemon would refuse."""

_PING_SERIALIZER = 42
"""No serializer has this number: the payload of a ping is never read."""

_SHORTEST = 4
"""Bytes that it takes to tell a message from anything else."""


class Stream(Protocol):
    """What messages are sent and received through: a ``SocketConnection``, or whatever looks like one."""

    def send(self, data: Buffer) -> None:
        """Send all the bytes."""

    def recv(self, size: int) -> bytes:
        """Return exactly that many bytes."""


class SendingMessage:
    """A message to be sent: its bytes are in ``data``.

    It is compressed and limited as the process-wide configuration says, and carries the correlation id of
    ``current_context``. Raises ``ProtocolError`` for annotations or sizes that the protocol does not allow.
    """

    def __init__(
        self,
        msgtype: int,
        flags: int,
        seq: int,
        serializer_id: int,
        payload: Buffer,
        annotations: Mapping[str, Buffer] | None = None,
    ) -> None:
        self.type = msgtype
        self.seq = seq
        self.serializer_id = serializer_id
        correlation = state().correlation
        if correlation is None and flags & FLAGS_CORR_ID:  # an id of zeros then: who asks for the flag gets it
            correlation = NO_CORRELATION_ID
        self.corr_id = correlation or NO_CORRELATION_ID
        buffers = encode(
            msgtype,
            flags,
            seq,
            serializer_id,
            payload,
            annotations,
            correlation,
            compress=config.COMPRESSION,
            max_size=config.MAX_MESSAGE_SIZE,
        )
        self.data = b"".join(buffers)
        self.flags: int = HEADER.unpack_from(self.data)[4]

    def __repr__(self) -> str:
        return f"<SendingMessage type={self.type} flags={self.flags:#06x} seq={self.seq} {len(self.data)} bytes>"

    @staticmethod
    def ping(connection: Stream) -> None:
        """Ask the other side, with which a handshake was made, for a sign of life and wait for it."""
        connection.send(SendingMessage(MSG_PING, 0, 0, _PING_SERIALIZER, b"ping").data)
        recv_stub(connection, [MSG_PING])


class ReceivingMessage:
    """A message that arrives: made of its header, 40 bytes, and its body, which may come later.

    ``data_size`` and ``annotations_size`` tell how long the body is, ``data`` and ``annotations`` what was in it (None
    and nothing until it is there). Raises ``ProtocolError`` for bytes that are no message or are over a limit,
    ``struct.error`` for a header of another length.
    """

    def __init__(self, header: Buffer, payload: Buffer | None = None) -> None:
        self._header = bytes(memoryview(header))
        fields = HEADER.unpack(self._header)
        _, _, self.type, self.serializer_id, self.flags, self.seq = fields[:6]
        self.data_size: int = fields[6]
        self.annotations_size: int = fields[7]
        self.corr_id: bytes = fields[8]
        self.data: Buffer | None = None
        self.annotations: Annotations = {}
        _read(self._header)
        if payload is not None:
            self.add_payload(payload)

    def __repr__(self) -> str:
        sizes = f"annotations={self.annotations_size} payload={self.data_size} bytes"
        return f"<ReceivingMessage type={self.type} flags={self.flags:#06x} seq={self.seq} {sizes}>"

    def add_payload(self, payload: Buffer) -> None:
        """Take the body: the annotations and what comes after them. Raises ``ProtocolError`` if it is not that."""
        if len(payload) != self.annotations_size + self.data_size:
            raise ProtocolError(f"the body has {len(payload)} bytes, which are not those that the header tells of")
        if self.data is not None:
            raise ProtocolError("the message has its body already")
        message = _read(self._header + payload)
        if message is None:
            raise ProtocolError("the message is not complete")
        in_place = self.annotations_size and not self.flags & FLAGS_COMPRESSED
        self.data = memoryview(message.data) if in_place else message.data
        self.flags = message.flags
        self.annotations = message.annotations

    @staticmethod
    def validate(data: Buffer) -> None:
        """Raise ``ProtocolError`` if these bytes cannot begin a message; ``ValueError`` if they are too few to tell."""
        if len(data) < _SHORTEST:
            raise ValueError(
                f"{len(data)} bytes are too few to tell whether they begin a message; it takes {_SHORTEST}"
            )
        _read(bytes(data[:HEADER_SIZE]))


def _read(data: bytes, accepted: Container[int] = _ANY_TYPE) -> Message | None:
    """Return the message in the bytes, None if they are a part of one; raise ``ProtocolError`` if they are not."""
    reader = MessageReader(Limits.for_peers(config), accepted)
    reader.feed(data)
    return reader.next_message()


def recv_stub(connection: Stream, accepted_msgtypes: Iterable[int] | None = None) -> ReceivingMessage:
    """Receive one message, of one of these types if they are given.

    Raises ``ProtocolError`` for anything else, as soon as it shows; the connection is of no use then.
    """
    begin = connection.recv(len(PREAMBLE))
    ReceivingMessage.validate(begin)
    header = begin + connection.recv(HEADER_SIZE - len(PREAMBLE))
    if accepted_msgtypes is not None:
        _read(header, list(accepted_msgtypes))
    message = ReceivingMessage(header)
    message.add_payload(connection.recv(message.annotations_size + message.data_size))
    return message


def log_wiredata(logger: logging.Logger, text: str, msg: SendingMessage | ReceivingMessage) -> None:
    """Log a message and what is in it, after a text, at level debug."""
    logger.debug(
        "%s: %r, serializer %d, correlation id %s: %r", text, msg, msg.serializer_id, msg.corr_id.hex(), msg.data
    )
