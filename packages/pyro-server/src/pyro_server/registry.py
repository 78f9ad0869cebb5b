"""Which objects a daemon hosts, under which ids, and which daemon an object belongs to."""

from __future__ import annotations

import contextlib
import uuid
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyro_wire.errors import DaemonError
from pyro_wire.names import DAEMON_NAME

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["ObjectRegistry", "Publication", "publication_of"]


@dataclass(frozen=True, slots=True)
class Publication:
    """Where an object is published."""

    daemon: Daemon
    object_id: str


# Objects that take no attributes (builtins, classes with slots), by id(): the daemon that hosts one keeps it alive, so
# the number cannot be given to another object meanwhile.
_without_attributes: dict[int, tuple[weakref.ref[Daemon], str]] = {}


def publication_of(obj: Any) -> Publication | None:
    """Return where an object, or else its class, is published at this moment; None if it is not."""
    object_id = getattr(obj, "_pyroId", None)
    daemon: Any = getattr(obj, "_pyroDaemon", None)
    if not object_id:
        reference, object_id = _without_attributes.get(id(obj), (None, ""))
        daemon = reference() if reference else None
    if daemon is None or not object_id:
        return None
    try:
        hosted = daemon.registry.get(object_id)
    except (ReferenceError, DaemonError):  # the daemon is gone, or has forgotten the object
        return None
    return Publication(daemon, object_id) if _stands_for(hosted, obj) else None


def _stands_for(hosted: Any, obj: Any) -> bool:
    """Tell whether what a daemon hosts is the object itself or its class."""
    return hosted is obj or (isinstance(hosted, type) and isinstance(obj, hosted))


class ObjectRegistry:
    """The objects and classes of one daemon, by id. ``by_id`` maps ids to objects, classes and weak references."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = weakref.proxy(daemon)
        self._daemon_reference = weakref.ref(daemon)
        self.by_id: dict[str, Any] = {}

    def get(self, object_id: str) -> Any:
        """Return the object or class with this id. Raises ``DaemonError`` if there is none."""
        found = self.by_id.get(object_id)
        if type(found) is weakref.ref:
            found = found()
        if found is None:
            raise DaemonError("unknown object")
        return found

    def add(self, obj: Any, object_id: str | None, *, force: bool, weak: bool) -> str:
        """Publish an object or class and return its id. Raises ``DaemonError`` if it, or the id, is taken."""
        if object_id is None:
            object_id = "obj_" + uuid.uuid4().hex
        elif not isinstance(object_id, str):
            raise TypeError(f"an object id must be a str or None, not {type(object_id).__name__}")
        if weak and isinstance(obj, type):
            raise TypeError("a class cannot be registered with a weak reference")
        if not force:
            self._check_free(obj, object_id)
        hosted = self._weak_reference(obj, object_id) if weak else obj
        self._mark(obj, object_id)
        self.by_id[object_id] = hosted
        return object_id

    def remove(self, obj_or_id: Any) -> None:
        """Withdraw an object, or the id of one. The daemon object stays; an unknown id is ignored."""
        if obj_or_id is None:
            raise ValueError("unregister needs an object or an object id, not None")
        object_id = obj_or_id if isinstance(obj_or_id, str) else self.id_of(obj_or_id)
        if not isinstance(obj_or_id, str) and not self._hosts(object_id, obj_or_id):
            raise DaemonError(f"this {type(obj_or_id).__name__} is not registered itself, only its class is")
        if object_id == DAEMON_NAME:
            return
        hosted = self.by_id.pop(object_id, None)
        hosted = hosted() if type(hosted) is weakref.ref else hosted
        _unmark(hosted, object_id)

    def id_of(self, obj: Any) -> str:
        """Return the id of an object of this daemon. Raises ``DaemonError`` if it is not registered."""
        object_id: str = _own_id(obj)
        # The id may be that of another daemon, or belong to another object by now.
        if object_id not in self.by_id or not _stands_for(self.get(object_id), obj):
            raise DaemonError(f"the object {type(obj).__name__} is not registered in this daemon; register it first")
        return object_id

    def _check_free(self, obj: Any, object_id: str) -> None:
        own_id = _own_id(obj)
        if own_id and self._hosts(own_id, obj):
            raise DaemonError("object or class already has a Pyro id")
        if object_id in self.by_id:
            raise DaemonError("an object or class is already registered with that id")

    def _hosts(self, object_id: str, obj: Any) -> bool:
        try:
            return self.get(object_id) is obj
        except DaemonError:
            return False

    def _mark(self, obj: Any, object_id: str) -> None:
        try:
            obj._pyroId = object_id
            obj._pyroDaemon = self._daemon
        except (AttributeError, TypeError):  # TypeError: built-in classes
            _without_attributes[id(obj)] = (self._daemon_reference, object_id)

    def _weak_reference(self, obj: Any, object_id: str) -> weakref.ref[Any]:
        by_id, number = self.by_id, id(obj)

        def forget(reference: weakref.ref[Any]) -> None:
            if by_id.get(object_id) is reference:
                del by_id[object_id]
            if _without_attributes.get(number, (None, ""))[1] == object_id:
                del _without_attributes[number]

        return weakref.ref(obj, forget)


def _own_id(obj: Any) -> str:
    """Return the id that an object or its class was given at last, "" if there is none."""
    return getattr(obj, "_pyroId", "") or _without_attributes.get(id(obj), (None, ""))[1]


def _unmark(obj: Any, object_id: str) -> None:
    if obj is None:
        return
    if _without_attributes.get(id(obj), (None, ""))[1] == object_id:
        del _without_attributes[id(obj)]
    if getattr(obj, "_pyroId", None) == object_id:
        with contextlib.suppress(AttributeError):  # those that it only has from its class stay there
            del obj._pyroId, obj._pyroDaemon
