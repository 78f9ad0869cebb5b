"""What requests and replies mean: calls, handshakes, results and exceptions, above the bytes of a serializer."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyro_wire.blob import SerializedBlob
from pyro_wire.errors import ProtocolError, PyroError, SerializeError
from pyro_wire.message import Buffer, Message
from pyro_wire.serializers import SerializerBase
from pyro_wire.serializers.marshal_reader import loads as read_marshal

__all__ = [
    "BATCH_METHOD",
    "BLOB_KEY",
    "GETATTR_METHOD",
    "Metadata",
    "SETATTR_METHOD",
    "STREAM_KEY",
    "dump_connect",
    "dump_exception",
    "load_connect",
    "load_connect_reply",
    "pack_blob_address",
    "sendable_exception",
    "unpack_blob",
]

BATCH_METHOD = "<batch>"
"""The method name of a batch; its arguments are the calls, each (method, args, kwargs)."""
GETATTR_METHOD = "__getattr__"
"""The method name that reads a remote attribute: (name,)."""
SETATTR_METHOD = "__setattr__"
"""The method name that writes a remote attribute: (name, value)."""

STREAM_KEY = "STRM"
"""Annotation of a RESULT that starts a stream: the stream's id in ASCII."""
BLOB_KEY = "BLBI"
"""Annotation of a call whose payload is passed on unread: marshal of (info, object id, method)."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a remote object offers, as names."""

    methods: frozenset[str] = field(default_factory=frozenset)
    oneway: frozenset[str] = field(default_factory=frozenset)
    attrs: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def from_wire(cls, value: Any) -> Metadata:
        """Read the dictionary that a daemon sends; each entry may be any collection. Raises ``ProtocolError``."""
        if not isinstance(value, Mapping):
            raise ProtocolError(f"the metadata of the remote object is no dictionary but {type(value).__name__}")
        return cls(_names(value, "methods"), _names(value, "oneway"), _names(value, "attrs"))

    def to_wire(self) -> dict[str, set[str]]:
        """Return the dictionary that a daemon sends."""
        return {"methods": set(self.methods), "oneway": set(self.oneway), "attrs": set(self.attrs)}


def _names(value: Mapping[str, Any], key: str) -> frozenset[str]:
    names = value.get(key, ())
    if not isinstance(names, Iterable) or not all(isinstance(name, str) for name in names):
        raise ProtocolError(f"the {key} in the metadata of the remote object are no names: {names!r}")
    return frozenset(names)


def dump_connect(serializer: SerializerBase, handshake: Any, object_id: str) -> Buffer:
    """Return the payload of a CONNECT."""
    return serializer.dumps({"handshake": handshake, "object": object_id})


def load_connect(serializer: SerializerBase, payload: Buffer) -> tuple[Any, str]:
    """Return the handshake value and the object id of a CONNECT. Raises ``ProtocolError`` if one is missing."""
    value = serializer.loads(payload)
    if not isinstance(value, Mapping):
        raise ProtocolError("the payload of CONNECT must be a dictionary with the keys 'handshake' and 'object'")
    for key in ("handshake", "object"):
        if key not in value:
            raise ProtocolError(f"the payload of CONNECT has no '{key}'")
    object_id = value["object"]
    if not isinstance(object_id, str):
        raise ProtocolError("the object id in CONNECT must be a string")
    return value["handshake"], object_id


def load_connect_reply(serializer: SerializerBase, payload: Buffer) -> tuple[Any, Metadata | None]:
    """Return the handshake value and the metadata, if given, of a CONNECTOK. Raises ``ProtocolError``."""
    value = serializer.loads(payload)
    if not isinstance(value, Mapping) or "handshake" not in value:
        raise ProtocolError("the payload of CONNECTOK must be a dictionary with the key 'handshake'")
    meta = value.get("meta")
    return value["handshake"], Metadata.from_wire(meta) if meta else None


def dump_exception(serializer: SerializerBase, exception: BaseException, traceback: Sequence[str] | None) -> Buffer:
    """Return the payload that raises ``exception`` on the other side, with the traceback's lines attached.

    If it cannot be serialized, a ``PyroError`` that tells so, and what it was, goes in its place.
    """
    lines = list(traceback) if traceback is not None else None
    try:
        exception._pyroTraceback = lines  # type: ignore[attr-defined]
        return serializer.dumps(exception)
    except Exception as error:  # the program's own classes take part in this, and may raise anything
        return serializer.dumps(_substitute(exception, error, lines))


def sendable_exception(serializer: SerializerBase, exception: Exception, traceback: Sequence[str]) -> Exception:
    """Return ``exception`` with the traceback's lines attached, or the ``PyroError`` that goes in its place."""
    try:
        exception._pyroTraceback = list(traceback)  # type: ignore[attr-defined]
        serializer.dumps(exception)
    except Exception as error:  # the program's own classes take part in this, and may raise anything
        return _substitute(exception, error, list(traceback))
    return exception


def _substitute(exception: BaseException, obstacle: Exception, lines: list[str] | None) -> PyroError:
    text = f"Error serializing exception: {obstacle}. Original exception: {type(exception)}: {_text_of(exception)}"
    substitute = PyroError(text.encode("utf-8", "backslashreplace").decode("utf-8"))
    substitute._pyroTraceback = lines  # type: ignore[attr-defined]
    return substitute


def _text_of(exception: BaseException) -> str:
    try:
        return str(exception)
    except Exception:  # a broken __str__ must not hide the error that it belongs to
        return "<no text>"


def pack_blob_address(info: Any, object_id: str, method: str) -> bytes:
    """Return the value of the ``BLBI`` annotation. Raises ``SerializeError`` for an ``info`` that is no plain value."""
    try:
        return marshal.dumps((info, object_id, method), 2)
    except ValueError as error:
        raise SerializeError(f"the info of a SerializedBlob must be a plain builtin value, not {info!r}") from error


def unpack_blob(message: Message, serializer: SerializerBase) -> tuple[str, str, SerializedBlob]:
    """Return object id, method and blob of a call whose payload stays as it is. Raises ``ProtocolError``."""
    address = message.annotations.get(BLOB_KEY)
    if address is None:
        raise ProtocolError(f"a call with a serialized blob needs the annotation {BLOB_KEY}")
    try:
        info, object_id, method = read_marshal(address)
    except (TypeError, ValueError) as error:
        raise ProtocolError(f"the annotation {BLOB_KEY} is not readable: {error}") from error
    if not isinstance(object_id, str) or not isinstance(method, str):
        raise ProtocolError(f"the annotation {BLOB_KEY} names no object and method")
    return object_id, method, SerializedBlob(info, message, is_blob=True, serializer=serializer)
