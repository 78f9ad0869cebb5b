"""Calls, arguments, attributes, values, oneway calls."""

from __future__ import annotations

import collections
import datetime
import decimal
import uuid
from typing import Any

from interop_kit.caller import Client, error_of, recalled

VALUES: dict[str, Any] = {
    "none": None,
    "true": True,
    "integer": -7,
    "large integer": 2**70,
    "float": 0.1,
    "infinity": float("inf"),
    "not a number": float("nan"),
    "complex": 1 + 2j,
    "text": "añ\0\n'\"\U0001f40d",
    "bytes": b"\0\xff",
    "bytearray": bytearray(b"\0\xff"),
    "list": [1, [2.5, None], []],
    "tuple": (1, (2,), ()),
    "set": {1},
    "empty set": set(),
    "dictionary": {"a": {"b": [1]}},
    "dictionary with an integer key": {1: "a"},
    "deque": collections.deque([1, 2]),
    "date": datetime.date(2024, 1, 2),
    "time stamp": datetime.datetime(2024, 1, 2, 3, 4, 5),
    "decimal": decimal.Decimal("1.50"),
    "uuid": uuid.UUID(int=1),
    "exception": ValueError("a value", 2),
}


def call(client: Client) -> Any:
    with client.proxy() as service:
        return [service.add(1, 2), service.echo("again"), service.add(b=5, a=4)]


def call_with_keywords(client: Client) -> Any:
    with client.proxy() as service:
        return [
            service.arguments(1, "two", three=3, größe="ä"),
            service.arguments(),
            service.defaults("a"),
            service.defaults("a", third="c"),
            service.defaults(first="a", second="b"),
        ]


def call_with_wrong_arguments(client: Client) -> Any:
    with client.proxy() as service:
        return [error_of(service.add, 1)["class"], service.add(1, 2)]


def echo(client: Client, label: str) -> Any:
    with client.proxy() as service:
        return repr(service.echo(VALUES[label]))


def send_bytes(client: Client) -> Any:
    data = b"\0\xff"
    with client.proxy() as service:
        batch = client.library.BatchProxy(service)
        batch.types_of([data])
        return {
            "argument": service.types_of([data])[0],
            "in a list": service.types_of([[data], data]),
            "in a batch": next(iter(batch()))[0],
            "echo": repr(service.echo(data)),
        }


def large_values(client: Client, size: int) -> Any:
    with client.proxy() as service:
        return [len(service.echo("x" * size)), len(service.echo(["some words"] * (size // 10)))]


def send_unserializable(client: Client) -> Any:
    with client.proxy() as service:
        return [error_of(service.echo, object())["class"], service.add(1, 2)]


def receive_unserializable(client: Client) -> Any:
    with client.proxy() as service:
        return error_of(service.unserializable)["class"]


def change_serializer(client: Client, serializers: list[str]) -> Any:
    with client.proxy() as service:
        seen = []
        for serializer in serializers:
            service._pyroSerializer = serializer
            seen.append(service.add(1, 2))
        return seen


def wrap_sequence_number(client: Client) -> Any:
    with client.proxy() as service:
        service._pyroBind()
        service._pyroSeq = 65534
        return [service.add(number, 0) for number in range(4)]


def read_attributes(client: Client) -> Any:
    with client.proxy() as service:
        return [service.size, error_of(lambda: service.broken)]


def write_attributes(client: Client, value: str) -> Any:
    with client.proxy() as service:
        service.colour = value
        first = service.colour
        service.colour = [first, None]
        return [first, service.colour]


def reach_attributes_out_of_bounds(client: Client) -> Any:
    with client.proxy() as service:
        return {
            "write read-only": error_of(setattr, service, "size", 43)["class"],
            "read unexposed": error_of(getattr, service, "hidden_colour")["class"],
            "read plain": error_of(getattr, service, "secret")["class"],
            "write plain": error_of(setattr, service, "secret", 1)["class"],
            "read missing": error_of(getattr, service, "nothing")["class"],
            "ask for unexposed": error_of(service._pyroInvoke, "__getattr__", ("hidden_colour",), None)["class"],
            "ask for plain": error_of(service._pyroInvoke, "__getattr__", ("secret",), None)["class"],
            "ask to write plain": error_of(service._pyroInvoke, "__setattr__", ("secret", 1), None)["class"],
            "has": [hasattr(service, name) for name in ("colour", "hidden_colour", "secret")],
            "then": service.size,
        }


def container(client: Client) -> Any:
    with client.proxy("shelf") as shelf:
        shelf["b"] = 2
        shelf["a"] = 1
        seen = [shelf["b"], len(shelf), [key for key in shelf], bool(shelf)]  # noqa: C416  # list() asks for len first
        del shelf["b"]
        return [*seen, len(shelf), error_of(lambda: shelf["b"])["class"]]


def oneway(client: Client, token: str) -> Any:
    with client.proxy() as service:
        return [service.remember(token, "value"), recalled(service, token)]


def oneway_that_takes_long(client: Client, token: str) -> Any:
    with client.proxy() as service:
        answer = service.follow(token)
        recalled(service, token)  # it has begun
        ended = service.recall(f"{token}-end")
        service.remember(f"{token}-go", "go")
        return [answer, ended, recalled(service, f"{token}-end")]


def methods_of_the_class(client: Client) -> Any:
    with client.proxy() as service:
        return [service.static(5), service.of_class()]


def oneway_that_fails(client: Client, token: str) -> Any:
    with client.proxy() as service:
        return [service.remember_and_fail(token, "value"), recalled(service, token), service.add(1, 2)]


def oneway_by_choice_of_the_client(client: Client, token: str) -> Any:
    with client.proxy() as service:
        with_reply = service.remember_with_reply(token, "first")
        service._pyroOneway.add("remember_with_reply")
        return [with_reply, service.remember_with_reply(token + "again", "second"), recalled(service, token + "again")]
