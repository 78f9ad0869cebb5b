"""What docs/conformance.md says of names and addresses, as far as no other test shows it."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pyro_client import locate_ns, type_meta
from pyro_client.socketutil import (
    create_socket,
    get_ip_address,
    set_keepalive,
    set_nodelay,
    set_noinherit,
    set_reuseaddr,
)
from pyro_ns import NameServerDaemon, start_ns, start_ns_loop
from pyro_wire import Config

DEADLINE = 20.0


def test_a_name_server_is_located_by_an_address_object() -> None:
    with NameServerDaemon("127.0.0.1", 0) as daemon:
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        port = daemon.sock.getsockname()[1]
        with locate_ns(ipaddress.ip_address("127.0.0.1"), port, config=Config(COMMTIMEOUT=DEADLINE)) as nameserver:
            assert nameserver._pyroConnection is not None
            assert nameserver.count() == 1
        daemon.shutdown()
        thread.join(DEADLINE)


def test_an_empty_name_is_that_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "localhost")
    assert get_ip_address("", version=4) == ipaddress.ip_address("127.0.0.1")


def test_other_tags_can_be_added_to_those_of_a_class() -> None:
    tags = type_meta(NameServerDaemon)
    tags.add("other")
    assert "other" in tags
    assert "other" not in type_meta(NameServerDaemon)


def test_over_ipv6_a_name_server_may_have_a_responder() -> None:
    uri, daemon, responder = start_ns("::", 0, bchost="::1", bcport=0)
    assert responder is not None
    with daemon, responder:
        assert responder.nsUri == uri
        with socket.socket(fileno=socket.dup(responder.fileno())) as sock:
            assert sock.family == socket.AF_INET6


def test_over_ipv6_the_loop_starts_no_responder_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    start_ns_loop("::1", 0, loopCondition=lambda: False)
    assert "Not starting broadcast server for IPv6." in capsys.readouterr().out.splitlines()


OPTIONS: dict[str, tuple[Callable[[socket.socket], None], Callable[[socket.socket], Any]]] = {
    "reuseaddr": (set_reuseaddr, lambda sock: sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)),
    "nodelay": (set_nodelay, lambda sock: sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)),
    "keepalive": (set_keepalive, lambda sock: sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)),
    "noinherit": (set_noinherit, lambda sock: not sock.get_inheritable()),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_can_be_set_on_a_socket_of_the_program(name: str) -> None:
    set_it, is_set = OPTIONS[name]
    with socket.socket() as sock:
        sock.set_inheritable(True)
        assert not is_set(sock)
        set_it(sock)
        assert is_set(sock)


@pytest.mark.parametrize("set_it", [set_reuseaddr, set_nodelay, set_keepalive])
def test_an_option_that_a_socket_cannot_have_is_no_error(set_it: Callable[[socket.socket], None]) -> None:
    sock = create_socket()
    sock.close()
    set_it(sock)
