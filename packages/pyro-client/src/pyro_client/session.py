"""The client's side of a conversation: what a request looks like, and what an answer means. No socket in sight."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any

from pyro_wire.calls import Metadata, dump_connect, load_connect_reply
from pyro_wire.config import Config
from pyro_wire.connection import Connection, Role
from pyro_wire.context import state
from pyro_wire.errors import CommunicationError, ProtocolError, SerializeError
from pyro_wire.exceptions import as_remote_error
from pyro_wire.message import (
    FLAGS_EXCEPTION,
    FLAGS_ITEMSTREAMRESULT,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_INVOKE,
    MSG_PING,
    MSG_RESULT,
    Buffer,
    Message,
)
from pyro_wire.serializers import SerializerBase, serializers_by_id
from pyro_wire.serializers.base import has_classes

__all__ = ["ClientSession", "Standing", "raisable", "result_of"]


class Standing(Enum):
    """How far the connection of a session can be relied on."""

    GOOD = auto()
    BUSY = auto()
    """A request is being sent, or its answer awaited."""
    DOUBTFUL = auto()
    """Some servers close after what has just been said: they have to be asked before the next call."""


_CLOSING_ERROR = re.compile(
    rb"Pyro5\.errors\.(?:Security|Communication|ConnectionClosed|Timeout|Protocol|MessageTooLarge|Serialize)Error"
)
"""The errors after which a server may close: ours after a SecurityError, the released one after a SerializeError too.

Looked for in the bytes, because those are at hand while the proxy is still ours alone; a wrong guess costs one ping.
"""


_ANY_ERROR = FLAGS_EXCEPTION | FLAGS_ITEMSTREAMRESULT


class ClientSession:
    """One connection to a daemon, from its first request to its last answer.

    ``object_id`` is the object that calls go to, ``serializer`` that of the last request, ``seq`` its number,
    0..65535; it goes on over reconnections.
    """

    __slots__ = ("object_id", "seq", "serializer", "standing", "wire")

    def __init__(self, config: Config, serializer: SerializerBase, seq: int, *, handshake: bool = True) -> None:
        self.wire = Connection(Role.CLIENT, config, handshake=handshake)
        self.serializer = serializer
        self.seq = seq
        self.object_id = ""
        self.standing = Standing.GOOD

    def connect_request(self, handshake: Any, object_id: str) -> list[Buffer]:
        """Return the CONNECT to send first."""
        self.object_id = object_id
        payload = dump_connect(self.serializer, handshake, object_id)
        context = state()
        return self.wire.send(
            MSG_CONNECT, 0, self.seq, self.serializer.serializer_id, payload, context.annotations, context.correlation
        )

    def connect_reply(self, message: Message, location: str) -> tuple[Any, Metadata | None]:
        """Return the handshake value and the metadata of the daemon's answer.

        Raises ``CommunicationError`` with the daemon's reason if it refuses, ``ProtocolError`` for a bad answer.
        """
        if message.type == MSG_CONNECTFAIL:
            raise CommunicationError(f"connection to {location} rejected: {_reason(message)}")
        if message.annotations:
            state().response_annotations = message.annotations
        if message.serializer_id != self.serializer.serializer_id:
            raise ProtocolError(f"the daemon at {location} answered with serializer id {message.serializer_id}")
        return load_connect_reply(self.serializer, message.data)

    def request(
        self,
        serializer: SerializerBase,
        payload: Buffer,
        flags: int,
        annotations: Mapping[str, Buffer],
        correlation: bytes | None,
    ) -> list[Buffer]:
        """Return the INVOKE that carries the payload of a call, under the next sequence number."""
        self.serializer = serializer
        self.seq = seq = (self.seq + 1) & 0xFFFF
        return self.wire.send(MSG_INVOKE, flags, seq, serializer.serializer_id, payload, annotations, correlation)

    def ping(self) -> list[Buffer]:
        """Return the PING that finds out whether the server is still there."""
        return self.wire.send(MSG_PING, 0, self.seq, self.serializer.serializer_id, b"ping")

    def note_sent(self, request: Sequence[Buffer], before: Standing) -> None:
        """Take notice that a request without an answer is on its way, and of the standing before it.

        A server may refuse an object in it without a word, and close.
        """
        self.standing = Standing.DOUBTFUL if any(map(has_classes, request)) else before

    def check_reply(self, message: Message) -> None:
        """Take notice of the answer to the last request.

        Raises ``ProtocolError`` if it is none: the connection is out of step then, and unusable.
        """
        if message.type != MSG_RESULT:
            raise ProtocolError(f"invalid msg type {message.type} received (expected: {MSG_RESULT})")
        if message.seq != self.seq:
            raise ProtocolError(f"reply with its sequence out of sync: number {message.seq} instead of {self.seq}")
        if message.serializer_id != self.serializer.serializer_id:
            raise SerializeError(
                f"the reply uses serializer id {message.serializer_id} instead of {self.serializer.serializer_id}"
            )
        error = message.flags & _ANY_ERROR == FLAGS_EXCEPTION  # and not the start of a stream, which looks like one
        self.standing = Standing.DOUBTFUL if error and _CLOSING_ERROR.search(message.data) else Standing.GOOD


def result_of(message: Message, serializer: SerializerBase) -> Any:
    """Return the value in a RESULT, or raise the exception in it."""
    if not message.flags & _ANY_ERROR:
        return serializer.loads(message.data)
    raise raisable(serializer.loads(message.data))


def raisable(error: Any) -> Exception:
    """Return what is raised for something that arrived as an exception.

    Itself if it is an ordinary one. Not a SystemExit and its like: nobody ends our process from afar.
    """
    if isinstance(error, Exception):
        return error
    if isinstance(error, BaseException):
        return as_remote_error(error)
    return ProtocolError(f"the reply claims to be an exception but holds a {type(error).__name__}")


def _reason(message: Message) -> str:
    """Return the text of a CONNECTFAIL, whatever serializer the daemon chose for it."""
    serializer = serializers_by_id.get(message.serializer_id)
    if serializer is None:
        return f"(reason in unknown serializer {message.serializer_id})"
    try:
        return str(serializer.loads(message.data))
    except SerializeError as error:
        return f"(unreadable reason: {error})"
