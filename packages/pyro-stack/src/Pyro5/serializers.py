"""The serializers: what programs import from ``Pyro5.serializers``."""

from Pyro5._object_dictionaries import (
    all_exceptions,
    pyro_class_serpent_serializer,
    serialize_pyro_object_to_dict,
)
from pyro_wire.serializers import (
    JsonSerializer,
    MarshalSerializer,
    MsgpackSerializer,
    SerializerBase,
    SerpentSerializer,
    serializers,
    serializers_by_id,
)

__all__ = [
    "JsonSerializer",
    "MarshalSerializer",
    "MsgpackSerializer",
    "SerializerBase",
    "SerpentSerializer",
    "all_exceptions",
    "pyro_class_serpent_serializer",
    "serialize_pyro_object_to_dict",
    "serializers",
    "serializers_by_id",
]
