"""Calls, whatever the server and the serializer: methods, arguments, attributes, and what only looks like them."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from pyro_client import Proxy
from pyro_server import expose, oneway

DEADLINE = 20.0

# What every serializer carries as it is.
VALUES: list[Any] = [
    None,
    True,
    -1,
    2**62,
    1.5,
    float("inf"),
    "",
    "text with 'quotes', \"more\", \\ and \n lines",
    "Καλημέρα κόσμε ☃ 🎉",
    "\0 in the middle",
    [],
    [1, [2, [3, None]]],
    {},
    {"key": [1, 2], "another": {"deep": "value"}},
]


@expose
class Thing:
    """Something with all that may be called."""

    def __init__(self) -> None:
        self.notes: list[Any] = []
        self.noted = threading.Event()
        self._total = 0
        self._items = ["a", "b", "c"]

    def add(self, first: int, second: int = 10) -> int:
        return first + second

    def echo(self, value: Any) -> Any:
        return value

    def everything(self, /, *args: Any, **kwargs: Any) -> Any:
        return [list(args), kwargs]

    @staticmethod
    def static(value: Any) -> Any:
        return value

    @classmethod
    def of_class(cls) -> str:
        return cls.__name__

    def nothing(self) -> None: ...

    @oneway
    def note(self, thing: Any) -> str:
        self.notes.append(thing)
        self.noted.set()
        return "nobody hears this"

    def size_of(self, text: str) -> int:
        return len(text)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> str:
        return self._items[index]

    def __setitem__(self, index: int, value: str) -> None:
        self._items[index] = value

    def __delitem__(self, index: int) -> None:
        del self._items[index]

    @property
    def total(self) -> int:
        return self._total

    @total.setter
    def total(self, value: int) -> None:
        self._total = value

    @property
    def readonly(self) -> dict[str, int]:
        return {"value": 42}

    @property
    def failing(self) -> int:
        raise LookupError("not today")

    attribute = "not a property"

    def _private(self) -> None: ...


@expose
class WithIter:
    """Something to iterate over that says itself how."""

    def __iter__(self) -> Any:
        return iter("xyz")


@pytest.fixture
def thing() -> Thing:
    return Thing()


@pytest.fixture
def proxy(served, thing: Thing) -> Proxy:
    proxy: Proxy = served({"it": thing}).proxy()
    return proxy


# ------------------------------------------------------------------------------------------------- methods


def test_a_method_returns_its_result(proxy: Proxy) -> None:
    assert proxy.add(1, 2) == 3


def test_a_default_stays_with_the_method(proxy: Proxy) -> None:
    assert proxy.add(1) == 11


def test_arguments_are_given_by_position_and_by_name(proxy: Proxy) -> None:
    assert proxy.add(1, second=2) == proxy.add(second=2, first=1) == 3


def test_any_arguments_arrive(proxy: Proxy) -> None:
    assert proxy.everything(1, "two", three=3, ünïcödé="☃") == [[1, "two"], {"three": 3, "ünïcödé": "☃"}]


def test_an_argument_may_be_called_self(proxy: Proxy) -> None:
    assert proxy.everything(1, self=2) == [[1], {"self": 2}]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_come_back_as_they_went(proxy: Proxy, value: Any) -> None:
    assert proxy.echo(value) == value


def test_static_and_class_methods_are_methods(proxy: Proxy) -> None:
    assert proxy.static(5) == 5
    assert proxy.of_class() == "Thing"


def test_a_method_without_a_result_returns_none(proxy: Proxy) -> None:
    assert proxy.nothing() is None


def test_a_method_may_be_kept_and_called_often(proxy: Proxy) -> None:
    add = proxy.add
    assert [add(number, 1) for number in range(50)] == list(range(1, 51))


@pytest.mark.parametrize("size", [101, 70_000, 5_000_000])
@pytest.mark.parametrize("compression", [False, True])
def test_large_arguments_and_results_arrive(served, thing: Thing, size: int, compression: bool) -> None:
    serving = served({"it": thing}, COMPRESSION=compression)
    text = "snow " * (size // 5)
    assert serving.proxy(COMPRESSION=not compression).echo(text) == text
    assert serving.proxy(COMPRESSION=compression).size_of(text) == len(text)


def test_one_proxy_may_change_its_serializer(proxy: Proxy) -> None:
    for name in ("json", "marshal", "msgpack", "serpent"):
        proxy._pyroSerializer = name
        assert proxy.add(1, 2) == 3


def test_another_object_of_the_daemon_may_be_called(served, thing: Thing) -> None:
    serving = served({"it": thing, "other": Thing()})
    serving.proxy("other").total = 5
    assert (serving.proxy("it").total, serving.proxy("other").total) == (0, 5)
    assert serving.proxy("it")._pyroInvoke("__getattr__", ("total",), None, objectId="other") == 5


# ------------------------------------------------------------------------------------------------ not there


@pytest.mark.parametrize("name", ["nonsense", "_private", "attribute", "notes", "__class_getitem__"])
def test_what_is_not_exposed_is_an_attribute_error_here(proxy: Proxy, name: str) -> None:
    with pytest.raises(AttributeError, match=f"has no exposed attribute or method '{name}'"):
        getattr(proxy, name)


@pytest.mark.parametrize("name", ["nonsense", "_private", "__init__", "__class__", "attribute", "total", "add.more"])
def test_and_it_is_one_over_there_for_who_insists(proxy: Proxy, name: str) -> None:
    with pytest.raises(AttributeError, match=re.escape(name)):
        proxy._pyroInvoke(name, (), {})
    assert proxy.add(1, 2) == 3


def test_a_dotted_name_is_refused(proxy: Proxy) -> None:
    with pytest.raises(AttributeError, match=r"echo\.something"):
        proxy.echo.something(1)


@pytest.mark.parametrize("args", [(), (1, 2, 3)])
def test_wrong_arguments_are_a_type_error(proxy: Proxy, args: tuple[int, ...]) -> None:
    with pytest.raises(TypeError):
        proxy.add(*args)


# --------------------------------------------------------------------------------------------- attributes


def test_an_attribute_is_read_and_written(proxy: Proxy, thing: Thing) -> None:
    assert proxy.total == 0
    proxy.total = 42
    assert (proxy.total, thing.total) == (42, 42)


def test_an_attribute_is_a_copy(proxy: Proxy) -> None:
    proxy.readonly["value"] = 0
    assert proxy.readonly == {"value": 42}


def test_an_attribute_without_setter_is_not_written(proxy: Proxy) -> None:
    with pytest.raises(AttributeError, match="readonly"):
        proxy.readonly = 1


def test_an_attribute_that_is_no_property_is_neither_read_nor_written(proxy: Proxy, thing: Thing) -> None:
    with pytest.raises(AttributeError, match="has no exposed attribute 'attribute'"):
        proxy.attribute = 1
    with pytest.raises(AttributeError):
        proxy._pyroInvoke("__setattr__", ("attribute", 1), None)
    with pytest.raises(AttributeError):
        proxy._pyroInvoke("__getattr__", ("attribute",), None)
    assert thing.attribute == "not a property"


def test_an_error_while_reading_an_attribute_is_raised(proxy: Proxy) -> None:
    with pytest.raises(LookupError, match="not today"):
        proxy.failing  # noqa: B018  # reading it is the point


def test_a_proxy_knows_what_there_is(proxy: Proxy) -> None:
    assert hasattr(proxy, "add")
    assert hasattr(proxy, "total")
    assert not hasattr(proxy, "nonsense")
    assert {"add", "total", "readonly", "note"} <= set(dir(proxy))
    assert proxy._pyroOneway == {"note"}
    assert proxy._pyroAttrs == {"total", "readonly", "failing"}


# --------------------------------------------------------------------------------------------- python's syntax


def test_length_and_items_are_remote(proxy: Proxy) -> None:
    assert len(proxy) == 3
    assert proxy[1] == "b"
    proxy[1] = "B"
    del proxy[0]
    assert [proxy[0], len(proxy)] == ["B", 2]


def test_iteration_goes_by_index(proxy: Proxy) -> None:
    assert list(proxy) == ["a", "b", "c"]
    assert "c" in proxy


def test_iteration_goes_by_iter_if_that_is_exposed(served) -> None:
    assert list(served({"it": WithIter()}).proxy()) == ["x", "y", "z"]


# -------------------------------------------------------------------------------------------------- oneway


def test_a_oneway_call_returns_none_and_is_made(proxy: Proxy, thing: Thing) -> None:
    assert proxy.note("x") is None
    assert thing.noted.wait(DEADLINE)
    assert thing.notes == ["x"]


def test_a_oneway_call_is_not_waited_for(served) -> None:
    end = threading.Event()
    ended = threading.Event()

    @expose
    class Slow:
        @oneway
        def slow(self) -> None:
            end.wait(DEADLINE)
            ended.set()

        def quick(self) -> str:
            return "done"

    proxy = served({"it": Slow()}).proxy()
    proxy.slow()
    assert proxy.quick() == "done"
    assert not ended.is_set()
    end.set()
    assert ended.wait(DEADLINE)


def test_an_error_in_a_oneway_call_is_not_told(proxy: Proxy) -> None:
    proxy._pyroBind()
    proxy._pyroOneway.add("add")
    assert proxy.add("wrong", {}) is None
    assert proxy.echo(1) == 1


def test_a_oneway_method_runs_on_a_thread_that_says_so(served) -> None:
    names: list[str] = []
    done = threading.Event()

    @expose
    class Named:
        @oneway
        def name(self) -> None:
            names.append(threading.current_thread().name)
            done.set()

    served({"it": Named()}).proxy().name()
    assert done.wait(DEADLINE)
    assert names == ["oneway-call"]
