"""Batches, whatever the server and the serializer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_client import BatchProxy, Proxy, errors
from pyro_server import behavior, expose

DEADLINE = 20.0


@expose
class Account:
    """Something whose calls have an order."""

    def __init__(self) -> None:
        self.balance = 0
        self.settled = threading.Event()

    def add(self, amount: int, times: int = 1) -> int:
        self.balance += amount * times
        return self.balance

    def withdraw(self, amount: int) -> int:
        if amount > self.balance:
            error = ValueError("not enough", self.balance)
            error.wanted = amount  # type: ignore[attr-defined]  # exceptions take attributes
            raise error
        return self.add(-amount)

    def settle(self) -> None:
        self.settled.set()

    def statements(self) -> Iterator[int]:
        yield self.balance

    def unserializable(self) -> Any:
        return range(3)

    def unserializable_error(self) -> None:
        raise ValueError(range(3))

    def with_self(self, /, **kwargs: Any) -> dict[str, Any]:
        return kwargs

    def unexposed_friend(self) -> None: ...

    def stop(self) -> None:
        raise SystemExit(3)


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def proxy(served, account: Account) -> Proxy:
    proxy: Proxy = served({"it": account}).proxy()
    return proxy


@pytest.fixture
def batch(proxy: Proxy) -> BatchProxy:
    return BatchProxy(proxy)


def run(batch: BatchProxy) -> Iterator[Any]:
    results = batch()
    assert results is not None
    return results


def test_results_come_in_the_order_of_the_calls(batch: BatchProxy) -> None:
    batch.add(5)
    batch.add(2, times=10)
    batch.withdraw(20)
    assert list(run(batch)) == [5, 25, 5]


def test_nothing_happens_before_the_batch_is_run(batch: BatchProxy, account: Account) -> None:
    batch.add(5)
    assert account.balance == 0


def test_all_calls_are_made_even_if_nobody_looks_at_the_results(batch: BatchProxy, account: Account) -> None:
    batch.add(5)
    batch.add(6)
    batch()
    assert account.balance == 11


def test_an_error_is_raised_at_its_place_and_the_calls_after_it_are_not_made(batch, account: Account) -> None:
    batch.add(5)
    batch.withdraw(100)
    batch.add(1000)
    results = run(batch)
    assert next(results) == 5
    with pytest.raises(ValueError, match="not enough") as caught:
        next(results)
    with pytest.raises(StopIteration):
        next(results)
    assert account.balance == 5
    error: Any = caught.value
    assert (error.args, error.wanted) == (("not enough", 5), 100)
    assert any("in withdraw" in line for line in error._pyroTraceback)


def test_an_error_that_cannot_be_serialized_is_told_in_words_at_its_place(batch: BatchProxy, proxy: Proxy) -> None:
    batch.add(5)
    batch.unserializable_error()
    results = run(batch)
    assert next(results) == 5
    with pytest.raises(errors.PyroError, match="ValueError") as caught:
        next(results)
    assert any("in unserializable_error" in line for line in caught.value._pyroTraceback)  # type: ignore[attr-defined]
    assert proxy.add(1) == 6


def test_an_argument_may_be_called_self(batch: BatchProxy) -> None:
    batch.with_self(self=1)
    assert list(run(batch)) == [{"self": 1}]


def test_a_method_that_exits_is_an_error_of_the_batch(batch: BatchProxy, proxy: Proxy) -> None:
    batch.add(5)
    batch.stop()
    with pytest.raises(errors.PyroError, match="SystemExit"):
        list(run(batch))
    assert proxy.add(1) == 6


@pytest.mark.parametrize("name", ["nonsense", "_private", "balance", "__init__"])
def test_a_method_that_is_not_exposed_fails_the_batch(batch: BatchProxy, proxy: Proxy, name: str) -> None:
    batch.add(5)
    if name.startswith("__"):
        batch._BatchProxy__calls.append((name, (), {}))  # type: ignore[attr-defined]  # what a rogue would send
    else:
        getattr(batch, name)()
    with pytest.raises(AttributeError, match=name):
        batch()
    assert proxy.add(1) == 6


def test_an_iterator_fails_the_batch(batch: BatchProxy, proxy: Proxy) -> None:
    batch.statements()
    with pytest.raises(errors.PyroError, match="iterator"):
        batch()
    assert proxy.add(1) == 1


def test_a_result_that_cannot_be_serialized_fails_the_batch(batch: BatchProxy, proxy: Proxy) -> None:
    batch.add(5)
    batch.unserializable()
    with pytest.raises((TypeError, errors.SerializeError)):
        batch()
    assert proxy.add(1) == 6


def test_a_batch_can_be_used_again(batch: BatchProxy) -> None:
    for expected in ([1, 2], [3, 4]):
        batch.add(1)
        batch.add(1)
        assert list(run(batch)) == expected


def test_an_empty_batch_has_no_results(batch: BatchProxy) -> None:
    assert list(run(batch)) == []


def test_a_oneway_batch_returns_none_and_is_run(batch: BatchProxy, account: Account) -> None:
    batch.add(5)
    batch.add(6)
    batch.settle()
    assert batch(oneway=True) is None
    assert account.settled.wait(DEADLINE)
    assert account.balance == 11


def test_a_oneway_batch_comes_before_the_next_call(batch: BatchProxy, proxy: Proxy) -> None:
    batch.add(5)
    batch(oneway=True)
    assert proxy.add(1) == 6


def test_a_large_batch_is_run(batch: BatchProxy) -> None:
    for _ in range(1000):
        batch.add(1)
    assert list(run(batch)) == list(range(1, 1001))


def test_a_batch_over_the_limit_is_refused_and_none_of_it_is_run(served, account: Account) -> None:
    proxy = served({"it": account}, MAX_BATCH=10).proxy()
    batch = BatchProxy(proxy)
    for _ in range(11):
        batch.add(1)
    with pytest.raises(errors.ProtocolError, match="MAX_BATCH"):
        batch()
    assert account.balance == 0
    assert proxy.add(1) == 1


def test_all_calls_of_a_batch_have_one_instance(served) -> None:
    @behavior("percall")
    @expose
    class Fresh(Account):
        def add(self, amount: int, times: int = 1) -> int:
            return super().add(amount, times)

    proxy = served({"it": Fresh}).proxy()
    assert [proxy.add(1), proxy.add(1)] == [1, 1]
    batch = BatchProxy(proxy)
    batch.add(1)
    batch.add(1)
    assert list(run(batch)) == [1, 2]
