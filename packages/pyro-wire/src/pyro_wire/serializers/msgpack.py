"""msgpack: compact and fast; bytes stay bytes, tuples and sets become lists.

Extension types, each with its contents:

    0x30  complex        two native float64, real and imaginary part
    0x31  large integer  its decimal digits in ASCII
    0x32  naive datetime native float64, seconds since 1970 in the time zone of whoever reads or writes it
    0x33  date           native long, 4 or 8 bytes, days since 0001-01-01, which is day 1
"""

from __future__ import annotations

import datetime
import numbers
import struct
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import msgpack

from pyro_wire.errors import SerializeError
from pyro_wire.message import Buffer
from pyro_wire.serializers._hash_tables import make_dict
from pyro_wire.serializers._plain import plain_value
from pyro_wire.serializers.base import SerializerBase

__all__ = ["MsgpackSerializer"]

EXT_COMPLEX = 0x30
EXT_INTEGER = 0x31
EXT_DATETIME = 0x32
EXT_DATE = 0x33


_OTHER_KEYS = "is not allowed for map key"
"""What the library says to keys that are neither text nor bytes, for fear of those whose hashes collide."""


class MsgpackSerializer(SerializerBase):
    """The msgpack format; a subclass may override ``default`` and ``ext_hook``."""

    serializer_id: ClassVar[int] = 4
    name: ClassVar[str] = "msgpack"

    def _write(self, data: Any) -> Buffer:
        packed: bytes = msgpack.packb(data, use_bin_type=True, default=self.default)
        return packed

    def _read(self, data: Buffer) -> Any:
        try:
            value = self._unpacked(data)
        except (TypeError, OverflowError) as error:  # what the library raises for some malformed maps
            raise ValueError(str(error)) from error
        if len(data) > self.config.MAX_DEPTH:  # each level takes a byte, so anything shorter is not too deep
            _check_depth(value, self.config.MAX_DEPTH)
        return value

    def _unpacked(self, data: Buffer) -> Any:
        try:
            return msgpack.unpackb(data, raw=False, ext_hook=self.ext_hook)
        except ValueError as error:
            if _OTHER_KEYS not in str(error):
                raise
        # A function for each map takes its time, so that is for those only that need one.
        hooks = {"ext_hook": self.ext_hook, "object_pairs_hook": _make_map}
        return msgpack.unpackb(data, raw=False, strict_map_key=False, **hooks)

    def _recreate(self, value: Any) -> Any:
        return self.types.recreate_classes_from_within(value, remote_errors=self.config.REMOTE_ERRORS)

    def default(self, obj: Any) -> Any:
        """Return what travels instead of an object that msgpack itself does not know."""
        if isinstance(obj, complex):
            return msgpack.ExtType(EXT_COMPLEX, struct.pack("dd", obj.real, obj.imag))
        if isinstance(obj, datetime.datetime):
            if obj.tzinfo is not None:
                raise SerializeError(f"msgpack cannot carry a datetime with a time zone ({obj!r}); send isoformat()")
            return msgpack.ExtType(EXT_DATETIME, struct.pack("d", obj.timestamp()))
        if isinstance(obj, datetime.date):
            return msgpack.ExtType(EXT_DATE, struct.pack("l", obj.toordinal()))
        if isinstance(obj, numbers.Integral):
            return msgpack.ExtType(EXT_INTEGER, str(obj).encode("ascii"))
        return plain_value(obj, self.types)

    def ext_hook(self, code: int, data: bytes) -> Any:
        """Return the value of an extension type. Raises ``SerializeError`` for an unknown one."""
        reader = _EXTENSIONS.get(code)
        if reader is None:
            raise SerializeError(f"unknown msgpack extension type {code:#x}")
        try:
            return reader(data)
        except (struct.error, ValueError, OverflowError, OSError) as error:
            raise SerializeError(f"bad contents of msgpack extension type {code:#x}: {error}") from error


def _make_map(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    return make_dict([key for key, _ in pairs], [value for _, value in pairs])


def _check_depth(value: Any, max_depth: int) -> None:
    """Raise ``ValueError`` if containers are nested deeper than the bound (the library's own is 1024)."""
    level = [value]
    for _ in range(max_depth + 1):
        containers = [item for item in level if type(item) is list or type(item) is dict]
        if not containers:
            return
        level = [item for container in containers for item in _items(container)]
    raise ValueError(f"containers are nested too deep (MAX_DEPTH={max_depth})")


def _items(container: Any) -> Iterable[Any]:
    items: Iterable[Any] = container.values() if type(container) is dict else container
    return items


def _read_date(data: bytes) -> datetime.date:
    (days,) = struct.unpack("=i" if len(data) == 4 else "=q", data)  # by the sender's size of a C long
    return datetime.date.fromordinal(days)


_EXTENSIONS: dict[int, Callable[[bytes], Any]] = {
    EXT_COMPLEX: lambda data: complex(*struct.unpack("dd", data)),
    EXT_INTEGER: int,
    EXT_DATETIME: lambda data: datetime.datetime.fromtimestamp(*struct.unpack("d", data)),
    EXT_DATE: _read_date,
}
