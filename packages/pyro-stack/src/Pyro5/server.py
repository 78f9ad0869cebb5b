"""Being called: what programs import from ``Pyro5.server``.

The names that begin with an underscore are not documented, but known to programs that look behind the curtain. They ask
the same table of what is callable that the daemon asks.
"""

from __future__ import annotations

from typing import Any

from pyro_server import Daemon, DaemonObject, behavior, callback, expose, oneway, serve
from pyro_server.autoproxy import autoproxy as _pyro_obj_to_auto_proxy
from pyro_server.daemon import log_method_error as _default_methodcall_error_handler
from pyro_server.dispatch import Target, get_attribute, set_attribute
from pyro_server.exposure import is_private_name as is_private_attribute
from pyro_server.exposure import members_of, reset_members

__all__ = [
    "Daemon",
    "DaemonObject",
    "_default_methodcall_error_handler",
    "_get_attribute",
    "_get_exposed_members",
    "_get_exposed_property_value",
    "_pyro_obj_to_auto_proxy",
    "_reset_exposed_members",
    "_set_exposed_property_value",
    "behavior",
    "callback",
    "expose",
    "is_private_attribute",
    "oneway",
    "serve",
]


def _get_attribute(obj: Any, attr: str) -> Any:
    """Return an exposed method of an object. Raises ``AttributeError`` for anything else."""
    return _target(obj).method(attr)


def _get_exposed_members(obj: Any) -> dict[str, set[str]]:
    """Return the names that an object, or a class, offers: its ``methods``, ``oneway`` methods and ``attrs``."""
    return members_of(_class_of(obj)).metadata().to_wire()


def _reset_exposed_members(obj: Any) -> None:
    """Forget what is known of the class of an object, because it has been changed."""
    reset_members(_class_of(obj))


def _get_exposed_property_value(obj: Any, propname: str) -> Any:
    """Return the value of an exposed property. Raises ``AttributeError`` for anything else."""
    return get_attribute(_target(obj), (propname,))


def _set_exposed_property_value(obj: Any, propname: str, value: Any) -> None:
    """Change an exposed property. Raises ``AttributeError`` for anything else, and for one that is only to be read."""
    set_attribute(_target(obj), (propname, value))


def _target(obj: Any) -> Target:
    return Target(obj, members_of(type(obj)))


def _class_of(obj: Any) -> type:
    return obj if isinstance(obj, type) else type(obj)
