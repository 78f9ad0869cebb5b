"""Connections: how they begin, how they end, what is said at the handshake, and who may use them."""

from __future__ import annotations

import copy
import pickle
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pyro_client import Proxy, current_context, errors
from pyro_server import Daemon, expose

DEADLINE = 20.0
SILENCE = 0.05
"""Seconds to wait for an answer that never comes."""


@expose
class Thing:
    """Something that answers at once, or when it is told to."""

    def __init__(self) -> None:
        self.proceed = threading.Event()
        self.calls = 0

    def add(self, first: int, second: int) -> int:
        self.calls += 1
        return first + second

    def wait(self) -> str:
        self.calls += 1
        self.proceed.wait(DEADLINE)
        return "at last"


class Doorkeeper(Daemon):
    """A daemon that looks at the handshake, and notes who leaves."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left: list[Any] = []
        self.somebody_left = threading.Event()

    def validateHandshake(self, conn: Any, data: Any) -> Any:
        if data == "stranger":
            raise PermissionError("no strangers")
        return {"you said": data, "about": conn.objectId}

    def clientDisconnect(self, conn: Any) -> None:
        self.left.append(conn.objectId)
        self.somebody_left.set()


class Listener(Proxy):
    """A proxy that keeps the answer to its handshake."""

    def _pyroValidateHandshake(self, response: Any) -> None:
        self.__dict__["response"] = response


class Suspicious(Proxy):
    """A proxy that trusts no daemon."""

    def _pyroValidateHandshake(self, response: Any) -> None:
        raise PermissionError(f"not with {response}")


@pytest.fixture
def thing() -> Thing:
    return Thing()


# -------------------------------------------------------------------------------------------- coming, going


def test_a_proxy_connects_at_its_first_use(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    assert proxy._pyroConnection is None
    assert proxy.add(1, 2) == 3
    assert proxy._pyroConnection is not None


def test_binding_connects_unless_it_is_connected(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    assert proxy._pyroBind() is True
    assert proxy._pyroBind() is False


def test_metadata_is_there_once_it_is_connected(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    assert proxy._pyroMethods == set()
    proxy._pyroBind()
    assert proxy._pyroMethods == {"add", "wait"}


def test_a_connected_proxy_knows_its_own_address(listening, thing: Thing) -> None:
    serving = listening({"it": thing})
    proxy = serving.proxy()
    proxy._pyroBind()
    assert proxy._pyroLocalSocket == proxy._pyroConnection.sock.getsockname()


def test_a_released_proxy_connects_again_when_it_is_used(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    for _ in range(3):
        assert proxy.add(1, 2) == 3
        proxy._pyroRelease()
        assert proxy._pyroConnection is None


def test_leaving_with_releases_the_proxy_also_after_an_error(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    with proxy:
        proxy.add(1, 2)
    assert proxy._pyroConnection is None
    with pytest.raises(TypeError), proxy:
        proxy.add("wrong", 2)
    assert proxy._pyroConnection is None


def test_sequence_numbers_go_on_over_connections(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    proxy.add(1, 2)
    proxy.add(1, 2)
    proxy._pyroRelease()
    proxy.add(1, 2)
    assert proxy._pyroSeq == 3


def test_a_lost_connection_is_an_error_once_and_then_made_anew(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    proxy._pyroBind()
    proxy._pyroConnection.sock.shutdown(socket.SHUT_RDWR)
    with pytest.raises(errors.ConnectionClosedError):
        proxy.add(1, 2)
    assert proxy.add(1, 2) == 3


def test_a_lost_connection_is_no_error_for_who_retries(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy(MAX_RETRIES=1)
    proxy._pyroBind()
    proxy._pyroConnection.sock.shutdown(socket.SHUT_RDWR)
    assert proxy.add(1, 2) == 3


def test_reconnecting_makes_a_new_connection(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    proxy._pyroBind()
    first = proxy._pyroConnection
    proxy._pyroReconnect(tries=1)
    assert proxy._pyroConnection is not first
    assert proxy.add(1, 2) == 3


def test_when_the_daemon_is_gone_there_is_nobody_to_connect_to(listening, thing: Thing) -> None:
    serving = listening({"it": thing})
    proxy = serving.proxy()
    proxy._pyroBind()
    serving.daemon.shutdown()
    with pytest.raises(errors.ConnectionClosedError):
        proxy.add(1, 2)
    with pytest.raises(errors.CommunicationError, match="cannot connect to localhost:"):
        proxy.add(1, 2)
    with pytest.raises(errors.ConnectionClosedError, match="1 tries"):
        proxy._pyroReconnect(tries=1)


def test_the_daemon_hears_who_has_left(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, daemon_class=Doorkeeper)
    with serving.proxy() as proxy:
        proxy._pyroBind()
    assert serving.daemon.somebody_left.wait(DEADLINE)
    assert serving.daemon.left == ["it"]


def test_the_daemon_hears_it_once(served, thing: Thing) -> None:
    serving = served({"it": thing}, daemon_class=Doorkeeper)
    with serving.proxy() as proxy:
        proxy._pyroBind()
    serving.daemon.shutdown()
    serving.thread.join(DEADLINE)
    assert len(serving.daemon.left) == 1


def test_the_daemon_does_not_hear_of_a_client_that_it_has_refused(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, daemon_class=Doorkeeper)
    proxy = serving.proxy()
    proxy._pyroHandshake = "stranger"
    with pytest.raises(errors.CommunicationError, match="no strangers"):
        proxy._pyroBind()
    serving.daemon.shutdown()
    assert serving.daemon.left == []


def test_the_daemon_does_not_hear_of_who_only_opened_a_connection(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, daemon_class=Doorkeeper)
    uri = serving.daemon.uriFor("it")
    with socket.create_connection((uri.host, uri.port), timeout=DEADLINE) as silent:
        silent.shutdown(socket.SHUT_WR)
        assert silent.recv(100) == b"", "it was served"
    serving.daemon.shutdown()
    assert serving.daemon.left == []


# ----------------------------------------------------------------------------------------------- handshake


def test_daemon_and_proxy_hear_each_others_handshake(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}, daemon_class=Doorkeeper).proxy(proxy_class=Listener)
    proxy._pyroHandshake = ["good", "morning"]
    proxy._pyroBind()
    assert proxy.__dict__["response"] == {"you said": ["good", "morning"], "about": "it"}


def test_a_daemon_may_refuse_a_client(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}, daemon_class=Doorkeeper).proxy()
    proxy._pyroHandshake = "stranger"
    with pytest.raises(errors.CommunicationError, match=r"connection to .* rejected: no strangers"):
        proxy.add(1, 2)
    proxy._pyroHandshake = "friend"
    assert proxy.add(1, 2) == 3


def test_a_proxy_may_refuse_a_daemon(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy(proxy_class=Suspicious)
    with pytest.raises(PermissionError, match="not with hello"):
        proxy.add(1, 2)
    assert proxy._pyroConnection is None


def test_an_unknown_object_is_refused_at_the_handshake(listening, thing: Thing) -> None:
    with pytest.raises(errors.CommunicationError, match="rejected: unknown object"):
        listening({"it": thing}).proxy("nobody")._pyroBind()


def test_an_object_that_exposes_nothing_is_refused_by_the_proxy(listening) -> None:
    class Bare:
        pass

    serving = listening({"it": Bare()})
    # The server warns of it on its own thread, where nobody can catch the warning as an error of this test.
    with pytest.warns(UserWarning, match="exposes nothing"), pytest.raises(errors.PyroError, match="exposes no"):
        serving.proxy()._pyroBind()


def test_metadata_can_be_loaded_anew(served, thing: Thing) -> None:
    serving = served({"it": thing})
    proxy = serving.proxy()
    proxy._pyroBind()
    proxy._pyroMethods.clear()
    proxy._pyroGetMetadata()
    assert proxy._pyroMethods == {"add", "wait"}
    proxy._pyroGetMetadata("Pyro.Daemon")
    assert "registered" in proxy._pyroMethods


def test_annotations_of_the_handshake_go_both_ways(listening, thing: Thing) -> None:
    heard: dict[str, bytes] = {}

    class Annotating(Daemon):
        def validateHandshake(self, conn: Any, data: Any) -> Any:
            heard.update({key: bytes(value) for key, value in current_context.annotations.items()})
            current_context.response_annotations = {"BACK": b"and forth"}
            return "hello"

    proxy = listening({"it": thing}, daemon_class=Annotating).proxy()
    current_context.annotations = {"TEST": b"value"}
    proxy._pyroBind()
    assert heard == {"TEST": b"value"}
    assert {key: bytes(value) for key, value in current_context.response_annotations.items()} == {"BACK": b"and forth"}


# ------------------------------------------------------------------------------------------------ timeouts


def test_a_call_that_takes_too_long_is_a_timeout_and_the_next_one_is_made_anew(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    proxy._pyroTimeout = SILENCE
    with pytest.raises(errors.TimeoutError, match="receiving: timeout"):
        proxy.wait()
    thing.proceed.set()
    proxy._pyroTimeout = None
    assert proxy.add(1, 2) == 3


def test_a_timeout_is_not_repeated_unless_told(threaded, thing: Thing) -> None:
    proxy = threaded({"it": thing}).proxy(COMMTIMEOUT=SILENCE)
    with pytest.raises(errors.TimeoutError):
        proxy.wait()
    assert thing.calls == 1
    proxy._pyroMaxRetries = 2
    with pytest.raises(errors.TimeoutError):
        proxy.wait()
    thing.proceed.set()
    assert thing.calls == 4


def test_a_daemon_with_a_timeout_closes_idle_connections(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, daemon_class=Doorkeeper, COMMTIMEOUT=SILENCE)
    proxy = serving.proxy()
    proxy._pyroBind()
    assert serving.daemon.somebody_left.wait(DEADLINE)
    with pytest.raises(errors.ConnectionClosedError):
        proxy.add(1, 2)


def test_who_does_not_complete_the_handshake_is_sent_away(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, HANDSHAKE_TIMEOUT=SILENCE)
    uri = serving.daemon.uriFor("it")
    with socket.create_connection((uri.host, uri.port), timeout=DEADLINE) as silent:
        assert silent.recv(100) == b""


# --------------------------------------------------------------------------------------- who, and how many


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Do work in several threads at the same time, and return their results in order."""
    results: list[Any] = [None] * count
    ready = threading.Barrier(count)

    def run(number: int) -> None:
        ready.wait(DEADLINE)
        results[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    return results


def test_threads_share_a_proxy_and_each_gets_its_own_results(served, thing: Thing) -> None:
    proxy = served({"it": thing}).proxy()
    results = in_threads(8, lambda number: [proxy.add(number, step) for step in range(50)])
    assert results == [[number + step for step in range(50)] for number in range(8)]


def test_threads_that_share_an_unconnected_proxy_connect_it_once(listening, thing: Thing) -> None:
    serving = listening({"it": thing}, daemon_class=Doorkeeper)
    proxy = serving.proxy()
    assert in_threads(8, lambda number: proxy.add(number, 1)) == list(range(1, 9))
    proxy._pyroRelease()
    serving.daemon.shutdown()
    assert serving.daemon.left == ["it"]


def test_clients_with_proxies_of_their_own_are_served_side_by_side(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing})
    waiting = serving.proxy()
    thread = threading.Thread(target=waiting.wait)
    thread.start()
    assert in_threads(8, lambda number: serving.proxy().add(number, 1)) == list(range(1, 9))
    thing.proceed.set()
    thread.join(DEADLINE)


def test_a_proxy_may_be_used_by_another_thread_than_the_one_that_made_it(served, thing: Thing) -> None:
    proxy = served({"it": thing}).proxy()
    proxy.add(1, 2)
    assert in_threads(1, lambda _: proxy.add(3, 4)) == [7]


def test_a_copy_has_a_connection_of_its_own(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    proxy.add(1, 2)
    with copy.copy(proxy) as duplicate:
        assert duplicate.add(3, 4) == 7
        assert duplicate._pyroConnection is not proxy._pyroConnection


def test_a_pickled_proxy_can_be_used_when_it_is_back(listening, thing: Thing) -> None:
    proxy = listening({"it": thing}).proxy()
    proxy.add(1, 2)
    with pickle.loads(pickle.dumps(proxy)) as restored:
        assert restored.add(3, 4) == 7
