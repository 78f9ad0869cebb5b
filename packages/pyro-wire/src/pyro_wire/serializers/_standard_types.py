"""Classes of the standard library that peers send as class dictionaries without having been told to.

Pyro5 refuses these. They are read as what they were; a converter that a program registers goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pyro_wire.serializers._hash_tables import make_dict
from pyro_wire.types import TypeRegistry

__all__ = ["register_standard_types"]

_LARGEST_PART = 1 << 16
"""Bits of a numerator or denominator: reducing the fraction takes time that grows with their square."""


def register_standard_types(registry: TypeRegistry) -> None:
    """Have a registry rebuild them."""
    registry.register_tag("complex", _complex, descend=True)  # how serpent writes one with a NaN in it
    registry.register_tag("collections.OrderedDict", _ordered_dict, descend=True)  # serpent does, the others do not
    registry.register_tag("fractions.Fraction", _fraction)


def _complex(fields: Mapping[str, Any]) -> complex:
    return complex(_exactly(float, fields["real"]), _exactly(float, fields["imag"]))


def _ordered_dict(fields: Mapping[str, Any]) -> OrderedDict[Any, Any]:
    pairs = [(key, value) for key, value in fields["items"]]
    return OrderedDict(make_dict([key for key, _ in pairs], [value for _, value in pairs], frozensets=True))


def _fraction(fields: Mapping[str, Any]) -> Fraction:
    numerator, denominator = _exactly(int, fields["_numerator"]), _exactly(int, fields["_denominator"])
    if denominator <= 0 or max(numerator.bit_length(), denominator.bit_length()) > _LARGEST_PART:
        raise ValueError("its parts are too large, or the lower one is not positive")
    return Fraction(numerator, denominator)


def _exactly(kind: type[Any], value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"a {type(value).__name__} stands where a {kind.__name__} should")
    return value
