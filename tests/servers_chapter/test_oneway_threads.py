"""Chapter "Servers": the threads of oneway calls, which can be done without."""

from __future__ import annotations

import threading

from pyro_server import expose, oneway
from pyro_wire import Config

DEADLINE = 20.0


@expose
class Thing:
    """Something with a oneway method that waits for the test."""

    def __init__(self) -> None:
        self.proceed = threading.Event()
        self.finished: list[str] = []
        self.threads: list[str] = []

    @oneway
    def slow(self) -> None:
        self.threads.append(threading.current_thread().name)
        self.proceed.wait(DEADLINE)
        self.finished.append("slow")

    def quick(self) -> list[str]:
        self.finished.append("quick")
        return self.finished


def test_oneway_calls_have_threads_unless_told_otherwise() -> None:
    assert Config().ONEWAY_THREADED is True


def test_with_threads_the_next_call_overtakes_a_oneway_call(served) -> None:
    thing = Thing()
    proxy = served({"it": thing}, ONEWAY_THREADED=True).proxy()
    proxy.slow()
    assert proxy.quick() == ["quick"]
    thing.proceed.set()


def test_without_threads_the_next_call_of_the_client_comes_after_the_oneway_call(served) -> None:
    thing = Thing()
    proxy = served({"it": thing}, ONEWAY_THREADED=False).proxy()
    assert proxy.slow() is None, "the client does not wait all the same"
    assert thing.finished == []
    thing.proceed.set()
    assert proxy.quick() == ["slow", "quick"]
    assert thing.threads != ["oneway-call"]
