"""The daemon that hosts a name server, called over loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pyro_client import Proxy, locate_ns
from pyro_ns import MemoryStorage, NameServerDaemon
from pyro_uri import URI
from pyro_wire import NAMESERVER_NAME, Config
from pyro_wire.errors import NamingError

TAG = "class:Pyro5.nameserver.NameServer"


@contextmanager
def serving(daemon: NameServerDaemon) -> Iterator[str]:
    thread = threading.Thread(target=daemon.requestLoop)
    thread.start()
    try:
        yield str(daemon.uriFor(NAMESERVER_NAME))
    finally:
        daemon.shutdown()
        thread.join(20)
        daemon.close()
    assert not thread.is_alive()


@pytest.fixture
def uri() -> Iterator[str]:
    with serving(NameServerDaemon("localhost", 0)) as text:
        yield text


def test_the_name_server_is_registered_with_itself() -> None:
    with NameServerDaemon("localhost", 0) as daemon:
        assert daemon.nameserver is not None
        own = (str(daemon.uriFor(NAMESERVER_NAME)), {TAG})
        assert daemon.nameserver.list(return_metadata=True) == {NAMESERVER_NAME: own}


def test_behind_nat_it_is_registered_with_its_public_address() -> None:
    with NameServerDaemon("localhost", 0, nathost="public.example", natport=77) as daemon:
        assert daemon.nameserver is not None
        assert daemon.nameserver.lookup(NAMESERVER_NAME) == URI("PYRO:Pyro.NameServer@public.example:77")


def test_after_close_there_is_no_name_server() -> None:
    daemon = NameServerDaemon("localhost", 0)
    nameserver = daemon.nameserver
    daemon.close()
    assert daemon.nameserver is None
    assert nameserver is not None
    with pytest.raises(NamingError, match="closed"):
        nameserver.count()


def test_a_storage_that_was_handed_in_stays_open() -> None:
    storage = MemoryStorage()
    with NameServerDaemon("localhost", 0, storage=storage):
        assert storage.count() == 1
    assert storage.count() == 1


def test_an_unknown_storage_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="invalid storage type 'nonsense'; available: memory"):
        NameServerDaemon("localhost", 0, storage="nonsense")


def test_the_port_comes_from_the_config() -> None:
    with NameServerDaemon("localhost", config=Config(NS_PORT=0)) as daemon:
        assert daemon.sock.getsockname()[1] != 0


def test_clients_register_and_look_up(uri: str) -> None:
    with Proxy(uri) as nameserver:
        nameserver.register("name", "PYRO:x@example.org:1", metadata={"a", "b"})
        assert nameserver.count() == 2
        assert nameserver.lookup("name") == URI("PYRO:x@example.org:1")
        assert nameserver.lookup("name", return_metadata=True) == (URI("PYRO:x@example.org:1"), {"a", "b"})
        assert nameserver.list(prefix="name") == {"name": "PYRO:x@example.org:1"}
        assert nameserver.yplookup(["a"], None, False) == {"name": "PYRO:x@example.org:1"}
        assert nameserver.remove("name") == 1


def test_clients_register_uri_objects(uri: str) -> None:
    with Proxy(uri) as nameserver:
        nameserver.register("name", URI("PYRO:x@example.org:1"))
        assert nameserver.lookup("name") == URI("PYRO:x@example.org:1")


def test_clients_get_naming_errors(uri: str) -> None:
    with Proxy(uri) as nameserver:
        with pytest.raises(NamingError, match="unknown name: nobody"):
            nameserver.lookup("nobody")
        nameserver.register("name", "PYRO:x@example.org:1")
        with pytest.raises(NamingError, match="name already registered: name"):
            nameserver.register("name", "PYRO:x@example.org:1", safe=True)


def test_clients_reach_the_documented_methods_and_nothing_else(uri: str) -> None:
    with Proxy(uri) as nameserver:
        nameserver._pyroBind()
        methods = {"count", "list", "lookup", "ping", "register", "remove", "set_metadata", "yplookup"}
        assert nameserver._pyroMethods == methods
        assert nameserver._pyroAttrs == set()


def test_the_name_server_is_located_by_its_address(uri: str) -> None:
    address = URI(uri)
    with locate_ns(address.host or "", address.port) as nameserver:
        assert nameserver.lookup(NAMESERVER_NAME) == address


def test_cleaning_up_by_itself_is_not_promised_silently(caplog) -> None:
    with NameServerDaemon("localhost", 0, config=Config(NS_AUTOCLEAN=5.0)):
        assert "NS_AUTOCLEAN=5.0 has no effect" in caplog.text
