"""Making sockets, and asking for addresses."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from pyro_client import socketutil
from pyro_client.socketutil import (
    bind_unused_port,
    create_bc_socket,
    create_socket,
    find_probably_unused_port,
    get_interface,
    get_ip_address,
    interrupt_socket,
)
from pyro_wire import config


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


HOSTS = ["127.0.0.1", "localhost", *(["::1"] if has_ipv6() else [])]


# ---------------------------------------------------------------------------------------------- listening


@pytest.mark.parametrize("host", HOSTS)
def test_a_listening_and_a_connected_socket_find_each_other(host: str) -> None:
    with create_socket(bind=(host, 0), ipv6=None) as listener:
        port = listener.getsockname()[1]
        with create_socket(connect=(host, port), ipv6=None) as near, listener.accept()[0] as far:
            near.sendall(b"abc")
            assert far.recv(3) == b"abc"


def test_so_do_unix_sockets(tmp_path: Path) -> None:
    name = str(tmp_path / "socket")
    with create_socket(bind=name) as listener, create_socket(connect=name) as near, listener.accept()[0] as far:
        near.sendall(b"abc")
        assert far.recv(3) == b"abc"


def test_a_connection_tries_all_addresses_of_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with create_socket(bind=("127.0.0.1", 0)) as listener, create_socket(bind=("127.0.0.1", 0)) as gone:
        port, closed_port = listener.getsockname()[1], gone.getsockname()[1]
        gone.close()
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", p)) for p in (closed_port, port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with create_socket(connect=("two.example.org", port), ipv6=None) as near:
            assert near.getpeername() == ("127.0.0.1", port)


def test_the_preferred_version_is_tried_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with create_socket(bind=("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        found = [
            (socket.AF_INET6, socket.SOCK_STREAM, 0, "", ("::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with create_socket(connect=("two.example.org", port), ipv6=None, prefer_ip_version=4) as near:
            assert near.family == socket.AF_INET
        monkeypatch.setattr(config, "PREFER_IP_VERSION", 4)
        with create_socket(connect=("two.example.org", port), ipv6=None) as near:
            assert near.family == socket.AF_INET


def test_an_address_in_use_is_an_os_error_and_leaves_no_socket() -> None:
    with create_socket(bind=("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        create_socket(bind=taken.getsockname())


@pytest.mark.parametrize("port", [-1, 65536, 99999])
@pytest.mark.parametrize("purpose", ["bind", "connect"])
def test_a_port_that_cannot_exist_is_refused(purpose: str, port: int) -> None:
    arguments: dict[str, Any] = {purpose: ("127.0.0.1", port)}
    with pytest.raises(ValueError, match=f"port {port} "):
        create_socket(**arguments)


def test_an_error_tells_what_was_to_be_listened_on(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing" / "socket")
    with pytest.raises(FileNotFoundError, match=f"cannot listen on '{missing}': "):
        create_socket(bind=missing)


def test_an_error_tells_what_was_to_be_connected_to(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(FileNotFoundError, match=f"cannot connect to '{missing}': "):
        create_socket(connect=missing)


def test_a_socket_cannot_bind_and_connect() -> None:
    with pytest.raises(ValueError, match="bind or connect"):
        create_socket(bind=("localhost", 0), connect=("localhost", 1))


def test_an_ipv4_address_cannot_be_used_over_ipv6() -> None:
    with pytest.raises(ValueError, match="IPv4"):
        create_socket(bind=("127.0.0.1", 0), ipv6=True)


# ------------------------------------------------------------------------------------------------ options


def options(sock: socket.socket) -> dict[str, bool]:
    """What is set on a socket."""
    return {
        "reuse": bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)),
        "keepalive": bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)),
        "nodelay": bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)),
        "inherited": sock.get_inheritable(),
    }


@pytest.mark.parametrize("wanted", [True, False])
def test_options_are_set_as_told(wanted: bool) -> None:
    with create_socket(reuseaddr=wanted, keepalive=wanted, nodelay=wanted) as sock:
        assert options(sock) == {"reuse": wanted, "keepalive": wanted, "nodelay": wanted, "inherited": False}


def test_child_processes_do_not_inherit_a_socket() -> None:
    with create_socket(noinherit=True) as sock:
        assert not sock.get_inheritable()


@pytest.mark.parametrize(("timeout", "seconds"), [(None, None), (0, None), (2.5, 2.5)])
@pytest.mark.parametrize("create", [create_socket, create_bc_socket])
def test_a_timeout_is_set_where_zero_means_for_ever(
    create: Callable[..., AbstractContextManager[Any]], timeout: float | None, seconds: float | None
) -> None:
    with create(timeout=timeout) as sock:
        assert sock.gettimeout() == seconds


def test_a_negative_timeout_leaves_it_as_it_is() -> None:
    with create_socket(timeout=-1) as sock:
        assert sock.gettimeout() == socket.getdefaulttimeout()


def test_a_broadcast_socket_may_broadcast() -> None:
    with create_bc_socket(bind=("127.0.0.1", 0), reuseaddr=True) as sock:
        assert sock.type == socket.SOCK_DGRAM
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST)


# ------------------------------------------------------------------------------------------ interrupting


def test_who_waits_for_connections_is_woken_by_one_that_says_nothing_of_sense() -> None:
    with create_socket(bind=("127.0.0.1", 0), timeout=10) as listener:
        interrupt_socket(listener.getsockname())
        with listener.accept()[0] as sock:
            assert sock.recv(100) == b"!" * 16
            assert sock.recv(100) == b""


def test_on_a_unix_socket_too(tmp_path: Path) -> None:
    name = str(tmp_path / "socket")
    with create_socket(bind=name, timeout=10) as listener:
        interrupt_socket(name)
        with listener.accept()[0] as sock:
            assert sock.recv(100) == b"!" * 16


def test_where_nobody_waits_nothing_happens(tmp_path: Path) -> None:
    interrupt_socket(str(tmp_path / "missing"))


# ----------------------------------------------------------------------------------------- error numbers


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ERRNO_RETRIES", errno.EAGAIN),
        ("ERRNO_RETRIES", errno.EINTR),
        ("ERRNO_BADF", errno.EBADF),
        ("ERRNO_ENOTSOCK", errno.ENOTSOCK),
        ("ERRNO_EADDRNOTAVAIL", errno.EADDRNOTAVAIL),
        ("ERRNO_EADDRINUSE", errno.EADDRINUSE),
    ],
)
def test_the_lists_of_error_numbers_have_those_of_this_system(name: str, number: int) -> None:
    assert number in getattr(socketutil, name)


# ------------------------------------------------------------------------------------------ ports, addresses


def test_an_unused_port_is_bound() -> None:
    with socket.socket() as sock:
        port = bind_unused_port(sock, "127.0.0.1")
        assert sock.getsockname() == ("127.0.0.1", port)


def test_a_port_that_is_probably_unused_can_be_bound() -> None:
    with create_socket(bind=("127.0.0.1", find_probably_unused_port())) as sock:
        assert sock.getsockname()[1] > 0


@pytest.mark.parametrize("text", ["127.0.0.1", "192.0.2.7", "2001:db8::1"])
def test_an_address_is_its_own_address(text: str) -> None:
    assert get_ip_address(text) == ipaddress.ip_address(text)


def test_a_name_has_an_address_of_the_version_that_is_asked_for() -> None:
    assert get_ip_address("localhost", version=4) == ipaddress.ip_address("127.0.0.1")


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(ValueError, match="must be 4, 6 or 0, not 5"):
        get_ip_address("localhost", version=5)


def test_an_unknown_name_is_an_os_error() -> None:
    with pytest.raises(socket.gaierror):
        get_ip_address("no.such.host.invalid")


def test_a_name_without_an_ipv6_address_is_an_os_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any, **__: Any) -> Any:
        raise socket.gaierror("no address")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(OSError, match=r"(?i)ipv6 address of example\.org"):
        get_ip_address("example.org", version=6)


def test_the_interface_that_leads_to_this_machine_is_loopback() -> None:
    assert get_interface("127.0.0.1").ip.is_loopback
    assert get_interface(ipaddress.ip_address("127.0.0.1")).ip.is_loopback


def test_a_local_address_is_replaced_by_one_that_leads_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = ipaddress.ip_interface("192.0.2.7")
    monkeypatch.setattr("pyro_client.addresses.get_interface", lambda _: outside)
    assert get_ip_address("127.0.0.1", workaround127=True) == outside.ip


def test_without_a_way_outside_a_local_address_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_way(_: Any) -> Any:
        raise OSError("network is unreachable")

    monkeypatch.setattr("pyro_client.addresses.get_interface", no_way)
    assert get_ip_address("127.0.0.1", workaround127=True) == ipaddress.ip_address("127.0.0.1")
