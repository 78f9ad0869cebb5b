"""Chapter "Servers": connections that are hardly ever used, and what they take from the others."""

from __future__ import annotations

import pytest

from pyro_server import expose


@expose
class Thing:
    """Something to call."""

    def add(self, first: int, second: int) -> int:
        return first + second


@pytest.fixture
def listening_kind() -> str:
    """Only the thread server: the other one has no workers to be short of."""
    return "thread"


def test_many_idle_clients_take_no_workers_from_those_that_call(listening) -> None:
    serving = listening({"it": Thing()}, THREADPOOL_SIZE=2, THREADPOOL_SIZE_MIN=1)
    clients = [serving.proxy() for _ in range(20)]
    for _ in range(2):
        assert [client.add(1, 2) for client in clients] == [3] * 20
