"""The sockets that daemons and proxies meet on: both IP versions, Unix sockets, and those connected already."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyro_client import Proxy
from pyro_server import Daemon, expose

DEADLINE = 20.0


@expose
class Thing:
    """Something to call."""

    def add(self, first: int, second: int) -> int:
        return first + second


@contextmanager
def running(daemon: Daemon) -> Iterator[Daemon]:
    """Run a daemon's loop in a thread."""
    with daemon:
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        yield daemon
        daemon.shutdown()
        thread.join(DEADLINE)


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


ADDRESSES = {"127.0.0.1": "IPv4", **({"::1": "IPv6"} if has_ipv6() else {})}


@pytest.mark.parametrize("host", ADDRESSES)
def test_addresses_of_both_families_serve(host: str) -> None:
    with running(Daemon(host)) as daemon:
        uri = daemon.register(Thing())
        assert uri.host == host
        with Proxy(uri) as proxy:
            assert proxy.add(1, 2) == 3
            assert f"connected {ADDRESSES[host]}" in repr(proxy)


@pytest.mark.parametrize("abstract", [False, True])
def test_a_unix_socket_serves_as_well(tmp_path: Path, abstract: bool) -> None:
    name = f"\0{tmp_path}" if abstract else str(tmp_path / "socket with spaces")
    with running(Daemon(unixsocket=name)) as daemon, Proxy(daemon.register(Thing())) as proxy:
        assert proxy.add(1, 2) == 3
        assert "connected Unix" in repr(proxy)


def test_the_socket_of_the_application_survives_both_sides() -> None:
    near, far = socket.socketpair()
    with near, far:
        for _ in range(2):
            daemon = Daemon(connected_socket=far)
            daemon.register(Thing(), "it")
            with running(daemon), Proxy("it", connected_socket=near) as proxy:
                assert proxy.add(1, 2) == 3
        near.sendall(b"still open")
        assert far.recv(100) == b"still open"
