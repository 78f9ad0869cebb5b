"""Objects that come and go, daemons of all kinds, and what ends with a connection."""

from __future__ import annotations

import copy
import socket
import threading
from typing import Any

from interop_kit.caller import DEADLINE, Client, error_of, recalled


def object_that_is_withdrawn(client: Client, identifier: str) -> Any:
    with client.proxy() as service:
        before = error_of(_greet, service, identifier)
        service.host(identifier, "here")
        seen = _greet(service, identifier)
        service.withdraw(identifier)
        return [before, seen, error_of(_greet, service, identifier), service.add(1, 2)]


def _greet(service: Any, identifier: str) -> Any:
    """Call another object over the connection of the service."""
    return service._pyroInvoke("greet", (), {}, objectId=identifier)


def object_that_is_replaced(client: Client, identifier: str) -> Any:
    with client.proxy() as service:
        service.host(identifier, "the first")
        refused = error_of(service.host, identifier, "the second")
        service.host(identifier, "the third", force=True)
        return [refused["class"], _greet(service, identifier)]


def object_that_is_held_weakly(client: Client, identifier: str) -> Any:
    with client.proxy() as service:
        service.host(identifier, "weak", weak=True)
        seen = _greet(service, identifier)
        service.let_go("weak")
        return [seen, error_of(_greet, service, identifier)]


def call_a_daemon(client: Client, name: str) -> Any:
    with client.proxy(name) as service:
        return [service.add(1, 2), str(service.own_uri()) == client.uris[name]]


def object_of_a_daemon(client: Client, name: str) -> Any:
    with client.proxy(name) as service, service.make_child("a child") as child:
        return [child._pyroUri.location == client.library.URI(client.uris[name]).location, child.greet()]


def daemon_that_a_method_ends(client: Client, token: str, method: str) -> Any:
    with client.proxy() as service, client.proxy_for(service.open_brief_daemon(token)) as brief:
        return [getattr(brief, method)(), recalled(service, token)]


def daemon_that_has_ended(client: Client, token: str) -> Any:
    """Whether the next two calls, over the old connection and a new one, are communication errors."""
    with client.proxy() as service, client.proxy_for(service.open_brief_daemon(token)) as brief:
        brief.end()
        recalled(service, token)
        expected = client.library.errors.CommunicationError
        return [isinstance(_error_of(brief.end), expected) for _ in range(2)]


def _error_of(call: Any) -> BaseException | None:
    try:
        call()
    except Exception as error:
        return error
    return None


def client_that_leaves(client: Client, token: str) -> Any:
    with client.proxy() as service:
        with client.proxy("guarded") as guarded:
            guarded._pyroHandshake = {"token": token}
            guarded.add(1, 2)
            before = service.recall(token)
        return [before, recalled(service, token)]


def resources_of_a_client(client: Client, token: str) -> Any:
    with client.proxy() as service:
        with client.proxy("guarded") as other:
            other.hold(token)
            other.hold(f"{token}-kept")
            other.hold_no_more(f"{token}-kept")
            before = service.recall(token)
        return [before, recalled(service, token), service.recall(f"{token}-kept")]


def call_that_takes_too_long(client: Client, token: str) -> Any:
    with client.proxy() as service, client.proxy("guarded") as helper:
        service._pyroBind()
        service._pyroTimeout = 0.1
        error = error_of(service.wait_for, token)
        helper.remember(f"{token}-go", True)
        service._pyroTimeout = DEADLINE
        return [error["class"], service.add(1, 2)]


def proxy_on_a_connected_socket(client: Client) -> Any:
    service = client.proxy()
    knows_methods = "add" in service._pyroMethods
    locations = [service._pyroUri.location, service.own_uri().location]
    service._pyroRelease()
    released = isinstance(_error_of(lambda: service.add(1, 2)), client.library.errors.CommunicationError)
    with client.proxy() as other:
        return [knows_methods, locations, released, other.add(1, 2), error_of(client.proxy_for, "nobody")]


def lost_connection(client: Client) -> Any:
    with client.proxy() as service:
        service._pyroBind()
        service._pyroConnection.sock.shutdown(socket.SHUT_RDWR)
        return [error_of(service.add, 1, 2)["class"], service.add(1, 2)]


def lost_connection_with_retries(client: Client) -> Any:
    with client.proxy() as service:
        service._pyroBind()
        service._pyroMaxRetries = 1
        service._pyroConnection.sock.shutdown(socket.SHUT_RDWR)
        return service.add(1, 2)


def idle_connection(client: Client) -> Any:
    """Wait until the server closes the connection."""
    with client.proxy() as service:
        service._pyroBind()
        service._pyroConnection.sock.settimeout(DEADLINE)
        end = service._pyroConnection.sock.recv(1)
        return [len(end), error_of(service.add, 1, 2)["class"], service.add(1, 2)]


def copy_of_a_proxy(client: Client) -> Any:
    with client.proxy() as service:
        service.add(1, 2)
        with copy.copy(service) as duplicate:
            return [duplicate.add(1, 2), duplicate == service, service.add(3, 4)]


def call_while_all_workers_are_busy(client: Client, token: str) -> Any:
    with client.proxy("guarded") as helper:
        busy = threading.Thread(target=_wait_for, args=(client, token), daemon=True)
        busy.start()
        recalled(helper, token)
        error = error_of(client.proxy()._pyroBind)
        helper.remember(f"{token}-go", True)
        busy.join(DEADLINE)
        return [error, busy.is_alive()]


def _wait_for(client: Client, token: str) -> None:
    with client.proxy() as service:
        service.wait_for(token)


def idle_clients_before(client: Client, number: int) -> Any:
    idle = [client.proxy() for _ in range(number)]
    for proxy in idle:
        proxy._pyroBind()
    with client.proxy() as service:
        seen = [service.add(1, 2), *(proxy.add(3, 4) for proxy in idle)]
    for proxy in idle:
        proxy._pyroRelease()
    return seen


def parallel_clients(client: Client, number: int) -> Any:
    answers: list[Any] = [None] * number

    def call(position: int) -> None:
        with client.proxy() as service:
            answers[position] = [service.add(position, step) for step in range(10)]

    threads = [threading.Thread(target=call, args=(position,), daemon=True) for position in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    return answers
