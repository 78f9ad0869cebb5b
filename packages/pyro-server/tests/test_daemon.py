"""A daemon as an object: where it listens, what it publishes, and what it is once closed. No calls are made here."""

from __future__ import annotations

import errno
import ipaddress
import logging
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from pyro_client import Proxy
from pyro_server import Daemon, DaemonObject, expose
from pyro_wire import Config, serializers
from pyro_wire.errors import DaemonError, PyroError


@expose
class Thing:
    """An object to be published."""

    def method(self) -> None: ...


def port_of(daemon: Daemon) -> int:
    port: int = daemon.sock.getsockname()[1]
    return port


# --------------------------------------------------------------------------------------------- where it listens


def test_a_daemon_listens_at_once_on_a_free_port_of_this_machine() -> None:
    with Daemon() as daemon:
        assert daemon.locationStr == f"localhost:{port_of(daemon)}"
        assert ipaddress.ip_address(daemon.sock.getsockname()[0]).is_loopback
        socket.create_connection(daemon.sock.getsockname()[:2]).close()


def test_it_listens_where_the_config_says() -> None:
    with Daemon(config=Config(HOST="127.0.0.1")) as daemon:
        assert daemon.locationStr == f"127.0.0.1:{port_of(daemon)}"


@pytest.mark.parametrize("host", ["127.0.0.1", ipaddress.ip_address("127.0.0.1")])
def test_it_listens_where_it_is_told(host: Any) -> None:
    with Daemon(host, config=Config(HOST="example.invalid")) as daemon:
        assert daemon.locationStr == f"127.0.0.1:{port_of(daemon)}"


@pytest.mark.parametrize("host", ["", "0.0.0.0"])
def test_it_may_listen_everywhere(host: str) -> None:
    with Daemon(host) as daemon:
        assert ipaddress.ip_address(daemon.sock.getsockname()[0]).is_unspecified


def test_it_may_listen_on_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with Daemon(unixsocket=str(path)) as daemon:
        assert daemon.locationStr == f"./u:{path}"
        assert str(daemon.uriFor("id")) == f"PYRO:id@./u:{path}"
    assert not path.exists()


def test_a_daemon_on_an_unnamed_socket_is_nowhere_to_be_found() -> None:
    near, far = socket.socketpair()
    with near, far:
        with Daemon(connected_socket=near) as daemon:
            assert daemon.locationStr == "./u:<<not-bound>>"
            assert daemon.sock is near
        assert near.fileno() >= 0, "it belongs to the application"


def test_a_socket_that_is_not_connected_is_refused() -> None:
    with socket.socket() as sock, pytest.raises(OSError, match="not connected"):
        Daemon(connected_socket=sock)


def test_an_address_that_is_taken_is_an_os_error_with_that_address() -> None:
    with Daemon() as first:
        port = port_of(first)
        with pytest.raises(OSError, match=rf"cannot listen on \('localhost', {port}\): .*in use") as caught:
            Daemon(port=port)
    assert caught.value.errno == errno.EADDRINUSE


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_port_that_cannot_exist_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match=f"port {port} "):
        Daemon(port=port)


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ({"SSL": True}, ValueError),
        ({"SERVERTYPE": "nonsense"}, PyroError),
        ({"THREADPOOL_SIZE": 0}, ValueError),
        ({"THREADPOOL_SIZE_MIN": 0}, ValueError),
        ({"THREADPOOL_SIZE": 3, "THREADPOOL_SIZE_MIN": 4}, ValueError),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(items: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(items))):
        Daemon(config=Config(**items))


def test_the_version_of_the_protocol_is_logged(caplog) -> None:
    with caplog.at_level(logging.DEBUG), Daemon():
        assert "protocol version 502" in caplog.text


# ---------------------------------------------------------------------------------------------------- NAT


def test_without_nat_the_real_location_is_published() -> None:
    with Daemon() as daemon:
        assert daemon.natLocationStr is None
        assert str(daemon.uriFor("id")) == f"PYRO:id@{daemon.locationStr}"


def test_another_location_may_be_published() -> None:
    with Daemon(nathost="public.example", natport=77) as daemon:
        assert daemon.natLocationStr == "public.example:77"
        assert str(daemon.uriFor("id")) == "PYRO:id@public.example:77"
        assert str(daemon.uriFor("id", nat=False)) == f"PYRO:id@{daemon.locationStr}"


@pytest.mark.parametrize("natport", [None, 0])
def test_the_published_port_may_be_the_real_one(natport: int | None) -> None:
    with Daemon(nathost="public.example", natport=natport) as daemon:
        assert daemon.natLocationStr == f"public.example:{port_of(daemon)}"


def test_an_ipv6_address_is_published_in_brackets() -> None:
    with Daemon(nathost=ipaddress.ip_address("2001:db8::1"), natport=77) as daemon:
        assert daemon.natLocationStr == "[2001:db8::1]:77"


def test_the_published_location_may_be_in_the_config() -> None:
    with Daemon(config=Config(NATHOST="public.example", NATPORT=77)) as daemon:
        assert daemon.natLocationStr == "public.example:77"


def test_the_published_location_of_the_config_is_not_for_sockets_without_a_port(tmp_path: Path) -> None:
    config = Config(NATHOST="public.example")
    with Daemon(unixsocket=str(tmp_path / "socket"), config=config) as daemon:
        assert daemon.natLocationStr is None
    near, far = socket.socketpair()
    with near, far, Daemon(connected_socket=near, config=config) as daemon:
        assert daemon.natLocationStr is None


def test_a_port_without_a_host_cannot_be_published() -> None:
    with pytest.raises(ValueError, match="natport"):
        Daemon(natport=77)


def test_a_unix_socket_cannot_be_published_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nathost"):
        Daemon(unixsocket=str(tmp_path / "socket"), nathost="public.example")


# -------------------------------------------------------------------------------------------------- objects


def test_registering_gives_the_address(daemon: Daemon) -> None:
    thing = Thing()
    uri = daemon.register(thing, "id")
    assert str(uri) == f"PYRO:id@{daemon.locationStr}"
    assert daemon.uriFor(thing) == daemon.uriFor("id") == uri


@pytest.mark.parametrize("obj", [None])
def test_nothing_cannot_be_registered(daemon: Daemon, obj: Any) -> None:
    with pytest.raises(AttributeError):
        daemon.register(obj)


def test_an_object_that_is_not_registered_has_no_address(daemon: Daemon) -> None:
    with pytest.raises(DaemonError):
        daemon.uriFor(Thing())


def test_any_id_has_an_address(daemon: Daemon) -> None:
    assert daemon.uriFor("nobody").object == "nobody"


@pytest.mark.parametrize("object_id", ["with blanks", " ", "with\nlines"])
def test_an_id_that_no_address_can_hold_is_refused_and_nothing_is_registered(daemon: Daemon, object_id: str) -> None:
    thing = Thing()
    before = dict(daemon.objectsById)
    with pytest.raises(PyroError):
        daemon.register(thing, object_id)
    assert daemon.objectsById == before
    assert daemon.register(thing, "id").object == "id"


def test_a_daemon_has_its_own_object(daemon: Daemon) -> None:
    assert isinstance(daemon.objectsById["Pyro.Daemon"], DaemonObject)


def test_its_own_object_may_be_of_a_class_that_offers_more() -> None:
    class More(DaemonObject):
        @expose
        def more(self) -> None: ...

        def unexposed(self) -> None: ...

    with Daemon(interface=More) as daemon:
        methods = daemon.metadata_of("Pyro.Daemon").methods
        usual = {"get_metadata", "get_next_stream_item", "close_stream", "info", "ping", "registered"}
        assert methods == usual | {"more"}


def test_an_own_object_that_cannot_be_made_leaves_nothing() -> None:
    class Broken(DaemonObject):
        def __init__(self, daemon: Daemon) -> None:
            raise LookupError("broken")

    with pytest.raises(LookupError, match="broken"):
        Daemon(interface=Broken)


def test_a_proxy_for_an_object_knows_what_it_offers(daemon: Daemon) -> None:
    thing = Thing()
    daemon.register(thing, "id")
    for proxy in (daemon.proxyFor(thing), daemon.proxyFor("id")):
        assert isinstance(proxy, Proxy)
        assert proxy._pyroUri == daemon.uriFor("id")
        assert proxy._pyroMethods == {"method"}
        assert proxy._pyroConnection is None


@pytest.mark.parametrize("thing", ["nobody", Thing()])
def test_there_is_no_proxy_for_what_is_not_there(daemon: Daemon, thing: Any) -> None:
    with pytest.raises(DaemonError):
        daemon.proxyFor(thing)


def test_what_a_class_offers_can_be_looked_at_anew(daemon: Daemon) -> None:
    class Growing(Thing):
        pass

    daemon.register(Growing, "id")
    assert daemon.proxyFor("id")._pyroMethods == {"method"}
    Growing.second = Growing.method  # type: ignore[attr-defined]
    daemon.resetMetadataCache(Growing)
    assert daemon.proxyFor("id")._pyroMethods == {"method", "second"}


# ------------------------------------------------------------------------------------- objects that are passed


@pytest.mark.parametrize("name", ["serpent", "json", "msgpack"])
@pytest.mark.parametrize("thing", [Thing(), Thing], ids=["object", "class"])
def test_a_registered_object_travels_as_a_proxy_until_it_is_unregistered(daemon: Daemon, name: str, thing: Any) -> None:
    serializer = serializers[name]
    instance = thing() if isinstance(thing, type) else thing
    uri = daemon.register(thing)
    proxy = serializer.loads(serializer.dumps([instance]))[0]
    assert (proxy._pyroUri, proxy._pyroMethods) == (uri, {"method"})
    daemon.unregister(thing)
    with pytest.raises(PyroError, match="unsupported serialized class"):
        serializer.loads(serializer.dumps([instance]))


def test_marshal_leaves_a_registered_object_as_it_is(daemon: Daemon) -> None:
    thing = Thing()
    daemon.register(thing)
    with pytest.raises(PyroError):
        serializers["marshal"].loads(serializers["marshal"].dumps(thing))
    assert daemon.uriFor(thing), "it is still registered"


# ------------------------------------------------------------------------------------------ as a value, closed


def test_the_text_of_a_daemon_tells_where_it_is_and_how_much_it_has() -> None:
    with Daemon() as daemon:
        text = repr(daemon)
        assert text.startswith("<Pyro5.server.Daemon at 0x")
        assert text.endswith(f"; {daemon.locationStr} - IPv4; 1 objects>")


@pytest.mark.parametrize("name", sorted(serializers))
def test_a_daemon_travels_as_an_empty_shell(daemon: Daemon, name: str) -> None:
    shell = serializers[name].loads(serializers[name].dumps(daemon))
    assert type(shell) is Daemon
    assert repr(shell).startswith("<Pyro5.server.Daemon at 0x")
    assert repr(shell).endswith("; unusable>")


def test_a_closed_daemon_says_so_and_cannot_be_used() -> None:
    daemon = Daemon()
    daemon.close()
    daemon.close()
    assert daemon.transportServer is None
    assert "closed" in repr(daemon)
    with pytest.raises(PyroError, match="closed"):
        daemon.events([])
    with pytest.raises(PyroError, match="closed"), daemon:
        pass


def test_a_loop_that_starts_after_the_shutdown_ends_at_once(caplog) -> None:
    daemon = Daemon()
    daemon.shutdown()
    daemon.requestLoop()
    assert "the daemon is closed" in caplog.text


def test_housekeeping_may_shut_the_daemon_down() -> None:
    class Tired(Daemon):
        def housekeeping(self) -> None:
            self.shutdown()

    daemon = Tired(config=Config(POLLTIMEOUT=0.01))
    daemon.requestLoop()
    assert daemon.transportServer is None


def test_shutting_down_a_daemon_that_never_ran_closes_it() -> None:
    daemon = Daemon()
    daemon.shutdown()
    assert daemon.transportServer is None
    daemon.shutdown()


def test_the_daemon_object_tells_about_the_daemon() -> None:
    with Daemon(config=Config(THREADPOOL_SIZE_MIN=2)) as daemon:
        daemon.register(Thing(), "id")
        own = daemon.objectsById["Pyro.Daemon"]
        assert own.registered() == ["Pyro.Daemon", "id"]
        server = f"<SocketServer_Threadpool on {daemon.locationStr}; 2 workers>"
        location = f"Pyro.Daemon bound on {daemon.locationStr}, NAT None"
        assert own.info() == f"{location}, 2 objects registered. Servertype: {server}"
        assert own.get_metadata("id") == {"methods": {"method"}, "oneway": set(), "attrs": set()}
        assert own.get_metadata("id", as_lists=True) == {"methods": ["method"], "oneway": [], "attrs": []}


def test_housekeeping_sweeps_the_streams_and_calls_the_hook(make_daemon) -> None:
    swept = threading.Event()

    class Tidy(Daemon):
        def housekeeping(self) -> None:
            swept.set()

    daemon = make_daemon(Tidy, POLLTIMEOUT=0.01)
    daemon.requestLoop(lambda: not swept.is_set())
    assert swept.is_set()
