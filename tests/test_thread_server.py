"""What is special about the thread server: its workers, and what happens when there are too few of them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from pyro_client import BatchProxy, Proxy, errors
from pyro_server import Daemon, expose, oneway

if sys.platform != "win32":
    import resource

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
        self.begun = threading.Semaphore(0)
        self.done = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.proceed = threading.Event()
        self.together = threading.Barrier(2)

    def thread(self) -> str:
        return threading.current_thread().name

    def wait(self) -> str:
        self.begun.release()
        self.proceed.wait(DEADLINE)
        return threading.current_thread().name

    def call_yourself_together(self, uri: str) -> str:
        self.together.wait(DEADLINE)
        with Proxy(uri) as proxy:
            return str(proxy.thread())

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
def thing() -> Iterator[Thing]:
    thing = Thing()
    yield thing
    thing.proceed.set()


def few_workers(number: int, **items: Any) -> dict[str, Any]:
    return {"THREADPOOL_SIZE_MIN": 1, "THREADPOOL_SIZE": number, **items}


class Call:
    """A call of a method on a thread of its own."""

    def __init__(self, method: Any, *args: Any) -> None:
        self.result: Any = None
        self._method = method
        self._args = args
        self._thread = threading.Thread(target=self._call)
        self._thread.start()

    def wait(self) -> Any:
        """Return the result, or the error."""
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()
        return self.result

    def _call(self) -> None:
        try:
            self.result = self._method(*self._args)
        except Exception as error:  # the test looks at it
            self.result = error


# ------------------------------------------------------------------------------------------- a worker for each


def test_each_connection_has_a_worker_of_its_own(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing})
    first, second = serving.proxy(), serving.proxy()
    names = {first.thread(), second.thread(), first.thread()}
    assert len(names) == 2
    assert all(name.startswith("Pyro-Worker-") for name in names)


def test_a_connection_keeps_its_worker_while_it_is_idle(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, THREADPOOL_SIZE_MIN=1, THREADPOOL_SIZE=10)
    proxies = [serving.proxy() for _ in range(10)]
    names = [proxy.thread() for proxy in proxies]
    wait_until_parked(serving, 10)
    assert [proxy.thread() for proxy in proxies] == names


def wait_until_parked(serving: Any, number: int) -> None:
    """Wait until so many workers are reserved for clients that are silent."""
    pool = serving.daemon.transportServer.pool
    tick = threading.Event()
    for _ in range(int(DEADLINE / 0.01)):
        if len(pool.reserved) == number:
            return
        tick.wait(0.01)
    raise AssertionError(f"{len(pool.reserved)} workers are reserved instead of {number}")


def test_a_batch_runs_on_the_worker_of_its_connection(threaded, thing: Thing) -> None:
    proxy = threaded({"it": thing}).proxy()
    batch = BatchProxy(proxy)
    batch.thread()
    results = batch()
    assert results is not None
    assert list(results) == [proxy.thread()]


def test_when_clients_leave_the_pool_shrinks_again(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, daemon_class=Watched, **few_workers(5))
    proxies = [serving.proxy() for _ in range(5)]
    assert len({proxy.thread() for proxy in proxies}) == 5
    wait_until_parked(serving, 5)
    for proxy in proxies:
        proxy._pyroRelease()
    assert all(serving.daemon.gone.acquire(timeout=DEADLINE) for _ in proxies)
    wait_until_parked(serving, 0)
    tick = threading.Event()
    while serving.daemon.transportServer.pool.num_workers() > 1:
        tick.wait(0.01)


# ------------------------------------------------------------------------------------- more clients than workers


def test_idle_clients_need_no_worker(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, **few_workers(2))
    proxies = [serving.proxy() for _ in range(30)]
    for proxy in proxies:
        proxy._pyroBind()
    connections = [proxy._pyroConnection for proxy in proxies]
    assert all(proxy.thread() for _ in range(3) for proxy in proxies)
    assert [proxy._pyroConnection for proxy in proxies] == connections


def test_clients_that_call_all_the_time_take_turns_when_there_are_too_few_workers(
    threaded, thing: Thing, calling_all_the_time
) -> None:
    serving = threaded({"it": Adding()}, **few_workers(1))
    with calling_all_the_time(serving.proxy()) as first, calling_all_the_time(serving.proxy()) as second:
        for client in (first, second, first, second):
            client.assert_undisturbed()


@expose
class Adding:
    def add(self, a: int, b: int) -> int:
        return a + b


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """Let the process have some thousand sockets, as far as the system allows it to."""
    if sys.platform == "win32":  # it has no such limit
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_idle_clients_and_as_many_active_ones_as_workers_get_along(threaded, calling_all_the_time) -> None:
    serving = threaded({"it": Adding()}, THREADPOOL_SIZE=16)
    idle = [serving.proxy() for _ in range(1000)]
    for proxy in idle:
        proxy._pyroBind()
    connections = [proxy._pyroConnection for proxy in idle]
    with ExitStack() as stack:
        active = [stack.enter_context(calling_all_the_time(serving.proxy())) for _ in range(16)]
        assert all(proxy.add(3, 4) == 7 for proxy in idle[:100]), "an idle client can call at any time"
        for client in active:
            client.assert_undisturbed()
    assert [proxy._pyroConnection for proxy in idle] == connections
    assert serving.daemon.transportServer.pool.num_workers() <= 16


def test_while_all_workers_are_busy_a_client_waits_for_one(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, **few_workers(1))
    busy = Call(serving.proxy().wait)
    assert thing.begun.acquire(timeout=DEADLINE)
    waiting = [Call(lambda: serving.proxy().thread()) for _ in range(5)]
    thing.proceed.set()
    assert {call.wait() for call in [busy, *waiting]} == {"Pyro-Worker-1"}


def test_a_client_that_was_idle_waits_for_a_worker_too(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, **few_workers(1))
    idle = serving.proxy()
    assert idle.thread()
    busy = Call(serving.proxy().wait)
    assert thing.begun.acquire(timeout=DEADLINE)
    waiting = Call(idle.thread)
    thing.proceed.set()
    assert busy.wait() == waiting.wait() == "Pyro-Worker-1"


NO_WORKERS = "rejected: no free workers, increase server threadpool size"


def test_a_client_is_refused_with_the_reason_when_all_workers_are_busy_and_the_line_is_full(
    threaded, thing: Thing
) -> None:
    serving = threaded({"it": thing}, **few_workers(2, MAX_CONNECTIONS_WAITING=0))
    busy = [Call(serving.proxy().wait), Call(serving.proxy().wait)]
    assert thing.begun.acquire(timeout=DEADLINE)
    assert thing.begun.acquire(timeout=DEADLINE)
    for _ in range(3):
        with pytest.raises(errors.CommunicationError, match=NO_WORKERS):
            serving.proxy()._pyroBind()
    thing.proceed.set()
    assert all(call.wait() for call in busy)


def test_a_connection_that_is_there_is_never_refused(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, **few_workers(1, MAX_CONNECTIONS_WAITING=1))
    idle = [serving.proxy() for _ in range(5)]
    for proxy in idle:
        proxy._pyroBind()
    busy = Call(idle[0].wait)
    assert thing.begun.acquire(timeout=DEADLINE)
    waiting = [Call(proxy.thread) for proxy in idle[1:]]
    thing.proceed.set()
    assert all(call.wait() == "Pyro-Worker-1" for call in [busy, *waiting])


def test_calls_that_connect_to_their_own_server_are_refused_in_the_end_instead_of_waiting_for_ever(
    threaded, thing: Thing
) -> None:
    serving = threaded({"it": thing}, **few_workers(2, HANDSHAKE_TIMEOUT=0.2))
    uri = str(serving.daemon.uriFor("it"))
    calls = [Call(serving.proxy().call_yourself_together, uri) for _ in range(2)]
    results = [call.wait() for call in calls]
    refused = [result for result in results if isinstance(result, errors.CommunicationError)]
    assert refused, "with both workers in such a call, at least one of them must give up"
    assert all(NO_WORKERS in str(result) for result in refused)
    assert serving.proxy().thread(), "and the server is as good as before"


def test_when_a_client_leaves_another_one_finds_a_worker(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, daemon_class=Watched, **few_workers(1))
    for _ in range(5):
        with serving.proxy() as proxy:
            assert proxy.thread().startswith("Pyro-Worker-")
        assert serving.daemon.gone.acquire(timeout=DEADLINE)


def test_clients_that_leave_while_they_are_parked_are_noticed(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, daemon_class=Watched, **few_workers(2))
    proxies = [serving.proxy() for _ in range(20)]
    for proxy in proxies:
        proxy._pyroBind()
    for proxy in proxies:
        proxy._pyroRelease()
    assert all(serving.daemon.gone.acquire(timeout=DEADLINE) for _ in proxies)


def test_parked_clients_are_let_go_when_the_daemon_is_shut_down(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, daemon_class=Watched, **few_workers(1))
    proxies = [serving.proxy() for _ in range(10)]
    for proxy in proxies:
        proxy._pyroBind()
    serving.daemon.shutdown()
    assert all(serving.daemon.gone.acquire(timeout=DEADLINE) for _ in proxies)
    for proxy in proxies:
        with pytest.raises(errors.CommunicationError):
            proxy.thread()


# ------------------------------------------------------------------------------------------------ oneway calls


def test_oneway_calls_do_not_make_any_number_of_threads(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, THREADPOOL_SIZE_MIN=1, THREADPOOL_SIZE=3, MAX_ONEWAY_WAITING=100)
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
    other.count_together()
    assert other.thread(), "not even if they make oneway calls themselves"
    thing.proceed.set()
    assert all(thing.done.acquire(timeout=DEADLINE) for _ in range(21))
    assert proxy.thread()
