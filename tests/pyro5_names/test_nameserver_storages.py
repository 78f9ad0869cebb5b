"""The storage of a name server under the names of Pyro5: what a program hands in, and what it gets back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Load = Callable[[str], ModuleType]
A, B = "PYRO:a@localhost:1", "PYRO:b@localhost:2"


class OwnStorage:
    """A storage of a program's own: no more than the documented methods, without searches, and with notes of them."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.searches: list[Any] = []
        self.closed = False

    def __getitem__(self, name: str) -> Any:
        return self.names[name]

    def __setitem__(self, name: str, registration: Any) -> None:
        self.names[name] = registration

    def __delitem__(self, name: str) -> None:
        del self.names[name]

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.names)

    def everything(self, return_metadata: bool = False) -> Any:
        return {name: pair if return_metadata else pair[0] for name, pair in self.names.items()}

    def remove_items(self, items: Any) -> None:
        for name in items:
            self.names.pop(name, None)

    def optimized_prefix_list(self, prefix: str, return_metadata: bool = False) -> Any:
        self.searches.append(("prefix", prefix))

    def optimized_regex_list(self, regex: str, return_metadata: bool = False) -> Any:
        self.searches.append(("regex", regex))

    def optimized_metadata_search(
        self, metadata_all: Any = None, metadata_any: Any = None, return_metadata: bool = False
    ) -> Any:
        self.searches.append(("metadata", metadata_all, metadata_any))

    def close(self) -> None:
        self.closed = True


class SearchingStorage(OwnStorage):
    """Finds something of its own, whatever the question."""

    def _found(self, return_metadata: bool) -> dict[str, Any]:
        return {"found": (B, {"red"}) if return_metadata else B}

    def optimized_prefix_list(self, prefix: str, return_metadata: bool = False) -> Any:
        return self._found(return_metadata)

    def optimized_regex_list(self, regex: str, return_metadata: bool = False) -> Any:
        return self._found(return_metadata)

    def optimized_metadata_search(
        self, metadata_all: Any = None, metadata_any: Any = None, return_metadata: bool = False
    ) -> Any:
        return self._found(return_metadata)


@pytest.fixture
def names(load: Load) -> ModuleType:
    """The module ``Pyro5.nameserver``."""
    return load("Pyro5.nameserver")


@pytest.fixture
def own() -> OwnStorage:
    return OwnStorage()


@pytest.fixture
def server(names: ModuleType, own: OwnStorage) -> Any:
    """A name server with a storage of the program's own, and two names."""
    server = names.NameServer(own)
    server.register("a", A, metadata={"red", "round"})
    server.register("b", B)
    return server


# --- what ns.storage is --------------------------------------------------------------------------------------------


def test_a_name_server_keeps_names_in_a_memory_storage_unless_told_otherwise(names: ModuleType) -> None:
    assert isinstance(names.NameServer().storage, names.MemoryStorage)


def test_the_storage_of_a_name_server_is_a_mapping(names: ModuleType) -> None:
    server = names.NameServer()
    server.register("a", A, metadata={"red"})
    assert server.storage["a"] == (A, {"red"})
    assert "a" in server.storage
    assert len(server.storage) == 1
    assert server.storage.everything() == {"a": A}


def test_what_is_put_into_the_storage_is_found_by_the_name_server(names: ModuleType) -> None:
    server = names.NameServer()
    server.storage["a"] = (A, {"red"})
    assert server.yplookup(meta_all=["red"]) == {"a": (A, {"red"})}


def test_the_storage_is_the_object_that_was_given(server: Any, own: OwnStorage) -> None:
    assert server.storage is own


def test_another_storage_can_be_set_later(server: Any, names: ModuleType) -> None:
    server.storage = names.MemoryStorage()
    assert server.count() == 0


def test_the_storage_is_not_for_callers_from_outside(load: Load) -> None:
    members = load("Pyro5.server")._get_exposed_members(load("Pyro5.nameserver").NameServer)
    assert "lookup" in members["methods"]
    assert "storage" not in members["attrs"]


@pytest.mark.parametrize("thing", [{}, 3, "memory", dict], ids=["dict", "number", "text", "class"])
def test_what_is_no_storage_is_refused_at_once(names: ModuleType, thing: object) -> None:
    with pytest.raises(TypeError, match=r"is no storage for names: it has no .*everything"):
        names.NameServer(thing)


def test_a_class_of_storages_is_no_storage(names: ModuleType) -> None:
    with pytest.raises(TypeError, match="is no storage for names"):
        names.NameServer(OwnStorage)


def test_a_refusal_names_just_the_methods_that_are_missing(names: ModuleType) -> None:
    class Unclosable(OwnStorage):
        close: Any = property()

    with pytest.raises(TypeError, match=r"^Unclosable is no storage for names: it has no close$"):
        names.NameServer(Unclosable())


# --- overridden methods --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["MemoryStorage", "SqlStorage"])
def test_an_overridden_setitem_is_called_by_register(names: ModuleType, base: str, tmp_path: Path) -> None:
    class Shouting(getattr(names, base)):  # type: ignore[misc]  # a class that is known at run time only
        def __setitem__(self, name: str, registration: Any) -> None:
            super().__setitem__(name.upper(), registration)

    with Shouting(*([tmp_path / "names"] if base == "SqlStorage" else [])) as storage:
        names.NameServer(storage).register("a", A)
        assert list(storage) == ["A"]


def test_an_overridden_getitem_is_called_by_lookup(names: ModuleType) -> None:
    class Redirecting(names.MemoryStorage):  # type: ignore[misc, name-defined]  # as above
        def __getitem__(self, name: str) -> Any:
            return B, None

    assert str(names.NameServer(Redirecting()).lookup("anything")) == B


def test_a_derived_storage_without_changes_serves_as_its_base_does(names: ModuleType) -> None:
    class Derived(names.MemoryStorage):  # type: ignore[misc, name-defined]  # as above
        pass

    server = names.NameServer(Derived())
    server.register("a", A, metadata={"red"})
    server.register("b", B)
    assert server.list(prefix="a") == {"a": A}
    assert server.yplookup(meta_any=["red"], return_metadata=False) == {"a": A}
    assert server.remove(regex=".") == 2


# --- a storage of the program's own --------------------------------------------------------------------------------


def test_own_storage_register_hands_over_a_pair_of_text_and_tags(server: Any, own: OwnStorage) -> None:
    assert own.names == {"a": (A, {"red", "round"}), "b": (B, set())}


def test_own_storage_lookup(server: Any) -> None:
    uri, metadata = server.lookup("a", return_metadata=True)
    assert (str(uri), metadata) == (A, {"red", "round"})


def test_own_storage_a_name_that_is_not_there(server: Any, load: Load) -> None:
    with pytest.raises(load("Pyro5.errors").NamingError, match="unknown name: c"):
        server.lookup("c")


def test_own_storage_a_safe_registration_of_a_name_that_is_taken(server: Any, load: Load, own: OwnStorage) -> None:
    with pytest.raises(load("Pyro5.errors").NamingError, match="already registered"):
        server.register("a", B, safe=True)
    assert own["a"][0] == A


def test_own_storage_tags_are_replaced(server: Any, own: OwnStorage) -> None:
    server.set_metadata("a", ["green"])
    assert own["a"] == (A, {"green"})


def test_own_storage_tags_of_an_unknown_name(server: Any, load: Load, own: OwnStorage) -> None:
    with pytest.raises(load("Pyro5.errors").NamingError, match="unknown name: c"):
        server.set_metadata("c", ["green"])
    assert "c" not in own


def test_own_storage_count(server: Any) -> None:
    assert server.count() == 2


def test_own_storage_list_of_everything(server: Any) -> None:
    assert server.list() == {"a": A, "b": B}
    assert server.list(return_metadata=True) == {"a": (A, {"red", "round"}), "b": (B, set())}


@pytest.mark.parametrize(
    ("method", "arguments", "search"),
    [
        ("list", {"prefix": "a"}, ("prefix", "a")),
        ("list", {"regex": "[a]"}, ("regex", "[a]")),
        ("yplookup", {"meta_all": ["red"], "return_metadata": False}, ("metadata", {"red"}, None)),
        ("yplookup", {"meta_any": ["red"], "return_metadata": False}, ("metadata", None, {"red"})),
    ],
    ids=["prefix", "regex", "all tags", "any tag"],
)
def test_own_storage_whose_search_gives_none_is_searched_entry_by_entry(
    server: Any, own: OwnStorage, method: str, arguments: dict[str, Any], search: object
) -> None:
    assert getattr(server, method)(**arguments) == {"a": A}
    assert own.searches == [search]


@pytest.mark.parametrize("with_metadata", [False, True])
@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("list", {"prefix": "x"}),
        ("list", {"regex": "x"}),
        ("yplookup", {"meta_all": ["x"]}),
        ("yplookup", {"meta_any": ["x"]}),
    ],
    ids=["prefix", "regex", "all tags", "any tag"],
)
def test_own_storage_what_its_search_finds_is_the_answer(
    names: ModuleType, method: str, arguments: dict[str, Any], with_metadata: bool
) -> None:
    server = names.NameServer(SearchingStorage())
    expected = {"found": (B, {"red"}) if with_metadata else B}
    assert getattr(server, method)(**arguments, return_metadata=with_metadata) == expected


def test_own_storage_registrations_without_tags_may_have_none(names: ModuleType, own: OwnStorage) -> None:
    own["a"] = (A, None)
    server = names.NameServer(own)
    assert server.list(return_metadata=True) == {"a": (A, set())}
    assert server.yplookup(meta_any=["red"]) == {}


@pytest.mark.parametrize(
    ("arguments", "removed", "left"),
    [
        ({"name": "a"}, 1, ["b"]),
        ({"name": "c"}, 0, ["a", "b"]),
        ({"prefix": "a"}, 1, ["b"]),
        ({"regex": "[ab]"}, 2, []),
        ({"prefix": "c"}, 0, ["a", "b"]),
    ],
    ids=["name", "unknown name", "prefix", "regex", "unknown prefix"],
)
def test_own_storage_remove(
    server: Any, own: OwnStorage, arguments: dict[str, Any], removed: int, left: list[str]
) -> None:
    assert server.remove(**arguments) == removed
    assert sorted(own.names) == left


def test_own_storage_the_name_server_itself_stays(server: Any, own: OwnStorage) -> None:
    server.register("Pyro.NameServer", A)
    server.remove(regex=".")
    assert list(own.names) == ["Pyro.NameServer"]


# --- daemons -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def started(start_ns: Any, storage: Any) -> Iterator[Any]:
    _, daemon, _ = start_ns("127.0.0.1", 0, storage=storage)
    with daemon:
        yield daemon


STARTS = {
    "daemon": lambda load, storage: load("Pyro5.nameserver").NameServerDaemon("127.0.0.1", 0, storage=storage),
    "start_ns": lambda load, storage: started(load("Pyro5.nameserver").start_ns, storage),
    "start_ns of api": lambda load, storage: started(load("Pyro5.api").start_ns, storage),
}


@pytest.fixture(params=STARTS)
def start(request: pytest.FixtureRequest, load: Load) -> Any:
    return lambda storage=None: STARTS[request.param](load, storage)


def test_the_storage_of_a_daemon_is_a_mapping(start: Any, names: ModuleType) -> None:
    with start() as daemon:
        assert isinstance(daemon, names.NameServerDaemon)
        assert isinstance(daemon.nameserver, names.NameServer)
        assert isinstance(daemon.nameserver.storage, names.MemoryStorage)
        assert "Pyro.NameServer" in daemon.nameserver.storage


def test_the_storage_of_a_daemon_with_a_file_is_a_mapping(start: Any, names: ModuleType, tmp_path: Path) -> None:
    with start(f"sql:{tmp_path / 'names'}") as daemon:
        assert isinstance(daemon.nameserver.storage, names.SqlStorage)
        assert len(daemon.nameserver.storage) == 1


def test_a_storage_that_a_daemon_has_opened_is_closed_with_it(start: Any, load: Load, tmp_path: Path) -> None:
    with start(f"sql:{tmp_path / 'names'}") as daemon:
        storage = daemon.nameserver.storage
    with pytest.raises(load("Pyro5.errors").NamingError, match="closed"):
        len(storage)


def test_a_daemon_takes_a_storage_of_the_programs_own_and_leaves_it_open(start: Any, own: OwnStorage) -> None:
    with start(own) as daemon:
        assert daemon.nameserver.storage is own
        assert "Pyro.NameServer" in own
    assert not own.closed


def test_a_daemon_refuses_an_unknown_kind_of_storage(start: Any) -> None:
    with pytest.raises(ValueError, match="invalid storage type 'dbm:file'"), start("dbm:file"):
        pass


def test_a_daemon_refuses_what_is_no_storage(start: Any) -> None:
    with pytest.raises(TypeError, match="is no storage for names"), start({}):
        pass


def test_start_ns_loop_takes_a_storage_of_the_programs_own(names: ModuleType, own: OwnStorage) -> None:
    names.start_ns_loop("127.0.0.1", 0, storage=own, loopCondition=lambda: False)
    assert "Pyro.NameServer" in own


def test_a_proxy_calls_a_name_server_with_a_storage_of_the_programs_own(load: Load, running: Any, server: Any) -> None:
    daemon = running(load("Pyro5.server").Daemon("127.0.0.1", 0))
    with load("Pyro5.client").Proxy(daemon.register(server)) as proxy:
        assert proxy.list(prefix="b") == {"b": B}


def test_the_auto_cleaner_removes_names_of_a_storage_of_the_programs_own(
    names: ModuleType, load: Load, own: OwnStorage, server: Any
) -> None:
    config = load("Pyro5.configure").Configuration()
    config.NS_AUTOCLEAN = 3
    cleaner = names.AutoCleaner(server, config=config, can_connect=lambda address: False)
    cleaner.max_unreachable_time = 0
    cleaner.clean_up()
    assert own.names == {}
