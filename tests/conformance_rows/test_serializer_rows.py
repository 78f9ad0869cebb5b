"""What docs/conformance.md says of serializers, as far as no other test shows it."""

from __future__ import annotations

import numbers
from typing import Any

import pytest

from pyro_wire import serializers
from pyro_wire.serializers import SerializerBase


class Thing:
    """Something with a state."""

    def __init__(self, value: int) -> None:
        self.value = value


class NumpyInteger:
    """A number as those of numpy: it counts as an integer and is none of Python's."""

    __slots__ = ()

    def __str__(self) -> str:
        return "42"


class NumpyFloat(float):
    """A number as the float64 of numpy, which is one of Python's."""


numbers.Integral.register(NumpyInteger)


def test_a_serializer_converts_objects_to_dictionaries_and_back(serializer: str) -> None:
    data = serializers[serializer].class_to_dict(Thing(5))
    assert data == {"__class__": f"{Thing.__module__}.Thing", "value": 5}
    SerializerBase.register_dict_to_class(data["__class__"], lambda _, fields: Thing(fields["value"]))
    try:
        assert serializers[serializer].dict_to_class(data).value == 5
    finally:
        SerializerBase.unregister_dict_to_class(data["__class__"])


@pytest.mark.parametrize("value", [set(), {}, (), []])
def test_a_plain_container_is_not_converted_to_a_dictionary(value: Any) -> None:
    with pytest.raises(ValueError, match="is no object"):
        SerializerBase.class_to_dict(value)


@pytest.mark.parametrize("name", ["serpent", "json", "msgpack"])
def test_a_float_of_numpy_travels_as_one_of_python(name: str) -> None:
    received = serializers[name].loads(serializers[name].dumps(NumpyFloat(1.5)))
    assert (type(received), received) == (float, 1.5)


def test_an_integer_of_numpy_travels_with_msgpack() -> None:
    assert serializers["msgpack"].loads(serializers["msgpack"].dumps(NumpyInteger())) == 42
