"""Messages by hand, with ``Pyro5.protocol``."""

from __future__ import annotations

import logging
import socket
import struct
import uuid
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from pyro_client import current_context
from pyro_client.socketutil import SocketConnection
from pyro_server import Daemon, expose
from pyro_wire import config
from pyro_wire.errors import MessageTooLargeError, ProtocolError

Load = Callable[[str], ModuleType]


@pytest.fixture
def protocol(load: Load) -> ModuleType:
    return load("Pyro5.protocol")


@pytest.fixture
def two_ends() -> Iterator[tuple[SocketConnection, SocketConnection]]:
    left, right = socket.socketpair()
    with SocketConnection(left) as one, SocketConnection(right) as other:
        yield one, other


def received(protocol: ModuleType, message: Any) -> Any:
    return protocol.ReceivingMessage(message.data[:40], message.data[40:])


def test_an_empty_message_has_forty_bytes(protocol: ModuleType) -> None:
    assert len(protocol.SendingMessage(protocol.MSG_PING, 0, 0, 0, b"").data) == protocol._header_size == 40


def test_the_fields_arrive_as_they_were_sent(protocol: ModuleType) -> None:
    message = received(protocol, protocol.SendingMessage(protocol.MSG_INVOKE, 8, 4711, 99, b"hello", {"ABCD": b"xy"}))
    assert (message.type, message.flags, message.seq, message.serializer_id) == (protocol.MSG_INVOKE, 8, 4711, 99)
    assert (message.data_size, message.annotations_size) == (5, 10)
    assert bytes(message.data) == b"hello"
    assert {key: bytes(value) for key, value in message.annotations.items()} == {"ABCD": b"xy"}


def test_any_type_can_be_sent_and_looked_at(protocol: ModuleType) -> None:
    assert received(protocol, protocol.SendingMessage(200, 0, 0, 0, b"")).type == 200


def test_a_header_alone_tells_the_sizes(protocol: ModuleType) -> None:
    sent = protocol.SendingMessage(protocol.MSG_RESULT, 0, 1, 1, b"later")
    message = protocol.ReceivingMessage(sent.data[:40])
    assert (message.data, message.data_size) == (None, 5)
    message.add_payload(sent.data[40:])
    assert message.data == b"later"


def test_a_body_of_another_length_is_refused(protocol: ModuleType) -> None:
    sent = protocol.SendingMessage(protocol.MSG_RESULT, 0, 1, 1, b"five!")
    with pytest.raises(ProtocolError, match="body has 4 bytes"):
        protocol.ReceivingMessage(sent.data[:40], b"four")


def test_a_second_body_is_refused(protocol: ModuleType) -> None:
    message = received(protocol, protocol.SendingMessage(protocol.MSG_RESULT, 0, 1, 1, b"five!"))
    with pytest.raises(ProtocolError, match="body already"):
        message.add_payload(b"again")


def test_compression_makes_the_message_shorter_and_shows_in_the_flags(protocol: ModuleType, load: Load) -> None:
    config.COMPRESSION = True
    sent = protocol.SendingMessage(protocol.MSG_INVOKE, 0, 0, 1, b"a" * 700)
    assert len(sent.data) < 100
    assert sent.flags == protocol.FLAGS_COMPRESSED
    message = received(protocol, sent)
    assert (bytes(message.data), message.flags) == (b"a" * 700, 0)


def test_the_flag_of_compression_is_not_the_callers(protocol: ModuleType) -> None:
    assert protocol.SendingMessage(protocol.MSG_INVOKE, protocol.FLAGS_COMPRESSED, 0, 1, b"").flags == 0


def test_the_correlation_id_of_the_context_goes_along(protocol: ModuleType) -> None:
    current_context.correlation_id = uuid.UUID(int=5)
    try:
        sent = protocol.SendingMessage(protocol.MSG_INVOKE, 0, 0, 1, b"")
    finally:
        current_context.correlation_id = None
    assert sent.flags == protocol.FLAGS_CORR_ID
    assert received(protocol, sent).corr_id == sent.corr_id == uuid.UUID(int=5).bytes


@pytest.mark.parametrize("annotations", [{"ABCDE": b""}, {"ABCD": "text"}])
def test_wrong_annotations_are_refused(protocol: ModuleType, annotations: Any) -> None:
    with pytest.raises(ProtocolError):
        protocol.SendingMessage(protocol.MSG_INVOKE, 0, 0, 1, b"", annotations)


def test_the_limit_of_the_configuration_holds_for_both(protocol: ModuleType) -> None:
    sent = protocol.SendingMessage(protocol.MSG_INVOKE, 0, 0, 1, b"x" * 2000)
    config.MAX_MESSAGE_SIZE = 1500
    with pytest.raises(MessageTooLargeError, match="max=1500"):
        protocol.SendingMessage(protocol.MSG_INVOKE, 0, 0, 1, b"x" * 2000)
    with pytest.raises(MessageTooLargeError, match="max=1500"):
        protocol.ReceivingMessage(sent.data[:40])


def test_a_header_must_be_bytes_and_complete(protocol: ModuleType) -> None:
    with pytest.raises(TypeError):
        protocol.ReceivingMessage("x" * 40)
    with pytest.raises(struct.error):
        protocol.ReceivingMessage(b"PYRO")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"ZXCV", "invalid data"),
        (b"PYRO__", "invalid protocol version: 24415"),
        (b"PYRO\x01\xf6" + bytes(34), "invalid magic number"),
    ],
)
def test_validate_refuses_what_begins_no_message(protocol: ModuleType, data: bytes, text: str) -> None:
    with pytest.raises(ProtocolError, match=text):
        protocol.ReceivingMessage.validate(data)


def test_validate_cannot_tell_from_three_bytes(protocol: ModuleType) -> None:
    with pytest.raises(ValueError, match="too few"):
        protocol.ReceivingMessage.validate(b"PYR")


def test_validate_is_content_with_a_beginning(protocol: ModuleType) -> None:
    protocol.ReceivingMessage.validate(b"PYRO\x01")
    protocol.ReceivingMessage.validate(protocol.SendingMessage(protocol.MSG_PING, 0, 0, 0, b"and a body").data)


def test_recv_stub_receives_one_message(protocol: ModuleType, two_ends: Any) -> None:
    here, there = two_ends
    for text in (b"one", b"two"):
        there.send(protocol.SendingMessage(protocol.MSG_RESULT, 0, 1, 1, text, {"NOTE": text}).data)
    messages = [protocol.recv_stub(here, [protocol.MSG_RESULT]) for _ in range(2)]
    assert [bytes(message.data) for message in messages] == [b"one", b"two"]


def test_recv_stub_refuses_another_type_before_the_body_comes(protocol: ModuleType, two_ends: Any) -> None:
    here, there = two_ends
    there.send(protocol.SendingMessage(protocol.MSG_INVOKE, 0, 1, 1, b"a body").data[:40])
    with pytest.raises(ProtocolError, match="invalid msg type 4 received"):
        protocol.recv_stub(here, [protocol.MSG_RESULT])


def test_a_program_can_connect_and_call_without_a_proxy(protocol: ModuleType, running: Any, load: Load) -> None:
    @expose
    class Thing:
        def double(self, number: int) -> int:
            return 2 * number

    serializer = load("Pyro5.serializers").serializers["json"]
    uri = running(Daemon()).register(Thing, "thing")
    with SocketConnection(socket.create_connection((uri.host, uri.port))) as connection:
        hello = serializer.dumps({"handshake": "hello", "object": "thing"})
        connection.send(protocol.SendingMessage(protocol.MSG_CONNECT, 0, 0, 3, hello).data)
        protocol.recv_stub(connection, [protocol.MSG_CONNECTOK])
        protocol.SendingMessage.ping(connection)
        call = serializer.dumpsCall("thing", "double", (21,), {})
        connection.send(protocol.SendingMessage(protocol.MSG_INVOKE, 0, 1, 3, call).data)
        answer = protocol.recv_stub(connection, [protocol.MSG_RESULT])
    assert (answer.seq, serializer.loads(answer.data)) == (1, 42)


def test_log_wiredata_shows_a_message(protocol: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "app"):
        message = protocol.SendingMessage(protocol.MSG_INVOKE, 0, 7, 1, b"payload")
        protocol.log_wiredata(logging.getLogger("app"), "out it goes", message)
    assert "out it goes" in caplog.text
    assert "seq=7" in caplog.text
    assert "payload" in caplog.text
