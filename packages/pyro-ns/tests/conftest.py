"""Name servers and storages to try things on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pyro_ns import MemoryStorage, NameServer, Storage

STORAGES = {"memory": MemoryStorage}
"""Every storage: a new one is tested by an entry here."""


@pytest.fixture(params=sorted(STORAGES))
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    with STORAGES[request.param]() as opened:
        yield opened


@pytest.fixture
def nameserver(storage: Storage) -> NameServer:
    return NameServer(storage)
