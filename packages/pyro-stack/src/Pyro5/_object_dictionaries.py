"""What programs that add classes of their own to the serializers find in ``Pyro5.serializers`` besides those."""

from __future__ import annotations

import builtins
from typing import Any

from pyro_wire import default_types
from pyro_wire.errors import BY_WIRE_NAME

__all__ = ["all_exceptions", "pyro_class_serpent_serializer", "serialize_pyro_object_to_dict"]

_BUILTIN = {
    name: thing
    for name, thing in vars(builtins).items()
    if isinstance(thing, type) and issubclass(thing, BaseException)
}

all_exceptions: dict[str, type[BaseException]] = {**_BUILTIN, **BY_WIRE_NAME}
"""The exceptions that arrive as themselves, by their names without the module. To look at, not to change."""


def serialize_pyro_object_to_dict(obj: Any) -> dict[str, Any]:
    """Return the dictionary under which an object of this library travels."""
    return default_types.class_to_dict(obj)


def pyro_class_serpent_serializer(obj: Any, serializer: Any, stream: list[str], level: int) -> None:
    """Write an object of this library as serpent: a function for ``serpent.register_class``."""
    serializer._serialize(serialize_pyro_object_to_dict(obj), stream, level)
