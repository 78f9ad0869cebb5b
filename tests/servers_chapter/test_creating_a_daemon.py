"""Chapter "Servers": what a daemon can be told when it is created."""

from __future__ import annotations

import inspect
import socket
from typing import Any

import pytest

from pyro_client import Proxy
from pyro_client.socketutil import find_probably_unused_port
from pyro_server import Daemon, DaemonObject, expose
from pyro_wire import Config


@expose
class Thing:
    """Something to call."""

    def add(self, first: int, second: int) -> int:
        return first + second


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


HOSTS = ["localhost", "127.0.0.1", "0.0.0.0", "", *(["::1"] if has_ipv6() else [])]


def port_of(daemon: Daemon) -> int:
    port: int = daemon.sock.getsockname()[1]
    return port


def test_the_parameters_have_the_order_of_the_manual() -> None:
    parameters = list(inspect.signature(Daemon).parameters.values())
    assert [(parameter.name, parameter.default) for parameter in parameters[:7]] == [
        ("host", None),
        ("port", 0),
        ("unixsocket", None),
        ("nathost", None),
        ("natport", None),
        ("interface", DaemonObject),
        ("connected_socket", None),
    ]


def test_without_a_host_it_is_the_one_of_the_configuration() -> None:
    assert Config().HOST == "localhost"
    with Daemon(config=Config(HOST="127.0.0.1")) as daemon:
        assert daemon.locationStr == f"127.0.0.1:{port_of(daemon)}"


@pytest.mark.parametrize("host", HOSTS)
def test_a_daemon_can_be_reached_on_the_host_that_it_was_told(running, host: str) -> None:
    daemon = running(Daemon(host))
    daemon.register(Thing, "it")
    reachable = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::1": "[::1]"}.get(host, host)
    with Proxy(f"PYRO:it@{reachable}:{port_of(daemon)}") as proxy:
        assert proxy.add(1, 2) == 3


def test_the_port_is_a_free_one_or_the_one_that_is_given() -> None:
    port = find_probably_unused_port()
    with Daemon(port=port) as given, Daemon() as first, Daemon(port=0) as second:
        assert port_of(given) == port
        assert len({port_of(given), port_of(first), port_of(second)}) == 3


def test_a_unix_socket_takes_the_place_of_an_address(running, tmp_path) -> None:
    daemon = running(Daemon(unixsocket=str(tmp_path / "socket")))
    with Proxy(daemon.register(Thing)) as proxy:
        assert str(proxy._pyroUri).endswith(f"@./u:{tmp_path}/socket")
        assert proxy.add(1, 2) == 3


def test_a_nat_address_is_published_and_the_real_one_serves(running) -> None:
    daemon = running(Daemon(nathost="public.example", natport=77))
    assert daemon.register(Thing, "it").location == daemon.natLocationStr == "public.example:77"
    with Proxy(daemon.uriFor("it", nat=False)) as proxy:
        assert proxy.add(1, 2) == 3


@pytest.mark.parametrize("host", [host for host in HOSTS if host])
def test_a_nat_port_of_zero_is_the_real_port(host: str) -> None:
    with Daemon(host, nathost="public.example", natport=0) as daemon:
        assert daemon.natLocationStr == f"public.example:{port_of(daemon)}"


def test_the_daemon_object_may_be_replaced(running) -> None:
    class Own(DaemonObject):
        @expose
        def greet(self) -> str:
            return f"hello from {self.daemon.locationStr}"

        def unexposed(self) -> None: ...

    daemon = running(Daemon(interface=Own))
    with Proxy(daemon.uriFor("Pyro.Daemon")) as proxy:
        assert proxy.greet() == f"hello from {daemon.locationStr}"
        assert proxy.registered() == ["Pyro.Daemon"]
        assert "unexposed" not in proxy._pyroMethods


def test_a_connected_socket_takes_the_place_of_a_listening_one(running) -> None:
    near, far = socket.socketpair()
    with near, far:
        running_daemon = running(Daemon(connected_socket=far))
        running_daemon.register(Thing, "it")
        with Proxy("it", connected_socket=near) as proxy:
            assert proxy.add(1, 2) == 3
        running_daemon.shutdown()


@pytest.mark.parametrize(
    "options", [{"natport": 77}, {"unixsocket": "a", "nathost": "b"}, {"unixsocket": "a", "nathost": "b", "natport": 0}]
)
def test_a_nat_address_that_makes_no_sense_is_refused(options: Any) -> None:
    with pytest.raises(ValueError, match="nat"):
        Daemon(**options)
