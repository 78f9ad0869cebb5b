"""The storages of `Pyro5.nameserver`, as programs use them that fill or read one themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from Pyro5.nameserver import MemoryStorage, NameServer, SqlStorage

A, B = "PYRO:a@localhost:1", "PYRO:b@localhost:2"
storage = NEW_STORAGE
storage["a"] = (A, {"red", "round"})
storage["b"] = (B, set())

STATEMENTS
storage.close()
"""

STORAGES = {"memory": "MemoryStorage()", "sqlite": "SqlStorage(sys.argv[1])"}


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize(
    "statements",
    [
        pytest.param('assert storage["a"] == (A, {"red", "round"})', id="an item is a pair"),
        pytest.param('assert storage.get("a")[0] == A and storage.get("c", 3) == 3', id="get"),
        pytest.param('assert "a" in storage and "c" not in storage', id="in"),
        pytest.param('assert sorted(storage) == ["a", "b"] and len(storage) == 2', id="iteration and length"),
        pytest.param('assert dict(storage.items())["b"] == (B, set())', id="items"),
        pytest.param('del storage["a"]; assert list(storage) == ["b"]', id="del"),
        pytest.param('storage["a"] = (B, None); assert storage["a"] == (B, set())', id="an item without metadata"),
        pytest.param('assert storage.everything() == {"a": A, "b": B}', id="everything"),
        pytest.param(
            'assert storage.everything(return_metadata=True) == {"a": (A, {"red", "round"}), "b": (B, set())}',
            id="everything with metadata",
        ),
        pytest.param('storage.remove_items(["a", "c"]); assert list(storage) == ["b"]', id="remove_items"),
        pytest.param('assert storage.optimized_prefix_list("a") == {"a": A}', id="prefix"),
        pytest.param('assert storage.optimized_regex_list("[b-z]", True) == {"b": (B, set())}', id="regex"),
        pytest.param(
            'assert storage.optimized_metadata_search(metadata_all=["red", "round"]) == {"a": A}', id="all tags"
        ),
        pytest.param('assert storage.optimized_metadata_search(metadata_any=["red", "x"]) == {"a": A}', id="any tag"),
        pytest.param('names = NameServer(storage); names.remove("a"); assert names.list() == {"b": B}', id="served"),
        pytest.param("storage.clear(); assert NameServer(storage).storage is storage", id="an empty one is one"),
        pytest.param(
            "try: storage.pop('c')\nexcept KeyError: pass\nelse: raise AssertionError",
            id="an unknown name is a KeyError",
        ),
    ],
)
def test_a_storage_is_a_mapping_with_some_methods_more(tmp_path: Path, storage: str, statements: str) -> None:
    program = PROGRAM.replace("NEW_STORAGE", STORAGES[storage]).replace("STATEMENTS", statements)
    command = [sys.executable, "-c", program, str(tmp_path / "names.sqlite")]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize(
    ("storage", "statements"),
    [
        pytest.param("memory", "try: del storage['c']\nexcept KeyError: pass\nelse: raise AssertionError", id="memory"),
        pytest.param("sqlite", "del storage['c']; assert len(storage) == 2", id="sqlite"),
    ],
)
def test_to_delete_an_unknown_name_is_an_error_in_memory_alone(tmp_path: Path, storage: str, statements: str) -> None:
    test_a_storage_is_a_mapping_with_some_methods_more(tmp_path, storage, statements)


def test_a_mapping_in_a_file_is_there_again(tmp_path: Path) -> None:
    program = """
import sys
from Pyro5.nameserver import SqlStorage
for expected in 0, 1:
    storage = SqlStorage(sys.argv[1])
    assert len(storage) == expected
    storage["a"] = ("PYRO:a@localhost:1", {"red"})
    storage.close()
"""
    command = [sys.executable, "-c", program, str(tmp_path / "names.sqlite")]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0, shown.stderr
