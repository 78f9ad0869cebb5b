"""From the text of ``--storage`` to a storage."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyro_ns import MemoryStorage, SqliteStorage
from pyro_ns.storage import open_storage


@pytest.mark.parametrize("text", ["memory", None])
def test_memory_is_the_default(text: str | None) -> None:
    assert isinstance(open_storage(text), MemoryStorage)


def test_each_memory_is_a_new_one() -> None:
    assert open_storage("memory") is not open_storage("memory")


def test_a_storage_is_itself() -> None:
    storage = MemoryStorage()
    assert open_storage(storage) is storage


def test_sql_and_a_colon_stand_before_a_file(tmp_path: Path) -> None:
    path = tmp_path / "with:colon.sqlite"
    with open_storage(f"sql:{path}") as storage:
        assert isinstance(storage, SqliteStorage)
        assert storage.dbfile == str(path)
    assert path.is_file()


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="there is the storage 'memory'"):
        open_storage("sql::memory:")


@pytest.mark.parametrize("text", ["redis://localhost", "sql", "sql:", "memory:x", "Memory", "dbm:names"])
def test_an_unknown_storage_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=f"invalid storage type '{text}'; available: memory, sql:FILE"):
        open_storage(text)


def test_anything_else_is_no_storage() -> None:
    with pytest.raises(TypeError, match="not as dict"):
        open_storage({})  # type: ignore[arg-type]  # that is the test
