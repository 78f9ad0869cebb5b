"""The client's side of a conversation: what a request looks like, and what an answer means. No socket in sight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyro_wire.calls import Metadata, dump_connect, load_connect_reply
from pyro_wire.config import Config
from pyro_wire.connection import Connection, Role
from pyro_wire.context import state
from pyro_wire.errors import CommunicationError, ProtocolError, RemoteError, SerializeError
from pyro_wire.message import (
    FLAGS_EXCEPTION,
    FLAGS_ITEMSTREAMRESULT,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_INVOKE,
    MSG_RESULT,
    Buffer,
    Message,
)
from pyro_wire.serializers import SerializerBase, serializers_by_id

__all__ = ["ClientSession", "raisable", "result_of"]


class ClientSession:
    """One connection to a daemon, from its first request to its last answer.

    ``object_id`` is the object that calls go to, ``serializer`` that of the last request, ``seq`` its number,
    0..65535; it goes on over reconnections.
    """

    __slots__ = ("object_id", "seq", "serializer", "wire")

    def __init__(self, config: Config, serializer: SerializerBase, seq: int, *, handshake: bool = True) -> None:
        self.wire = Connection(Role.CLIENT, config, handshake=handshake)
        self.serializer = serializer
        self.seq = seq
        self.object_id = ""

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

    def check_reply(self, message: Message) -> None:
        """Raise unless the message answers the last request: the connection is out of step then, and unusable."""
        if message.type != MSG_RESULT:
            raise ProtocolError(f"invalid msg type {message.type} received (expected: {MSG_RESULT})")
        if message.seq != self.seq:
            raise ProtocolError(f"reply with its sequence out of sync: number {message.seq} instead of {self.seq}")
        if message.serializer_id != self.serializer.serializer_id:
            raise SerializeError(
                f"the reply uses serializer id {message.serializer_id} instead of {self.serializer.serializer_id}"
            )


def result_of(message: Message, serializer: SerializerBase) -> Any:
    """Return the value in a RESULT, or raise the exception in it."""
    if not message.flags & (FLAGS_EXCEPTION | FLAGS_ITEMSTREAMRESULT):
        return serializer.loads(message.data)
    raise raisable(serializer.loads(message.data))


def raisable(error: Any) -> Exception:
    """Return what is raised for something that arrived as an exception.

    Itself if it is an ordinary one. Not a SystemExit and its like: nobody ends our process from afar.
    """
    if isinstance(error, Exception):
        return error
    if not isinstance(error, BaseException):
        return ProtocolError(f"the reply claims to be an exception but holds a {type(error).__name__}")
    substitute = RemoteError(*error.args)
    substitute.remote_class = f"{type(error).__module__}.{type(error).__name__}"
    substitute._pyroTraceback = getattr(error, "_pyroTraceback", None)  # type: ignore[attr-defined]
    return substitute


def _reason(message: Message) -> str:
    """Return the text of a CONNECTFAIL, whatever serializer the daemon chose for it."""
    serializer = serializers_by_id.get(message.serializer_id)
    if serializer is None:
        return f"(reason in unknown serializer {message.serializer_id})"
    try:
        return str(serializer.loads(message.data))
    except SerializeError as error:
        return f"(unreadable reason: {error})"
