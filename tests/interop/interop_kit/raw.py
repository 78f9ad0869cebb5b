"""Messages of protocol 502 by hand, for what no client offers."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

HEADER = struct.Struct("!4sHBBHHII16sHH")
"""Tag, version, type, serializer id, flags, sequence, data length, annotations length, correlation id, 0, magic."""

VERSION = 502
MAGIC = 0x4DC5
CONNECT, CONNECT_OK, CONNECT_FAIL, INVOKE, RESULT, PING = range(1, 7)
JSON = 3
DEADLINE = 20.0


@dataclass(frozen=True, slots=True)
class RawMessage:
    """What a test looks at."""

    type: int
    serializer: int
    sequence: int
    payload: bytes


def connect(uri: str) -> socket.socket:
    """A connection to the address of a uri."""
    host, _, port = uri.partition("@")[2].rpartition(":")
    return socket.create_connection((host, int(port)), timeout=DEADLINE)


def exchange(connection: socket.socket, message: RawMessage) -> RawMessage:
    """Send a message and read the reply."""
    header = HEADER.pack(
        b"PYRO", VERSION, message.type, message.serializer, 0, message.sequence,
        len(message.payload), 0, bytes(16), 0, MAGIC,
    )  # fmt: skip  # the fields as they lie in the header
    connection.sendall(header + message.payload)
    _, _, kind, serializer, _, sequence, size, annotations, _, _, _ = HEADER.unpack(_receive(connection, HEADER.size))
    return RawMessage(kind, serializer, sequence, _receive(connection, annotations + size)[annotations:])


def _receive(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError(f"the server closed the connection after {len(data)} of {size} bytes")
        data += more
    return data
