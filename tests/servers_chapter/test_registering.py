"""Chapter "Servers": registering objects and classes, and unregistering them."""

from __future__ import annotations

import gc
import inspect
import re
import weakref
from typing import Any

import pytest

from pyro_client import URI, Proxy, errors
from pyro_client.socketutil import find_probably_unused_port
from pyro_server import Daemon, expose

DOUBLER = """
    import Pyro5.server
    import Pyro5.core

    @Pyro5.server.expose
    class Doubler(object):
        def double(self, number):
            return number * 2
"""

WITHOUT_NAME_SERVER = {
    "daemon": """
    daemon = Pyro5.server.Daemon()
    uri = daemon.register(Doubler)
    print("uri =", uri)
    daemon.requestLoop()
""",
    "serve": """
    Pyro5.server.serve(
        {
            Doubler: None
        },
        ns=False, verbose=True)
""",
}

WITH_NAME_SERVER = {
    "daemon": """
    daemon = Pyro5.server.Daemon(host="127.0.0.1")
    ns = Pyro5.core.locate_ns()
    uri = daemon.register(Doubler)
    ns.register("my_doubler", uri)
    print("Pyro daemon running.")
    daemon.requestLoop()
""",
    "serve": """
    Pyro5.server.serve(
        {
            Doubler: "my_doubler"
        },
        ns=True, verbose=True, host="127.0.0.1")
""",
}

either_way = pytest.mark.parametrize("way", ["daemon", "serve"])


@expose
class Thing:
    """Something to register."""

    def add(self, first: int, second: int) -> int:
        return first + second


@expose
class Roomy:
    """Something with slots, among them those for the attributes that a daemon adds."""

    __slots__ = ("_pyroDaemon", "_pyroId")

    def add(self, first: int, second: int) -> int:
        return first + second


# ------------------------------------------------------------------------------------------- registering


def test_the_parameters_have_the_order_of_the_manual() -> None:
    parameters = list(inspect.signature(Daemon.register).parameters.values())
    assert [parameter.name for parameter in parameters[1:5]] == ["obj_or_class", "objectId", "force", "weak"]
    assert [parameter.default for parameter in parameters[2:5]] == [None, False, False]


def test_an_id_is_made_up_or_given() -> None:
    with Daemon() as daemon:
        assert re.fullmatch("obj_[0-9a-f]{32}", str(daemon.register(Thing).object))
        assert daemon.register(Thing(), "readable.name").object == "readable.name"


@pytest.mark.parametrize("obj", [Thing(), Thing, Roomy()], ids=["object", "class", "slots"])
def test_what_is_registered_already_is_refused(obj: Any) -> None:
    with Daemon() as daemon:
        uri = daemon.register(obj)
        with pytest.raises(errors.DaemonError, match="object or class already has a Pyro id"):
            daemon.register(obj, "another")
        assert sorted(daemon.objectsById) == sorted(["Pyro.Daemon", str(uri.object)])
        daemon.unregister(obj)


@pytest.mark.parametrize("obj", [Thing(), Thing, [1]], ids=["object", "class", "list"])
def test_an_id_that_is_taken_is_refused(obj: Any) -> None:
    with Daemon() as daemon:
        daemon.register(Thing(), "taken")
        with pytest.raises(errors.DaemonError, match="an object or class is already registered with that id"):
            daemon.register(obj, "taken")


def test_by_force_the_one_before_is_replaced_without_a_word(recwarn) -> None:
    first, second = Thing(), Thing()
    with Daemon() as daemon:
        daemon.register(first, "it")
        daemon.register(second, "it", force=True)
        assert daemon.objectsById["it"] is second
    assert not recwarn.list


def test_a_daemon_keeps_its_objects_alive_unless_they_are_registered_weakly() -> None:
    kept, not_kept = Thing(), Thing()
    references = [weakref.ref(kept), weakref.ref(not_kept)]
    with Daemon() as daemon:
        daemon.register(kept, "kept")
        daemon.register(not_kept, "not_kept", weak=True)
        del kept, not_kept
        gc.collect()
        assert [reference() is None for reference in references] == [False, True]
        assert set(daemon.objectsById) == {"Pyro.Daemon", "kept"}


def test_registering_returns_a_uri_whose_text_leads_to_the_object(listening) -> None:
    daemon = listening({}).daemon
    uri = daemon.register(Thing)
    assert isinstance(uri, URI)
    with Proxy(str(uri)) as proxy:
        assert proxy.add(1, 2) == 3


def test_a_new_uri_can_be_had_from_the_daemon() -> None:
    thing = Thing()
    with Daemon() as daemon:
        uri = daemon.register(thing, "it")
        assert uri == daemon.uriFor(thing) == daemon.uriFor("it")
        assert daemon.uriFor(thing) is not uri


def test_port_address_and_id_can_all_be_chosen(running) -> None:
    port = find_probably_unused_port()
    daemon = running(Daemon(host="127.0.0.1", port=port))
    daemon.register(Thing, "chosen")
    with Proxy(f"PYRO:chosen@127.0.0.1:{port}") as proxy:
        assert proxy.add(1, 2) == 3


# ---------------------------------------------------------------------------------- the manual's examples


@either_way
def test_a_server_and_a_client_without_name_server(program, way: str) -> None:
    server = program(DOUBLER + WITHOUT_NAME_SERVER[way])
    uri = server.line("uri = " if way == "daemon" else "    uri = ")
    client = program(f"""
        import Pyro5.client
        uri = {uri!r}
        doubler = Pyro5.client.Proxy(uri)
        print(doubler.double(42))
    """)
    assert client.rest() == ["84"]


@either_way
def test_a_server_and_a_client_with_name_server(program, finding, way: str) -> None:
    program(DOUBLER + WITH_NAME_SERVER[way], **finding).line("Pyro daemon running.")
    client = program(
        """
        import Pyro5.client
        doubler = Pyro5.client.Proxy("PYRONAME:my_doubler")
        print(doubler.double(42))
        """,
        **finding,
    )
    assert client.rest() == ["84"]


# ------------------------------------------------------------------------------------------ unregistering


@pytest.mark.parametrize("by_id", [False, True], ids=["by object", "by id"])
@pytest.mark.parametrize("obj", [Thing(), Thing, Roomy(), [1]], ids=["object", "class", "slots", "list"])
def test_an_object_is_unregistered_by_itself_or_by_its_id(obj: Any, by_id: bool) -> None:
    with Daemon() as daemon:
        uri = daemon.register(obj)
        daemon.unregister(str(uri.object) if by_id else obj)
        assert set(daemon.objectsById) == {"Pyro.Daemon"}
        with pytest.raises(errors.DaemonError):
            daemon.uriFor(obj)


@pytest.mark.parametrize("by_id", [False, True], ids=["by object", "by id"])
@pytest.mark.parametrize("obj", [Thing(), Thing, Roomy()], ids=["object", "class", "slots"])
def test_unregistering_takes_away_the_attributes_that_registering_added(obj: Any, by_id: bool) -> None:
    with Daemon() as daemon:
        object_id = daemon.register(obj).object
        assert obj._pyroId == object_id
        assert isinstance(obj._pyroId, str)
        assert obj._pyroDaemon.locationStr == daemon.locationStr
        daemon.unregister(object_id if by_id else obj)
    assert not hasattr(obj, "_pyroId")
    assert not hasattr(obj, "_pyroDaemon")
