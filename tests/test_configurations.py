"""Configurations of their own: daemons and proxies in one process that go by different items."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from pyro_client import Proxy, errors
from pyro_server import Daemon, expose
from pyro_wire import Config, config

DEADLINE = 20.0


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


FAMILIES = {4: (socket.AF_INET, "127.0.0.1"), **({6: (socket.AF_INET6, "::1")} if has_ipv6() else {})}


@expose
class Thing:
    """Something to call."""

    def size_of(self, text: str) -> int:
        return len(text)

    def text(self, size: int) -> str:
        return "x" * size

    def fail(self) -> None:
        secret = "a local variable"
        raise ValueError(f"wrong {len(secret)}")

    def echo(self, value: Any) -> Any:
        return value

    def letters(self) -> Any:
        return iter("abc")


def test_two_daemons_have_limits_of_their_own(listening) -> None:
    small = listening({"it": Thing()}, MAX_MESSAGE_SIZE=10_000).proxy()
    large = listening({"it": Thing()}, MAX_MESSAGE_SIZE=1_000_000).proxy()
    with pytest.raises(errors.ProtocolError, match="max=10000"):
        small.text(20_000)
    assert large.text(20_000) == "x" * 20_000
    with pytest.raises(errors.ProtocolError, match="max=1000000"):
        large.text(2_000_000)
    with pytest.raises(errors.MessageTooLargeError, match="max=10000"):
        small.size_of("x" * 20_000)
    assert large.size_of("x" * 20_000) == 20_000


def test_two_proxies_of_one_daemon_have_limits_of_their_own(listening) -> None:
    serving = listening({"it": Thing()})
    small, large = serving.proxy(MAX_MESSAGE_SIZE=1000), serving.proxy()
    with pytest.raises(errors.MessageTooLargeError, match="max=1000"):
        small.size_of("x" * 2000)
    with pytest.raises(errors.MessageTooLargeError, match="max=1000"):
        small.text(2000)
    assert large.text(2000) == "x" * 2000
    assert small.text(20) == "x" * 20


def test_each_daemon_streams_or_does_not(listening) -> None:
    streaming = listening({"it": Thing()}).proxy()
    other = listening({"it": Thing()}, ITER_STREAMING=False).proxy()
    assert list(streaming.letters()) == ["a", "b", "c"]
    with pytest.raises(errors.ProtocolError):
        other.letters()


@pytest.mark.parametrize("detailed", [False, True])
def test_each_daemon_shows_variables_in_tracebacks_or_does_not(listening, detailed: bool) -> None:
    quiet = listening({"it": Thing()}, DETAILED_TRACEBACK=not detailed)
    proxy = listening({"it": Thing()}, DETAILED_TRACEBACK=detailed).proxy()
    with pytest.raises(ValueError, match="wrong") as caught:
        proxy.fail()
    lines = caught.value._pyroTraceback  # type: ignore[attr-defined]  # remote errors have it
    assert any("secret = 'a local variable'" in line for line in lines) is detailed
    assert quiet.daemon.config.DETAILED_TRACEBACK is not detailed


def test_each_proxy_has_a_serializer_of_its_own(listening) -> None:
    serving = listening({"it": Thing()})
    assert serving.proxy(SERIALIZER="serpent").echo((1, 2)) == (1, 2)
    assert serving.proxy(SERIALIZER="json").echo((1, 2)) == [1, 2]


def test_each_daemon_and_each_proxy_may_compress(listening) -> None:
    text = "x" * 10_000
    for server_compresses in (False, True):
        serving = listening({"it": Thing()}, COMPRESSION=server_compresses)
        for client_compresses in (False, True):
            assert serving.proxy(COMPRESSION=client_compresses).echo(text) == text


@pytest.mark.parametrize("server_sends_literals", [False, True])
@pytest.mark.parametrize("client_sends_literals", [False, True])
def test_each_side_sends_bytes_in_its_own_way(listening, server_sends_literals, client_sends_literals) -> None:
    proxy = listening({"it": Thing()}, SERPENT_BYTES_REPR=server_sends_literals).proxy(
        SERPENT_BYTES_REPR=client_sends_literals
    )
    assert proxy.echo(b"bytes") == b"bytes"


def test_each_side_unwraps_bytes_or_not_for_itself(listening) -> None:
    serving = listening({"it": Thing()}, SERPENT_UNWRAP_BYTES=False)
    wrapped = {"data": "Ynl0ZXM=", "encoding": "base64"}
    assert serving.proxy(SERPENT_UNWRAP_BYTES=False).echo(b"bytes") == wrapped
    assert serving.proxy(SERPENT_UNWRAP_BYTES=True).echo(b"bytes") == b"bytes"  # the server has seen a dictionary


def test_nesting_is_limited_by_each_side_for_itself(listening) -> None:
    deep: list[Any] = []
    for _ in range(50):
        deep = [deep]
    serving = listening({"it": Thing()}, MAX_DEPTH=100)
    shallow_daemon = listening({"it": Thing()}, MAX_DEPTH=10).proxy()
    assert serving.proxy(MAX_DEPTH=100).echo(deep) == deep
    with pytest.raises(errors.SerializeError, match="10"):
        serving.proxy(MAX_DEPTH=10).echo(deep)
    with pytest.raises(errors.SerializeError, match="10"):
        shallow_daemon.echo(deep)


@pytest.mark.parametrize("version", FAMILIES)
def test_each_daemon_and_each_proxy_prefers_a_version_of_ip(monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    def both(host: Any, port: Any, **_: Any) -> Any:
        return [(family, socket.SOCK_STREAM, 0, "", (address, port)) for family, address in FAMILIES.values()]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with Daemon("both.example.org", config=Config(PREFER_IP_VERSION=version)) as daemon:
        family, address = FAMILIES[version]
        assert (daemon.sock.family, daemon.sock.getsockname()[0]) == (family, address)
        uri = daemon.register(Thing(), "it")
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        with Proxy(uri, config=Config(PREFER_IP_VERSION=version)) as proxy:
            assert proxy.echo(1) == 1
            assert proxy._pyroLocalSocket[0] == address
        daemon.shutdown()
        thread.join(DEADLINE)


def test_a_config_that_is_given_leaves_that_of_the_process_alone(listening) -> None:
    before = config.as_dict()
    listening({"it": Thing()}, MAX_MESSAGE_SIZE=1000, COMMTIMEOUT=5.0).proxy(SERIALIZER="json").echo(1)
    assert config.as_dict() == before


def test_without_a_config_that_of_the_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "SERIALIZER", "json")
    monkeypatch.setattr(config, "MAX_RETRIES", 3)
    monkeypatch.setattr(config, "HOST", "127.0.0.1")
    proxy = Proxy("PYRO:it@example.org:1")
    assert (proxy._pyroChosenSerializer().name, proxy._pyroMaxRetries) == ("json", 3)
    with Daemon() as daemon:
        assert daemon.config is config
        assert daemon.locationStr.startswith("127.0.0.1:")


def test_a_proxy_made_by_a_daemon_goes_by_its_config() -> None:
    with Daemon(config=Config(SERIALIZER="json", COMMTIMEOUT=7.0)) as daemon:
        daemon.register(Thing(), "it")
        proxy = daemon.proxyFor("it")
        assert proxy._pyroChosenSerializer().name == "json"
        assert proxy._pyroTimeout == 7.0
