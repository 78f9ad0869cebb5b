"""Chapter "Servers": running the request loop, leaving it, and cleaning up."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pyro_client import Proxy, errors
from pyro_server import Daemon, expose
from pyro_wire import Config

DEADLINE = 20.0

SEMI_GLOBAL = """
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
"""

SHUTDOWN = """
    import Pyro5.server

    @Pyro5.server.expose
    class Thing(object):
        def stop(self):
            self._pyroDaemon.shutdown()
            return "stopping"

    daemon = Pyro5.server.Daemon()
    print(daemon.register(Thing))
    daemon.requestLoop()
    print("cleaned up")
"""


@expose
class Thing:
    """Something to call."""

    def __init__(self) -> None:
        self.keep_running = True

    def add(self, first: int, second: int) -> int:
        return first + second

    def stop(self) -> None:
        self.keep_running = False


def test_calls_wait_until_the_loop_runs_and_the_loop_takes_the_thread(listening_kind: str) -> None:
    thing = Thing()
    results: list[int] = []
    returned = threading.Event()
    with Daemon(config=Config(SERVERTYPE=listening_kind, POLLTIMEOUT=0.01)) as daemon:
        uri = daemon.register(thing)

        def call() -> None:
            with Proxy(uri) as proxy:
                results.append(proxy.add(1, 2))
                assert not returned.is_set()
                proxy.stop()

        client = threading.Thread(target=call)
        client.start()
        daemon.requestLoop(lambda: thing.keep_running)
        returned.set()
        client.join(DEADLINE)
    assert results == [3]


@pytest.mark.parametrize("commtimeout", ["0", "5"])
@pytest.mark.parametrize("server_type", ["thread"])
def test_a_variable_may_end_the_loop(program, server_type: str, commtimeout: str) -> None:
    server = program(SEMI_GLOBAL, PYRO_SERVERTYPE=server_type, PYRO_COMMTIMEOUT=commtimeout, PYRO_POLLTIMEOUT="0.01")
    with Proxy(server.line()) as staying:
        staying.stop()
        assert server.rest() == ["cleaned up"], "although a client is still connected"


@pytest.mark.parametrize("server_type", ["thread"])
def test_shutting_down_ends_the_loop_and_lets_the_program_go_on(program, server_type: str) -> None:
    server = program(SHUTDOWN, PYRO_SERVERTYPE=server_type)
    with Proxy(server.line()) as staying:
        assert staying.stop() == "stopping"
        assert server.rest() == ["cleaned up"]


@pytest.mark.parametrize("close", [Daemon.close, lambda daemon: daemon.__exit__(None, None, None)])
def test_closing_a_daemon_releases_its_socket(close: Any) -> None:
    daemon = Daemon()
    sock = daemon.sock
    close(daemon)
    assert sock.fileno() == -1
    assert daemon.transportServer is None


def test_a_closed_daemon_cannot_be_used_in_a_with_statement_again() -> None:
    with Daemon() as daemon:
        pass
    with pytest.raises(errors.PyroError, match="closed"), daemon:
        pass
