"""Chapter "Servers": server types and concurrency; here the thread server and what holds for both."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pyro_client import errors
from pyro_server import Daemon, expose
from pyro_wire import Config

DEADLINE = 20.0


@expose
class Thing:
    """Something whose calls wait for each other, or for the test."""

    def __init__(self) -> None:
        self.together = threading.Barrier(3)
        self.entered = threading.Semaphore(0)
        self.proceed = threading.Event()

    def meet(self) -> int:
        return self.together.wait(DEADLINE)

    def wait(self) -> str:
        self.entered.release()
        self.proceed.wait(DEADLINE)
        return "at last"

    def quick(self) -> str:
        return "done"


@pytest.fixture
def listening_kind() -> str:
    """Only the thread server."""
    return "thread"


def in_background(call: Any) -> tuple[threading.Thread, list[Any]]:
    """Make a call in a thread, and return the thread and where the result will be."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    return thread, results


def test_the_thread_server_is_the_usual_one() -> None:
    assert Config().SERVERTYPE == "thread"
    with Daemon(config=Config()) as daemon:
        assert repr(daemon.transportServer).startswith("<SocketServer_Threadpool on ")


def test_an_unknown_type_of_server_is_refused() -> None:
    with pytest.raises(errors.PyroError, match="nonsense"):
        Daemon(config=Config(SERVERTYPE="nonsense"))


def test_the_configuration_item_selects_the_type(program) -> None:
    text = """
        import Pyro5.server
        with Pyro5.server.Daemon() as daemon:
            print(repr(daemon.transportServer))
    """
    assert program(text, PYRO_SERVERTYPE="thread").line().startswith("<SocketServer_Threadpool on localhost:")


def test_calls_of_several_proxies_run_at_the_same_time(listening) -> None:
    serving = listening({"it": Thing()})
    proxies = [serving.proxy() for _ in range(3)]
    calls = [in_background(proxy.meet) for proxy in proxies]
    for thread, _ in calls:
        thread.join(DEADLINE)
    assert sorted(results[0] for _, results in calls) == [0, 1, 2]


def test_a_call_that_takes_its_time_does_not_hold_up_other_clients(listening) -> None:
    thing = Thing()
    serving = listening({"it": thing})
    thread, results = in_background(serving.proxy().wait)
    assert thing.entered.acquire(timeout=DEADLINE)
    assert serving.proxy().quick() == "done"
    assert not results
    thing.proceed.set()
    thread.join(DEADLINE)
    assert results == ["at last"]


def test_a_pool_that_is_too_small_refuses_clients_with_an_exception(listening) -> None:
    thing = Thing()
    serving = listening({"it": thing}, THREADPOOL_SIZE=2, THREADPOOL_SIZE_MIN=1, MAX_CONNECTIONS_WAITING=0)
    calls = [in_background(serving.proxy().wait) for _ in range(2)]
    assert all(thing.entered.acquire(timeout=DEADLINE) for _ in calls)
    with pytest.raises(errors.CommunicationError, match="no free workers, increase server threadpool size"):
        serving.proxy()._pyroBind()
    thing.proceed.set()
    for thread, _ in calls:
        thread.join(DEADLINE)


@pytest.mark.parametrize("minimum", [1, 3])
def test_a_minimum_of_workers_stands_by(listening, minimum: int) -> None:
    before = workers()
    serving = listening({"it": Thing()}, THREADPOOL_SIZE=5, THREADPOOL_SIZE_MIN=minimum)
    assert len(workers() - before) == minimum
    assert serving.proxy().quick() == "done"


def workers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("Pyro-Worker-")}
