"""What the released Pyro5 sends for an exception that we do not know, and what it does with values that it refuses."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from interop_kit.conversation import Conversation
from interop_kit.routes import LISTENING, Feature, over
from pyro_client import BatchProxy, Proxy, errors
from pyro_server import Daemon, expose
from pyro_wire import Config

STRANGE = "interop_kit.service.StrangeError"
DEADLINE = 20.0


class Plain:
    """An object of a class that the other side does not know."""

    def __init__(self) -> None:
        self.value = 1


class OwnError(Exception):
    """An exception that the other side does not know."""


class Opaque:
    """An object without any state."""

    __slots__ = ()


class Dangerous:
    """An object whose class has a name that is refused."""


Dangerous.__module__ = "__main__"

REFUSED: dict[str, Any] = {
    "an object": Plain(),
    "an object in a list": [[Plain()]],
    "an exception": OwnError("unknown"),
    "a function": contextlib.suppress,
    "a dangerous name": Dangerous(),
    "no state": Opaque(),
}

over_the_released_server = over(clients=["ours"], server_types=LISTENING)


@contextlib.contextmanager
def service(conversation: Conversation, **items: Any) -> Iterator[Proxy]:
    """Our proxy for the service of a released server."""
    config = Config(SERIALIZER=conversation.serializer, COMMTIMEOUT=DEADLINE, **items)
    with Proxy(conversation.uris["service"], config=config) as proxy:
        proxy._pyroBind()
        yield proxy


@over_the_released_server
def test_an_unknown_exception_of_the_released_server_arrives_under_its_name(conversation: Conversation) -> None:
    with service(conversation) as proxy, pytest.raises(errors.RemoteError) as caught:
        proxy.fail_strangely()
    assert (type(caught.value).__name__, caught.value.remote_class) == ("StrangeError", STRANGE)
    assert caught.value.args == ("nobody knows me",)
    assert "in fail_strangely" in str(caught.value.__cause__)
    assert "in fail_strangely" in caught.value.__notes__[-1]


@over_the_released_server
def test_the_connection_survives_it(conversation: Conversation) -> None:
    with service(conversation) as proxy:
        connection = proxy._pyroConnection
        with pytest.raises(errors.RemoteError):
            proxy.fail_strangely()
        assert proxy.add(1, 2) == 3
        assert proxy._pyroConnection is connection


@over_the_released_server
def test_it_is_the_serialize_error_of_the_released_client_if_so_configured(conversation: Conversation) -> None:
    with service(conversation, REMOTE_ERRORS=False) as proxy, pytest.raises(errors.SerializeError) as caught:
        proxy.fail_strangely()
    assert str(caught.value) == f"unsupported serialized class: {STRANGE}"


@over(Feature.EXCEPTION_IN_BATCH, clients=["ours"], server_types=LISTENING)
def test_in_a_batch_it_is_raised_at_its_place(conversation: Conversation) -> None:
    with service(conversation) as proxy:
        batch = BatchProxy(proxy)
        batch.add(1, 2)
        batch.fail_strangely()
        results = batch() or iter(())
        assert next(results) == 3
        with pytest.raises(errors.RemoteError) as caught:
            next(results)
    assert caught.value.remote_class == STRANGE


@over_the_released_server
@pytest.mark.parametrize("name", REFUSED)
def test_an_argument_that_the_released_server_refuses_harms_one_call(conversation: Conversation, name: str) -> None:
    with service(conversation) as proxy:
        with pytest.raises((errors.SerializeError, errors.SecurityError, TypeError, ValueError)):
            proxy.echo(REFUSED[name])
        assert proxy.add(1, 2) == 3


@over_the_released_server
def test_the_released_server_hangs_up_after_a_refused_argument_and_we_connect_once(conversation: Conversation) -> None:
    with service(conversation) as proxy:
        first = proxy._pyroConnection
        with pytest.raises(errors.SerializeError, match="unsupported serialized class"):
            proxy.echo(Plain())
        assert proxy.add(1, 2) == 3
        second = proxy._pyroConnection
        assert second is not first
        assert proxy.add(3, 4) == 7
        assert proxy._pyroConnection is second


@over_the_released_server
def test_a_refused_argument_of_a_oneway_call_harms_no_other_call(conversation: Conversation, token: str) -> None:
    with service(conversation) as proxy:
        proxy.remember(token, Plain())
        assert proxy.add(1, 2) == 3


@over_the_released_server
def test_a_result_that_the_released_server_cannot_write_harms_one_call(conversation: Conversation) -> None:
    with service(conversation) as proxy:
        with pytest.raises((errors.SerializeError, TypeError, ValueError)):
            proxy.unserializable()
        assert proxy.add(1, 2) == 3


@expose
class Middle:
    """Something that calls a server for its clients."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def fail_strangely(self) -> None:
        with Proxy(self._uri) as proxy:
            proxy.fail_strangely()

    def add(self, first: int, second: int) -> int:
        return first + second


@over(clients=["ours"], serializers=["serpent", "json"], server_types=["thread"])
def test_passed_on_by_us_it_is_to_a_released_client_what_it_was_to_us(conversation: Conversation) -> None:
    with Daemon() as daemon:
        uri = str(daemon.register(Middle(conversation.uris["service"])))
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        try:
            answer = conversation.peers.perform(
                "released",
                {
                    "step": "unknown_exception",
                    "arguments": {},
                    "serializer": conversation.serializer,
                    "uris": {"service": uri},
                    "items": {},
                },
            )
        finally:
            daemon.shutdown()
            thread.join(DEADLINE)
    assert answer["result"]["class"] == "SerializeError"
    assert f"unsupported serialized class: {STRANGE}" in answer["result"]["args"][0]
