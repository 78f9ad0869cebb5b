"""What is special about the thread server: its workers, and what happens when there are too few of them."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pyro_client import BatchProxy, errors
from pyro_server import Daemon, expose, oneway

DEADLINE = 20.0


class Watched(Daemon):
    """A daemon that tells when a client has left."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gone = threading.Semaphore(0)

    def clientDisconnect(self, conn: Any) -> None:
        self.gone.release()


@expose
class Thing:
    """Something that knows on which thread it is called."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.done = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.proceed = threading.Event()

    def thread(self) -> str:
        return threading.current_thread().name

    @oneway
    def count_together(self) -> None:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.proceed.wait(DEADLINE)
        with self.lock:
            self.running -= 1
        self.done.release()


@pytest.fixture
def thing() -> Thing:
    return Thing()


@pytest.fixture(params=["thread"])
def listening_kind(request: pytest.FixtureRequest) -> str:
    """Only the thread server."""
    return str(request.param)


def test_each_connection_has_a_worker_of_its_own(listening, thing: Thing) -> None:
    serving = listening({"it": thing})
    first, second = serving.proxy(), serving.proxy()
    names = {first.thread(), second.thread(), first.thread()}
    assert len(names) == 2
    assert all(name.startswith("Pyro-Worker-") for name in names)


def test_when_all_workers_are_busy_a_client_is_refused_with_the_reason(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, THREADPOOL_SIZE_MIN=1, THREADPOOL_SIZE=2)
    clients = [serving.proxy(), serving.proxy()]
    for client in clients:
        client._pyroBind()
    reason = "rejected: no free workers, increase server threadpool size"
    for _ in range(3):
        with pytest.raises(errors.CommunicationError, match=reason):
            serving.proxy()._pyroBind()
    assert all(client.thread() for client in clients)


def test_when_a_client_leaves_another_one_finds_a_worker(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, daemon_class=Watched, THREADPOOL_SIZE_MIN=1, THREADPOOL_SIZE=1)
    for _ in range(5):
        with serving.proxy() as proxy:
            proxy._pyroReconnect(tries=5)
            assert proxy.thread().startswith("Pyro-Worker-")
        assert serving.daemon.gone.acquire(timeout=DEADLINE)


def test_oneway_calls_do_not_make_any_number_of_threads(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, THREADPOOL_SIZE_MIN=1, THREADPOOL_SIZE=3, MAX_ONEWAY_WAITING=100)
    proxy = serving.proxy()
    for _ in range(50):
        proxy.count_together()
    assert proxy.thread()
    thing.proceed.set()
    assert all(thing.done.acquire(timeout=DEADLINE) for _ in range(50))
    assert thing.most <= 3


def test_a_client_with_too_many_oneway_calls_waiting_is_made_to_wait(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, THREADPOOL_SIZE_MIN=1, THREADPOOL_SIZE=2, MAX_ONEWAY_WAITING=2)
    proxy, other = serving.proxy(), serving.proxy()
    for _ in range(20):
        proxy.count_together()
    assert other.thread(), "the others are not"
    thing.proceed.set()
    assert all(thing.done.acquire(timeout=DEADLINE) for _ in range(20))
    assert proxy.thread()


def test_a_batch_runs_on_the_worker_of_its_connection(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    batch = BatchProxy(proxy)
    batch.thread()
    results = batch()
    assert results is not None
    assert list(results) == [proxy.thread()]
