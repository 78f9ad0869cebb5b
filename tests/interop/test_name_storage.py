"""The file of a name server, in the hands of both libraries."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pyro_ns import NameServer, SqliteStorage

RELEASED = """
import json, sys
from Pyro5.nameserver import NameServer, SqlStorage

nameserver = NameServer(SqlStorage(sys.argv[1]))
for method, arguments, options in json.loads(sys.argv[2]):
    result = getattr(nameserver, method)(*arguments, **options)
    print(json.dumps(result, default=lambda value: sorted(value) if isinstance(value, set) else str(value)))
nameserver.storage.close()
"""
"""Calls methods of the released name server on a file, and prints the results."""

A, B = "PYRO:a@localhost:1", "PYRO:b@[::1]:2"


def released(path: Path, *calls: tuple[str, list[Any], dict[str, Any]]) -> list[Any]:
    """Have the released name server called, and return the results."""
    command = [sys.executable, "-c", RELEASED, str(path), json.dumps(calls)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0, shown.stderr
    return [json.loads(line) for line in shown.stdout.splitlines()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "names.sqlite"


def test_a_file_of_the_released_library_is_read(path: Path) -> None:
    released(
        path,
        ("register", ["größe %_€", A], {"metadata": ["y", "x"]}),
        ("register", ["plain", B], {}),
        ("register", ["gone", B], {"metadata": ["x"]}),
        ("remove", ["gone"], {}),
    )
    with SqliteStorage(path) as storage:
        nameserver = NameServer(storage)
        assert nameserver.list(return_metadata=True) == {"größe %_€": (A, {"x", "y"}), "plain": (B, set())}
        assert nameserver.list(prefix="größe %") == {"größe %_€": A}
        assert nameserver.yplookup(meta_all={"x", "y"}, return_metadata=False) == {"größe %_€": A}


def test_a_file_of_ours_is_read_by_the_released_library(path: Path) -> None:
    with SqliteStorage(path) as storage:
        nameserver = NameServer(storage)
        nameserver.register("größe", A, metadata={"y", "x"})
        nameserver.register("plain", B)
        nameserver.register("gone", B, metadata={"x"})
        nameserver.remove("gone")
    assert released(
        path,
        ("list", [], {"return_metadata": True}),
        ("lookup", ["plain"], {}),
        ("list", [], {"prefix": "gr"}),
        ("yplookup", [], {"meta_all": ["x", "y"], "return_metadata": False}),
        ("count", [], {}),
    ) == [{"größe": [A, ["x", "y"]], "plain": [B, []]}, B, {"größe": A}, {"größe": A}, 2]


def test_what_the_released_library_changes_in_a_file_of_ours_is_found(path: Path) -> None:
    with SqliteStorage(path) as storage:
        for number in range(5):
            NameServer(storage).register(f"name{number}", A, metadata={"old"})
    released(
        path,
        ("register", ["name0", B], {"metadata": ["new"]}),
        ("set_metadata", ["name1", ["new", "newer"]], {}),
        ("remove", ["name2"], {}),
        ("remove", [], {"prefix": "name3"}),
        ("register", ["name5", B], {"metadata": ["new"]}),
    )
    with SqliteStorage(path) as storage:
        nameserver = NameServer(storage)
        assert nameserver.yplookup(meta_any={"new"}, return_metadata=False) == {"name0": B, "name1": A, "name5": B}
        assert nameserver.yplookup(meta_any={"old"}, return_metadata=False) == {"name4": A}
        assert nameserver.list(prefix="name").keys() == {"name0", "name1", "name4", "name5"}


def test_both_may_have_the_file_open(path: Path) -> None:
    with SqliteStorage(path) as storage:
        nameserver = NameServer(storage)
        nameserver.register("ours", A)
        assert released(path, ("register", ["theirs", B], {}), ("list", [], {}))[1] == {"ours": A, "theirs": B}
        assert nameserver.list() == {"ours": A, "theirs": B}
        nameserver.remove("theirs")
        assert released(path, ("list", [], {})) == [{"ours": A}]


def test_the_columns_are_the_same(tmp_path: Path) -> None:
    released(tmp_path / "theirs")
    SqliteStorage(tmp_path / "ours").close()
    for table in ("pyro_names", "pyro_metadata"):
        shapes = []
        for name in ("ours", "theirs"):
            with closing(sqlite3.connect(tmp_path / name)) as connection:
                columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
                keys = connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()
                shapes.append((columns, keys))
        assert shapes[0] == shapes[1]
