"""Removing the names that cannot be reached: what is tried, and when something goes."""

from __future__ import annotations

import logging
import socket
import threading
from pathlib import Path

import pytest

from pyro_ns import AutoCleaner, Entry, MemoryStorage, NameServer, Storage, autocleaning
from pyro_ns.autocleaning import can_connect
from pyro_ns.storage import Everything, Query
from pyro_uri import URI
from pyro_wire import DAEMON_NAME, NAMESERVER_NAME, Config
from pyro_wire.errors import NamingError

HERE, GONE = "PYRO:x@here:1", "PYRO:x@gone:2"


class Fixture:
    """A cleaner of a name server, the clock that it goes by, and the locations that can be reached."""

    def __init__(self, storage: Storage) -> None:
        self.nameserver = NameServer(storage)
        self.now = 1000.0
        self.reachable = {"here:1"}
        self.tried: list[str | None] = []
        self.cleaner = AutoCleaner(
            self.nameserver, config=Config(NS_AUTOCLEAN=3.0), clock=lambda: self.now, can_connect=self.can_connect
        )

    def can_connect(self, address: URI) -> bool:
        self.tried.append(address.location)
        return address.location in self.reachable

    def clean_up_after(self, seconds: float) -> set[str]:
        """Clean up some seconds later, and return the names that are left."""
        self.now += seconds
        self.cleaner.clean_up()
        return set(self.nameserver.list())


@pytest.fixture
def fixture(storage: Storage) -> Fixture:
    return Fixture(storage)


def test_a_name_goes_when_it_has_been_unreachable_for_long_enough(fixture: Fixture) -> None:
    fixture.nameserver.register("a", HERE)
    fixture.nameserver.register("b", GONE)
    assert fixture.clean_up_after(3) == {"a", "b"}
    assert fixture.clean_up_after(19) == {"a", "b"}
    assert fixture.clean_up_after(1) == {"a"}


def test_a_name_that_is_back_in_between_starts_anew(fixture: Fixture) -> None:
    fixture.nameserver.register("b", GONE)
    fixture.clean_up_after(3)
    fixture.reachable.add("gone:2")
    fixture.clean_up_after(15)
    fixture.reachable.clear()
    assert fixture.clean_up_after(15) == {"b"}
    assert fixture.clean_up_after(19) == {"b"}
    assert fixture.clean_up_after(1) == set()


def test_a_name_with_a_new_address_starts_anew(fixture: Fixture) -> None:
    fixture.nameserver.register("b", GONE)
    fixture.clean_up_after(3)
    fixture.nameserver.register("b", "PYRO:x@moved:3")
    assert fixture.clean_up_after(20) == {"b"}


def test_a_name_that_is_registered_anew_while_it_is_tried_stays(fixture: Fixture) -> None:
    def register_meanwhile(address: URI) -> bool:
        fixture.nameserver.register("b", HERE)
        return False

    fixture.nameserver.register("b", GONE)
    cleaner = AutoCleaner(
        fixture.nameserver, config=Config(NS_AUTOCLEAN=3.0), clock=lambda: 0.0, can_connect=register_meanwhile
    )
    cleaner.max_unreachable_time = 0.0
    cleaner.clean_up()
    assert fixture.nameserver.list() == {"b": HERE}


def test_the_name_server_itself_and_its_daemon_are_not_tried(fixture: Fixture) -> None:
    fixture.nameserver.register(NAMESERVER_NAME, GONE)
    fixture.nameserver.register(DAEMON_NAME, GONE)
    fixture.clean_up_after(3)
    assert fixture.clean_up_after(20) == {NAMESERVER_NAME, DAEMON_NAME}
    assert fixture.tried == []


def test_names_of_other_names_are_not_tried(fixture: Fixture) -> None:
    fixture.nameserver.register("name", "PYRONAME:other@gone:2")
    fixture.nameserver.register("tags", "PYROMETA:a,b")
    fixture.clean_up_after(3)
    assert fixture.clean_up_after(20) == {"name", "tags"}
    assert fixture.tried == []


def test_each_address_is_tried_once_however_many_names_it_has(fixture: Fixture) -> None:
    for number in range(50):
        fixture.nameserver.register(f"here{number}", f"PYRO:x{number}@here:1")
        fixture.nameserver.register(f"gone{number}", f"PYRO:x{number}@gone:2")
    fixture.clean_up_after(3)
    assert sorted(map(str, fixture.tried)) == ["gone:2", "here:1"]
    assert fixture.clean_up_after(20) == {f"here{number}" for number in range(50)}


def test_many_addresses_are_all_tried(fixture: Fixture) -> None:
    for number in range(100):
        fixture.nameserver.register(f"{number}", f"PYRO:x@host{number}:1")
    fixture.clean_up_after(3)
    assert set(fixture.tried) == {f"host{number}:1" for number in range(100)}


def test_a_bad_entry_of_somebody_else_stops_nothing(fixture: Fixture) -> None:
    fixture.nameserver.storage.put("bad", Entry("no uri at all"))
    fixture.nameserver.register("b", GONE)
    fixture.clean_up_after(3)
    assert set(fixture.clean_up_after(20)) == {"bad"}


def test_calls_are_answered_while_an_address_is_tried(storage: Storage) -> None:
    trying, answered = threading.Event(), threading.Event()

    def slow(address: URI) -> bool:
        trying.set()
        return answered.wait(20)

    nameserver = NameServer(storage)
    nameserver.register("b", GONE)
    cleaner = AutoCleaner(nameserver, config=Config(NS_AUTOCLEAN=3.0), can_connect=slow)
    thread = threading.Thread(target=cleaner.clean_up)
    thread.start()
    assert trying.wait(20)
    nameserver.register("c", HERE)
    assert nameserver.remove("b") == 1
    answered.set()
    thread.join(20)
    assert nameserver.list() == {"c": HERE}


def test_a_storage_that_fails_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    again = threading.Event()

    class Failing(MemoryStorage):
        times = 0

        def find(self, query: Query) -> dict[str, Entry]:
            self.times += 1
            if self.times > 1:
                again.set()
            raise NamingError("the disk is full")

    class Hasty(AutoCleaner):
        override_autoclean_min = True
        loop_delay = 0.01

    caplog.set_level(logging.ERROR, "Pyro5.naming")
    cleaner = Hasty(NameServer(Failing()), config=Config(NS_AUTOCLEAN=0.01))
    cleaner.start()
    assert again.wait(20)
    cleaner.close()
    assert "the disk is full" in caplog.text


def test_a_cleaner_that_is_closed_removes_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autocleaning, "STOP_TIMEOUT", 0.0)  # it has not the chance to end before that
    trying, closed = threading.Event(), threading.Event()

    def slow(address: URI) -> bool:
        trying.set()
        closed.wait(20)
        return False

    class Hasty(AutoCleaner):
        override_autoclean_min = True
        loop_delay = 0.01
        max_unreachable_time = 0.0

    storage = MemoryStorage()
    storage.put("b", Entry(GONE))
    cleaner = Hasty(NameServer(storage), config=Config(NS_AUTOCLEAN=0.01), can_connect=slow)
    cleaner.start()
    assert trying.wait(20)
    cleaner.close()
    closed.set()
    cleaner.join(20)
    assert not cleaner.is_alive()
    assert storage.find(Everything()).keys() == {"b"}


def test_a_cleaner_that_never_ran_can_be_closed(fixture: Fixture) -> None:
    fixture.cleaner.close()
    fixture.cleaner.close()


@pytest.mark.parametrize("period", [0.5, 2.9])
def test_a_period_that_is_too_short_is_refused(period: float) -> None:
    with pytest.raises(ValueError, match=f"NS_AUTOCLEAN={period} is too short; 3 is the least"):
        AutoCleaner(NameServer(), config=Config(NS_AUTOCLEAN=period))


def test_the_documented_constants() -> None:
    assert AutoCleaner.min_autoclean_value == 3
    assert AutoCleaner.max_unreachable_time == 20.0
    assert AutoCleaner.loop_delay == 2.0
    assert AutoCleaner.override_autoclean_min is False


def listening() -> tuple[socket.socket, URI]:
    sock = socket.create_server(("127.0.0.1", 0))
    return sock, URI(f"PYRO:x@127.0.0.1:{sock.getsockname()[1]}")


def test_an_address_where_somebody_listens_can_be_connected_to() -> None:
    sock, uri = listening()
    with sock:
        assert can_connect(uri, 20)
    assert not can_connect(uri, 20)


def test_a_unix_socket_can_be_connected_to(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "sock"))
        sock.listen()
        assert can_connect(URI(f"PYRO:x@./u:{tmp_path / 'sock'}"), 20)
    assert not can_connect(URI(f"PYRO:x@./u:{tmp_path / 'sock'}"), 20)


@pytest.mark.parametrize("uri", ["PYRO:x@nowhere.invalid:1", "PYRO:x@localhost:99999", f"PYRO:x@{'y' * 300}:1"])
def test_an_address_that_cannot_exist_cannot_be_connected_to(uri: str) -> None:
    assert not can_connect(URI(uri), 20)


def test_the_timeout_is_that_of_the_config(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def watch(address: URI, timeout: float, prefer_ip_version: int) -> bool:
        seen.append(timeout)
        return False

    monkeypatch.setattr(autocleaning, "can_connect", watch)
    for config in (Config(NS_AUTOCLEAN=3.0), Config(NS_AUTOCLEAN=3.0, COMMTIMEOUT=7.0)):
        nameserver = NameServer()
        nameserver.register("b", GONE)
        AutoCleaner(nameserver, config=config).clean_up()
    assert seen == [5.0, 7.0]
