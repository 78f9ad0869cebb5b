"""What is known about the running call: separate in threads and tasks, handed over when asked for."""

from __future__ import annotations

import asyncio
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import Any

import pytest

from pyro_wire import current_context
from pyro_wire.context import CallState, set_state, state
from pyro_wire.errors import PyroError

INITIAL: dict[str, Any] = {
    "client": None,
    "client_sock_addr": None,
    "seq": 0,
    "msg_flags": 0,
    "serializer_id": 0,
    "annotations": {},
    "response_annotations": {},
    "correlation_id": None,
}
EXAMPLES = {
    "client": "a connection",
    "client_sock_addr": ("127.0.0.1", 5555),
    "seq": 7,
    "msg_flags": 4,
    "serializer_id": 1,
    "annotations": {"ABCD": b"1"},
    "response_annotations": {"EFGH": b"2"},
    "correlation_id": uuid.UUID(int=5),
}
DEADLINE = 10


class FakeClient:
    """What the context knows of a server's connection to a client."""

    def __init__(self) -> None:
        self.tracked_resources: weakref.WeakSet = weakref.WeakSet()


class Resource:
    """Something that is closed when the client has gone."""


@pytest.fixture(autouse=True)
def fresh_context() -> Iterator[None]:
    """Begin as a call does, with nothing left from another test."""
    set_state(CallState())
    yield
    set_state(CallState())


def in_thread(function: Callable[[], Any]) -> Any:
    """What the function returns in a thread of its own."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join(DEADLINE)
    return results[0]


def everything() -> dict[str, Any]:
    return {name: getattr(current_context, name) for name in INITIAL}


# --- values --------------------------------------------------------------------------------------------------------


def test_outside_of_calls_the_context_is_empty() -> None:
    assert everything() == INITIAL


@pytest.mark.parametrize(("name", "value"), EXAMPLES.items())
def test_what_was_set_is_read_again_and_nothing_else_changes(name: str, value: object) -> None:
    setattr(current_context, name, value)
    if name == "client":
        current_context.correlation_id = None
        assert current_context.client == value
    else:
        assert everything() == {**INITIAL, name: value}


def test_a_name_that_the_context_does_not_have_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        current_context.corelation_id = uuid.uuid4()  # type: ignore[attr-defined]  # this is what is tested


def test_annotations_may_be_added_one_by_one() -> None:
    current_context.annotations["ABCD"] = b"1"
    current_context.response_annotations["EFGH"] = b"2"
    assert current_context.annotations == {"ABCD": b"1"}
    assert current_context.response_annotations == {"EFGH": b"2"}


def test_what_a_driver_puts_in_place_is_what_the_program_sees() -> None:
    set_state(CallState("a connection", "an address", 7, 4, 1, {"ABCD": b"1"}, uuid.UUID(int=5).bytes))
    assert everything() == {
        **INITIAL,
        "client": "a connection",
        "client_sock_addr": "an address",
        "seq": 7,
        "msg_flags": 4,
        "serializer_id": 1,
        "annotations": {"ABCD": b"1"},
        "correlation_id": uuid.UUID(int=5),
    }


def test_nothing_is_left_of_the_call_before() -> None:
    current_context.response_annotations = {"EFGH": b"2"}
    current_context.correlation_id = uuid.UUID(int=5)
    set_state(CallState())
    assert everything() == INITIAL


def test_looking_whether_there_are_response_annotations_makes_none() -> None:
    assert not state().has_response_annotations
    current_context.response_annotations = {"EFGH": b"2"}
    assert state().has_response_annotations


# --- correlation id ------------------------------------------------------------------------------------------------


def test_a_client_has_no_correlation_id_until_it_sets_one() -> None:
    assert current_context.correlation_id is None
    current_context.correlation_id = uuid.UUID(int=5)
    assert state().correlation == uuid.UUID(int=5).bytes


def test_a_correlation_id_may_be_taken_away_again() -> None:
    current_context.correlation_id = uuid.UUID(int=5)
    current_context.correlation_id = None
    assert state().correlation is None


def test_on_the_server_a_call_without_correlation_id_gets_one_and_keeps_it() -> None:
    set_state(CallState(client=FakeClient()))
    first = current_context.correlation_id
    assert first is not None
    assert first.version == 4
    assert current_context.correlation_id == first


def test_two_calls_get_different_correlation_ids() -> None:
    ids = set()
    for _ in range(10):
        set_state(CallState(client=FakeClient()))
        ids.add(current_context.correlation_id)
    assert len(ids) == 10


# --- threads and tasks ---------------------------------------------------------------------------------------------


def test_another_thread_begins_with_an_empty_context() -> None:
    current_context.annotations = {"ABCD": b"1"}
    current_context.correlation_id = uuid.UUID(int=5)
    assert in_thread(everything) == INITIAL


def test_what_a_thread_sets_is_not_seen_in_others() -> None:
    in_thread(lambda: current_context.from_global(EXAMPLES))
    assert everything() == INITIAL


def test_a_task_begins_with_the_context_of_the_one_that_started_it() -> None:
    async def started() -> Any:
        return current_context.annotations

    async def starter() -> Any:
        current_context.annotations = {"ABCD": b"1"}
        return await asyncio.create_task(started())

    assert asyncio.run(starter()) == {"ABCD": b"1"}


def test_tasks_do_not_see_what_the_others_set() -> None:
    async def task(number: int, barrier: asyncio.Barrier) -> tuple[int, Any]:
        current_context.seq = number
        current_context.annotations = {"NUMB": bytes([number])}
        current_context.correlation_id = uuid.UUID(int=number)
        await barrier.wait()
        return current_context.seq, {**current_context.annotations, "CORR": current_context.correlation_id}

    async def starter() -> list[tuple[int, Any]]:
        current_context.seq = 99
        barrier = asyncio.Barrier(3)
        results = await asyncio.gather(*(task(number, barrier) for number in range(3)))
        assert everything() == {**INITIAL, "seq": 99}
        return results

    assert asyncio.run(starter()) == [
        (number, {"NUMB": bytes([number]), "CORR": uuid.UUID(int=number)}) for number in range(3)
    ]


def test_what_a_starter_sets_later_is_not_seen_in_its_task() -> None:
    async def task(changed: asyncio.Event) -> Any:
        await changed.wait()
        return current_context.seq

    async def starter() -> Any:
        current_context.seq = 1
        changed = asyncio.Event()
        started = asyncio.create_task(task(changed))
        current_context.seq = 2
        changed.set()
        return await started

    assert asyncio.run(starter()) == 1


def test_a_copied_context_of_python_holds_the_values_of_its_time() -> None:
    current_context.seq = 1
    copied = copy_context()
    current_context.seq = 2
    assert copied.run(lambda: current_context.seq) == 1


# --- handing over --------------------------------------------------------------------------------------------------


def test_to_global_gives_all_values_by_name() -> None:
    current_context.from_global(EXAMPLES)
    assert current_context.to_global() == EXAMPLES


def test_from_global_takes_them_over_in_another_thread() -> None:
    current_context.from_global(EXAMPLES)
    values = current_context.to_global()

    def taken_over() -> dict[str, Any]:
        current_context.from_global(values)
        return everything()

    assert in_thread(taken_over) == EXAMPLES


# --- resources -----------------------------------------------------------------------------------------------------


def test_a_tracked_resource_is_known_to_the_connection_until_it_is_untracked() -> None:
    current_context.client = client = FakeClient()
    resource = Resource()
    current_context.track_resource(resource)
    assert set(client.tracked_resources) == {resource}
    current_context.untrack_resource(resource)
    assert set(client.tracked_resources) == set()


def test_untracking_what_was_never_tracked_is_no_error() -> None:
    current_context.client = FakeClient()
    current_context.untrack_resource(Resource())


@pytest.mark.parametrize("name", ["track_resource", "untrack_resource"])
def test_without_a_client_no_resource_can_be_tracked(name: str) -> None:
    with pytest.raises(PyroError, match="no client connection"):
        getattr(current_context, name)(Resource())
