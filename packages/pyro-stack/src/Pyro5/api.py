"""All that most programs need, in one place: what they import from ``Pyro5.api``."""

from Pyro5 import __version__ as __version__  # there, though not for a star import
from Pyro5._name_servers import start_ns, start_ns_loop
from pyro_client import URI, BatchProxy, Proxy, SerializedBlob, locate_ns, resolve, type_meta
from pyro_server import Daemon, DaemonObject, behavior, callback, expose, oneway, serve
from pyro_wire import (
    SerializerBase,
    config,
    current_context,
    register_class_to_dict,
    register_dict_to_class,
    unregister_class_to_dict,
    unregister_dict_to_class,
)

__all__ = [
    "BatchProxy",
    "Daemon",
    "DaemonObject",
    "Proxy",
    "SerializedBlob",
    "SerializerBase",
    "URI",
    "behavior",
    "callback",
    "config",
    "current_context",
    "expose",
    "locate_ns",
    "oneway",
    "register_class_to_dict",
    "register_dict_to_class",
    "resolve",
    "serve",
    "start_ns",
    "start_ns_loop",
    "type_meta",
    "unregister_class_to_dict",
    "unregister_dict_to_class",
]
