"""What to send instead of a value that a format cannot carry: whoever reads the error has to do something about it."""

from __future__ import annotations

import collections
import datetime
import enum
import types
from collections.abc import Iterable
from typing import Any

from pyro_wire.errors import SerializeError
from pyro_wire.types import TypeRegistry

__all__ = ["STATELESS", "advice_for", "class_dict"]

_AS_A_LIST = "send a list of what is in it"
_AS_TEXT = "send its isoformat(), or register a converter for it"
_OTHER_FORMAT = "or choose serpent, msgpack or marshal"
_AS_BASE64 = f"send base64 text, {_OTHER_FORMAT}"
_BY_NAME = "send its name; code does not travel"

_ITERABLES: tuple[Iterable[Any], ...] = ([], (), {}, set(), "", range(0))
_ITERATORS: tuple[type, ...] = (
    *(types.GeneratorType, enumerate, filter, map, zip),
    *(type(iter(iterable)) for iterable in _ITERABLES),
)

_ADVICE: dict[type, str] = {
    bytes: _AS_BASE64,
    bytearray: _AS_BASE64,
    memoryview: _AS_BASE64,
    complex: f"send its real and its imaginary part, {_OTHER_FORMAT}",
    collections.deque: _AS_A_LIST,
    range: _AS_A_LIST,
    type({}.keys()): _AS_A_LIST,
    type({}.values()): _AS_A_LIST,
    type({}.items()): _AS_A_LIST,
    types.MappingProxyType: "send a dict of it",
    **dict.fromkeys(_ITERATORS, "send a list; an iterator travels only as the whole result of a method"),
    datetime.date: _AS_TEXT,  # datetime is one, too
    datetime.time: _AS_TEXT,
    datetime.timedelta: "send its total_seconds(), or register a converter for it",
    enum.Enum: "send its value, or register a converter for its class",
    type: _BY_NAME,
    types.BuiltinFunctionType: _BY_NAME,
}

STATELESS = (range, types.MappingProxyType, type, types.BuiltinFunctionType, *_ITERATORS)
"""Those among them that serpent cannot carry either."""


def advice_for(obj: Any) -> str | None:
    """Return what to send instead of an object without a state that could be sent, None if there is no advice."""
    return next((_ADVICE[cls] for cls in type(obj).__mro__ if cls in _ADVICE), None)


def class_dict(obj: Any, registry: TypeRegistry) -> dict[str, Any]:
    """Return ``registry.class_to_dict(obj)``. Raises ``SerializeError`` with an advice, where there is one."""
    # A member has a state, with its class in it: that is no help.
    if isinstance(obj, enum.Enum) and registry.converter_for(obj) is None:
        raise _refusal(obj, _ADVICE[enum.Enum])
    try:
        return registry.class_to_dict(obj)
    except SerializeError as error:
        advice = advice_for(obj)
        raise error if advice is None else _refusal(obj, advice) from None


def _refusal(obj: Any, advice: str) -> SerializeError:
    return SerializeError(f"don't know how to serialize class {type(obj)}: {advice}")
