"""What docs/conformance.md says of daemons and servers, as far as no other test shows it."""

from __future__ import annotations

import logging
import socket
import threading
from typing import Any

import pytest

from pyro_server import Daemon, expose
from pyro_wire import Config

DEADLINE = 20.0


@expose
class Thing:
    """Something to call, or to fail."""

    def add(self, first: int, second: int) -> int:
        return first + second

    def fail(self) -> None:
        raise ValueError("wrong")


def test_the_default_error_handler_logs(listening, caplog) -> None:
    proxy = listening({"it": Thing()}).proxy()
    with caplog.at_level(logging.DEBUG, "Pyro5.server"), pytest.raises(ValueError, match="wrong"):
        proxy.fail()
    assert "ValueError('wrong')" in caplog.text


def test_while_a_client_of_a_daemon_leaves_no_other_one_does(listening) -> None:
    entered: list[bool] = []
    done = threading.Event()

    class Asking(Daemon):
        """A daemon that looks, when a client leaves, whether another thread could take its turn now."""

        def clientDisconnect(self, conn: Any) -> None:
            other = threading.Thread(target=self.try_to_enter)
            other.start()
            other.join(DEADLINE)
            done.set()

        def try_to_enter(self) -> None:
            entered.append(self.housekeeper_lock.acquire(blocking=False))

    with listening({"it": Thing()}, daemon_class=Asking).proxy() as proxy:
        proxy.add(1, 2)
    assert done.wait(DEADLINE)
    assert entered == [False]


def test_a_server_tells_its_kind_and_place(listening, listening_kind: str) -> None:
    serving = listening({"it": Thing()}, THREADPOOL_SIZE_MIN=1)
    serving.proxy().add(1, 2)
    name = {"thread": "Threadpool", "multiplex": "Multiplex"}[listening_kind]
    count = {"thread": "1 workers", "multiplex": "1 connections"}[listening_kind]
    location = serving.daemon.locationStr
    assert repr(serving.daemon.transportServer) == f"<SocketServer_{name} on {location}; {count}>"


def test_a_server_on_a_connected_socket_tells_that() -> None:
    near, far = socket.socketpair()
    with near, far, Daemon(connected_socket=near) as daemon:
        assert repr(daemon.transportServer) == "<SocketServer_ExistingConnection on ./u:<<not-bound>>>"


def test_threads_of_a_daemon_have_the_documented_names_and_are_daemon_threads(threaded) -> None:
    before = set(threading.enumerate())
    serving = threaded({"it": Thing()})
    serving.proxy().add(1, 2)
    threads = set(threading.enumerate()) - before - {serving.thread}
    names = {thread.name for thread in threads}
    assert "housekeeper" in names
    assert any(name.startswith("Pyro-Worker-") for name in names)
    assert all(thread.daemon for thread in threads)


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "::1"])
def test_a_host_that_says_itself_that_it_is_local_is_not_warned_of(host: str, caplog) -> None:
    with Daemon(host, config=Config(PREFER_IP_VERSION=0)):
        assert "only this machine" not in caplog.text


def test_a_host_name_that_leads_only_to_this_machine_is_warned_of(caplog) -> None:
    with Daemon("2130706433"):  # 127.0.0.1 in one number: a name that every system knows and that does not show it
        assert "only this machine can reach" in caplog.text
