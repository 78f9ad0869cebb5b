"""Making the objects behind registered classes: one per daemon, per connection or per call."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["instance_for"]

_MISSING = object()


def instance_for(
    cls: type, singles: dict[type, Any], singles_lock: threading.RLock, session_instances: dict[type, Any]
) -> Any:
    """Return the object that serves a call to a registered class, made now if it is not there yet.

    ``singles`` are those of the daemon, ``session_instances`` those of the connection. Raises what the constructor or
    the instance creator raises, and ``TypeError`` if the latter returns something else.
    """
    mode, creator = getattr(cls, "_pyroInstancing", ("session", None))
    if mode == "percall":
        return _create(cls, creator)
    if mode == "session":
        return _existing_or_new(cls, creator, session_instances)
    # An instance may well be falsy, so it is looked for by `is`. Looking first without the lock keeps it off the path
    # of every call; looking again inside makes sure that two first calls make one instance.
    instance = singles.get(cls, _MISSING)
    if instance is not _MISSING:
        return instance
    with singles_lock:
        return _existing_or_new(cls, creator, singles)


def _existing_or_new(cls: type, creator: Any, instances: dict[type, Any]) -> Any:
    instance = instances.get(cls, _MISSING)
    if instance is _MISSING:
        instance = instances[cls] = _create(cls, creator)
    return instance


def _create(cls: type, creator: Any) -> Any:
    if creator is None:
        return cls()
    instance = creator(cls)
    if not isinstance(instance, cls):
        raise TypeError(
            f"the instance creator of {cls.__name__} returned {type(instance).__name__}, not an instance of the class"
        )
    return instance
