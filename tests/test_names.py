"""Names in place of addresses: objects, daemons and a name server together."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_client import URI, Proxy, errors, locate_ns, resolve, type_meta
from pyro_ns import BroadcastServer, NameServerDaemon, lookup, yplookup
from pyro_server import Daemon, expose, serve
from pyro_wire import Config

DEADLINE = 20.0


@expose
class Thing:
    """Something with a name."""

    daemon: Any = None

    def add(self, first: int, second: int) -> int:
        return first + second

    def shutdown(self) -> None:
        self.daemon.shutdown()


@pytest.fixture
def config() -> Iterator[Config]:
    """A configuration that leads to a name server."""
    with NameServerDaemon("127.0.0.1", 0) as nameserver:
        thread = threading.Thread(target=nameserver.requestLoop)
        thread.start()
        yield Config(NS_HOST="127.0.0.1", NS_PORT=nameserver.sock.getsockname()[1], BROADCAST_ADDRS=[])
        nameserver.shutdown()
        thread.join(DEADLINE)


@pytest.fixture
def uri(config: Config, listening) -> URI:
    """The address of an object that is registered as ``thing`` with some metadata."""
    serving = listening({"it": Thing()})
    uri: URI = serving.daemon.uriFor("it")
    with locate_ns(config=config) as nameserver:
        nameserver.register("thing", uri, metadata={"blue", "large", *type_meta(Thing)})
        nameserver.register("nowhere", "PYRO:x@127.0.0.1:1", metadata={"blue"})
    return uri


def test_a_name_leads_to_its_object(config: Config, uri: URI) -> None:
    with Proxy("PYRONAME:thing", config=config) as proxy:
        assert proxy.add(1, 2) == 3
        assert str(proxy._pyroUri) == "PYRONAME:thing"


def test_binding_puts_the_address_in_place_of_the_name(config: Config, uri: URI) -> None:
    with Proxy("PYRONAME:thing", config=config) as proxy:
        proxy._pyroBind()
        assert proxy._pyroUri == uri


@pytest.mark.parametrize("tags", ["blue,large", "large", f"class:{Thing.__module__}.Thing"])
def test_tags_lead_to_an_object_that_has_them_all(config: Config, uri: URI, tags: str) -> None:
    with Proxy(f"PYROMETA:{tags}", config=config) as proxy:
        assert proxy.add(1, 2) == 3


def test_names_and_tags_are_resolved(config: Config, uri: URI) -> None:
    assert resolve("PYRONAME:thing", config=config) == uri
    assert resolve("PYROMETA:large", config=config) == uri
    assert resolve(uri, config=config) == uri


@pytest.mark.parametrize("name", ["PYRONAME:nobody", "PYROMETA:blue,small"])
def test_what_nobody_has_registered_is_a_naming_error(config: Config, uri: URI, name: str) -> None:
    with pytest.raises(errors.NamingError):
        resolve(name, config=config)
    with Proxy(name, config=config) as proxy, pytest.raises(errors.NamingError):
        proxy.add(1, 2)


def test_a_name_that_comes_later_is_waited_for(config: Config) -> None:
    found: list[URI] = []
    thread = threading.Thread(target=lambda: found.append(resolve("PYRONAME:late", delay_time=5.0, config=config)))
    thread.start()
    with locate_ns(config=config) as nameserver:
        nameserver.register("late", "PYRO:it@example.org:1")
    thread.join(DEADLINE)
    assert found == [URI("PYRO:it@example.org:1")]


def test_a_lookup_in_a_given_name_server_waits_for_a_name_too(config: Config) -> None:
    found: list[Any] = []

    def look_up() -> None:
        with locate_ns(config=config) as nameserver:
            found.append(lookup(nameserver, "late", True, delay_time=5.0))

    thread = threading.Thread(target=look_up)
    thread.start()
    with locate_ns(config=config) as nameserver:
        nameserver.register("late", "PYRO:it@example.org:1", metadata={"tag"})
    thread.join(DEADLINE)
    assert found == [(URI("PYRO:it@example.org:1"), {"tag"})]


def test_a_lookup_in_a_given_name_server_fails_in_the_end(config: Config) -> None:
    with locate_ns(config=config) as nameserver:
        with pytest.raises(errors.NamingError, match="unknown name: nobody"):
            lookup(nameserver, "nobody")
        with pytest.raises(errors.NamingError, match="unknown name: nobody"):
            lookup(nameserver, "nobody", config=Config(NS_LOOKUP_DELAY=0.1))


def test_tags_are_searched_in_a_given_name_server(config: Config, uri: URI) -> None:
    with locate_ns(config=config) as nameserver:
        assert yplookup(nameserver, meta_any={"large"}, return_metadata=False) == {"thing": str(uri)}
        assert yplookup(nameserver, ["blue", "small"], delay_time=0.1) == {}
        ((found, tags),) = yplookup(nameserver, meta_all={"blue", "large"}).values()
        assert (found, tags) == (str(uri), {"blue", "large", *type_meta(Thing)})


def test_names_and_addresses_never_wait_for_reverse_dns(
    config: Config, uri: URI, listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def reverse_dns(*question: Any) -> Any:
        asked.append(question)
        raise OSError("nobody knows")

    for name in ("gethostbyaddr", "getnameinfo", "getfqdn"):
        monkeypatch.setattr(socket, name, reverse_dns)
    responder = BroadcastServer(f"PYRO:Pyro.NameServer@0.0.0.0:{config.NS_PORT}", "127.0.0.1", 0)
    nearby = Config(NS_HOST="127.0.0.1", NS_PORT=1, NS_BCPORT=responder.getPort(), BROADCAST_ADDRS=["127.0.0.1"])
    with responder:
        responder.runInThread()
        with locate_ns(config=nearby) as nameserver:
            assert nameserver._pyroUri.location == f"127.0.0.1:{config.NS_PORT}"
            nameserver.register("new", uri, metadata={"new"})
        assert resolve("PYRONAME:new", config=nearby) == uri
        with Proxy("PYROMETA:new", config=nearby) as proxy:
            assert proxy.add(1, 2) == 3
    assert asked == []


def test_the_location_of_the_name_server_may_be_in_the_name(config: Config, uri: URI) -> None:
    elsewhere = Config(NS_HOST="example.invalid")
    assert resolve(f"PYRONAME:thing@127.0.0.1:{config.NS_PORT}", config=elsewhere) == uri


def test_an_object_behind_a_name_may_be_gone(config: Config, uri: URI) -> None:
    refusal = pytest.raises(errors.CommunicationError, match=r"cannot connect to 127\.0\.0\.1:1:")
    with Proxy("PYRONAME:nowhere", config=config) as proxy, refusal:
        proxy.add(1, 2)


def test_serve_registers_names_with_the_name_server(config: Config, capsys) -> None:
    with Daemon(config=config) as daemon:
        thing = Thing()
        thing.daemon = daemon
        thread = threading.Thread(target=serve, args=({thing: "served", Thing: None},), kwargs={"daemon": daemon})
        thread.start()
        with Proxy(resolve("PYRONAME:served", delay_time=5.0, config=config)) as proxy:
            assert proxy.add(1, 2) == 3
            assert str(proxy._pyroUri.object).startswith("obj_")
            proxy.shutdown()
        thread.join(DEADLINE)
        assert not thread.is_alive()
    output = capsys.readouterr().out
    assert "    name = served\n" in output
    with locate_ns(config=config) as nameserver:
        assert set(nameserver.list()) == {"Pyro.NameServer", "served"}
