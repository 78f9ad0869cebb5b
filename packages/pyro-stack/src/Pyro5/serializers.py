"""The serializers: what programs import from ``Pyro5.serializers``."""

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
    "serializers",
    "serializers_by_id",
]
