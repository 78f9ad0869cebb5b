"""Chapter "Servers": the multiplex server, which serves all its clients one call after the other."""

from __future__ import annotations

import selectors
import threading
from typing import Any

import pytest

from pyro_client import Proxy
from pyro_server import Daemon, behavior, expose
from pyro_wire import Config

DEADLINE = 20.0
WHILE = 0.1
"""Seconds in which another call would come in between, if it could."""


class Watch:
    """Notices how many calls there are at the same time, and in which threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running = self.most = 0
        self.threads: set[int] = set()
        self.never = threading.Event()

    def call(self) -> None:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.threads.add(threading.get_ident())
        self.never.wait(WHILE)
        with self.lock:
            self.running -= 1


@expose
class Thing:
    """Something whose calls are watched, or wait for the test."""

    watch = Watch()

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.proceed = threading.Event()
        self.finished: list[str] = []

    def call(self) -> None:
        self.watch.call()

    def slow(self) -> None:
        self.entered.set()
        self.proceed.wait(DEADLINE)
        self.finished.append("slow")

    def quick(self) -> None:
        self.finished.append("quick")


@pytest.fixture
def listening_kind() -> str:
    """Only the multiplex server."""
    return "multiplex"


def in_background(*calls: Any) -> list[threading.Thread]:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def test_the_configuration_item_selects_it(program) -> None:
    text = """
        import Pyro5.server
        with Pyro5.server.Daemon() as daemon:
            print(repr(daemon.transportServer))
    """
    assert program(text, PYRO_SERVERTYPE="multiplex").line().startswith("<SocketServer_Multiplex on localhost:")


@pytest.mark.parametrize("mode", ["session", "single", "percall"])
def test_one_call_runs_at_a_time_in_one_thread_whatever_the_instance_mode(listening, mode: str) -> None:
    watch = Watch()
    cls: Any = behavior(instance_mode=mode)(type("Moded", (Thing,), {"watch": watch}))
    serving = listening({"it": cls})
    for thread in in_background(*(serving.proxy().call for _ in range(3))):
        thread.join(DEADLINE)
    assert watch.most == 1
    assert watch.threads == {serving.thread.ident}


def test_clients_get_no_threads(listening) -> None:
    serving = listening({"it": Thing()})
    serving.proxy()._pyroBind()
    before = threading.active_count()
    for _ in range(5):
        serving.proxy().quick()
    assert threading.active_count() == before


def test_a_call_that_takes_its_time_makes_all_others_wait(listening) -> None:
    thing = Thing()
    serving = listening({"it": thing})
    second = serving.proxy()
    second._pyroBind()
    slow = in_background(serving.proxy().slow)
    assert thing.entered.wait(DEADLINE)
    quick = in_background(second.quick)
    quick[0].join(WHILE)
    thing.proceed.set()
    for thread in slow + quick:
        thread.join(DEADLINE)
    assert thing.finished == ["slow", "quick"]


def test_it_uses_the_best_selector_of_the_platform() -> None:
    with Daemon(config=Config(SERVERTYPE="multiplex")) as daemon:
        assert isinstance(daemon.selector, selectors.DefaultSelector)


def test_a_variable_may_end_the_loop_although_a_client_is_connected(program) -> None:
    server = program(
        """
        import Pyro5.server

        keep_running = True

        @Pyro5.server.expose
        class Thing(object):
            def stop(self):
                global keep_running
                keep_running = False

        daemon = Pyro5.server.Daemon()
        print(daemon.register(Thing))
        daemon.requestLoop(loopCondition=lambda: keep_running)
        daemon.close()
        print("cleaned up")
        """,
        PYRO_SERVERTYPE="multiplex",
    )
    with Proxy(server.line()) as staying:
        staying.stop()
        assert server.rest() == ["cleaned up"]
