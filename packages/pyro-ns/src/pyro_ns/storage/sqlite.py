"""Names in a SQLite file: they are there again after a restart, a crash or a power failure."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from pyro_ns.storage.base import Storage
from pyro_ns.storage.database import Database
from pyro_ns.storage.entry import Entry
from pyro_ns.storage.queries import HasAll, HasAny, Named, Query, RegisteredAs, StartsWith
from pyro_ns.storage.schema import create_tables, has_tables

__all__ = ["SqliteStorage"]

Row = tuple[str, str, str | None]
"""A name, its uri and one of its tags; None if it has none."""

_ENTRIES = "SELECT n.name, n.uri, m.metadata FROM pyro_names n LEFT JOIN pyro_metadata m ON m.object = n.id"
_URIS = "SELECT n.name, n.uri, NULL FROM pyro_names n"  # half of the time, where nobody asks for the tags
_NAMED = "WHERE n.name = ?"
# A range of names, where LIKE would take % and _ for wildcards and A for a, and look at every name.
_FROM = "WHERE n.name >= ?"
_FROM_UNTIL = "WHERE n.name >= ? AND n.name < ?"
# A CROSS JOIN is one whose order SQLite keeps: the names with the tag first.
_TAGGED = """
    SELECT n.name, n.uri, m.metadata
    FROM pyro_metadata t CROSS JOIN pyro_names n ON n.id = t.object LEFT JOIN pyro_metadata m ON m.object = n.id
    WHERE t.metadata = ?"""
_TAGGED_COUNT = "SELECT count(*) FROM (SELECT 1 FROM pyro_metadata WHERE metadata = ? LIMIT ?)"

_MANY = 64
"""Names with a tag that are counted first, to find the rarest tag; eight times as many after that, and so on."""


class SqliteStorage(Storage):
    """A storage in a file, in the format of Pyro5's ``sql:`` storage.

    A change is on the disk when its method returns. Beside the file SQLite keeps two more while it is open, with the
    endings ``-wal`` and ``-shm``: they belong to it, and to copy it alone loses changes. Several processes may use the
    file, if it is not on a network drive.

    A search by prefix or by metadata takes time that grows with its answer, not with the number of names.

    Raises ``ValueError`` for a database that is no file, and ``NamingError`` if it cannot be opened.
    """

    def __init__(self, dbfile: str | os.PathLike[str]) -> None:
        self.dbfile = os.fspath(dbfile)
        if self.dbfile in ("", ":memory:"):  # SQLite's words for databases of which every connection has its own
            raise ValueError("a database of names is a file; to keep names in memory there is the storage 'memory'")
        self._database = Database(self.dbfile)
        try:
            self._make_tables()
        except BaseException:
            self._database.close()
            raise

    def _make_tables(self) -> None:
        with self._database.reading() as connection:
            if has_tables(connection):
                return  # a transaction that changes nothing would still have to wait for the readers in other processes
        with self._database.changing() as connection:
            create_tables(connection)

    def get(self, name: str) -> Entry | None:
        """Return what is stored under a name, None if nothing is."""
        return self.find(Named(name)).get(name)

    def put(self, name: str, entry: Entry, *, overwrite: bool = True) -> bool:
        """Store an entry under a name; with ``overwrite`` false only if the name is free."""
        with self._database.changing() as connection:
            number = _id_of(connection, name)
            if number is None:
                number = connection.execute(
                    "INSERT INTO pyro_names(name, uri) VALUES (?, ?)", (name, entry.uri)
                ).lastrowid
            elif overwrite:
                connection.execute("UPDATE pyro_names SET uri = ? WHERE id = ?", (entry.uri, number))
            else:
                return False
            _replace_tags(connection, number, entry.metadata)
        return True

    def set_metadata(self, name: str, metadata: frozenset[str]) -> bool:
        """Replace the tags of a name. Returns whether the name was there."""
        with self._database.changing() as connection:
            number = _id_of(connection, name)
            if number is not None:
                _replace_tags(connection, number, metadata)
        return number is not None

    def find(self, query: Query) -> dict[str, Entry]:
        """Return the entries that a query asks for, by name."""
        with self._database.reading() as connection:
            return _found(connection, query)

    def find_uris(self, query: Query) -> dict[str, str]:
        """Return the uris alone of what a query asks for, by name."""
        with self._database.reading() as connection:
            selection = _ENTRIES if isinstance(query, HasAll | HasAny) else _URIS
            return {name: entry.uri for name, entry in _found(connection, query, selection).items()}

    def remove(self, query: Query, *, keep: frozenset[str] = frozenset()) -> int:
        """Remove the entries that a query asks for, except the names in ``keep``, and return how many went."""
        with self._database.changing() as connection:
            doomed = [(name,) for name in _found(connection, query) if name not in keep]
            connection.executemany(
                "DELETE FROM pyro_metadata WHERE object = (SELECT id FROM pyro_names WHERE name = ?)", doomed
            )
            connection.executemany("DELETE FROM pyro_names WHERE name = ?", doomed)
        return len(doomed)

    def count(self) -> int:
        """Return the number of names."""
        with self._database.reading() as connection:
            count: int = connection.execute("SELECT count(*) FROM pyro_names").fetchone()[0]
        return count

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _id_of(connection: sqlite3.Connection, name: str) -> int | None:
    ids = [number for (number,) in _rows(connection, "SELECT id FROM pyro_names WHERE name = ?", name)]
    return ids[0] if ids else None


def _replace_tags(connection: sqlite3.Connection, number: int | None, tags: Iterable[str]) -> None:
    connection.execute("DELETE FROM pyro_metadata WHERE object = ?", (number,))
    rows = [(number, tag) for tag in tags]
    connection.executemany("INSERT INTO pyro_metadata(object, metadata) VALUES (?, ?)", rows)


def _found(connection: sqlite3.Connection, query: Query, selection: str = _ENTRIES) -> dict[str, Entry]:
    entries = _entries(_candidates(connection, query, selection))
    return {name: entry for name, entry in entries if query.matches(name, entry)}


def _entries(rows: Iterable[Row]) -> Iterator[tuple[str, Entry]]:
    """Put the tags of each name together."""
    uris: dict[str, str] = {}
    tags: dict[str, list[str]] = {}
    for name, uri, tag in rows:
        uris[name] = uri
        if tag is not None:
            tags.setdefault(name, []).append(tag)
    return ((name, Entry(uri, frozenset(tags.get(name, ())))) for name, uri in uris.items())


def _candidates(connection: sqlite3.Connection, query: Query, selection: str) -> Iterator[Row]:
    """Give the rows of a superset of the answer, as small as the indexes make it."""
    match query:
        case Named(name) | RegisteredAs(name):
            yield from _rows(connection, f"{selection} {_NAMED}", name)
        case StartsWith(prefix):
            end = _end_of_prefix(prefix)
            condition, bounds = (_FROM, (prefix,)) if end is None else (_FROM_UNTIL, (prefix, end))
            yield from _rows(connection, f"{selection} {condition}", *bounds)
        case HasAll(tags) if tags:
            yield from _rows(connection, _TAGGED, _rarest(connection, tags))
        case HasAny(tags):
            for tag in tags:
                yield from _rows(connection, _TAGGED, tag)
        case _:
            yield from _rows(connection, selection)


def _rows(connection: sqlite3.Connection, statement: str, *values: str | int) -> Iterable[Any]:
    """Give the rows of a question; none for a text that is not valid Unicode, as no such text can be in the file."""
    try:
        return connection.execute(statement, values)
    except UnicodeEncodeError:
        return ()


def _end_of_prefix(prefix: str) -> str | None:
    """Return the first text behind all that begin with a prefix, None if nothing is behind them.

    SQLite compares the bytes of UTF-8, and these are in the order of the code points.
    """
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)  # between these there are no characters


def _rarest(connection: sqlite3.Connection, tags: frozenset[str]) -> str:
    """Return the tag that the fewest names have, without counting those of a frequent tag to the end."""
    limit = _MANY
    while True:
        counts = {tag: sum(count for (count,) in _rows(connection, _TAGGED_COUNT, tag, limit)) for tag in tags}
        rarest = min(counts, key=counts.__getitem__)
        if counts[rarest] < limit or len(tags) == 1:
            return rarest
        limit *= 8
