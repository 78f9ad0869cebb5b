"""The tables of a database of names, which are those of Pyro5, so that both can open each other's files.

::

    pyro_names                                      pyro_metadata
        id      integer, primary key                    object      integer, an id of pyro_names
        name    text, unique                            metadata    text, one tag of that name
        uri     text

The two indexes on the tags are this project's own; SQLite keeps them up whoever writes.
"""

from __future__ import annotations

import sqlite3

__all__ = ["create_tables", "has_tables"]

_STATEMENTS = {
    "pyro_names": """
        CREATE TABLE pyro_names (
            id integer PRIMARY KEY,
            name nvarchar NOT NULL UNIQUE,
            uri nvarchar NOT NULL
        )""",
    "pyro_metadata": """
        CREATE TABLE pyro_metadata (
            object integer NOT NULL REFERENCES pyro_names(id),
            metadata nvarchar NOT NULL
        )""",
    "pyro_metadata_of_object": "CREATE INDEX pyro_metadata_of_object ON pyro_metadata(object, metadata)",
    "pyro_metadata_by_tag": "CREATE INDEX pyro_metadata_by_tag ON pyro_metadata(metadata, object)",
}


def has_tables(connection: sqlite3.Connection) -> bool:
    """Tell whether everything is there, as it should be."""
    return _has_ids(connection) and _there(connection) >= _STATEMENTS.keys()


def create_tables(connection: sqlite3.Connection) -> None:
    """Create what is not there yet, and bring a database from before the time of metadata up to date.

    Runs in the transaction of the connection: it happens as a whole or not at all.
    """
    there = _there(connection)
    outdated = "pyro_names" in there and not _has_ids(connection)
    if outdated:
        connection.execute("ALTER TABLE pyro_names RENAME TO pyro_names_before")
        there.remove("pyro_names")
    for name, statement in _STATEMENTS.items():  # in this order
        if name not in there:
            connection.execute(statement)
    if outdated:
        connection.execute("INSERT INTO pyro_names(name, uri) SELECT name, uri FROM pyro_names_before")
        connection.execute("DROP TABLE pyro_names_before")


def _there(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def _has_ids(connection: sqlite3.Connection) -> bool:
    return "id" in {column[1] for column in connection.execute("PRAGMA table_info(pyro_names)")}
