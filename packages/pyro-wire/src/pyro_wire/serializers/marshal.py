"""marshal: CPython's own format. The library writes; what comes from a network is read by our bounded reader only."""

from __future__ import annotations

import array
import marshal
import uuid
from collections.abc import Collection
from typing import Any, ClassVar

from pyro_wire.message import Buffer
from pyro_wire.serializers._advice import class_dict
from pyro_wire.serializers.base import SerializerBase
from pyro_wire.serializers.marshal_reader import loads

__all__ = ["MarshalSerializer"]

_FORMAT_VERSION = 2
"""Without back-references: every Python 3 reads it, and equal values give equal bytes."""

_TOO_DEEP = "the value is nested too deep, or contains itself"

_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
_are_scalars = _SCALARS.issuperset
_CONTAINERS = frozenset({tuple, list, dict, set, frozenset})
_NATIVE = _SCALARS | _CONTAINERS
_NATIVE_CLASSES = tuple(_NATIVE)


class MarshalSerializer(SerializerBase):
    """The marshal format: fast for plain values; knows no autoproxies."""

    serializer_id: ClassVar[int] = 2
    name: ClassVar[str] = "marshal"

    def _write(self, data: Any) -> bytes:
        max_depth = self.config.MAX_DEPTH
        if not _are_native((data,), max_depth):
            data = self._plain(data, max_depth)
        return marshal.dumps(data, _FORMAT_VERSION)

    def _read(self, data: Buffer) -> Any:
        return loads(data, max_depth=self.config.MAX_DEPTH)

    def dumpsCall(self, obj: str, method: str, vargs: Any, kwargs: Any) -> Buffer:
        """Return a call as bytes: a tuple whose third item, the arguments, is a list."""
        args = list(vargs)
        if _are_scalars(map(type, args)) and not kwargs:  # the usual call, without looking at more than its arguments
            return marshal.dumps((obj, method, args, kwargs), _FORMAT_VERSION)
        return self._write((obj, method, args, kwargs))

    def _plain(self, value: Any, depth: int) -> Any:
        """Return ``value`` with all objects in it as class dictionaries."""
        kind = type(value)
        if depth < 0:
            raise ValueError(_TOO_DEEP)
        if kind in (list, tuple, set, frozenset):
            return kind([self._plain(item, depth - 1) for item in value])
        if kind is dict:
            return {key: self._plain(item, depth - 1) for key, item in value.items()}
        if kind in _NATIVE:
            return value
        if isinstance(value, array.array):
            return value.tounicode() if value.typecode == "u" else value.tolist()
        if isinstance(value, uuid.UUID):
            return str(value)
        if isinstance(value, bytearray | memoryview):
            return bytes(value)
        if isinstance(value, _NATIVE_CLASSES) and self.types.converter_for(value) is None:
            raise ValueError(f"marshal cannot carry a {kind.__name__}; send the plain value that it is made of")
        return self._plain(class_dict(value, self.types), depth - 1)


def _are_native(values: Collection[Any], depth: int) -> bool:
    """Tell whether marshal can write these values as they are. Raises ``ValueError`` if they are nested too deep.

    It must not be left to marshal itself: arrays and other buffers it would write as the raw bytes that they are made
    of, and with a list that contains itself twice it would go on for ever. ``map`` makes this twice as fast as a loop.
    """
    if _are_scalars(map(type, values)):
        return True
    if depth == 0:
        raise ValueError(_TOO_DEEP)
    for value in values:
        kind = type(value)
        if kind in _SCALARS:
            continue
        if kind not in _CONTAINERS:
            return False
        if kind is dict:
            if not (_are_scalars(map(type, value)) or _are_native(value, depth - 1)):
                return False
            value = value.values()
        if not (_are_scalars(map(type, value)) or _are_native(value, depth - 1)):
            return False
    return True
