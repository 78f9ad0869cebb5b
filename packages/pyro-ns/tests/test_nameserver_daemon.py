"""The daemon that hosts a name server, called over loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyro_client import Proxy, locate_ns
from pyro_ns import AutoCleaner, MemoryStorage, NameServerDaemon
from pyro_ns.storage import Query
from pyro_uri import URI
from pyro_wire import DAEMON_NAME, NAMESERVER_NAME, Config
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
    with pytest.raises(ValueError, match="invalid storage type 'nonsense'; available: memory, sql:FILE"):
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


def test_clients_register_names_with_any_letters(uri: str) -> None:
    name = "größe €\U0001f600 with blanks"
    with Proxy(uri) as nameserver:
        nameserver.register(name, "PYRO:x@example.org:1", metadata={"größe"})
        assert nameserver.lookup(name) == URI("PYRO:x@example.org:1")
        assert nameserver.yplookup(["größe"]) == {name: ("PYRO:x@example.org:1", {"größe"})}


def test_its_daemon_object_can_be_called_and_cannot_shut_it_down(uri: str) -> None:
    with Proxy(f"PYRO:{DAEMON_NAME}@{URI(uri).location}") as daemon:
        assert set(daemon.registered()) == {DAEMON_NAME, NAMESERVER_NAME}
        with pytest.raises(AttributeError, match="shutdown"):
            daemon.shutdown()


def test_the_name_server_is_located_by_its_address(uri: str) -> None:
    address = URI(uri)
    with locate_ns(address.host or "", address.port) as nameserver:
        assert nameserver.lookup(NAMESERVER_NAME) == address


def test_names_in_a_file_are_there_again(tmp_path: Path) -> None:
    storage = f"sql:{tmp_path / 'names.sqlite'}"
    with NameServerDaemon("localhost", 0, storage=storage) as daemon:
        assert daemon.nameserver is not None
        daemon.nameserver.register("name", "PYRO:x@example.org:1", metadata={"tag"})
    with NameServerDaemon("localhost", 0, storage=storage) as daemon:
        assert daemon.nameserver is not None
        assert daemon.nameserver.yplookup({"tag"}) == {"name": ("PYRO:x@example.org:1", {"tag"})}
        assert daemon.nameserver.lookup(NAMESERVER_NAME) == daemon.uriFor(NAMESERVER_NAME)


def test_a_file_that_is_no_database_is_a_naming_error_and_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "names.sqlite").write_text("something else" * 100)
    with pytest.raises(NamingError, match=r"names\.sqlite' failed: file is not a database"):
        NameServerDaemon("localhost", 0, storage=f"sql:{tmp_path / 'names.sqlite'}")


def test_nothing_is_cleaned_up_unless_the_config_says_so() -> None:
    with NameServerDaemon("localhost", 0) as daemon:
        assert daemon.cleaner_thread is None


def test_cleaning_up_goes_on_until_the_daemon_is_closed() -> None:
    with NameServerDaemon("localhost", 0, config=Config(NS_AUTOCLEAN=5.0)) as daemon:
        cleaner = daemon.cleaner_thread
        assert cleaner is not None
        assert cleaner.is_alive()
    assert daemon.cleaner_thread is None
    cleaner.join(20)
    assert not cleaner.is_alive()


def test_a_period_of_cleaning_up_that_is_too_short_is_refused_and_leaves_nothing_open() -> None:
    with pytest.raises(ValueError, match="NS_AUTOCLEAN=2 is too short; 3 is the least"):
        NameServerDaemon("localhost", 0, config=Config(NS_AUTOCLEAN=2.0))


@pytest.mark.parametrize("server_type", ["thread", "multiplex"])
def test_names_that_nobody_can_reach_disappear(monkeypatch: pytest.MonkeyPatch, server_type: str) -> None:
    gone = threading.Event()

    class Watched(MemoryStorage):
        def remove(self, query: Query, *, keep: frozenset[str] = frozenset()) -> int:
            removed = super().remove(query, keep=keep)
            gone.set()
            return removed

    for name, value in {"override_autoclean_min": True, "loop_delay": 0.01, "max_unreachable_time": 0.0}.items():
        monkeypatch.setattr(AutoCleaner, name, value)
    config = Config(NS_AUTOCLEAN=0.01, SERVERTYPE=server_type)
    with serving(NameServerDaemon("localhost", 0, storage=Watched(), config=config)) as uri, Proxy(uri) as nameserver:
        nameserver.register("here", uri)
        nameserver.register("nobody", "PYRO:x@127.0.0.1:1")
        assert gone.wait(20)
        assert nameserver.list().keys() == {"here", NAMESERVER_NAME}


def test_bytes_that_are_no_message_are_a_warning_too(uri: str) -> None:
    with pytest.warns(UserWarning, match="protocol error of the client at"):
        assert answer_to_garbage(uri)


def test_where_warnings_are_errors_the_client_is_refused_all_the_same(uri: str) -> None:
    assert answer_to_garbage(uri)
    with Proxy(uri) as nameserver:
        nameserver.ping()


def answer_to_garbage(uri: str) -> bytes:
    """Send a name server what is no message, and return all that it answers."""
    address = URI(uri)
    with socket.create_connection((address.host, address.port), 20) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: somewhere.example.org\r\n\r\n")
        with client.makefile("rb") as answer:
            return answer.read()
