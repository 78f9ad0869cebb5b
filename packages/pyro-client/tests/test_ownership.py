"""The rule that a proxy belongs to one thread, for programs that want it: PROXY_OWNERSHIP."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pyro_client import BatchProxy, Proxy, errors
from pyro_client.ownership import current_owner, number_of
from pyro_wire import Config, config, serializers

OWNED = Config(PROXY_OWNERSHIP=True)
ADDRESS = "PYRO:obj@example.org:1"


def elsewhere(call: Callable[[], Any]) -> Any:
    """What a call gives, or raises, on another thread."""
    outcomes: list[Any] = []

    def run() -> None:
        try:
            outcomes.append(call())
        except Exception as error:  # the test is to look at any
            outcomes.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    (outcome,) = outcomes
    return outcome


USES: dict[str, Callable[[Proxy], Any]] = {
    "a call": lambda proxy: proxy.add(1, 2),
    "an attribute": lambda proxy: proxy.total,
    "writing an attribute": lambda proxy: setattr(proxy, "total", 1),
    "binding": lambda proxy: proxy._pyroBind(),
    "reconnecting": lambda proxy: proxy._pyroReconnect(1),
    "asking for metadata": lambda proxy: proxy._pyroGetMetadata("obj"),
    "releasing": lambda proxy: proxy._pyroRelease(),
    "leaving its context": lambda proxy: proxy.__exit__(None, None, None),
}


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
def test_nothing_of_it_can_be_used_by_another_thread(daemon, use: Callable[[Proxy], Any]) -> None:
    proxy = daemon.proxy(config=OWNED)
    error = elsewhere(lambda: use(proxy))
    assert type(error) is errors.PyroError
    assert "_pyroClaimOwnership" in str(error)
    assert proxy._pyroConnection is not None
    assert daemon.requests == []


def test_its_own_thread_uses_it(daemon, reply) -> None:
    with daemon.proxy(reply(3), config=OWNED) as proxy:
        assert proxy.add(1, 2) == 3


def test_a_thread_that_claims_it_uses_it_over_the_same_connection(daemon, reply) -> None:
    proxy = daemon.proxy(reply(3), config=OWNED)
    connection = proxy._pyroConnection

    def claim_and_call() -> Any:
        proxy._pyroClaimOwnership()
        return proxy.add(1, 2), proxy._pyroConnection is connection

    assert elsewhere(claim_and_call) == (3, True)
    with pytest.raises(errors.PyroError, match="belongs to thread"):
        proxy.add(1, 2)


def test_a_batch_claims_its_proxy(daemon, reply) -> None:
    batch = BatchProxy(daemon.proxy(reply([3]), config=OWNED))
    batch.add(1, 2)
    assert elsewhere(lambda: list(batch() or ())) == [3]


@pytest.mark.parametrize(
    "make",
    [
        copy.copy,
        lambda proxy: pickle.loads(pickle.dumps(proxy)),
        lambda proxy: serializers["serpent"].loads(serializers["serpent"].dumps(proxy)),
    ],
    ids=["copied", "unpickled", "deserialized"],
)
def test_a_new_one_belongs_to_the_thread_that_has_made_it(make: Callable[[Proxy], Proxy]) -> None:
    proxy = Proxy(ADDRESS)
    owner, there = elsewhere(lambda: (make(proxy)._pyroOwner, current_owner()))
    assert owner == there != proxy._pyroOwner


def test_its_owner_is_shown() -> None:
    assert repr(Proxy(ADDRESS, config=OWNED)).endswith(f"for {ADDRESS}; owner {number_of(current_owner())}>")


def test_without_the_rule_no_owner_is_shown_and_any_thread_may_use_it(daemon, reply) -> None:
    proxy = daemon.proxy(reply(3))
    assert "owner" not in repr(proxy)
    assert elsewhere(lambda: proxy.add(1, 2)) == 3
    assert elsewhere(proxy._pyroRelease) is None


def test_the_rule_can_be_turned_on_for_proxies_that_exist(monkeypatch) -> None:
    proxy = Proxy(ADDRESS)
    monkeypatch.setattr(config, "PROXY_OWNERSHIP", True)
    assert isinstance(elsewhere(proxy._pyroRelease), errors.PyroError)


def test_a_collected_proxy_closes_its_connection_whoever_collects_it(daemon) -> None:
    proxies = [daemon.proxy(config=OWNED)]
    connection = proxies[0]._pyroConnection
    elsewhere(proxies.clear)
    assert connection._closed
