"""The servers and the pool under their documented names: made by hand, and as the parts of a daemon."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from pyro_client import Proxy
from pyro_client.socketutil import SocketConnection
from pyro_server import Daemon, expose
from pyro_wire import Config, config

DEADLINE = 20.0

Load = Callable[[str], ModuleType]

SERVERS = {
    "thread": ("Pyro5.svr_threads", "SocketServer_Threadpool"),
    "multiplex": ("Pyro5.svr_multiplex", "SocketServer_Multiplex"),
}

each_type = pytest.mark.parametrize("servertype", SERVERS)


@expose
class Thing:
    """What is called."""

    def greet(self, name: str) -> str:
        return f"hello {name}"


def documented(load: Load, servertype: str) -> Any:
    module, name = SERVERS[servertype]
    return getattr(load(module), name)


@contextmanager
def looping(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.loop, args=(lambda: True,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(DEADLINE)
        server.close()
    assert not thread.is_alive()


@each_type
def test_a_daemon_gets_a_second_address_by_a_server_made_by_hand(load: Load, servertype: str) -> None:
    with Daemon(config=Config(SERVERTYPE=servertype)) as daemon:
        daemon.register(Thing, "thing")
        server = documented(load, servertype)()
        server.init(daemon, "localhost", 0)
        assert server.locationStr != daemon.locationStr
        with looping(server), Proxy(f"PYRO:thing@{server.locationStr}") as thing:
            assert thing.greet("you") == "hello you"


def test_a_connected_socket_is_served_by_a_server_made_by_hand(load: Load) -> None:
    here, there = socket.socketpair()
    with here, there, Daemon() as daemon:
        daemon.register(Thing, "thing")
        server = load("Pyro5.svr_existingconn").SocketServer_ExistingConnection()
        server.init(daemon, there)
        with looping(server), Proxy("thing", connected_socket=here) as thing:
            assert thing.greet("you") == "hello you"


@each_type
def test_the_server_of_a_daemon_is_an_instance_of_the_documented_class(load: Load, servertype: str) -> None:
    with Daemon(config=Config(SERVERTYPE=servertype)) as daemon:
        others = [documented(load, other) for other in SERVERS if other != servertype]
        assert isinstance(daemon.transportServer, documented(load, servertype))
        assert not any(isinstance(daemon.transportServer, other) for other in others)


def test_a_subclass_of_the_programs_own_has_only_its_own_instances(load: Load) -> None:
    class Special(documented(load, "thread")):  # type: ignore[misc]
        pass

    with Daemon() as daemon:
        assert not isinstance(daemon.transportServer, Special)
        assert isinstance(Special(), Special)


@each_type
def test_the_server_of_a_daemon_has_the_documented_names(servertype: str) -> None:
    with Daemon(config=Config(SERVERTYPE=servertype)) as daemon:
        server: Any = daemon.transportServer
        assert server.locationStr == daemon.locationStr
        assert server.sock in server.sockets


@each_type
def test_shutting_the_server_down_ends_the_request_loop(servertype: str) -> None:
    with Daemon(config=Config(SERVERTYPE=servertype)) as daemon:
        loop = threading.Thread(target=daemon.requestLoop)
        loop.start()
        daemon.transportServer.shutdown()  # type: ignore[union-attr]
        loop.join(DEADLINE)
        assert not loop.is_alive()


@each_type
def test_wakeup_has_the_loop_look_at_its_condition(servertype: str) -> None:
    with Daemon(config=Config(SERVERTYPE=servertype, POLLTIMEOUT=600.0)) as daemon:
        asked: queue.SimpleQueue[None] = queue.SimpleQueue()
        wanted = threading.Event()

        def condition() -> bool:
            asked.put(None)
            return not wanted.is_set()

        loop = threading.Thread(target=daemon.requestLoop, args=(condition,))
        loop.start()
        asked.get(timeout=DEADLINE)
        wanted.set()
        daemon.transportServer.wakeup()  # type: ignore[union-attr]
        loop.join(DEADLINE)
        assert not loop.is_alive()


def test_the_housekeeper_of_a_thread_server_can_be_looked_at(running: Any) -> None:
    daemon = running(Daemon())
    daemon.register(Thing, "thing")
    with Proxy(daemon.uriFor("thing")) as thing:
        thing.greet("you")  # the loop runs by then
    housekeeper = daemon.transportServer.housekeeper
    assert housekeeper.is_alive()
    daemon.shutdown()
    housekeeper.join(DEADLINE)
    assert not housekeeper.is_alive()


def test_a_housekeeper_made_by_hand_calls_the_hook(load: Load) -> None:
    called = threading.Event()

    class Tidy(Daemon):
        def housekeeping(self) -> None:
            called.set()

    with Tidy(config=Config(POLLTIMEOUT=0.01)) as daemon:
        housekeeper = load("Pyro5.svr_threads").Housekeeper(daemon)
        housekeeper.start()
        assert called.wait(DEADLINE)
        housekeeper.stop(DEADLINE)
        assert not housekeeper.is_alive()


def test_a_job_serves_a_client_whose_socket_the_program_has_accepted(load: Load) -> None:
    with Daemon() as daemon, socket.create_server(("127.0.0.1", 0)) as listening:
        daemon.register(Thing, "thing")
        served = threading.Thread(
            target=lambda: load("Pyro5.svr_threads").ClientConnectionJob(*listening.accept(), daemon)()
        )
        served.start()
        with Proxy(f"PYRO:thing@127.0.0.1:{listening.getsockname()[1]}") as thing:
            assert thing.greet("you") == "hello you"
        served.join(DEADLINE)
        assert not served.is_alive()


def test_a_job_tells_the_daemon_when_its_client_leaves(load: Load) -> None:
    left: list[SocketConnection] = []

    class Watching(Daemon):
        def clientDisconnect(self, conn: SocketConnection) -> None:
            left.append(conn)

    with Watching() as daemon, socket.create_server(("127.0.0.1", 0)) as listening:
        daemon.register(Thing, "thing")
        with Proxy(f"PYRO:thing@127.0.0.1:{listening.getsockname()[1]}") as thing:
            connecting = threading.Thread(target=thing._pyroBind)
            connecting.start()
            job = load("Pyro5.svr_threads").ClientConnectionJob(*listening.accept(), daemon)
            served = threading.Thread(target=job)
            served.start()
            connecting.join(DEADLINE)
        served.join(DEADLINE)
        assert left == [job.csock]


@pytest.fixture
def pool(load: Load) -> Iterator[Any]:
    """A pool of one to three workers, as the process-wide configuration says."""
    config.THREADPOOL_SIZE_MIN, config.THREADPOOL_SIZE = 1, 3
    with load("Pyro5.svr_threads").Pool() as opened:
        yield opened
    assert opened.join(DEADLINE)


def test_a_pool_has_the_sizes_of_the_configuration(pool: Any) -> None:
    assert (pool.num_workers(), len(pool.idle), len(pool.busy), pool.closed) == (1, 1, 0, False)


def test_a_pool_grows_while_there_are_jobs(pool: Any) -> None:
    go_on, begun = threading.Event(), threading.Barrier(4)

    def job() -> None:
        begun.wait(DEADLINE)
        go_on.wait(DEADLINE)

    for _ in range(3):
        pool.process(job)
    begun.wait(DEADLINE)
    assert (pool.num_workers(), len(pool.idle), len(pool.busy)) == (3, 0, 3)
    go_on.set()


def test_a_full_pool_says_so(pool: Any, load: Load) -> None:
    go_on = threading.Event()
    for _ in range(3):
        pool.process(lambda: go_on.wait(DEADLINE))
    with pytest.raises(load("Pyro5.svr_threads").NoFreeWorkersError, match="increase server threadpool size"):
        pool.process(lambda: None)
    go_on.set()


def test_a_closed_pool_takes_no_jobs(pool: Any, load: Load) -> None:
    pool.close()
    assert pool.closed
    with pytest.raises(load("Pyro5.svr_threads").PoolError):
        pool.process(lambda: None)


def test_the_end_of_a_job_is_told_to_subclasses_even_if_it_fails(load: Load) -> None:
    done: queue.SimpleQueue[threading.Thread] = queue.SimpleQueue()
    threads = load("Pyro5.svr_threads")

    class Told(threads.Pool):  # type: ignore[misc, name-defined]
        def notify_done(self, worker: threading.Thread) -> None:
            done.put(worker)

    def fail() -> None:
        raise ValueError("on purpose")

    with Told() as pool:
        pool.process(fail)
        assert isinstance(done.get(timeout=DEADLINE), threads.Worker)
    assert pool.join(DEADLINE)
