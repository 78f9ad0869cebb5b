"""The objects behind registered classes: how many there are, who makes them, and when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from pyro_server import behavior
from pyro_server.instances import SingleLocks, instance_for

Get = Callable[..., Any]


class Sample:
    """A class that nobody has decorated."""


class Falsy:
    """A class of objects that count as nothing."""

    def __bool__(self) -> bool:
        return False


@pytest.fixture
def get() -> Get:
    """Return the instance for a call of a connection; each connection is known by the instances that it has."""
    singles: dict[type, Any] = {}
    lock = SingleLocks()
    return lambda cls, connection: instance_for(cls, singles, lock, connection)


def moded(mode: str, creator: Any = None, base: type = Sample) -> type:
    """Return a class with a mode of its own."""
    return behavior(mode, creator)(type("Moded", (base,), {}))


# -------------------------------------------------------------------------------------------------- modes


def test_a_class_without_a_mode_has_an_instance_per_connection(get: Get) -> None:
    first: dict[type, Any] = {}
    assert get(Sample, first) is get(Sample, first)
    assert get(Sample, {}) is not get(Sample, first)


def test_session_has_an_instance_per_connection(get: Get) -> None:
    cls = moded("session")
    first: dict[type, Any] = {}
    assert get(cls, first) is get(cls, first)
    assert get(cls, {}) is not get(cls, first)


def test_single_has_one_instance(get: Get) -> None:
    cls = moded("single")
    assert get(cls, {}) is get(cls, {})


def test_percall_has_an_instance_per_call(get: Get) -> None:
    cls = moded("percall")
    connection: dict[type, Any] = {}
    assert get(cls, connection) is not get(cls, connection)
    assert connection == {}


def test_classes_do_not_share_instances(get: Get) -> None:
    connection: dict[type, Any] = {}
    for mode in ("single", "session"):
        first, second = moded(mode), moded(mode)
        assert type(get(first, connection)) is first
        assert type(get(second, connection)) is second


@pytest.mark.parametrize("mode", ["single", "session"])
def test_a_falsy_instance_is_not_created_again(get: Get, mode: str) -> None:
    cls = moded(mode, base=Falsy)
    connection: dict[type, Any] = {}
    assert get(cls, connection) is get(cls, connection)


# ------------------------------------------------------------------------------------------------ creators


@pytest.mark.parametrize("mode", ["single", "session", "percall"])
def test_the_creator_is_given_the_class_and_makes_the_instance(get: Get, mode: str) -> None:
    made: list[Any] = []

    def creator(cls: type) -> Any:
        made.append(cls())
        return made[-1]

    cls = moded(mode, creator)
    assert get(cls, {}) is made[0]
    assert type(made[0]) is cls


@pytest.mark.parametrize("result", [None, 42, Sample()])
def test_a_creator_that_returns_something_else_is_a_type_error(get: Get, result: Any) -> None:
    with pytest.raises(TypeError, match=type(result).__name__):
        get(moded("single", lambda _: result), {})


@pytest.mark.parametrize("mode", ["single", "session"])
def test_after_a_failed_creation_the_next_call_tries_again(get: Get, mode: str) -> None:
    outcomes: list[Exception | None] = [RuntimeError("not yet"), None]

    def creator(cls: type) -> Any:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return cls()

    cls = moded(mode, creator)
    connection: dict[type, Any] = {}
    with pytest.raises(RuntimeError, match="not yet"):
        get(cls, connection)
    assert isinstance(get(cls, connection), cls)


# --------------------------------------------------------------------------------------------- concurrency


def test_a_single_instance_is_made_once_when_many_calls_come_at_once(get: Get) -> None:
    made: list[Any] = []
    entered = threading.Event()

    def slow_creator(cls: type) -> Any:
        made.append(cls)
        entered.wait(10)
        return cls()

    cls = moded("single", slow_creator)
    instances: list[Any] = []
    ready = threading.Barrier(9)

    def call() -> None:
        ready.wait(10)
        instances.append(get(cls, {}))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    ready.wait(10)
    entered.set()
    for thread in threads:
        thread.join(10)
    assert made == [cls]
    assert len(instances) == 8
    assert all(instance is instances[0] for instance in instances)


def test_single_instances_may_make_each_other(get: Get) -> None:
    inner = moded("single")
    outer = moded("single", lambda cls: (get(inner, {}), cls())[1])
    assert isinstance(get(outer, {}), outer)
    assert isinstance(get(inner, {}), inner)
