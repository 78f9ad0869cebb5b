"""A safe reader of the part of CPython's marshal format that Pyro peers write.

`marshal.loads` is not made for foreign bytes: a dozen of them crash or exhaust any CPython. This reader knows plain
values only, and checks every promised size against the bytes that are there.

A value is a type code of one byte and a body; numbers are little-endian:

| code | value                 | body                                                                             |
|------|-----------------------|----------------------------------------------------------------------------------|
| NFT  | None, False, True     | none                                                                             |
| i    | int                   | int32                                                                            |
| l    | int                   | int32 number of 15-bit digits, negative for a negative int; a uint16 for each    |
| g    | float                 | float64                                                                          |
| f    | float                 | uint8 size, ASCII text                                                           |
| y, x | complex               | real and imaginary part, each as the body of g, f                                |
| s    | bytes                 | int32 size, bytes                                                                |
| u, t | str                   | int32 size, UTF-8 in which surrogates may occur; t: interned                     |
| a, A | str                   | int32 size, ASCII; A: interned                                                   |
| z, Z | str                   | uint8 size, ASCII; Z: interned                                                   |
| )    | tuple                 | uint8 count, values                                                              |
| ([<> | tuple, list, set,     | int32 count, values                                                              |
|      | frozenset             |                                                                                  |
| {    | dict                  | keys and values in turn; the code 0 where a key could stand ends it              |
| r    | the value in a slot   | int32 number of the slot                                                         |

Codes with 0x80 added take the next slot when their value *begins*, so that a container comes before its items.
Anything else is refused: code objects, Ellipsis, StopIteration, slices.

This reader is stricter than CPython: a reference must point to a finished value that is immutable all through, and it
refuses bytes after the value, text that is not what its code promises, and 0x80 added to None, False or True.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeVar

from pyro_wire.message import Buffer
from pyro_wire.serializers._hash_tables import make_dict, make_set

__all__ = ["loads"]

_END_OF_DICT = ord("0")
_SLOT_BIT = 0x80

_DIGIT_BITS = 15
_DIGITS_PER_CHUNK = 64
_FLOAT_CHARACTERS = b"+-.0123456789einfa"

# How many values a message may stand for with every reference written out, whichever is more. Without a bound, tuples
# of references to tuples of references make a few hundred bytes take years to hash, compare or serialize.
_VALUES_PER_BYTE = 8
_VALUES_FOR_FREE = 65_536
# An int is hashed anew each time, digit by digit: so many digits count as one value.
_DIGITS_PER_VALUE = 4

_REFUSED = object()

_Set = TypeVar("_Set", set[Any], frozenset[Any])

_unpack_int32 = struct.Struct("<i").unpack_from
_unpack_float64 = struct.Struct("<d").unpack_from


def loads(data: Buffer, *, max_depth: int = 200) -> Any:
    """Read one value as `marshal.dumps` writes it, in any version of the format.

    Containers may be nested `max_depth` deep; the time taken is linear in the size of the data. Raises ValueError, with
    the offset in bytes, for everything that is not exactly one complete value of the types listed above.
    """
    reader = _Reader(bytes(data), max_depth)
    try:
        value = reader.read()
    except (IndexError, struct.error):
        raise reader.failure("the data ends inside a value") from None
    except UnicodeDecodeError as error:
        raise reader.failure(f"the text before it is not {error.encoding}") from None
    except RecursionError:
        raise reader.failure("the nesting exceeds what is left of the interpreter's recursion limit") from None
    if reader.position != len(reader.data):
        raise reader.failure("there are bytes after the value")
    return value


class _Reader:
    """The data, how far it has been read, and the values that references may point to."""

    __slots__ = ("data", "depth", "frozensets", "max_depth", "mutables", "position", "sizes", "slots", "values")

    def __init__(self, data: bytes, max_depth: int) -> None:
        self.data = data
        self.position = 0
        self.depth = 0
        self.max_depth = max_depth
        self.mutables = 0
        self.frozensets = 0
        self.values = 0  # in containers so far, with references written out
        self.slots: list[object] = []
        self.sizes: dict[int, int] = {}  # of the containers in slots, in such values

    def failure(self, problem: str) -> ValueError:
        return ValueError(f"marshal data cannot be read at offset {self.position}: {problem}")

    def read(self) -> Any:
        code = self.data[self.position]
        self.position += 1
        return _READERS[code](self)

    def unknown(self) -> None:
        self.position -= 1
        raise self.failure(f"the type code {self.data[self.position]:#04x} is not accepted there")

    # Numbers of the format itself, and the bytes they promise

    def int32(self) -> int:
        start = self.position
        number: int = _unpack_int32(self.data, start)[0]
        self.position = start + 4
        return number

    def uint8(self) -> int:
        number = self.data[self.position]
        self.position += 1
        return number

    def take(self, size: int) -> bytes:
        start = self.position
        end = start + size
        if not start <= end <= len(self.data):
            raise self.failure(f"the size {size} does not fit the {len(self.data) - start} bytes that are left")
        self.position = end
        return self.data[start:end]

    # Scalars

    def long_int(self) -> int:
        count = self.int32()
        body = self.take(2 * abs(count))
        if body.endswith(b"\0\0"):
            raise self.failure("the int before it has leading zeros")
        self.values += abs(count) // _DIGITS_PER_VALUE
        step = 2 * _DIGITS_PER_CHUNK
        chunks = [self.int_chunk(body[start : start + step]) for start in range(0, len(body), step)]
        magnitude = _joined(chunks, _DIGIT_BITS * _DIGITS_PER_CHUNK)
        return -magnitude if count < 0 else magnitude

    def int_chunk(self, body: bytes) -> int:
        number = 0
        for digit in reversed(struct.unpack(f"<{len(body) // 2}H", body)):
            if digit >> _DIGIT_BITS:
                raise self.failure("the int before it has a digit of more than 15 bits")
            number = number << _DIGIT_BITS | digit
        return number

    def float64(self) -> float:
        start = self.position
        number: float = _unpack_float64(self.data, start)[0]
        self.position = start + 8
        return number

    def float_text(self) -> float:
        text = self.take(self.uint8())
        try:
            # float() takes blanks and underscores, which the format does not have; strip stops at them.
            return float(b"" if text.strip(_FLOAT_CHARACTERS) else text)
        except ValueError:
            raise self.failure(f"{text!r} before it is not a float") from None

    # Containers

    def enter(self) -> None:
        self.depth += 1
        if self.depth > self.max_depth:
            raise self.failure(f"containers are nested more than {self.max_depth} deep")

    def leave(self, values: int) -> None:
        self.depth -= 1
        self.values += values

    def items(self, count: int) -> list[Any]:
        if not 0 <= count <= len(self.data) - self.position:
            raise self.failure(f"{count} items do not fit the {len(self.data) - self.position} bytes that are left")
        self.enter()
        data = self.data
        items = []
        for _ in range(count):
            code = data[self.position]  # read() without its frame: a fifth of the time
            self.position += 1
            items.append(_READERS[code](self))
        self.leave(count)
        return items

    def mutable_list(self) -> list[Any]:
        self.mutables += 1
        return self.items(self.int32())

    def mutable_set(self) -> set[Any]:
        self.mutables += 1
        return self.collected(set, self.items(self.int32()))

    def frozen_set(self) -> frozenset[Any]:
        self.frozensets += 1
        return self.collected(frozenset, self.items(self.int32()))

    def collected(self, kind: type[_Set], members: list[Any]) -> _Set:
        try:
            return make_set(kind, members, frozensets=self.frozensets > 0)
        except ValueError as error:
            raise self.failure(str(error)) from None

    def dictionary(self) -> dict[Any, Any]:
        self.mutables += 1
        self.enter()
        data = self.data
        keys = []
        values = []
        while (code := data[self.position]) != _END_OF_DICT:
            self.position += 1
            keys.append(_READERS[code](self))
            values.append(self.read())
        self.position += 1
        self.leave(2 * len(keys))
        try:
            return make_dict(keys, values, frozensets=self.frozensets > 0)
        except ValueError as error:
            raise self.failure(str(error)) from None

    # References

    def reference(self) -> object:
        slot = self.int32()
        if not 0 <= slot < len(self.slots):
            raise self.failure(f"the reference before it is to slot {slot}, of {len(self.slots)}")
        value = self.slots[slot]
        if value is _REFUSED:
            raise self.failure("the reference before it is to a value that is mutable or unfinished")
        self.values += self.sizes.get(slot, 0)
        if self.values > max(_VALUES_PER_BYTE * len(self.data), _VALUES_FOR_FREE):
            raise self.failure(f"with its references written out, the data has more than {self.values} values")
        return value


def _joined(parts: list[int], width: int) -> int:
    """Put ints of `width` bits together, the lowest first; in pairs, because one by one would take quadratic time."""
    while len(parts) > 1:
        parts += [0] * (len(parts) % 2)
        parts = [low | high << width for low, high in zip(parts[::2], parts[1::2], strict=True)]
        width *= 2
    return parts[0] if parts else 0


def _in_slot(read: Callable[[_Reader], Any]) -> Callable[[_Reader], Any]:
    """Make the reader of a value that takes a slot from the reader of the bare value."""

    def read_into_slot(reader: _Reader) -> Any:
        slots = reader.slots
        slot = len(slots)
        slots.append(_REFUSED)
        mutables = reader.mutables
        values = reader.values
        value = read(reader)
        if mutables == reader.mutables:
            slots[slot] = value
            if values != reader.values:
                reader.sizes[slot] = reader.values - values
        return value

    return read_into_slot


_WITHOUT_SLOT: dict[str, Callable[[_Reader], Any]] = {
    "N": lambda _: None,
    "F": lambda _: False,
    "T": lambda _: True,
    "r": _Reader.reference,
}
_WITH_OR_WITHOUT: dict[str, Callable[[_Reader], Any]] = {
    "i": _Reader.int32,
    "l": _Reader.long_int,
    "g": _Reader.float64,
    "f": _Reader.float_text,
    "y": lambda reader: complex(reader.float64(), reader.float64()),
    "x": lambda reader: complex(reader.float_text(), reader.float_text()),
    "s": lambda reader: reader.take(reader.int32()),
    **dict.fromkeys("ut", lambda reader: reader.take(reader.int32()).decode("utf-8", "surrogatepass")),
    **dict.fromkeys("aA", lambda reader: reader.take(reader.int32()).decode("ascii")),
    **dict.fromkeys("zZ", lambda reader: reader.take(reader.uint8()).decode("ascii")),
    ")": lambda reader: tuple(reader.items(reader.uint8())),
    "(": lambda reader: tuple(reader.items(reader.int32())),
    "[": _Reader.mutable_list,
    "<": _Reader.mutable_set,
    ">": _Reader.frozen_set,
    "{": _Reader.dictionary,
}

_READERS: list[Callable[[_Reader], Any]] = [_Reader.unknown] * 256
for _code, _read in (_WITHOUT_SLOT | _WITH_OR_WITHOUT).items():
    _READERS[ord(_code)] = _read
for _code, _read in _WITH_OR_WITHOUT.items():
    _READERS[ord(_code) | _SLOT_BIT] = _in_slot(_read)
