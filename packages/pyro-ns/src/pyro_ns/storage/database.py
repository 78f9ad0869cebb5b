"""Connections to a SQLite file, for any number of threads."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pyro_wire.errors import NamingError

__all__ = ["Database"]

BUSY_TIMEOUT = 10.0
"""Seconds to wait while another process changes the file."""

IDLE_CONNECTIONS = 4
"""Connections that are kept for the next who comes; more than that are closed after use."""


class Database:
    """A SQLite file, and transactions on it.

    A committed change survives whatever happens to the process (it is in the log file beside the database) and to the
    machine (the log file is written through to the disk before ``COMMIT`` returns). What had not been committed is
    gone as if it had never been: the next one who opens the file sees to that.

    Readers see one moment and wait for nobody; changes are made one after the other. SQLite's errors are raised as
    ``NamingError``, and so is the use after ``close``.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        # Guards the next two.
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        # Held during a change. SQLite would do without, but it waits by polling, and not in the order of arrival.
        self._changing = threading.Lock()
        with self._errors_translated():
            self._give_back(self._open_first())

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection on which everything is seen as it is now."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for a change, which is committed at the end of the block, or undone by an exception."""
        with self._changing, self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """Close the file, after the transactions that are going on. May be called any number of times."""
        with self._lock, self._errors_translated():
            self._closed = True
            while self._idle:
                self._idle.pop().close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._errors_translated():
            connection = self._take()
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.close()  # which undoes the transaction, in whatever state it is
                raise
            self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise NamingError("the storage of this name server is closed; start another name server")
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()

    def _open_first(self) -> sqlite3.Connection:
        """Open the file and have it write changes to a log: readers need not wait, and a commit syncs one file once.

        Some file systems cannot do that, and not while another process is at work with a rollback journal. Then this
        one goes on with that too, which is slower and as safe.
        """
        connection = self._open()
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        return connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=BUSY_TIMEOUT,
            isolation_level=None,  # transactions begin where this file says so
            check_same_thread=False,  # a connection serves one thread at a time, not always the same
        )
        try:
            # EXTRA is FULL with a log; with a rollback journal it syncs the folder too, or a commit could come undone.
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("PRAGMA fullfsync = ON")  # macOS only: elsewhere a sync always goes through to the disk
        except BaseException:
            connection.close()
            raise
        return connection

    @contextlib.contextmanager
    def _errors_translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise NamingError(f"the database of names {self._path!r} failed: {error}") from error
