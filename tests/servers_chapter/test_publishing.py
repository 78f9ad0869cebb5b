"""Chapter "Servers": publishing objects with a daemon, and what kinds of objects can be published."""

from __future__ import annotations

import ipaddress
import re
import threading
import weakref
from typing import Any

import pytest

from pyro_client import Proxy, errors
from pyro_ns import NameServerDaemon
from pyro_server import Daemon, expose

DEADLINE = 20.0

BASIC = """
    import Pyro5.server

    @Pyro5.server.expose
    class Thing(object):
        def __init__(self):
            self.calls = 0

        def method(self):
            self.calls += 1
            return self.calls

    daemon = Pyro5.server.Daemon()
    uri = daemon.register(Thing)
    print(uri)
    daemon.requestLoop()
"""

WITH_STATEMENT = """
    import Pyro5.server

    @Pyro5.server.expose
    class Thing(object):
        def stop(self):
            self._pyroDaemon.shutdown()

    with Pyro5.server.Daemon() as daemon:
        print(daemon.register(Thing))
        daemon.requestLoop()
    print("released:", daemon.transportServer is None)
"""


@expose
class Thing:
    """Something to publish."""

    def add(self, first: int, second: int) -> int:
        return first + second


@expose
class Slotted:
    """Something that takes no attributes."""

    __slots__ = ()

    def add(self, first: int, second: int) -> int:
        return first + second


@expose
class Hospitable:
    """Something with slots that has room for the attributes that a daemon adds."""

    __slots__ = ("_pyroDaemon", "_pyroId")

    def add(self, first: int, second: int) -> int:
        return first + second


@expose
class Number(int):
    """A number that is published, which is one of the builtin types below its marks."""

    def add(self, first: int, second: int) -> int:
        return first + second


@expose
class Dictionary(dict[str, int]):
    """A container that is published."""

    def add(self, first: int, second: int) -> int:
        return first + second


def test_a_program_publishes_a_class_and_clients_call_it(program) -> None:
    uri = program(BASIC).line()
    with Proxy(uri) as proxy:
        assert proxy.method() == 1


def test_the_uri_has_a_made_up_name_and_an_address_on_this_machine(program) -> None:
    assert re.fullmatch(r"PYRO:obj_[0-9a-f]{32}@localhost:\d+", program(BASIC).line())


def test_each_client_has_an_instance_for_as_long_as_it_is_connected(program) -> None:
    uri = program(BASIC).line()
    with Proxy(uri) as first, Proxy(uri) as second:
        assert [first.method(), first.method(), second.method()] == [1, 2, 1]
        first._pyroRelease()
        assert first.method() == 1


def test_the_instance_of_a_client_goes_when_it_disconnects(listening) -> None:
    gone = threading.Event()

    @expose
    class Passing:
        def __init__(self) -> None:
            weakref.finalize(self, gone.set)

        def method(self) -> None: ...

    with listening({"it": Passing}).proxy() as proxy:
        proxy.method()
        assert not gone.is_set()
    assert gone.wait(DEADLINE)


@pytest.mark.parametrize("make", [Daemon, lambda: NameServerDaemon(port=0)])
def test_daemons_listen_on_this_machine_only_unless_told(make: Any) -> None:
    with make() as daemon:
        assert ipaddress.ip_address(daemon.sock.getsockname()[0]).is_loopback


@pytest.mark.parametrize("obj", [Thing(), Thing, Slotted(), Slotted, Hospitable(), Number(), Dictionary()], ids=repr)
def test_any_object_can_be_published(listening, obj: Any) -> None:
    serving = listening({"it": obj})
    assert serving.proxy().add(1, 2) == 3
    serving.daemon.unregister(obj)
    with pytest.raises(errors.DaemonError, match="unknown object"):
        serving.proxy("Pyro.Daemon").get_metadata("it")


@pytest.mark.parametrize("obj", [5, [1], {"a": 1}, int, str], ids=repr)
def test_even_objects_that_take_no_attributes_can_be_published(obj: Any) -> None:
    with Daemon() as daemon:
        uri = daemon.register(obj)
        assert daemon.uriFor(obj) == uri
        daemon.unregister(obj)
        assert uri.object not in daemon.objectsById


def test_a_with_statement_releases_the_daemon_when_its_loop_has_ended(program) -> None:
    server = program(WITH_STATEMENT)
    with Proxy(server.line()) as proxy:
        proxy.stop()
    assert server.rest() == ["released: True"]
