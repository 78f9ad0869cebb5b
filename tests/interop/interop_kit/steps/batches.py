"""Several calls in one message."""

from __future__ import annotations

from typing import Any

from interop_kit.caller import Client, describe, error_of, recalled


def batch(client: Client) -> Any:
    with client.proxy() as service:
        calls = client.library.BatchProxy(service)
        queued = [calls.add(1, 2), calls.echo("two"), calls.defaults("a", third="c")]
        first = list(calls())
        calls.add(5, 6)
        return [queued, first, list(calls()), list(calls())]


def batch_with_an_exception(client: Client, token: str) -> Any:
    with client.proxy() as service:
        calls = client.library.BatchProxy(service)
        calls.add(1, 2)
        calls.fail_with_attributes()
        calls.remember_with_reply(token, "must not be called")
        results = calls()
        first = next(results)
        try:
            next(results)
        except ValueError as error:
            raised: Any = error
        return {
            "first": first,
            "error": describe(raised),
            "traceback": "fail_with_attributes" in "".join(raised._pyroTraceback),
            "rest": list(results),
            "third": service.recall(token),
        }


def batch_with_an_unknown_method(client: Client) -> Any:
    with client.proxy() as service:
        calls = client.library.BatchProxy(service)
        calls.add(1, 2)
        calls.hidden()
        return [error_of(lambda: list(calls()))["class"], service.add(1, 2)]


def large_batch(client: Client, size: int) -> Any:
    with client.proxy() as service:
        calls = client.library.BatchProxy(service)
        for number in range(size):
            calls.add(number, 1)
        return list(calls()) == list(range(1, size + 1))


def batch_with_a_stream(client: Client) -> Any:
    with client.proxy() as service:
        calls = client.library.BatchProxy(service)
        calls.count_to(3)
        return error_of(lambda: list(calls()))["class"]


def batch_with_a_result_that_cannot_travel(client: Client) -> Any:
    with client.proxy() as service:
        calls = client.library.BatchProxy(service)
        calls.unserializable()
        return error_of(lambda: list(calls()))["class"]


def oneway_batch(client: Client, token: str) -> Any:
    with client.proxy() as service:
        calls = client.library.BatchProxy(service)
        calls.remember(token, "value")
        calls.divide(1, 0)
        return [calls(oneway=True), recalled(service, token), service.add(1, 2)]


def batch_on_one_instance(client: Client) -> Any:
    with client.proxy("percall") as percall:
        calls = client.library.BatchProxy(percall)
        calls.identity()
        calls.identity()
        return len({*calls()})
