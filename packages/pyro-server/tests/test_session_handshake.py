"""The beginning of a conversation, bytes in and steps out: who is let in, and what the others are told."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_server import Daemon
from pyro_wire import Limits, MessageReader, serializers, serializers_by_id
from pyro_wire.message import (
    FLAGS_CORR_ID,
    FLAGS_EXCEPTION,
    HEADER,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_CONNECTOK,
    MSG_INVOKE,
    MSG_PING,
    encode,
)

MARSHAL = 2


class Doorkeeper(Daemon):
    """A daemon that looks at the handshake."""

    def validateHandshake(self, conn: Any, data: Any) -> Any:
        if data == "let me in":
            return ["come", "in"]
        if data == "what is wrong with you":
            return range(3)  # cannot be serialized
        if data == "half":
            raise PermissionError("half of a surrogate pair: \ud800")  # msgpack has no way to write that
        if data == "stop":
            raise SystemExit("stopped")
        raise PermissionError(f"go away, {data}")


def reason(answer: Any) -> str:
    """The reason in a refusal."""
    assert answer.type == MSG_CONNECTFAIL
    return str(serializers_by_id[answer.serializer_id].loads(answer.data))


each_serializer = pytest.mark.parametrize("name", sorted(serializers))


# ------------------------------------------------------------------------------------------------- let in


@each_serializer
def test_a_client_is_let_in_and_told_what_there_is(daemon: Daemon, new_client, name: str) -> None:
    client = new_client(daemon, name)
    answer = client.connect("guarded", seq=7)
    assert (answer.type, answer.seq, answer.serializer_id) == (MSG_CONNECTOK, 7, serializers[name].serializer_id)
    welcome = client.result(answer)
    assert welcome["handshake"] == "hello"
    assert {key: set(names) for key, names in welcome["meta"].items()} == {
        "methods": {"method"},
        "oneway": set(),
        "attrs": set(),
    }
    assert not client.closed
    assert client.session.greeted


@each_serializer
def test_the_hook_sees_the_handshake_and_its_value_is_the_answer(make_daemon, new_client, name: str) -> None:
    client = new_client(make_daemon(Doorkeeper), name)
    assert client.result(client.connect(handshake="let me in"))["handshake"] == ["come", "in"]


def test_the_connection_knows_the_object_that_it_is_for(daemon: Daemon, new_client) -> None:
    client = new_client(daemon)
    client.connect("service")
    assert client.connection.objectId == "service"


def test_the_answer_carries_the_correlation_id_of_the_request(daemon: Daemon, new_client) -> None:
    correlation_id = uuid.uuid4().bytes
    assert new_client(daemon).connect(correlation_id=correlation_id).correlation_id == correlation_id


def test_the_answer_carries_the_annotations_of_the_daemon(make_daemon, new_client) -> None:
    class Talkative(Daemon):
        def annotations(self) -> Any:
            return {"TEST": b"value"}

    assert new_client(make_daemon(Talkative)).connect().annotations == {"TEST": b"value"}


def test_bytes_may_come_in_any_pieces(daemon: Daemon, new_client) -> None:
    client = new_client(daemon)
    payload = client.serializer.dumps({"handshake": "hello", "object": "service"})
    data = b"".join(encode(MSG_CONNECT, 0, 0, 1, payload))
    answers = [answer for byte in data for answer in client.feed(bytes([byte]))]
    assert [answer.type for answer in answers] == [MSG_CONNECTOK]


def test_a_request_may_come_along_with_the_handshake(daemon: Daemon, new_client) -> None:
    client = new_client(daemon)
    connect = encode(MSG_CONNECT, 0, 0, 1, client.serializer.dumps({"handshake": "hello", "object": "service"}))
    call = encode(MSG_INVOKE, 0, 1, 1, client.serializer.dumpsCall("service", "add", (1, 2), {}))
    _, answer = client.feed(b"".join(connect + call))
    assert client.result(answer) == 3


# ------------------------------------------------------------------------------------------------- refused


@each_serializer
def test_an_unknown_object_is_refused(daemon: Daemon, new_client, name: str) -> None:
    client = new_client(daemon, name)
    answer = client.connect("nobody", seq=7)
    assert reason(answer) == "unknown object"
    assert (answer.seq, answer.serializer_id) == (7, serializers[name].serializer_id)
    assert client.closed


def test_an_object_that_exposes_nothing_is_not_refused_but_warned_about(daemon: Daemon, new_client) -> None:
    class Bare:
        pass

    daemon.register(Bare(), "bare")
    with pytest.warns(UserWarning, match="exposes nothing"):
        answer = new_client(daemon).connect("bare")
    assert answer.type == MSG_CONNECTOK


@each_serializer
def test_what_the_hook_raises_is_the_reason(make_daemon, new_client, name: str) -> None:
    client = new_client(make_daemon(Doorkeeper), name)
    answer = client.connect(handshake="stranger", seq=7)
    assert reason(answer) == "go away, stranger"
    assert (answer.seq, answer.serializer_id) == (7, serializers[name].serializer_id)
    assert client.closed


def test_a_hook_that_tries_to_end_the_server_only_refuses(make_daemon, new_client) -> None:
    client = new_client(make_daemon(Doorkeeper))
    assert reason(client.connect(handshake="stop")) == "stopped"


def test_a_value_of_the_hook_that_cannot_be_serialized_is_a_refusal(make_daemon, new_client) -> None:
    client = new_client(make_daemon(Doorkeeper))
    answer = client.connect(handshake="what is wrong with you")
    assert "range" in reason(answer)
    assert client.closed


def test_a_reason_that_cannot_be_written_is_told_in_other_words(make_daemon, new_client) -> None:
    client = new_client(make_daemon(Doorkeeper), "msgpack")
    payload = client.serializer.dumps({"handshake": "half", "object": "service"})
    (answer,) = client.send(MSG_CONNECT, payload)
    assert "PermissionError" in reason(answer)
    assert client.closed


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        pytest.param("hello", "dictionary", id="text"),
        pytest.param({"object": "service"}, "'handshake'", id="no handshake"),
        pytest.param({"handshake": "hello"}, "'object'", id="no object"),
        pytest.param({"handshake": "hello", "object": 42}, "object", id="a number for an object"),
        pytest.param({"handshake": "hello", "object": ["service"]}, "object", id="a list for an object"),
    ],
)
@each_serializer
def test_a_malformed_handshake_is_refused(daemon: Daemon, new_client, name: str, payload: Any, text: str) -> None:
    client = new_client(daemon, name)
    (answer,) = client.send(MSG_CONNECT, client.serializer.dumps(payload), seq=7)
    assert text in reason(answer)
    assert (answer.seq, answer.serializer_id) == (7, serializers[name].serializer_id)
    assert client.closed


@each_serializer
def test_an_unreadable_handshake_is_refused(daemon: Daemon, new_client, name: str) -> None:
    client = new_client(daemon, name)
    (answer,) = client.send(MSG_CONNECT, b"\xc1((((", seq=7)
    assert reason(answer)
    assert client.closed


# ----------------------------------------------------------------------------------------------- not Pyro


def header(**fields: Any) -> bytes:
    """A header with some fields wrong."""
    usual = {"tag": b"PYRO", "version": 502, "type": MSG_CONNECT, "serializer": 1, "flags": 0, "seq": 7}
    usual |= {"data": 0, "annotations": 0, "correlation": bytes(16), "reserved": 0, "magic": 0x4DC5}
    return HEADER.pack(*{**usual, **fields}.values())


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", "invalid data", id="http"),
        pytest.param(b"!" * 16, "invalid data", id="exclamation marks"),
        pytest.param(b"PYRO\x00\x30", "invalid protocol version: 48", id="the six bytes of Pyro4"),
        pytest.param(header(version=503), "invalid protocol version: 503", id="another version"),
        pytest.param(header(magic=0x1234), "invalid magic number", id="wrong magic number"),
        pytest.param(header(type=99), "invalid msg type 99", id="unknown type"),
        pytest.param(header(type=MSG_INVOKE), "invalid msg type 4", id="a call"),
        pytest.param(header(type=MSG_PING), "invalid msg type 6", id="a ping"),
        pytest.param(header(type=MSG_CONNECTOK), "invalid msg type 2", id="an answer"),
        pytest.param(header(data=1 << 31), "message too large", id="too much data"),
        pytest.param(header(annotations=1 << 20), "too large", id="too many annotations"),
        pytest.param(header(data=10, flags=2) + b"0123456789", "damaged", id="damaged compression"),
        pytest.param(header(annotations=9) + b"TEST\0\0\0\x63x", "claims", id="damaged annotations"),
    ],
)
def test_what_is_no_handshake_is_refused_in_marshal_with_the_reason(
    daemon: Daemon, new_client, data: bytes, text: str
) -> None:
    client = new_client(daemon)
    (answer,) = client.feed(data)
    assert text in reason(answer)
    assert (answer.seq, answer.serializer_id) == (0, MARSHAL)
    assert client.closed


def test_six_bytes_are_enough_to_tell_the_version(daemon: Daemon, new_client) -> None:
    client = new_client(daemon)
    assert client.feed(b"PYRO\x00") == []
    assert "protocol version" in reason(client.feed(b"\x00")[0])


def test_half_a_header_is_waited_for(daemon: Daemon, new_client) -> None:
    client = new_client(daemon)
    assert client.feed(header()[:20]) == []
    assert not client.closed


@pytest.mark.parametrize("serializer_id", [0, 5, 42, 255])
def test_an_unknown_serializer_is_refused_with_the_reason(daemon: Daemon, new_client, serializer_id: int) -> None:
    client = new_client(daemon)
    (answer,) = client.send(MSG_CONNECT, b"hello", serializer_id=serializer_id)
    assert str(serializer_id) in reason(answer)
    assert answer.serializer_id == MARSHAL
    assert client.closed


def test_strangers_have_a_small_limit_of_their_own(daemon: Daemon, new_client) -> None:
    client = new_client(daemon)
    (answer,) = client.feed(header(data=(1 << 16) + 1))
    assert "MAX_HANDSHAKE_SIZE" in reason(answer)


def test_a_handshake_that_inflates_beyond_the_limit_is_refused(daemon: Daemon, new_client) -> None:
    client = new_client(daemon)
    bomb = encode(MSG_CONNECT, 0, 0, 1, b" " * (1 << 20), compress=True)
    (answer,) = client.feed(b"".join(bomb))
    assert "MAX_HANDSHAKE_SIZE" in reason(answer)


def test_after_the_handshake_the_limit_is_that_for_messages(make_daemon, new_client) -> None:
    client = new_client(make_daemon(MAX_MESSAGE_SIZE=1 << 20))
    client.connect()
    assert client.call("echo", "x" * (1 << 19)) == ((("x" * (1 << 19)),), {})
    [answer] = client.feed(header(type=MSG_INVOKE, data=(1 << 20) + 1))
    assert answer.flags & FLAGS_EXCEPTION
    assert client.closed


def test_a_refusal_carries_no_correlation_id_of_somebody_else(daemon: Daemon, new_client) -> None:
    new_client(daemon).connect(correlation_id=uuid.uuid4().bytes)
    (answer,) = new_client(daemon).feed(b"nonsense")
    assert not answer.flags & FLAGS_CORR_ID


def test_any_bytes_at_all_are_refused_or_waited_for(daemon: Daemon, new_client) -> None:
    beginnings = st.sampled_from(
        [b"", b"PYRO\x01\xf6", header(data=20), header(data=20, flags=2), header(annotations=20)]
    )

    @given(beginnings, st.binary(max_size=100))
    def check(beginning: bytes, data: bytes) -> None:
        client = new_client(daemon)
        answers = client.feed(beginning + data)
        assert [answer.type for answer in answers] in ([], [MSG_CONNECTFAIL])
        assert client.closed == bool(answers)

    check()


@each_serializer
def test_any_payload_at_all_is_answered(daemon: Daemon, new_client, name: str) -> None:
    @given(st.binary(max_size=100))
    def check(payload: bytes) -> None:
        client = new_client(daemon, name)
        (answer,) = client.send(MSG_CONNECT, payload)
        assert answer.type == MSG_CONNECTFAIL
        assert client.closed

    check()


def test_a_client_that_is_turned_away_gets_the_answer_to_its_own_connect(daemon: Daemon, new_client) -> None:
    session = new_client(daemon).session
    payload = serializers["json"].dumps({"handshake": "hello", "object": "service"})
    [data] = encode(MSG_CONNECT, 0, 7, serializers["json"].serializer_id, payload)
    session.feed(data[:20])
    assert session.refuse_connect("full") is None
    session.feed(data[20:])
    step = session.refuse_connect("full")
    reader = MessageReader(Limits())
    reader.feed(b"".join(step.buffers))
    answer = reader.next_message()
    assert answer is not None
    assert (reason(answer), answer.seq, answer.serializer_id) == ("full", 7, MARSHAL)
    assert step.close


def test_a_client_that_is_turned_away_while_it_talks_nonsense_is_told_that(daemon: Daemon, new_client) -> None:
    session = new_client(daemon).session
    session.feed(b"GET / HTTP/1.1")
    assert b"invalid data" in b"".join(session.refuse_connect("full").buffers)
