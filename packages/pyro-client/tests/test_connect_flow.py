"""The dialogues that make a connection, driven by hand: what they ask for, and what they make of the answers."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from pyro_client import Proxy, current_context, errors, flows
from pyro_client.commands import Bind, Call, Close, Exchange, Open, Release, Sleep
from pyro_client.proxy_state import ProxyState
from pyro_wire import Config, serializers
from pyro_wire.message import FLAGS_EXCEPTION, MSG_CONNECT, MSG_INVOKE, MSG_RESULT

ADDRESS = "PYRO:obj@example.org:4444"


@pytest.fixture
def proxy() -> ProxyState:
    return ProxyState(ADDRESS, Config())


@pytest.fixture
def welcome(reply) -> Any:
    return reply.welcome()


def is_unconnected(proxy: ProxyState) -> bool:
    return proxy._pyroConnection is None


# ---------------------------------------------------------------------------------------------- connecting


def test_connecting_opens_a_connection_and_shakes_hands(proxy, script, welcome) -> None:
    played = script(proxy, welcome)
    assert played.run(flows.connect(proxy)) is True
    assert played.asked_for == [Open, Exchange]
    assert str(played.commands[0].uri) == ADDRESS
    assert not is_unconnected(proxy)


def test_a_connected_proxy_has_nothing_to_do(proxy, script, welcome) -> None:
    script(proxy, welcome).run(flows.connect(proxy))
    played = script(proxy)
    assert played.run(flows.connect(proxy)) is False
    assert played.commands == []


@pytest.mark.parametrize("name", sorted(serializers))
def test_the_request_names_the_object_and_carries_the_handshake(script, welcome, name: str) -> None:
    proxy = ProxyState(ADDRESS, Config(SERIALIZER=name))
    proxy._pyroHandshake = ["let", "me", "in"]
    played = script(proxy, welcome)
    played.run(flows.connect(proxy))
    (request,) = played.requests
    assert (request.type, request.flags, request.seq) == (MSG_CONNECT, 0, 0)
    assert request.serializer_id == serializers[name].serializer_id
    assert serializers[name].loads(request.data) == {"handshake": ["let", "me", "in"], "object": "obj"}


def test_the_request_carries_the_annotations_and_the_correlation_id_of_the_context(proxy, script, welcome) -> None:
    current_context.annotations = {"TEST": b"value"}
    current_context.correlation_id = correlation_id = uuid.uuid4()
    played = script(proxy, welcome)
    played.run(flows.connect(proxy))
    assert played.requests[0].annotations == {"TEST": b"value"}
    assert played.requests[0].correlation_id == correlation_id.bytes


def test_annotations_of_the_answer_are_there_afterwards(proxy, script, reply) -> None:
    script(proxy, reply.welcome(annotations={"TEST": b"value"})).run(flows.connect(proxy))
    assert current_context.response_annotations == {"TEST": b"value"}


def test_the_answer_brings_the_metadata(proxy, script, welcome) -> None:
    proxy._pyroOneway = {"set beforehand"}
    script(proxy, welcome).run(flows.connect(proxy))
    assert (proxy._pyroMethods, proxy._pyroAttrs, proxy._pyroOneway) == ({"add", "note"}, {"total"}, {"note"})


@pytest.mark.parametrize("meta", [None, {}])
def test_metadata_that_is_missing_is_asked_for(proxy, script, reply, meta: Any) -> None:
    played = script(proxy, reply.welcome(meta=meta), reply({"methods": ("late",), "oneway": (), "attrs": ()}))
    played.run(flows.connect(proxy))
    assert played.asked_for == [Open, Exchange, Exchange]
    call = serializers["serpent"].loadsCall(played.requests[1].data)
    assert call == ("Pyro.Daemon", "get_metadata", ["obj"], {})
    assert proxy._pyroMethods == {"late"}


def test_a_magic_address_stays_while_the_proxy_connects_to_what_it_stands_for(script, welcome) -> None:
    proxy = ProxyState("PYRONAME:name@ns.example.org:9999")
    played = script(proxy, "the name server", "PYRO:found@example.org:4444", welcome)
    played.run(flows.connect(proxy))
    assert played.asked_for == [Bind, Call, Release, Open, Exchange]
    assert str(played.commands[3].uri) == "PYRO:found@example.org:4444"
    assert str(proxy._pyroUri) == "PYRONAME:name@ns.example.org:9999"


def test_binding_puts_the_resolved_address_in_place_of_the_magic_one(script, welcome) -> None:
    proxy = ProxyState("PYRONAME:name@ns.example.org:9999")
    played = script(proxy, "the name server", "PYRO:found@example.org:4444", welcome)
    played.run(flows.connect(proxy, replace_uri=True))
    assert str(proxy._pyroUri) == "PYRO:found@example.org:4444"


# ------------------------------------------------------------------------------------------------ refusals


def test_a_refused_handshake_is_a_communication_error_with_the_reason(proxy, script, reply) -> None:
    played = script(proxy, reply.refusal("no strangers"))
    with pytest.raises(errors.CommunicationError, match=r"^connection to example.org:4444 rejected: no strangers$"):
        played.run(flows.connect(proxy))
    assert played.asked_for[-1] is Close
    assert is_unconnected(proxy)


def test_the_reason_may_come_in_a_serializer_of_the_daemons_choice(proxy, script, reply) -> None:
    played = script(proxy, reply.refusal("no free workers", serializer_id=2, seq=0))
    with pytest.raises(errors.CommunicationError, match="rejected: no free workers"):
        played.run(flows.connect(proxy))


def test_an_answer_in_another_serializer_is_refused(proxy, script, reply) -> None:
    played = script(proxy, reply.welcome(serializer_id=3))
    with pytest.raises(errors.ProtocolError, match="serializer id 3"):
        played.run(flows.connect(proxy))
    assert is_unconnected(proxy)


def test_an_answer_of_the_wrong_type_is_refused(proxy, script, reply) -> None:
    played = script(proxy, reply("surprise", type=MSG_RESULT))
    with pytest.raises(errors.ProtocolError, match="invalid msg type 5"):
        played.run(flows.connect(proxy))
    assert is_unconnected(proxy)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("hello", id="text"),
        pytest.param({}, id="nothing"),
        pytest.param({"handshake": "hello", "meta": "text"}, id="metadata that is text"),
        pytest.param({"handshake": "hello", "meta": {"methods": 42}}, id="methods that are a number"),
        pytest.param({"handshake": "hello", "meta": {"methods": [42]}}, id="names that are numbers"),
    ],
)
def test_a_malformed_answer_is_a_protocol_error(proxy, script, reply, value: Any) -> None:
    with pytest.raises(errors.ProtocolError):
        script(proxy, reply(value)).run(flows.connect(proxy))
    assert is_unconnected(proxy)


def test_an_object_that_exposes_nothing_is_refused(proxy, script, reply) -> None:
    played = script(proxy, reply.welcome(meta={"methods": [], "oneway": [], "attrs": []}))
    with pytest.raises(errors.PyroError, match="exposes no methods or attributes"):
        played.run(flows.connect(proxy))
    assert is_unconnected(proxy)


@pytest.mark.parametrize("error", [LookupError, PermissionError, errors.SecurityError, KeyboardInterrupt])
def test_what_the_hook_for_the_handshake_raises_comes_through(script, reply, error: type[BaseException]) -> None:
    class Suspicious(Proxy):
        def _pyroValidateHandshake(self, response: Any) -> None:
            raise error(response)

    proxy = Suspicious(ADDRESS)
    with pytest.raises(error, match="who is there"):
        script(proxy, reply.welcome("who is there")).run(flows.connect(proxy))
    assert is_unconnected(proxy)


def test_a_failing_socket_is_a_communication_error_with_the_cause(proxy, script) -> None:
    refused = ConnectionRefusedError("nobody there")
    with pytest.raises(errors.CommunicationError, match=r"^cannot connect to example.org:4444: nobody there") as caught:
        script(proxy, refused).run(flows.connect(proxy))
    assert caught.value.__cause__ is refused


def test_a_timeout_while_connecting_stays_a_timeout(proxy, script) -> None:
    with pytest.raises(errors.TimeoutError, match="receiving: timeout"):
        script(proxy, errors.TimeoutError("receiving: timeout")).run(flows.connect(proxy))


def test_a_remote_error_that_says_stop_iteration_does_not_end_the_flow_as_a_success(proxy, script, reply) -> None:
    played = script(proxy, reply.welcome(meta=None), reply.error(StopIteration()))
    with pytest.raises(errors.ProtocolError, match="StopIteration"):
        played.run(flows.connect(proxy))


# --------------------------------------------------------------------------------------- application's socket


def test_on_a_connected_socket_the_metadata_is_asked_for_and_nothing_else(daemon) -> None:
    with Proxy("obj", connected_socket=daemon.near) as proxy:
        (request,) = daemon.requests
        assert (request.type, request.seq) == (MSG_INVOKE, 1)
        assert daemon.calls() == [("Pyro.Daemon", "get_metadata", ["obj"], {})]
        assert proxy._pyroMethods == {"add", "note"}
        assert proxy._pyroUri.location == "<<connected-socket>>:0"


# --------------------------------------------------------------------------------------------- reconnecting


def test_reconnecting_closes_first(proxy, script, welcome) -> None:
    script(proxy, welcome).run(flows.connect(proxy))
    played = script(proxy, welcome)
    played.run(flows.reconnect(proxy, 3))
    assert played.asked_for == [Close, Open, Exchange]


def test_a_new_connection_goes_on_with_the_last_sequence_number(proxy, script, reply, welcome) -> None:
    script(proxy, welcome, reply(3)).run(flows.invoke(proxy, "add", (1, 2), {}, 0))
    played = script(proxy, welcome, reply(3))
    played.run(flows.reconnect(proxy, 1))
    played.run(flows.invoke(proxy, "add", (1, 2), {}, 0))
    assert [request.seq for request in played.requests] == [1, 2]


def test_attempts_are_two_seconds_apart(proxy, script, welcome) -> None:
    played = script(proxy, OSError("down"), OSError("still down"), welcome)
    played.run(flows.reconnect(proxy, 5))
    assert [command.seconds for command in played.commands if isinstance(command, Sleep)] == [2.0, 2.0]
    assert not is_unconnected(proxy)


def test_after_the_last_attempt_nobody_waits(proxy, script) -> None:
    played = script(proxy, OSError("down"), OSError("down"))
    with pytest.raises(errors.ConnectionClosedError, match="2 tries"):
        played.run(flows.reconnect(proxy, 2))
    assert played.asked_for.count(Sleep) == 1


def test_an_error_that_is_no_matter_of_communication_ends_the_attempts(proxy, script) -> None:
    with pytest.raises(KeyboardInterrupt):
        script(proxy, KeyboardInterrupt()).run(flows.reconnect(proxy, 5))


# ------------------------------------------------------------------------------------------------- metadata


def test_metadata_can_be_loaded_anew(proxy, script, reply, welcome) -> None:
    played = script(proxy, welcome, reply({"methods": ["fresh"], "oneway": [], "attrs": []}))
    played.run(flows.load_metadata(proxy, None))
    assert serializers["serpent"].loadsCall(played.requests[1].data)[2] == ["obj"]
    assert proxy._pyroMethods == {"fresh"}


def test_metadata_of_another_object_can_be_loaded(proxy, script, reply, welcome) -> None:
    played = script(proxy, welcome, reply({"methods": ["fresh"], "oneway": [], "attrs": []}))
    played.run(flows.load_metadata(proxy, "another"))
    assert serializers["serpent"].loadsCall(played.requests[1].data)[2] == ["another"]


def test_an_error_of_the_daemon_for_metadata_comes_through(proxy, script, reply, welcome) -> None:
    unknown = reply(errors.DaemonError("unknown object"), flags=FLAGS_EXCEPTION)
    with pytest.raises(errors.DaemonError, match="unknown object"):
        script(proxy, welcome, unknown).run(flows.load_metadata(proxy, "another"))
