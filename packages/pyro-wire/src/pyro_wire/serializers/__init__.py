"""The four serializers, by name and by number.

``serializers`` and ``serializers_by_id`` are the process-wide instances. A program may put its own into both of them,
also in the place of these, on both sides before there are proxies and daemons; ``config.SERIALIZER`` chooses it.
``table_for`` gives those that go by another config.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyro_wire.config import Config
from pyro_wire.config import config as process_config
from pyro_wire.serializers._standard_types import register_standard_types
from pyro_wire.serializers.base import SerializerBase
from pyro_wire.serializers.json import JsonSerializer
from pyro_wire.serializers.marshal import MarshalSerializer
from pyro_wire.serializers.msgpack import MsgpackSerializer
from pyro_wire.serializers.serpent import SerpentSerializer
from pyro_wire.types import TypeRegistry, default_types

__all__ = [
    "JsonSerializer",
    "MarshalSerializer",
    "MsgpackSerializer",
    "SerializerBase",
    "SerializerTable",
    "SerpentSerializer",
    "serializers",
    "serializers_by_id",
    "table_for",
]

_STANDARD: tuple[SerializerBase, ...] = (
    SerpentSerializer(),
    MarshalSerializer(),
    JsonSerializer(),
    MsgpackSerializer(),
)

serializers: dict[str, SerializerBase] = {item.name: item for item in _STANDARD}
"""The process-wide serializers by name."""

serializers_by_id: dict[int, SerializerBase] = {item.serializer_id: item for item in _STANDARD}
"""The process-wide serializers by the number that messages carry."""


def _let_travel(serializer: SerializerBase) -> None:
    default_types.register_tag(f"Pyro5.util.{type(serializer).__name__}", lambda fields: serializer)


register_standard_types(default_types)
for _serializer in _STANDARD:  # a peer may send one as a value
    _let_travel(_serializer)


@dataclass(frozen=True, slots=True)
class SerializerTable:
    """A set of serializers that share a registry and a config."""

    by_name: dict[str, SerializerBase]
    by_id: dict[int, SerializerBase]


_process_table = SerializerTable(serializers, serializers_by_id)


def table_for(config: Config, types: TypeRegistry = default_types) -> SerializerTable:
    """Return the serializers that go by a config and a registry; for the process-wide ones, the process-wide table."""
    if config is process_config and types is default_types:
        return _process_table
    own = {id(item): type(item)(types, config) for item in _STANDARD}
    # One that the program put in goes by whatever it was made with.
    return SerializerTable(
        {name: own.get(id(item), item) for name, item in serializers.items()},
        {number: own.get(id(item), item) for number, item in serializers_by_id.items()},
    )
