"""What stands for an object in formats that know plain values only: json and msgpack."""

from __future__ import annotations

import array
import datetime
import decimal
import uuid
from typing import Any

from pyro_wire.serializers._advice import class_dict
from pyro_wire.types import TypeRegistry

__all__ = ["plain_value"]

_NATIVE = frozenset({type(None), bool, int, float, str, list, tuple, dict})


def plain_value(obj: Any, types: TypeRegistry) -> Any:
    """Return what travels in json and msgpack for an object that is no native value of the format."""
    replacement = types.replace(obj)
    if replacement is not obj:
        return replacement if type(replacement) in _NATIVE else class_dict(replacement, types)
    if isinstance(obj, set | frozenset):
        return list(obj)
    if isinstance(obj, uuid.UUID | decimal.Decimal):
        return str(obj)
    if isinstance(obj, datetime.date):  # datetime is one, too
        return obj.isoformat()
    if isinstance(obj, array.array):
        return obj.tounicode() if obj.typecode == "u" else obj.tolist()
    return class_dict(obj, types)
