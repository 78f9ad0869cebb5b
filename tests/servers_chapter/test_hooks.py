"""Beside the chapter: what a subclass of the daemon can take part in, and the parts that a daemon shows."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pyro_client import Proxy, current_context, errors
from pyro_server import Daemon, callback, expose

DEADLINE = 20.0


@expose
class Thing:
    """Something to call."""

    def add(self, first: int, second: int) -> int:
        return first + second

    @callback
    def notify(self) -> None:
        raise ValueError("wrong")


class Guest(Daemon):
    """A daemon that wants to know who comes, and says so in its answers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seen: list[Any] = []
        self.left = threading.Event()
        self.swept = threading.Event()

    def validateHandshake(self, conn: Any, data: Any) -> Any:
        self.seen.append((conn.objectId, data))
        if data == "stranger":
            raise PermissionError("no strangers")
        return ["welcome", data]

    def clientDisconnect(self, conn: Any) -> None:
        self.left.set()

    def annotations(self) -> Any:
        return {"DAEM": b"from the daemon"}

    def housekeeping(self) -> None:
        self.swept.set()


class Curious(Proxy):
    """A proxy that keeps what it is answered when it connects."""

    def _pyroValidateHandshake(self, response: Any) -> None:
        self.__dict__["response"] = response


def test_the_handshake_value_goes_to_the_daemon_and_its_answer_back(listening) -> None:
    serving = listening({"it": Thing()}, daemon_class=Guest)
    proxy = serving.proxy(proxy_class=Curious)
    proxy._pyroHandshake = "friend"
    proxy._pyroBind()
    assert serving.daemon.seen == [("it", "friend")]
    assert proxy.__dict__["response"] == ["welcome", "friend"]


def test_an_error_in_validating_the_handshake_is_the_reason_of_the_refusal(listening) -> None:
    proxy = listening({"it": Thing()}, daemon_class=Guest).proxy()
    proxy._pyroHandshake = "stranger"
    with pytest.raises(errors.CommunicationError, match="no strangers"):
        proxy.add(1, 2)


def test_all_hooks_are_called(listening) -> None:
    serving = listening({"it": Thing()}, daemon_class=Guest, POLLTIMEOUT=0.01)
    with serving.proxy() as proxy:
        assert proxy.add(1, 2) == 3
        assert bytes(current_context.response_annotations["DAEM"]) == b"from the daemon"
    assert serving.daemon.left.wait(DEADLINE)
    assert serving.daemon.swept.wait(DEADLINE)


@pytest.mark.parametrize("listening_kind", ["thread"])
def test_clients_of_two_daemons_may_leave_at_the_same_time(listening) -> None:
    together = threading.Barrier(2)
    met: list[int] = []

    class Meeting(Daemon):
        def clientDisconnect(self, conn: Any) -> None:
            met.append(together.wait(DEADLINE))

    servings = [listening({"it": Thing()}, daemon_class=Meeting) for _ in range(2)]
    for serving in servings:
        serving.proxy().add(1, 2)
    threads = [threading.Thread(target=serving.daemon.shutdown) for serving in servings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert sorted(met) == [0, 1]


def test_an_error_in_a_callback_is_noticed_on_both_sides(listening, caplog) -> None:
    serving = listening({"it": Thing()}, daemon_class=Guest)
    proxy = serving.proxy()
    with pytest.raises(ValueError, match="wrong"):
        proxy.notify()
    with pytest.raises(errors.ConnectionClosedError):
        proxy.add(1, 2)
    assert "error in callback method" in caplog.text


def test_a_daemon_shows_its_parts() -> None:
    with Daemon() as daemon:
        assert daemon.sockets == [daemon.sock]
        assert list(daemon.objectsById) == ["Pyro.Daemon"]
        assert daemon.streaming_responses == {}
        assert daemon.natLocationStr is None
        for lock in (daemon.housekeeper_lock, daemon.create_single_instance_lock):
            with lock:
                pass


def test_calls_to_an_object_that_was_held_weakly_and_is_gone_are_refused(listening) -> None:
    thing = Thing()
    serving = listening({})
    proxy = serving.proxy("weak")
    serving.daemon.register(thing, "weak", weak=True)
    assert proxy.add(1, 2) == 3
    del thing
    with pytest.raises(errors.DaemonError, match="unknown object"):
        proxy.add(1, 2)
