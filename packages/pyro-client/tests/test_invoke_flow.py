"""The dialogue of a call, driven by hand: what is sent, and what becomes of the answer."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from pyro_client import SerializedBlob, current_context, errors, flows
from pyro_client.commands import Close, Exchange, Open, Send
from pyro_client.proxy_state import ProxyState
from pyro_client.session import result_of
from pyro_wire import Config, serializers
from pyro_wire.message import FLAGS_KEEPSERIALIZED, FLAGS_ONEWAY, MSG_INVOKE
from pyro_wire.serializers.marshal_reader import loads as read_marshal

ADDRESS = "PYRO:obj@example.org:4444"


@pytest.fixture
def proxy(script, reply) -> ProxyState:
    """A proxy that is connected."""
    proxy = ProxyState(ADDRESS, Config())
    script(proxy, reply.welcome()).run(flows.connect(proxy))
    return proxy


def call_in(request: Any) -> tuple[str, str, Any, Any]:
    return serializers["serpent"].loadsCall(request.data)


# ------------------------------------------------------------------------------------------------ requests


def test_a_call_is_one_exchange(proxy, script, reply) -> None:
    played = script(proxy, reply(3))
    message = played.run(flows.invoke(proxy, "add", (1,), {"second": 2}, 0))
    assert played.asked_for == [Exchange]
    (request,) = played.requests
    assert (request.type, request.flags, request.seq, request.annotations) == (MSG_INVOKE, 0, 1, {})
    assert call_in(request) == ("obj", "add", (1,), {"second": 2})
    assert result_of(message, serializers["serpent"]) == 3


def test_an_unconnected_proxy_connects_first(script, reply) -> None:
    proxy = ProxyState(ADDRESS, Config())
    played = script(proxy, reply.welcome(), reply(3))
    played.run(flows.invoke(proxy, "add", (1, 2), {}, 0))
    assert played.asked_for == [Open, Exchange, Exchange]


def test_each_request_has_the_next_sequence_number(proxy, script, reply) -> None:
    proxy._pyroSeq = 65534
    played = script(proxy, reply(), reply(), reply())
    for _ in range(3):
        played.run(flows.invoke(proxy, "add", (), {}, 0))
    assert [request.seq for request in played.requests] == [65535, 0, 1]
    assert proxy._pyroSeq == 1


def test_a_call_may_go_to_another_object_of_the_daemon(proxy, script, reply) -> None:
    played = script(proxy, reply())
    played.run(flows.invoke(proxy, "ping", [], {}, 0, "Pyro.Daemon"))
    assert call_in(played.requests[0])[0] == "Pyro.Daemon"


def test_a_oneway_call_is_sent_and_that_is_all(proxy, script) -> None:
    played = script(proxy)
    assert played.run(flows.invoke(proxy, "note", ("x",), {}, FLAGS_ONEWAY)) is None
    assert played.asked_for == [Send]
    assert played.requests[0].flags == FLAGS_ONEWAY
    assert proxy._pyroSeq == 1


def test_after_a_oneway_call_the_next_call_is_made_as_ever(proxy, script, reply) -> None:
    played = script(proxy, reply(3))
    played.run(flows.invoke(proxy, "note", (), {}, FLAGS_ONEWAY))
    assert played.run(flows.invoke(proxy, "add", (1, 2), {}, 0)).seq == 2


def test_a_call_carries_the_context(proxy, script, reply) -> None:
    current_context.annotations = {"TEST": b"value"}
    current_context.correlation_id = correlation_id = uuid.uuid4()
    played = script(proxy, reply())
    played.run(flows.invoke(proxy, "add", (), {}, 0))
    assert played.requests[0].annotations == {"TEST": b"value"}
    assert played.requests[0].correlation_id == correlation_id.bytes
    assert current_context.annotations == {"TEST": b"value"}, "they stay for the next call"


def test_an_argument_that_cannot_be_serialized_sends_nothing_and_keeps_the_connection(proxy, script, reply) -> None:
    played = script(proxy, reply(3))
    with pytest.raises((TypeError, errors.SerializeError)):
        played.run(flows.invoke(proxy, "add", (range(3), 1), {}, 0))
    assert played.commands == []
    assert played.run(flows.invoke(proxy, "add", (1, 2), {}, 0)) is not None
    assert played.asked_for == [Exchange]


def test_a_call_over_the_size_limit_sends_nothing_and_keeps_the_connection(script, reply) -> None:
    proxy = ProxyState(ADDRESS, Config(MAX_MESSAGE_SIZE=1000))
    played = script(proxy, reply.welcome(), reply(3))
    with pytest.raises(errors.MessageTooLargeError, match="max=1000"):
        played.run(flows.invoke(proxy, "add", ("x" * 1000,), {}, 0))
    assert played.asked_for == [Open, Exchange]
    assert result_of(played.run(flows.invoke(proxy, "add", (1, 2), {}, 0)), serializers["serpent"]) == 3


# ------------------------------------------------------------------------------------------------- answers


def test_annotations_of_the_answer_replace_those_of_the_one_before(proxy, script, reply) -> None:
    current_context.response_annotations = {"PAST": b"old"}
    script(proxy, reply(annotations={"TEST": b"new"})).run(flows.invoke(proxy, "add", (), {}, 0))
    assert current_context.response_annotations == {"TEST": b"new"}


def test_an_answer_without_annotations_leaves_none(proxy, script, reply) -> None:
    current_context.response_annotations = {"PAST": b"old"}
    script(proxy, reply()).run(flows.invoke(proxy, "add", (), {}, 0))
    assert current_context.response_annotations == {}


def test_a_oneway_call_leaves_no_annotations_either(proxy, script) -> None:
    current_context.response_annotations = {"PAST": b"old"}
    script(proxy).run(flows.invoke(proxy, "note", (), {}, FLAGS_ONEWAY))
    assert current_context.response_annotations == {}


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        pytest.param({"seq": 99}, errors.ProtocolError, "sequence out of sync", id="sequence number"),
        pytest.param({"serializer_id": 3}, errors.SerializeError, "serializer", id="serializer"),
        pytest.param({"type": 2}, errors.ProtocolError, "invalid msg type", id="type"),
        pytest.param({"type": 6}, errors.ProtocolError, "invalid msg type", id="ping"),
    ],
)
def test_an_answer_that_does_not_fit_closes_the_connection(
    proxy, script, reply, fields: dict[str, Any], error: type[Exception], text: str
) -> None:
    played = script(proxy, reply("surprise", **fields))
    with pytest.raises(error, match=text):
        played.run(flows.invoke(proxy, "add", (), {}, 0))
    assert played.asked_for == [Exchange, Close]
    assert proxy._pyroConnection is None


@pytest.mark.parametrize(
    "error",
    [
        errors.ConnectionClosedError("gone"),
        errors.TimeoutError("late"),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
        RuntimeError("from a signal handler"),
    ],
)
def test_a_lost_or_interrupted_exchange_closes_the_connection(proxy, script, error: BaseException) -> None:
    played = script(proxy, error)
    with pytest.raises(type(error)):
        played.run(flows.invoke(proxy, "add", (), {}, 0))
    assert played.asked_for == [Exchange, Close]


def test_an_error_of_the_method_keeps_the_connection(proxy, script, reply) -> None:
    played = script(proxy, reply.error(ZeroDivisionError("division by zero")))
    message = played.run(flows.invoke(proxy, "divide", (), {}, 0))
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        result_of(message, serializers["serpent"])
    assert played.asked_for == [Exchange]


# --------------------------------------------------------------------------------------------------- blobs


def test_a_blob_travels_as_it_is_with_its_address_beside_it(proxy, script, reply) -> None:
    played = script(proxy, reply())
    played.run(flows.invoke(proxy, "add", (SerializedBlob("info", [1, 2]),), {}, 0))
    (request,) = played.requests
    assert request.flags == FLAGS_KEEPSERIALIZED
    assert read_marshal(request.annotations["BLBI"]) == ("info", "obj", "add")
    assert call_in(request) == ("obj", "add", [1, 2], {})


def test_a_received_blob_is_passed_on_unread(proxy, script, reply) -> None:
    played = script(proxy, reply(), reply())
    played.run(flows.invoke(proxy, "add", (SerializedBlob("info", [1, 2]),), {}, 0))
    received = SerializedBlob("info", played.requests[0], is_blob=True)
    played.run(flows.invoke(proxy, "note", (received,), {}, 0))
    first, second = played.requests
    assert bytes(second.data) == bytes(first.data)
    assert read_marshal(second.annotations["BLBI"]) == ("info", "obj", "note")


def test_the_address_of_a_blob_does_not_stay_in_the_context(proxy, script, reply) -> None:
    current_context.annotations = {"TEST": b"value"}
    script(proxy, reply()).run(flows.invoke(proxy, "add", (SerializedBlob("info", []),), {}, 0))
    assert current_context.annotations == {"TEST": b"value"}


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((SerializedBlob("info", []), 1), {}), ((SerializedBlob("info", []),), {"more": 1})],
)
def test_a_blob_must_be_the_only_argument(proxy, script, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    played = script(proxy)
    with pytest.raises(errors.SerializeError, match="only argument"):
        played.run(flows.invoke(proxy, "add", args, kwargs, 0))
    assert played.commands == []


def test_the_info_of_a_blob_must_be_a_plain_value(proxy, script) -> None:
    with pytest.raises(errors.SerializeError, match="info"):
        script(proxy).run(flows.invoke(proxy, "add", (SerializedBlob(object(), []),), {}, 0))
