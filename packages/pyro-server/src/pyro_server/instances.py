"""Making the objects behind registered classes: one per daemon, per connection or per call."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

__all__ = ["SingleLocks", "instance_for", "remember_behavior"]

_MISSING = object()

_DEFAULT = ("session", None)
"""Mode and creator of a class that says nothing of them."""


class SingleLocks:
    """One lock for each class whose only instance is to be made, so that a slow constructor delays no other class."""

    def __init__(self) -> None:
        self.guard = threading.RLock()
        """Held while the lock of a class is looked for."""
        self._locks: dict[type, threading.RLock] = {}

    def of(self, cls: type) -> threading.RLock:
        """Return the lock of a class. It is reentrant: classes may make each other on the same thread."""
        with self.guard:
            return self._locks.setdefault(cls, threading.RLock())


def remember_behavior(cls: type) -> None:
    """Write down in a class that is registered how it is instantiated, if it does not say so: programs read that."""
    if not hasattr(cls, "_pyroInstancing"):
        with contextlib.suppress(TypeError):  # built-in classes take no attributes
            cls._pyroInstancing = _DEFAULT  # type: ignore[attr-defined]  # classes take attributes


def instance_for(cls: type, singles: dict[type, Any], locks: SingleLocks, session_instances: dict[type, Any]) -> Any:
    """Return the object that serves a call to a registered class, made now if it is not there yet.

    ``singles`` are those of the daemon, ``session_instances`` those of the connection. Raises what the constructor or
    the instance creator raises, and ``TypeError`` if the latter returns something else.
    """
    mode, creator = getattr(cls, "_pyroInstancing", _DEFAULT)
    if mode == "percall":
        return _create(cls, creator)
    if mode == "session":
        return _existing_or_new(cls, creator, session_instances)
    # An instance may well be falsy, so it is looked for by `is`. Looking first without the lock keeps it off the path
    # of every call; looking again inside makes sure that two first calls make one instance.
    instance = singles.get(cls, _MISSING)
    if instance is not _MISSING:
        return instance
    with locks.of(cls):
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
