"""Names that no manual has, and that programs lean on all the same: each as such a program uses it."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from pyro_client import URI, Proxy
from pyro_client.socketutil import SocketConnection
from pyro_server import Daemon, behavior, expose
from pyro_wire import Config, config

DEADLINE = 20.0


@expose
class Thing:
    """What is called."""

    def __init__(self) -> None:
        self._level = 0

    def who(self) -> int:
        return id(self)

    @property
    def level(self) -> int:
        return self._level


@behavior(instance_mode="single")
class Single(Thing):
    """One for all."""


@pytest.fixture
def daemon(running: Any) -> Daemon:
    hosting: Daemon = running(Daemon())
    return hosting


def test_a_program_shows_where_its_proxy_leads(daemon: Daemon) -> None:
    uri = daemon.register(Thing, "thing")
    with Proxy(uri) as thing:
        assert (thing._pyroUri.object, thing._pyroUri.port) == ("thing", uri.port)


def test_a_program_lists_what_a_remote_object_offers(daemon: Daemon) -> None:
    with Proxy(daemon.register(Thing)) as thing:
        assert (thing._pyroMethods, thing._pyroAttrs) == (set(), set())
        thing._pyroBind()
        assert (thing._pyroMethods, thing._pyroAttrs) == ({"who"}, {"level"})


def test_a_generated_interface_has_a_function_for_each_method(daemon: Daemon) -> None:
    with Proxy(daemon.register(Thing)) as thing:
        thing._pyroBind()
        interface = {name: getattr(thing, name) for name in thing._pyroMethods}
        assert isinstance(interface["who"](), int)


def test_a_program_looks_whether_its_proxy_is_connected(daemon: Daemon) -> None:
    with Proxy(daemon.register(Thing)) as thing:
        assert thing._pyroConnection is None
        thing.who()
        connection: Any = thing._pyroConnection
        assert connection.sock.getpeername() == daemon.sock.getsockname()
        thing._pyroRelease()
        assert thing._pyroConnection is None


def test_a_framework_finds_what_is_exposed() -> None:
    class Mixed:
        @expose
        def shown(self) -> None:
            pass

        def hidden(self) -> None:
            pass

    names = [name for name, member in vars(Mixed).items() if getattr(member, "_pyroExposed", False)]
    assert names == ["shown"]


def test_an_exposed_class_is_marked() -> None:
    assert Thing._pyroExposed  # type: ignore[attr-defined]


def test_a_framework_reads_how_a_class_is_instantiated() -> None:
    assert Single._pyroInstancing == ("single", None)  # type: ignore[attr-defined]


def test_a_class_that_says_nothing_is_marked_when_it_is_registered() -> None:
    @expose
    class Silent:
        def method(self) -> None:
            pass

    assert not hasattr(Silent, "_pyroInstancing")
    with Daemon() as daemon:
        daemon.register(Silent)
    assert Silent._pyroInstancing == ("session", None)  # type: ignore[attr-defined]


def test_a_program_changes_how_a_class_is_instantiated(daemon: Daemon) -> None:
    made: list[Thing] = []

    class Changed(Thing):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    Changed._pyroInstancing = ("percall", None)  # type: ignore[attr-defined]
    with Proxy(daemon.register(Changed)) as thing:
        thing.who()
        thing.who()
    assert len(made) == 2


def test_a_program_puts_the_only_instance_in_place_itself(daemon: Daemon) -> None:
    prepared = Single()
    daemon._pyroInstances[Single] = prepared
    with Proxy(daemon.register(Single)) as thing:
        assert thing.who() == id(prepared)


def test_a_program_finds_the_only_instance(daemon: Daemon) -> None:
    with Proxy(daemon.register(Single)) as thing:
        seen = thing.who()
    assert id(daemon._pyroInstances[Single]) == seen


def test_a_daemon_gets_its_instances_from_a_container_of_the_program(running: Any) -> None:
    container: dict[type, Thing] = {Thing: Thing()}

    class Injecting(Daemon):
        def _getInstance(self, clazz: type, conn: SocketConnection) -> Any:
            return container.get(clazz) or super()._getInstance(clazz, conn)

    daemon = running(Injecting())
    with Proxy(daemon.register(Thing)) as thing, Proxy(daemon.register(Single)) as single:
        assert thing.who() == id(container[Thing])
        assert single.who() == id(daemon._pyroInstances[Single])


def test_a_program_counts_and_finds_the_objects_of_its_daemon() -> None:
    thing = Thing()
    with Daemon() as daemon:
        daemon.register(thing, "thing")
        assert daemon.objectsById["thing"] is thing
        assert sorted(daemon.objectsById) == ["Pyro.Daemon", "thing"]


def test_a_program_watches_the_sockets_of_the_transport_server() -> None:
    with Daemon() as daemon:
        assert daemon.transportServer is not None
        assert daemon.transportServer.sockets == daemon.sockets == [daemon.sock]


def test_a_program_waits_for_the_housekeeper_of_a_daemon_that_was_shut_down() -> None:
    daemon = Daemon()
    server: Any = daemon.transportServer
    rounds = iter([True, False])
    daemon.requestLoop(loopCondition=lambda: server.wakeup() or next(rounds))
    assert server.housekeeper.is_alive()
    daemon.close()
    server.housekeeper.join(DEADLINE)
    assert not server.housekeeper.is_alive()


def test_a_program_shows_all_items_of_the_configuration() -> None:
    shown = {name: getattr(config, name) for name in config.__slots__}
    assert shown.items() >= {"SERVERTYPE": config.SERVERTYPE, "NS_PORT": config.NS_PORT}.items()


def test_a_program_saves_and_restores_the_configuration_by_its_slots() -> None:
    settings = Config(SERVERTYPE="multiplex")
    saved = {name: getattr(settings, name) for name in settings.__slots__}
    settings.reset(use_environment=False)
    for name, value in saved.items():
        setattr(settings, name, value)
    assert settings.SERVERTYPE == "multiplex"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("text", ["PYRO:thing@host:4444", "PYRONAME:some.name", "PYRO:a@./u:/tmp/sock"])
def test_a_pickled_uri_is_the_same_uri(text: str, protocol: int) -> None:
    assert pickle.loads(pickle.dumps(URI(text), protocol)) == URI(text)


def test_a_pickled_proxy_can_be_called(daemon: Daemon) -> None:
    with Proxy(daemon.register(Single)) as thing:
        seen = thing.who()
        pickled = pickle.dumps(thing)
    with pickle.loads(pickled) as other:
        assert other._pyroMethods == {"who"}
        assert other.who() == seen


class NamedProxy(Proxy):
    """A proxy class of a program."""


def test_a_pickled_proxy_keeps_its_class() -> None:
    assert type(pickle.loads(pickle.dumps(NamedProxy("PYRO:a@b:4")))) is NamedProxy


PICKLED_BY_PYRO5 = (
    b"\x80\x04\x95\x84\x00\x00\x00\x00\x00\x00\x00\x8c\nPyro5.core\x94\x8c\x03URI\x94\x93\x94)\x81\x94(\x8c\x08PYRONAME\x94\x8c\tsome.name\x94N\x8c\x04host\x94M\x82#"
    b"t\x94b\x8c\x0cPyro5.client\x94\x8c\x05Proxy\x94\x93\x94)\x81\x94(\x8c\x14PYRO:thing@host:4444\x94)))\x8c\x05hello\x94Nt\x94b"
    b"\x86\x94."
)
"""A URI and a proxy, by release 5.17 with protocol 4 of pickle."""


def test_what_the_released_pyro5_has_pickled_can_be_read(load: Any) -> None:
    load("Pyro5.core"), load("Pyro5.client")
    uri, proxy = pickle.loads(PICKLED_BY_PYRO5)
    assert uri == URI("PYRONAME:some.name@host:9090")
    assert proxy._pyroUri == URI("PYRO:thing@host:4444")
