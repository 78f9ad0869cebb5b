"""From the text after ``--storage`` to a storage."""

from __future__ import annotations

from collections.abc import Callable

from pyro_ns.storage.base import Storage
from pyro_ns.storage.memory import MemoryStorage

__all__ = ["open_storage"]

_OPENERS: dict[str, Callable[[], Storage]] = {"memory": MemoryStorage}


def open_storage(storage: str | Storage | None) -> Storage:
    """Return the storage that a text such as ``memory`` names, or a ``Storage`` itself; None means ``memory``.

    Raises ``ValueError`` for a text that names none, and ``TypeError`` for anything else.
    """
    if isinstance(storage, Storage):
        return storage
    if storage is not None and not isinstance(storage, str):
        raise TypeError(f"a storage is given as a str or a Storage, not as {type(storage).__name__}")
    opener = _OPENERS.get(storage or "memory")
    if opener is None:
        raise ValueError(f"invalid storage type '{storage}'; available: {', '.join(sorted(_OPENERS))}")
    return opener()
