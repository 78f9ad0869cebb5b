"""Name servers and storages to try things on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyro_ns import MemoryStorage, NameServer, SqliteStorage, Storage

STORAGES: dict[str, Callable[[Path], Storage]] = {
    "memory": lambda folder: MemoryStorage(),
    "sqlite": lambda folder: SqliteStorage(folder / "names.sqlite"),
}
"""Every storage, made in an empty folder: a new one is tested by an entry here."""


@pytest.fixture(params=sorted(STORAGES))
def new_storage(request: pytest.FixtureRequest) -> Callable[[Path], Storage]:
    """How to make a storage of one kind, in an empty folder."""
    return STORAGES[request.param]


@pytest.fixture
def storage(new_storage: Callable[[Path], Storage], tmp_path: Path) -> Iterator[Storage]:
    with new_storage(tmp_path) as opened:
        yield opened


@pytest.fixture
def nameserver(storage: Storage) -> NameServer:
    return NameServer(storage)
