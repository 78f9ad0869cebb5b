"""Serialized blobs: arguments that travel on unread, until somebody asks for what is in them."""

from __future__ import annotations

from typing import Any

from pyro_wire.message import Message
from pyro_wire.serializers import SerializerBase, serializers_by_id

__all__ = ["SerializedBlob"]


class SerializedBlob:
    """A call's arguments, passed through without being serialized again.

    A client makes one as ``SerializedBlob(info, data)``, where ``data`` is the list of arguments of the eventual call
    and ``info`` a plain builtin value that everybody on the way may read, and passes it as the only argument of a
    call. The method that is called gets a blob as well: it may pass it on as it is, or look inside with
    ``deserialized()``.

    ``is_blob`` says that ``data`` is the received message; anything else then raises ``TypeError``.
    """

    __slots__ = ("_contains_blob", "_data", "_serializer", "info")

    def __init__(
        self, info: Any, data: Any, is_blob: bool = False, *, serializer: SerializerBase | None = None
    ) -> None:
        if is_blob and not isinstance(data, Message):
            raise TypeError("a received blob is made from the message that it arrived in")
        self.info = info
        self._data = data
        self._contains_blob = is_blob
        self._serializer = serializer

    @property
    def payload(self) -> Message | None:
        """The message in which the blob arrived, None for one that was made here."""
        return self._data if self._contains_blob else None

    def deserialized(self) -> Any:
        """Return the arguments: those given, or those in the received message, read anew at each call.

        Raises ``SerializeError`` when they cannot be read.
        """
        if not self._contains_blob:
            return self._data
        serializer = self._serializer or serializers_by_id[self._data.serializer_id]
        _, _, args, _ = serializer.loadsCall(self._data.data)
        return args
