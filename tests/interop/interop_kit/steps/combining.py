"""Daemons that share one loop with a name server and its broadcast responder."""

from __future__ import annotations

from typing import Any

from interop_kit.caller import Client


def threads_of_the_daemons(client: Client) -> Any:
    with client.proxy("here") as here, client.proxy("there") as there:
        here._pyroBind()
        return len({daemon.thread() for daemon in (here, there, here)})


def find_by_broadcast(client: Client) -> Any:
    with client.library.locate_ns(**client.options()) as names:
        return [str(names._pyroUri) == client.uris["nameserver"], names.ping()]


def name_while_others_are_connected(client: Client, name: str) -> Any:
    options = client.options()
    with client.proxy() as service, client.library.locate_ns(**options) as names:
        stream = service.count_to(3)
        seen = [next(stream)]
        names.register(name, client.uris["service"])
        seen.append(next(stream))
        with client.proxy_for(names.lookup(name)) as named:
            return [*seen, named.add(1, 2), next(stream), service.add(3, 4)]
