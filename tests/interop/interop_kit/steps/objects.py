"""Instances: how many there are, and of which connection."""

from __future__ import annotations

from typing import Any

from interop_kit.caller import Client, error_of


def number_of_instances(client: Client, name: str) -> Any:
    with client.proxy(name) as one, client.proxy(name) as other:
        return len({one.identity(), one.identity(), other.identity(), other.identity()})


def instance_after_a_new_connection(client: Client, name: str) -> Any:
    with client.proxy(name) as one:
        first = one.identity()
        one._pyroRelease()
        return one.identity() == first


def identity(client: Client, name: str) -> Any:
    with client.proxy(name) as one:
        return one.identity()


def instances_made(client: Client, name: str) -> Any:
    """How many there are before and after connecting, a first call, and a second call."""
    with client.proxy("census") as census, client.proxy(name) as one:
        before = census.instances()
        counts = []
        for do_something in (one._pyroBind, one.identity, one.identity):
            do_something()
            counts.append(census.instances() - before)
        return counts


def failing_creator(client: Client, name: str) -> Any:
    with client.proxy(name) as one:
        return [error_of(one.identity)["class"] for _ in range(2)]


def partly_exposed(client: Client) -> Any:
    with client.proxy("partly") as partly:
        return {
            "methods": sorted(partly._pyroMethods if partly._pyroBind() or partly._pyroMethods else ()),
            "attributes": sorted(partly._pyroAttrs),
            "open": [partly.open(), partly.visible],
            "closed": error_of(partly._pyroInvoke, "closed", (), {})["class"],
            "invisible": error_of(partly._pyroInvoke, "__getattr__", ("invisible",), None)["class"],
        }


def letters(client: Client) -> Any:
    with client.proxy("letters") as things:
        return [letter for letter in things]  # noqa: C416  # list() asks for len first
