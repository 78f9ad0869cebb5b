"""The echo server: its object, and the name server that it may bring."""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Iterator

import pytest

from pyro_client import Proxy, locate_ns
from pyro_ns import echoserver
from pyro_ns.echoserver import (
    ECHO_NAME,
    EchoOptions,
    EchoServer,
    NameServerThread,
    run_echo_server,
    start_echo_server,
    start_nameserver,
)
from pyro_wire import Config
from pyro_wire.errors import NamingError

DEADLINE = 30.0
QUIET = EchoOptions("127.0.0.1", quiet=True)
LOCAL = Config(NS_HOST="127.0.0.1", NS_PORT=0, BROADCAST_ADDRS=[])


@pytest.fixture
def served() -> Iterator[tuple[Proxy, EchoServer]]:
    """A proxy of the object of a server that runs, and the object itself."""
    daemon, echo, uri = start_echo_server(QUIET)
    thread = threading.Thread(target=daemon.requestLoop)
    thread.start()
    with daemon, Proxy(uri) as proxy:
        yield proxy, echo
    thread.join(DEADLINE)


@pytest.fixture
def proxy(served: tuple[Proxy, EchoServer]) -> Proxy:
    return served[0]


# --- the object ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", ["hello", None, [1, 2, 3]])
def test_echo_returns_its_argument(proxy: Proxy, message: object) -> None:
    assert proxy.echo(message) == message


def test_error_raises_one(proxy: Proxy) -> None:
    with pytest.raises(ValueError, match=r"^this is the generated error from echoserver echo\(\) method$") as raised:
        proxy.error()
    assert any("echoserver.py" in line for line in raised.value._pyroTraceback)  # type: ignore[attr-defined]


def test_error_with_text_raises_one(proxy: Proxy) -> None:
    with pytest.raises(ValueError, match=r"^the message of the error$"):
        proxy.error_with_text()


def test_oneway_methods_return_nothing(proxy: Proxy) -> None:
    assert proxy.oneway_echo("hello") is None


def test_the_oneway_methods_are_those_that_say_so(proxy: Proxy) -> None:
    proxy._pyroBind()
    assert proxy._pyroOneway == {"oneway_echo", "oneway_slow"}


def test_the_slow_method_answers_in_the_end(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    assert echoserver.SLOW == 5.0
    monkeypatch.setattr(echoserver, "SLOW", 0.0)
    assert proxy.slow() == "Finally, an answer!"


def test_a_client_does_not_wait_for_the_slow_oneway_method(monkeypatch: pytest.MonkeyPatch, proxy: Proxy) -> None:
    monkeypatch.setattr(echoserver, "SLOW", 0.0)
    assert proxy.oneway_slow() is None


def test_a_generator_arrives_as_a_stream(proxy: Proxy) -> None:
    assert list(proxy.generator()) == ["one", "two", "three"]


def test_special_floats_arrive(proxy: Proxy) -> None:
    assert math.isnan(proxy.nan())
    assert proxy.inf() == math.inf


def test_a_dunder_method_can_be_called_and_a_private_one_cannot(proxy: Proxy) -> None:
    assert isinstance(proxy.__dunder__(), str)
    proxy._pyroBind()
    assert "__dunder__" in proxy._pyroMethods
    assert "_private" not in proxy._pyroMethods


def test_clients_can_make_it_tell_what_is_called(
    served: tuple[Proxy, EchoServer], capsys: pytest.CaptureFixture[str]
) -> None:
    proxy, echo = served
    assert proxy.verbose is False
    proxy.echo("silently")
    proxy.verbose = True
    assert echo.verbose is True
    proxy.echo("loudly")
    assert capsys.readouterr().out == "echo: 'loudly'\n"


# --- the server ----------------------------------------------------------------------------------------------------


def test_the_server_is_always_a_multiplex_server() -> None:
    daemon, echo, uri = start_echo_server(QUIET, config=Config(SERVERTYPE="thread"))
    with daemon:
        assert "Multiplex" in repr(daemon.transportServer)
        assert daemon.objectsById[ECHO_NAME] is echo
        assert uri == daemon.uriFor(ECHO_NAME)


def test_the_configuration_that_is_given_is_not_changed() -> None:
    config = Config(SERVERTYPE="thread")
    start_echo_server(QUIET, config=config)[0].close()
    assert config.as_dict() == Config(SERVERTYPE="thread").as_dict()


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    start_echo_server(EchoOptions(quiet=True, nameserver=True), config=LOCAL)[0].close()
    assert capsys.readouterr().out == ""


def test_verbose_wins_over_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    start_echo_server(EchoOptions(quiet=True, verbose=True))[0].close()
    assert capsys.readouterr().out.splitlines()[1] == "name server: none"


def test_a_server_that_cannot_register_leaves_nothing_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(NamingError):
        start_echo_server(EchoOptions("127.0.0.1", naming=True), config=Config(NS_PORT=port, BROADCAST_ADDRS=[]))


def test_closing_the_daemon_closes_the_name_server_that_it_brought() -> None:
    daemon, _, _ = start_echo_server(EchoOptions("127.0.0.1", nameserver=True, quiet=True), config=LOCAL)
    assert daemon.nameserver is not None
    daemon.close()
    assert not daemon.nameserver.is_alive()


def test_it_runs_until_a_client_shuts_it_down() -> None:
    names = start_nameserver("127.0.0.1", config=LOCAL)
    assert names.uri.port is not None
    config = Config(NS_HOST="127.0.0.1", NS_PORT=names.uri.port, NS_LOOKUP_DELAY=5.0, BROADCAST_ADDRS=[])
    options = EchoOptions("127.0.0.1", naming=True, quiet=True)
    thread = threading.Thread(target=run_echo_server, args=(options,), kwargs={"config": config})
    thread.start()
    with Proxy(f"PYRONAME:{ECHO_NAME}@127.0.0.1:{names.uri.port}", config=config) as echo:
        echo.shutdown()
    thread.join(DEADLINE)
    names.close()
    assert not thread.is_alive()


# --- its name server -----------------------------------------------------------------------------------------------


def test_a_name_server_in_a_thread_answers_when_it_is_started() -> None:
    names = start_nameserver("127.0.0.1", config=LOCAL)
    with locate_ns("127.0.0.1", names.uri.port) as nameserver:
        nameserver.ping()
    names.close()
    names.close()
    assert not names.is_alive()


def test_a_name_server_in_a_thread_answers_broadcasts_if_others_can_reach_it() -> None:
    config = Config(NS_PORT=0, NS_BCPORT=0, NS_BCHOST="127.0.0.1")
    names = start_nameserver("0.0.0.0", config=config)
    assert names.broadcaster is not None
    names.close()


def test_a_name_server_in_a_thread_that_cannot_start_says_so_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        start_nameserver("127.0.0.1", config=Config(NS_PORT=taken.getsockname()[1], SOCK_REUSE=False))


def test_a_name_server_that_was_never_started_can_be_closed() -> None:
    NameServerThread("127.0.0.1").close()
