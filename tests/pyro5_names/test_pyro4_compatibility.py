"""Programs that were written for Pyro4, with ``from Pyro5.compatibility import Pyro4`` on top."""

from __future__ import annotations

import importlib
import socket
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from pyro_ns import NameServerDaemon
from pyro_wire import config

DEADLINE = 20.0

Load = Callable[[str], ModuleType]


@pytest.fixture
def pyro4(load: Load) -> Any:
    """What a program gets by that statement."""
    return load("Pyro5.compatibility.Pyro4")


@pytest.fixture
def thing(pyro4: Any, running: Callable[[Any], Any]) -> Any:
    """The address of an object that a Pyro4 program hosts."""

    @pyro4.expose
    @pyro4.behavior(instance_mode="single")
    class Thing:
        def __init__(self) -> None:
            self.heard: list[str] = []

        def double(self, number: int) -> int:
            return 2 * number

        def fail(self) -> None:
            raise ValueError("on purpose")

        @pyro4.oneway  # type: ignore[untyped-decorator]  # pyro4 is any module here
        def hear(self, word: str) -> None:
            self.heard.append(word)

        @pyro4.callback  # type: ignore[untyped-decorator]  # the same
        def call_back(self) -> str:
            return str(pyro4.current_context.client_sock_addr[0])

    return running(pyro4.Daemon()).register(Thing, "thing")


def test_a_program_calls_an_object(pyro4: Any, thing: Any) -> None:
    with pyro4.Proxy(thing) as proxy:
        assert proxy.double(21) == 42
        assert proxy.hear("word") is None
        assert proxy.call_back() in ("127.0.0.1", "::1")


def test_a_batch_is_made_in_both_ways(pyro4: Any, thing: Any) -> None:
    with pyro4.Proxy(thing) as proxy:
        for batch in (pyro4.batch(proxy), proxy._pyroBatch()):
            batch.double(1)
            batch.double(2)
            assert list(batch()) == [2, 4]


def test_a_remote_error_is_shown_by_the_function_of_old(pyro4: Any, thing: Any) -> None:
    with pyro4.Proxy(thing) as proxy, pytest.raises(ValueError, match="on purpose") as info:
        proxy.fail()
    assert "Remote traceback:" in "".join(pyro4.util.getPyroTraceback(info.type, info.value, info.tb))


def test_a_local_traceback_has_three_items(pyro4: Any) -> None:
    try:
        raise ValueError("on purpose")
    except ValueError:
        lines = pyro4.util.getPyroTraceback()
    assert len(lines) == 3


def test_names_are_found_and_resolved(pyro4: Any, thing: Any, nameserver: NameServerDaemon) -> None:
    host, port = nameserver.sock.getsockname()[:2]
    pyro4.config.NS_HOST, pyro4.config.NS_PORT = host, port
    with pyro4.locateNS() as names:
        names.register("the.thing", thing)
    assert pyro4.resolve("PYRONAME:the.thing") == thing
    with pyro4.Proxy("PYRONAME:the.thing") as proxy:
        assert proxy.double(2) == 4


def test_serve_simple_goes_by_the_layers_configuration(pyro4: Any, nameserver: NameServerDaemon) -> None:
    pyro4.config.NS_HOST, pyro4.config.NS_PORT = nameserver.sock.getsockname()[:2]
    pyro4.config.NS_LOOKUP_DELAY = DEADLINE
    pyro4.config.SERVERTYPE = "multiplex"

    class Ending:
        def end(self) -> str:
            daemon: Any = self._pyroDaemon  # type: ignore[attr-defined]
            server = repr(daemon.transportServer)
            daemon.shutdown()
            return server

    objects = {pyro4.expose(Ending)(): "the.ending"}
    serving = threading.Thread(target=pyro4.Daemon.serveSimple, args=(objects,), kwargs={"verbose": False})
    serving.start()
    with pyro4.Proxy("PYRONAME:the.ending") as proxy:  # asked for until it is there
        assert proxy.end().startswith("<SocketServer_Multiplex")
    serving.join(DEADLINE)
    assert not serving.is_alive()


def test_the_configuration_is_another_one_than_that_of_pyro5(pyro4: Any) -> None:
    pyro4.config.NS_PORT = config.NS_PORT + 1
    assert pyro4.config.asDict()["NS_PORT"] == config.NS_PORT + 1


def test_the_objects_of_the_layer_go_by_its_configuration(pyro4: Any) -> None:
    pyro4.config.NS_PORT, pyro4.config.SERVERTYPE, pyro4.config.SERIALIZER = 4444, "multiplex", "json"
    assert pyro4.URI("PYRONAME:some.name@host").port == 4444
    assert pyro4.Proxy("PYRONAME:some.name@host")._pyroUri.port == 4444
    assert pyro4.Proxy("PYRO:a@b:4")._pyroChosenSerializer().name == "json"
    with pyro4.Daemon() as daemon:
        assert daemon.selector


def test_an_item_that_is_no_more_has_no_effect_and_says_so(pyro4: Any) -> None:
    with pytest.warns(UserWarning, match="REQUIRE_EXPOSE has no effect"):
        pyro4.config.REQUIRE_EXPOSE = False


@pytest.mark.parametrize("name", ["SERIALIZERS_ACCEPTED", "NO_SUCH_ITEM"])
def test_an_item_that_is_not_there_cannot_be_read(pyro4: Any, name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        getattr(pyro4.config, name)


def test_an_unknown_item_cannot_be_set(pyro4: Any) -> None:
    with pytest.raises(AttributeError, match="NO_SUCH_ITEM"):
        pyro4.config.NO_SUCH_ITEM = 1


@pytest.mark.parametrize("name", ["", ".errors", ".core", ".naming", ".util", ".socketutil", ".constants", ".message"])
def test_the_modules_of_old_can_be_imported(pyro4: Any, name: str) -> None:
    module = importlib.import_module(f"Pyro4{name}")
    assert module is (getattr(pyro4, name[1:]) if name else pyro4)
    assert sys.modules[f"Pyro4{name}"] is module


def test_the_errors_are_those_of_pyro5(pyro4: Any, load: Load) -> None:
    assert pyro4.errors.NamingError is load("Pyro5.errors").NamingError


def test_the_constants(pyro4: Any) -> None:
    constants = pyro4.constants
    assert (constants.DAEMON_NAME, constants.NAMESERVER_NAME) == ("Pyro.Daemon", "Pyro.NameServer")
    assert pyro4.__version__ == constants.VERSION
    assert constants.PROTOCOL_VERSION == 502


def test_a_uri_has_its_text_by_the_method_of_old(pyro4: Any) -> None:
    assert pyro4.URI("PYRO:a@b:4").asString() == "PYRO:a@b:4"
    with pyro4.Daemon() as daemon:
        assert daemon.uriFor("thing").asString() == f"PYRO:thing@{daemon.locationStr}"


def test_addresses_are_texts(pyro4: Any) -> None:
    assert pyro4.socketutil.getIpAddress("127.0.0.1") == "127.0.0.1"
    assert pyro4.socketutil.getIpAddress("localhost", ipVersion=4) == "127.0.0.1"
    assert pyro4.socketutil.getInterfaceAddress("127.0.0.1") == "127.0.0.1"


@pytest.mark.parametrize(("address", "version"), [("127.0.0.1", 4), ("::1", 6)])
def test_the_version_of_an_address(pyro4: Any, address: str, version: int) -> None:
    assert pyro4.socketutil.getIpVersion(address) == version


def test_a_host_name_has_no_version(pyro4: Any) -> None:
    with pytest.raises(ValueError, match="localhost"):
        pyro4.socketutil.getIpVersion("localhost")


def test_bytes_go_through_the_functions_for_sockets(pyro4: Any) -> None:
    here, there = socket.socketpair()
    with here, there:
        pyro4.socketutil.sendData(here, b"twelve bytes")
        assert pyro4.socketutil.receiveData(there, 12) == b"twelve bytes"


def test_sockets_are_made_by_the_names_of_old(pyro4: Any) -> None:
    make = pyro4.socketutil.createSocket
    with make(bind=("127.0.0.1", 0)) as listening, make(connect=listening.getsockname()) as connected:
        assert connected.getpeername() == listening.getsockname()
    with pyro4.socketutil.createBroadcastSocket() as broadcasting:
        assert broadcasting.type == socket.SOCK_DGRAM


def set_proxy_key(pyro4: Any) -> None:
    pyro4.Proxy("PYRO:a@b:4")._pyroHmacKey = b"key"


def set_daemon_key(pyro4: Any) -> None:
    with pyro4.Daemon() as daemon:
        daemon._pyroHmacKey = b"key"


REFUSED: dict[str, Callable[[Any], Any]] = {
    "asyncproxy": lambda pyro4: pyro4.asyncproxy(pyro4.Proxy("PYRO:a@b:4")),
    "_pyroAsync": lambda pyro4: pyro4.Proxy("PYRO:a@b:4")._pyroAsync(),
    "Future": lambda pyro4: pyro4.Future(print),
    "asynchronous batch": lambda pyro4: pyro4.batch(pyro4.Proxy("PYRO:a@b:4"))(asynchronous=True),
    "reading a proxy's key": lambda pyro4: pyro4.Proxy("PYRO:a@b:4")._pyroHmacKey,
    "setting a proxy's key": set_proxy_key,
    "setting a daemon's key": set_daemon_key,
    "locateNS with a key": lambda pyro4: pyro4.locateNS(hmac_key="key"),
    "resolve with a key": lambda pyro4: pyro4.resolve("PYRO:a@b:4", hmac_key="key"),
    "core": lambda pyro4: pyro4.core.Daemon,
    "naming": lambda pyro4: pyro4.naming.startNSloop,
    "message": lambda pyro4: pyro4.message.Message,
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_more_is_refused(pyro4: Any, what: str) -> None:
    with pytest.raises(NotImplementedError, match="here"):
        REFUSED[what](pyro4)
