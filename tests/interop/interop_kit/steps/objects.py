"""Instances: how many there are, and of which connection."""

from __future__ import annotations

from typing import Any

from interop_kit.caller import Client


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


def call_over_a_unix_socket(client: Client) -> Any:
    with client.proxy("unix") as service:
        return [service.add(1, 2), str(service.own_uri()) == client.uris["unix"]]
