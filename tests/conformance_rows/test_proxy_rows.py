"""What docs/conformance.md says of proxies and streams, as far as no other test shows it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyro_client import Proxy, errors
from pyro_server import expose


@expose
class Thing:
    """Something to call."""

    total = property(expose(lambda self: 42))

    def add(self, first: int, second: int) -> int:
        return first + second

    def numbers(self) -> Iterator[int]:
        yield from range(3)


def cut(proxy: Proxy) -> None:
    """Have the connection of a proxy break."""
    assert proxy._pyroConnection is not None
    proxy._pyroConnection.sock.shutdown(socket.SHUT_RDWR)


def test_a_lost_attribute_access_is_not_repeated(listening) -> None:
    proxy = listening({"it": Thing()}).proxy(MAX_RETRIES=3)
    assert proxy.total == 42
    cut(proxy)
    with pytest.raises(errors.ConnectionClosedError):
        proxy.total  # noqa: B018  # reading it is the point


def test_a_call_object_keeps_the_retries_of_when_it_was_made(listening) -> None:
    proxy = listening({"it": Thing()}).proxy()
    add = proxy.add
    proxy._pyroMaxRetries = 3
    cut(proxy)
    with pytest.raises(errors.ConnectionClosedError):
        add(1, 2)


def test_a_list_of_calls_can_be_made_by_hand(served) -> None:
    proxy = served({"it": Thing()}).proxy()
    assert list(proxy._pyroInvokeBatch([("add", (1, 2), {}), ("add", (3,), {"second": 4})])) == [3, 7]


def test_connecting_overwrites_the_oneway_methods(listening) -> None:
    proxy = listening({"it": Thing()}).proxy()
    proxy._pyroOneway.add("add")
    assert proxy.add(1, 2) == 3
    assert proxy._pyroOneway == set()


def test_a_released_proxy_on_a_connected_socket_has_no_connection(served, kind: str) -> None:
    proxy = served({"it": Thing()}).proxy()
    proxy._pyroBind()
    proxy._pyroRelease()
    assert proxy._pyroConnection is None


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", "IPv4"), ("::1", "IPv6")])
def test_the_text_of_a_proxy_names_the_version_of_ip(listening, host: str, family: str) -> None:
    proxy = listening({"it": Thing()}, HOST=host).proxy()
    proxy._pyroBind()
    assert f"; connected {family}; for PYRO:it@" in repr(proxy)


@pytest.mark.parametrize("end", [list, lambda stream: stream.close()], ids=["exhausted", "closed"])
def test_a_stream_that_has_ended_has_no_proxy(served, end: Callable[[Any], Any]) -> None:
    stream = served({"it": Thing()}).proxy().numbers()
    assert stream.proxy is not None
    end(stream)
    assert stream.proxy is None


def test_where_there_are_greenlets_a_proxy_belongs_to_one() -> None:
    program = """
import sys, types
running = ["first"]
sys.modules["greenlet"] = types.ModuleType("greenlet")
sys.modules["greenlet"].getcurrent = lambda: running[0]
from pyro_client import Proxy, errors
from pyro_wire import Config
proxy = Proxy("PYRO:it@localhost:1", config=Config(PROXY_OWNERSHIP=True))
proxy._pyroRelease()
running[0] = "second"
try:
    proxy._pyroRelease()
except errors.PyroError:
    proxy._pyroClaimOwnership()
    proxy._pyroRelease()
    print("handed over")
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert shown.stdout == "handed over\n", shown.stderr
