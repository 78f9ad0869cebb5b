"""What only the storage in a file does: its format, what becomes of it, and how little it reads."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyro_ns import Entry, SqliteStorage
from pyro_ns.storage import Everything, HasAll, HasAny, Named, Query, StartsWith, database
from pyro_wire.errors import NamingError

A = Entry("PYRO:a@localhost:1", frozenset({"red", "round"}))
B = Entry("PYRO:b@localhost:2")

DOCUMENTED = """
    CREATE TABLE pyro_names(id integer primary key, name nvarchar unique not null, uri nvarchar not null);
    CREATE TABLE pyro_metadata(object integer not null references pyro_names(id), metadata nvarchar not null);
    INSERT INTO pyro_names(id, name, uri) VALUES (7, 'a', 'PYRO:a@localhost:1'), (9, 'b', 'PYRO:b@localhost:2');
    INSERT INTO pyro_metadata(object, metadata) VALUES (7, 'red'), (7, 'round');
"""
"""A database as Pyro5 makes it."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "names.sqlite"


def execute(path: Path, script: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_names_are_there_again(path: Path) -> None:
    with SqliteStorage(path) as storage:
        storage.put("a", A)
        storage.put("b", B)
    with SqliteStorage(str(path)) as storage:
        assert storage.find(Everything()) == {"a": A, "b": B}


def test_the_tables_are_those_of_pyro5(path: Path) -> None:
    with SqliteStorage(path) as storage:
        storage.put("a", A)
    assert rows(path, "SELECT id, name, uri FROM pyro_names") == [(1, "a", A.uri)]
    assert rows(path, "SELECT object, metadata FROM pyro_metadata ORDER BY metadata") == [(1, "red"), (1, "round")]


def test_a_database_of_pyro5_is_read_and_changed(path: Path) -> None:
    execute(path, DOCUMENTED)
    with SqliteStorage(path) as storage:
        assert storage.find(Everything()) == {"a": A, "b": B}
        assert storage.set_metadata("a", frozenset({"blue"}))
        assert storage.remove(Named("b")) == 1
    assert rows(path, "SELECT * FROM pyro_names") == [(7, "a", A.uri)]
    assert rows(path, "SELECT * FROM pyro_metadata") == [(7, "blue")]


@pytest.mark.parametrize(
    "table",
    [
        "pyro_names(id integer primary key, name nvarchar unique not null, uri nvarchar not null)",
        "pyro_names(name nvarchar primary key not null, uri nvarchar not null)",
    ],
)
def test_a_database_from_before_the_metadata_is_brought_up_to_date(path: Path, table: str) -> None:
    execute(path, f"CREATE TABLE {table}; INSERT INTO pyro_names(name, uri) VALUES ('b', '{B.uri}')")
    for _ in range(2):
        with SqliteStorage(path) as storage:
            assert storage.get("b") == B
            assert storage.put("a", A)
    assert rows(path, "SELECT id, name FROM pyro_names ORDER BY id") == [(1, "b"), (2, "a")]


def test_removing_leaves_no_tags_behind(path: Path) -> None:
    with SqliteStorage(path) as storage:
        storage.put("a", A)
        storage.put("b", A)
        storage.put("b", B)
        storage.remove(Named("a"))
    assert rows(path, "SELECT * FROM pyro_metadata") == []


def test_a_change_is_on_the_disk_at_once(path: Path) -> None:
    with SqliteStorage(path) as storage:
        storage.put("a", A)
        assert rows(path, "SELECT name FROM pyro_names") == [("a",)]


def test_a_closed_database_is_one_file(path: Path) -> None:
    with SqliteStorage(path) as storage:
        storage.put("a", A)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["", ":memory:"])
def test_a_database_that_is_no_file_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="there is the storage 'memory'"):
        SqliteStorage(name)


def test_a_file_that_is_no_database_is_a_naming_error(path: Path) -> None:
    path.write_bytes(b"something else" * 100)
    with pytest.raises(NamingError, match="file is not a database") as caught:
        SqliteStorage(path)
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)


def test_a_folder_that_is_not_there_is_a_naming_error(tmp_path: Path) -> None:
    with pytest.raises(NamingError, match=r"nowhere/names\.sqlite' failed: unable to open"):
        SqliteStorage(tmp_path / "nowhere" / "names.sqlite")


def test_tables_of_something_else_are_a_naming_error(path: Path) -> None:
    execute(path, "CREATE TABLE pyro_names(id integer primary key, something text)")
    with SqliteStorage(path) as storage, pytest.raises(NamingError, match="no such column: name"):
        storage.put("a", A)


def test_a_file_that_another_process_holds_is_a_naming_error_after_a_while(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.0)
    with SqliteStorage(path) as storage, holding(path, "BEGIN IMMEDIATE"):
        with pytest.raises(NamingError, match="locked"):
            storage.put("a", A)
        assert storage.find(Everything()) == {}  # readers do not wait


def test_after_an_error_the_storage_goes_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.0)
    with SqliteStorage(path) as storage:
        with holding(path, "BEGIN IMMEDIATE"), pytest.raises(NamingError):
            storage.put("a", A)
        storage.put("a", A)
        assert storage.get("a") == A


def test_while_others_read_with_a_rollback_journal_that_is_what_it_goes_on_with(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteStorage(path).close()
    execute(path, "PRAGMA journal_mode = DELETE")
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.0)
    with holding(path, "BEGIN; SELECT * FROM pyro_names"):
        storage = SqliteStorage(path)
    with storage:
        storage.put("a", A)
        assert storage.get("a") == A
    assert rows(path, "PRAGMA journal_mode") == [("delete",)]


def test_changes_go_through_to_the_disk(path: Path) -> None:
    with SqliteStorage(path) as storage, storage._database.changing() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (3,)


def test_a_change_that_fails_half_way_is_undone_as_a_whole(path: Path) -> None:
    with SqliteStorage(path) as storage:
        storage.put("a", A)
        with pytest.raises(NamingError, match="NOT NULL"):
            storage.put("a", Entry("PYRO:c@localhost:3", frozenset({None})))  # type: ignore[arg-type]  # to fail
        assert storage.get("a") == A


def test_reading_goes_on_during_a_change_and_sees_what_was_before(path: Path) -> None:
    with SqliteStorage(path) as storage:
        storage.put("b", B)
        with storage._database.changing() as connection:
            connection.execute("DELETE FROM pyro_names")
            assert storage.get("b") == B
        assert storage.get("b") is None


def test_a_storage_may_be_closed_while_it_is_read(path: Path) -> None:
    storage = SqliteStorage(path)
    storage.put("b", B)
    with storage._database.reading() as connection:
        storage.close()
        assert connection.execute("SELECT name FROM pyro_names").fetchall() == [("b",)]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


@contextlib.contextmanager
def holding(path: Path, script: str) -> Iterator[None]:
    """Have another connection do something, and hold the locks that it has then."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in script.split(";"):
            connection.execute(statement).fetchone()
        yield


# ------------------------------------------------------------------------------------------ how much is read


def fill(path: Path, count: int) -> None:
    """Put names into a file: one tag is that of all, another one that of ten."""
    with SqliteStorage(path):
        pass  # has the tables made
    numbers = range(1, count + 1)
    names = [(number, f"n{number:06}", "PYRO:x@y:1") for number in numbers]
    tags = [(number, "frequent") for number in numbers] + [(number, "rare") for number in range(1, 11)]
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany("INSERT INTO pyro_names(id, name, uri) VALUES (?, ?, ?)", names)
        connection.executemany("INSERT INTO pyro_metadata(object, metadata) VALUES (?, ?)", tags)


def steps_to_find_ten(path: Path, query: Query) -> int:
    """Count the steps of SQLite's machine that a query takes."""
    steps = itertools.count()
    with SqliteStorage(path) as storage:
        with storage._database.reading() as connection:  # the next one to read gets this one again
            connection.set_progress_handler(lambda: next(steps) and None, 1)
        assert len(storage.find(query)) == 10
    return next(steps)


@pytest.mark.parametrize(
    "query",
    [
        StartsWith("n00001"),
        HasAll(frozenset({"rare"})),
        HasAll(frozenset({"rare", "frequent"})),
        HasAny(frozenset({"rare", "unknown"})),
    ],
    ids=str,
)
def test_a_search_takes_as_long_as_its_answer_and_not_as_the_table(tmp_path: Path, query: Query) -> None:
    fill(tmp_path / "few", 1_000)
    fill(tmp_path / "many", 10_000)
    few, many = steps_to_find_ten(tmp_path / "few", query), steps_to_find_ten(tmp_path / "many", query)
    assert 100 < many < few * 1.5
