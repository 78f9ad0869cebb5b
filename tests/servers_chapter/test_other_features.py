"""Chapter "Servers": addresses, stale connections, serializers, and the daemon as an object."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pyro_client import Proxy, current_context, errors
from pyro_server import Daemon, expose
from pyro_wire import Config, serializers

DEADLINE = 20.0


@expose
class Thing:
    """Something to call, which calls others."""

    def __init__(self) -> None:
        self.other: Any = None

    def add(self, first: int, second: int) -> int:
        return first + second

    def serializer_id(self) -> int:
        serializer_id: int = current_context.serializer_id
        return serializer_id

    def ask_other(self) -> list[int]:
        return [current_context.serializer_id, self.other.serializer_id()]


class Sweeping(Daemon):
    """A daemon that tells when its housekeeping was done three times."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rounds = 0
        self.three_rounds = threading.Event()

    def housekeeping(self) -> None:
        self.rounds += 1
        if self.rounds == 3:
            self.three_rounds.set()


def test_the_daemon_object_can_be_asked_as_in_the_manual(program, finding, nameserver) -> None:
    client = program(f"""
        import Pyro5
        import Pyro5.client
        daemon = Pyro5.client.Proxy("PYRO:"+Pyro5.constants.DAEMON_NAME+"@localhost:{finding["PYRO_NS_PORT"]}")
        print(daemon.ping())
        print(sorted(daemon.registered()))
    """)
    assert client.rest() == ["None", "['Pyro.Daemon', 'Pyro.NameServer']"]


@pytest.mark.parametrize("name", ["server", "core", "client", "constants", "errors", "socketutil", "nameserver", "api"])
def test_the_modules_of_the_manual_are_there_once_pyro5_is_imported(program, name: str) -> None:
    assert program(f"import Pyro5; print(Pyro5.{name}.__name__)").rest() == [f"Pyro5.{name}"]


@pytest.mark.parametrize(
    ("module", "own", "names"),
    [
        ("server", "pyro_server", "Daemon DaemonObject behavior callback expose oneway serve"),
        ("client", "pyro_client", "BatchProxy Proxy SerializedBlob"),
        ("core", "pyro_client", "URI locate_ns resolve type_meta"),
        ("constants", "pyro_wire", "DAEMON_NAME NAMESERVER_NAME PROTOCOL_VERSION"),
        ("socketutil", "pyro_client.socketutil", "SocketConnection get_interface get_ip_address"),
    ],
)
def test_the_names_of_the_manual_stand_for_what_this_project_has(program, module: str, own: str, names: str) -> None:
    client = program(f"""
        import Pyro5
        import {own} as own
        print([name for name in {names.split()} if getattr(Pyro5.{module}, name) is not getattr(own, name)])
    """)
    assert client.rest() == ["[]"]


def test_the_name_of_the_daemon_object_is_reserved() -> None:
    with Daemon() as daemon:
        with pytest.raises(errors.DaemonError, match="already registered with that id"):
            daemon.register(Thing(), "Pyro.Daemon")
        daemon.unregister("Pyro.Daemon")
        assert set(daemon.objectsById) == {"Pyro.Daemon"}


@pytest.mark.parametrize(
    "text",
    [
        'print(Pyro5.socketutil.get_ip_address("localhost", version=4))',
        'print(Pyro5.socketutil.get_interface("127.0.0.1").ip)',
    ],
    ids=["get_ip_address", "get_interface"],
)
def test_there_are_functions_that_find_an_address_to_bind_on(program, text: str) -> None:
    assert program(f"import Pyro5.socketutil; {text}").rest() == ["127.0.0.1"]


def test_all_daemons_listen_where_host_says(program) -> None:
    text = """
        import Pyro5.nameserver, Pyro5.server
        with Pyro5.server.Daemon() as daemon, Pyro5.nameserver.NameServerDaemon(port=0) as nameserver:
            print(daemon.sock.getsockname()[0], nameserver.sock.getsockname()[0])
    """
    assert program(text, PYRO_HOST="0.0.0.0").rest() == ["0.0.0.0 0.0.0.0"]


def test_the_command_of_the_name_server_takes_a_host(program) -> None:
    server = program('from Pyro5.nameserver import main; main(["-n", "127.0.0.1", "-p", "0", "-x"])')
    assert server.line("NS running on 127.0.0.1:")


def test_a_connection_may_be_idle_for_as_long_as_it_likes(listening) -> None:
    assert Config().COMMTIMEOUT == 0.0
    serving = listening({"it": Thing()}, daemon_class=Sweeping, POLLTIMEOUT=0.01)
    proxy = serving.proxy()
    proxy._pyroBind()
    connection = proxy._pyroConnection
    assert serving.daemon.three_rounds.wait(DEADLINE)
    assert proxy.add(1, 2) == 3
    assert proxy._pyroConnection is connection


def test_calls_that_a_server_makes_itself_go_by_its_own_serializer(listening) -> None:
    thing = Thing()
    thing.other = listening({"other": Thing()}).proxy("other", SERIALIZER="json")
    marshal, json = serializers["marshal"].serializer_id, serializers["json"].serializer_id
    assert listening({"it": thing}).proxy(SERIALIZER="marshal").ask_other() == [marshal, json]


def test_a_program_may_be_server_and_client_at_once(program) -> None:
    both = program("""
        import threading
        import Pyro5.client
        import Pyro5.server

        @Pyro5.server.expose
        class Thing(object):
            def method(self, arg):
                return arg * 2

        with Pyro5.server.Daemon() as daemon:
            uri = daemon.register(Thing)
            loop = threading.Thread(target=daemon.requestLoop)
            loop.start()
            with Pyro5.client.Proxy(uri) as thing:
                print(thing.method(42))
            daemon.shutdown()
            loop.join()
    """)
    assert both.rest() == ["84"]


def test_a_proxy_releases_its_connection_when_told(listening) -> None:
    left = threading.Event()

    class Watching(Daemon):
        def clientDisconnect(self, conn: Any) -> None:
            left.set()

    proxy: Proxy = listening({"it": Thing()}, daemon_class=Watching).proxy()
    proxy.add(1, 2)
    proxy._pyroRelease()
    assert left.wait(DEADLINE)
