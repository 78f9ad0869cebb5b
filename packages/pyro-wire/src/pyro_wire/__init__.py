"""The wire layer of the Pyro protocol: messages, serializers and types, without a socket in sight.

Everything here turns bytes into values and back. ``Connection`` is one side of a conversation, ``serializers`` hold
the four formats, ``config`` the defaults of the process.
"""

from __future__ import annotations

from pyro_wire import errors
from pyro_wire.blob import SerializedBlob
from pyro_wire.config import Config, config
from pyro_wire.connection import Connection, Role, State
from pyro_wire.context import current_context
from pyro_wire.limits import Limits
from pyro_wire.message import PROTOCOL_VERSION, Message, encode
from pyro_wire.names import DAEMON_NAME, NAMESERVER_NAME
from pyro_wire.reader import MessageReader
from pyro_wire.serializers import SerializerBase, serializers, serializers_by_id
from pyro_wire.types import TypeRegistry, default_types

__all__ = [
    "Config",
    "Connection",
    "DAEMON_NAME",
    "Limits",
    "Message",
    "MessageReader",
    "NAMESERVER_NAME",
    "PROTOCOL_VERSION",
    "Role",
    "SerializedBlob",
    "SerializerBase",
    "State",
    "TypeRegistry",
    "config",
    "current_context",
    "default_types",
    "encode",
    "errors",
    "register_class_to_dict",
    "register_dict_to_class",
    "serializers",
    "serializers_by_id",
    "unregister_class_to_dict",
    "unregister_dict_to_class",
]

register_class_to_dict = default_types.register_class_to_dict
unregister_class_to_dict = default_types.unregister_class_to_dict
register_dict_to_class = default_types.register_dict_to_class
unregister_dict_to_class = default_types.unregister_dict_to_class
