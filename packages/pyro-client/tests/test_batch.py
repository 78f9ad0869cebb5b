"""Batches: what is queued, what is sent, and how the results come out."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_client import BatchProxy, Proxy, errors
from pyro_wire import serializers
from pyro_wire.exceptions import ExceptionWrapper
from pyro_wire.message import FLAGS_BATCH, FLAGS_ONEWAY


@pytest.fixture
def batch(daemon, reply) -> BatchProxy:
    """A batch whose calls return 3 and 7."""
    return BatchProxy(daemon.proxy(reply([3, 7], flags=FLAGS_BATCH)))


def results_of(batch: BatchProxy) -> Iterator[Any]:
    """Run a batch, and return the results to come."""
    results = batch()
    assert results is not None
    return results


def test_a_queued_call_returns_none_and_sends_nothing(daemon, batch) -> None:
    assert batch.add(1, 2) is None
    assert daemon.requests == []


def test_all_calls_go_in_one_message(daemon, batch) -> None:
    batch.add(1, 2)
    batch.add(3, second=4)
    batch()
    (request,) = daemon.requests
    assert request.flags == FLAGS_BATCH
    assert daemon.calls() == [("obj", "<batch>", [("add", (1, 2), {}), ("add", (3,), {"second": 4})], None)]


def test_the_results_come_in_order(batch) -> None:
    batch.add(1, 2)
    batch.add(3, 4)
    assert list(results_of(batch)) == [3, 7]


def test_any_name_can_be_queued_dotted_ones_too(daemon, batch) -> None:
    batch.nobody.knows.this()
    batch()
    assert daemon.calls()[0][2] == [("nobody.knows.this", (), {})]


def test_an_error_is_raised_at_its_place_and_ends_the_results(daemon, reply) -> None:
    failed = ExceptionWrapper(ZeroDivisionError("division by zero"))
    batch = BatchProxy(daemon.proxy(reply([1, failed], flags=FLAGS_BATCH)))
    results = results_of(batch)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        next(results)
    with pytest.raises(StopIteration):
        next(results)


def test_an_error_brings_its_remote_traceback(daemon, reply) -> None:
    error = ValueError("wrong")
    error._pyroTraceback = ["remote line\n"]  # type: ignore[attr-defined]  # exceptions take attributes
    batch = BatchProxy(daemon.proxy(reply([ExceptionWrapper(error)], flags=FLAGS_BATCH)))
    with pytest.raises(ValueError, match="wrong") as caught:
        next(results_of(batch))
    assert caught.value._pyroTraceback == ["remote line\n"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_nobody_ends_this_process_from_afar(daemon, reply, error: BaseException) -> None:
    batch = BatchProxy(daemon.proxy(reply([ExceptionWrapper(error)], flags=FLAGS_BATCH)))
    with pytest.raises(errors.RemoteError):
        next(results_of(batch))


def test_a_stop_iteration_from_afar_is_not_lost(daemon, reply) -> None:
    batch = BatchProxy(daemon.proxy(reply([ExceptionWrapper(StopIteration(5))], flags=FLAGS_BATCH)))
    with pytest.raises(RuntimeError, match="StopIteration"):  # as in any generator
        next(results_of(batch))


def test_the_queue_is_empty_afterwards_and_can_be_filled_again(daemon, reply) -> None:
    batch = BatchProxy(daemon.proxy(reply([3]), reply([7])))
    batch.add(1, 2)
    assert list(results_of(batch)) == [3]
    batch.add(3, 4)
    assert list(results_of(batch)) == [7]
    assert [call[2] for call in daemon.calls()] == [[("add", (1, 2), {})], [("add", (3, 4), {})]]


def test_an_empty_batch_has_no_results(daemon, reply) -> None:
    assert list(results_of(BatchProxy(daemon.proxy(reply([]))))) == []


def test_a_oneway_batch_returns_none_at_once(daemon) -> None:
    batch = BatchProxy(daemon.proxy())
    batch.add(1, 2)
    assert batch(oneway=True) is None
    daemon.close()
    assert [request.flags for request in daemon.requests] == [FLAGS_BATCH | FLAGS_ONEWAY]


def test_a_refusal_of_the_whole_batch_is_raised_at_once(daemon, reply) -> None:
    batch = BatchProxy(daemon.proxy(reply.error(AttributeError("not exposed"))))
    with pytest.raises(AttributeError, match="not exposed"):
        batch()


@pytest.mark.parametrize("value", [None, 42, "text", {"key": "value"}])
def test_results_that_are_no_list_are_a_protocol_error(daemon, reply, value: Any) -> None:
    with pytest.raises(errors.ProtocolError):
        list(results_of(BatchProxy(daemon.proxy(reply(value)))))


def test_a_copy_has_a_queue_of_its_own(daemon, batch) -> None:
    batch.add(1, 2)
    duplicate = copy.copy(batch)
    duplicate.add(3, 4)
    batch()
    assert daemon.calls()[0][2] == [("add", (1, 2), {})]


def test_a_copy_begins_with_the_same_queue(daemon, batch) -> None:
    batch.add(1, 2)
    copy.copy(batch)()
    assert daemon.calls()[0][2] == [("add", (1, 2), {})]


def test_a_batch_can_be_used_in_with(batch) -> None:
    with batch as entered:
        entered.add(1, 2)
        assert list(results_of(entered)) == [3, 7]


@pytest.mark.parametrize("name", sorted(serializers))
def test_every_serializer_carries_a_batch(daemon, reply, name: str) -> None:
    proxy: Proxy = daemon.proxy(reply([3, ExceptionWrapper(ValueError("wrong"))], flags=FLAGS_BATCH))
    proxy._pyroSerializer = name
    batch = BatchProxy(proxy)
    batch.add(1, 2)
    batch.add(3)
    results = results_of(batch)
    assert next(results) == 3
    with pytest.raises(ValueError, match="wrong"):
        next(results)
