"""From the text after ``--storage`` to a storage."""

from __future__ import annotations

from pyro_ns.storage.base import Storage
from pyro_ns.storage.memory import MemoryStorage
from pyro_ns.storage.sqlite import SqliteStorage

__all__ = ["open_storage"]


def open_storage(storage: str | Storage | None) -> Storage:
    """Return the storage that a text names, or a ``Storage`` itself.

    ``memory`` (as is None) and ``sql:FILE`` are there. Raises ``ValueError`` for another text, ``TypeError`` for
    anything else, and ``NamingError`` if the file cannot be opened.
    """
    if isinstance(storage, Storage):
        return storage
    if storage is not None and not isinstance(storage, str):
        raise TypeError(f"a storage is given as a str or a Storage, not as {type(storage).__name__}")
    if storage in (None, "", "memory"):
        return MemoryStorage()
    kind, _, path = str(storage).partition(":")
    if kind == "sql" and path:
        return SqliteStorage(path)
    raise ValueError(f"invalid storage type '{storage}'; available: memory, sql:FILE")
