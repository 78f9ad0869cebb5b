"""serpent: Python literals as text, the default format. The library writes, our bounded reader reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

import serpent

from pyro_wire.message import Buffer
from pyro_wire.serializers._advice import STATELESS, advice_for
from pyro_wire.serializers.base import SerializerBase
from pyro_wire.serializers.serpent_reader import loads
from pyro_wire.types import Replacement, TypeRegistry

__all__ = ["SerpentSerializer"]

WritingFunction: TypeAlias = Callable[[Any, Any, list[str], int], None]
WritingFunctions: TypeAlias = dict[type, WritingFunction]

_HEADER = "# serpent utf-8 python3.2\n"

_PLAIN_VALUES: dict[type, Replacement] = {
    int: int.__int__,
    float: float.__float__,
    str: str.__str__,
    bytes: bytes.__bytes__,
}
"""What an instance of a subclass is written as: the library would write its attributes, and leave out the value."""


class _SpecialClasses(NamedTuple):
    """What is written for which class, tried by ``isinstance`` in this order, and from which state of the registry."""

    version: int
    functions: WritingFunctions


class SerpentSerializer(SerializerBase):
    """The serpent format: unlike the others, it keeps tuples and sets; bytes travel as base64 dictionaries."""

    serializer_id: ClassVar[int] = 1
    name: ClassVar[str] = "serpent"

    __slots__ = ("_special",)  # so it is not among the attributes that are compared
    _special: _SpecialClasses

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # Not in __init__, which a subclass may leave out.
        serializer = super().__new__(cls)
        serializer._special = _SpecialClasses(-1, {})
        return serializer

    def _write(self, data: Any) -> bytes:
        if self._special.version != self.types.version:
            self._special = _special_classes(self.types)
        return _Writer(self._special.functions, self.config.SERPENT_BYTES_REPR).serialize(data)

    def _read(self, data: Buffer) -> Any:
        return loads(data, max_depth=self.config.MAX_DEPTH, unwrap_bytes=self.config.SERPENT_UNWRAP_BYTES)


def _refuse(writer: Any, obj: Any, out: list[str], level: int) -> None:
    raise TypeError(f"don't know how to serialize class {type(obj)}: {advice_for(obj)}")


class _Writer(serpent.Serializer):  # type: ignore[misc]  # the library has no type information
    """The library's writer with our registry in place of its global one, and with advice in its errors."""

    dispatch: ClassVar[dict[type, Any]] = {**dict.fromkeys(STATELESS, _refuse), **serpent.Serializer.dispatch}

    def __init__(self, special_classes: WritingFunctions, bytes_repr: bool) -> None:
        super().__init__(module_in_classname=True, bytes_repr=bytes_repr)
        self._special_classes = special_classes

    def serialize(self, obj: Any) -> bytes:
        """Return the text of ``obj`` in UTF-8.

        In place of the library's method, which stops the garbage collector for all threads at each call and knows
        only one registry for the whole process.
        """
        self.special_classes_registry_copy = self._special_classes
        self.serialized_obj_ids: set[int] = set()
        out = [_HEADER]
        self._serialize(obj, out, 0)
        return "".join(out).encode("utf-8")


def _special_classes(types: TypeRegistry) -> _SpecialClasses:
    version = types.version  # first: what is registered meanwhile shall outdate this
    functions: WritingFunctions = {}
    for clazz, replacement in types.special_classes():
        functions.setdefault(clazz, _writing(replacement))
    for clazz, function in serpent._special_classes_registry.items():
        functions.setdefault(clazz, function)
    for clazz, plain in _PLAIN_VALUES.items():
        functions.setdefault(clazz, _writing(plain))
    return _SpecialClasses(version, functions)


def _writing(replacement: Replacement) -> WritingFunction:
    """Return a writing function, as the library wants it, that writes what stands for the object."""

    def write(obj: Any, writer: Any, out: list[str], level: int) -> None:
        substitute = replacement(obj)
        if substitute is obj:
            writer.ser_default_class(obj, out, level)
        else:
            writer._serialize(substitute, out, level)

    return write
