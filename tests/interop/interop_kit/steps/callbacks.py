"""Objects of the client, which the server calls."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from interop_kit.caller import DEADLINE, Client, describe, error_of


class Listener:
    """An object that a client hosts."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def hear(self, text: str) -> str:
        self.heard.append(text)
        return f"{text} indeed"


class Deaf:
    """An object that fails."""

    def hear(self, text: str) -> str:
        raise ValueError(text, "is too quiet")


@contextlib.contextmanager
def _hosted(client: Client, *things: Any) -> Iterator[Any]:
    """A daemon of the client's library that hosts these objects, with its loop in a thread."""
    library = client.library
    library.expose(Listener)
    library.expose(Deaf)
    library.callback(Deaf.hear)
    with library.Daemon(host="localhost", **client.options()) as daemon:
        for thing in things:
            daemon.register(thing)
        loop = threading.Thread(target=daemon.requestLoop, daemon=True)
        loop.start()
        yield daemon
        daemon.shutdown()
        loop.join(DEADLINE)


def call_back(client: Client) -> Any:
    listener = Listener()
    with client.proxy() as service, _hosted(client, listener):
        return [service.tell(listener, "hear"), listener.heard]


def call_back_by_proxy(client: Client) -> Any:
    listener = Listener()
    with client.proxy() as service, _hosted(client, listener) as daemon, daemon.proxyFor(listener) as proxy:
        return [service.tell(proxy, "hear"), listener.heard]


def call_back_to_many(client: Client) -> Any:
    listeners = [Listener(), Listener()]
    with client.proxy() as service, _hosted(client, *listeners):
        return [service.tell_all(listeners, "hear"), [listener.heard for listener in listeners]]


def call_back_to_a_failure(client: Client) -> Any:
    deaf = Deaf()
    with client.proxy() as service, _hosted(client, deaf) as daemon, daemon.proxyFor(deaf) as proxy:
        try:
            service.tell(proxy, "this")
        except ValueError as error:
            return [describe(error), "is too quiet" in "".join(error._pyroTraceback), service.add(1, 2)]  # type: ignore[attr-defined]  # it has come from afar
    return None


def object_that_is_not_hosted_any_more(client: Client) -> Any:
    listener = Listener()
    with client.proxy() as service, _hosted(client, listener) as daemon:
        daemon.unregister(listener)
        return error_of(service.tell, listener, "hear")["class"]
