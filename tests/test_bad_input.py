"""Bad input, at every stage: a clear error to who sent it, and nobody else is disturbed.

A bystander, connected before, calls all the time on another thread; each test ends with a look at whether it still can.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_client import Proxy, errors
from pyro_server import expose
from pyro_wire import Limits, Message, MessageReader, serializers, serializers_by_id
from pyro_wire.message import (
    FLAGS_EXCEPTION,
    HEADER,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_CONNECTOK,
    MSG_INVOKE,
    MSG_RESULT,
    Buffer,
    encode,
)

DEADLINE = 20.0
LIMIT = 100_000
"""The size of a message that the daemon accepts."""

SERPENT = serializers["serpent"]


@expose
class Thing:
    """Something to call, well or badly."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.proceed = threading.Event()
        self.steps = 0

    def add(self, first: int, second: int) -> int:
        return first + second

    def echo(self, value: Any) -> Any:
        return value

    def large(self, size: int) -> str:
        return "x" * size

    def unserializable(self) -> Any:
        return range(3)

    def stop(self) -> None:
        raise SystemExit(3)

    def interrupt(self) -> None:
        raise KeyboardInterrupt

    def wait(self) -> None:
        self.entered.set()
        self.proceed.wait(DEADLINE)

    def step(self) -> int:
        self.steps += 1
        return self.steps

    def numbers(self) -> Iterator[int]:
        yield from range(1000)

    def _private(self) -> None: ...


class Strange:
    """Something that only this side knows."""


class Guarded(Thing):
    """Something with more than it shows."""

    def unexposed(self) -> None: ...


class Rogue:
    """A client that sends whatever it likes."""

    def __init__(self, address: Any) -> None:
        self._sock = socket.create_connection(address, timeout=DEADLINE)
        self._reader = MessageReader(Limits())

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def greet(self, object_id: str = "it") -> Message:
        """Shake hands as one should, and return the answer."""
        payload = SERPENT.dumps({"handshake": "hello", "object": object_id})
        self.send(message(MSG_CONNECT, payload))
        return self.answer()

    def call(self, method: str, *args: Any, object_id: str = "it") -> Message:
        self.send(message(MSG_INVOKE, SERPENT.dumpsCall(object_id, method, args, {}), seq=1))
        return self.answer()

    def answer(self) -> Message:
        while (answer := self._reader.next_message()) is None:
            data = self._sock.recv(65536)
            assert data, "the daemon hung up without a word"
            self._reader.feed(data)
        return answer

    def assert_hung_up_on(self) -> None:
        """The daemon has closed the connection."""
        with contextlib.suppress(ConnectionResetError):  # it had not read all that was sent
            assert self._sock.recv(65536) == b""

    def close(self) -> None:
        self._sock.close()


def message(msgtype: int, payload: Buffer = b"", serializer_id: int = 1, seq: int = 0, **options: Any) -> bytes:
    return b"".join(encode(msgtype, 0, seq, serializer_id, payload, **options))


def header(msgtype: int, **fields: Any) -> bytes:
    """A header with some fields wrong."""
    usual = {"tag": b"PYRO", "version": 502, "type": msgtype, "serializer": 1, "flags": 0, "seq": 0}
    usual |= {"data": 0, "annotations": 0, "correlation": bytes(16), "reserved": 0, "magic": 0x4DC5}
    return HEADER.pack(*{**usual, **fields}.values())


def text_of(answer: Message) -> str:
    """What an answer says: the reason of a refusal, or the text of an error."""
    assert answer.type == MSG_CONNECTFAIL or answer.flags & FLAGS_EXCEPTION
    return str(serializers_by_id[answer.serializer_id].loads(answer.data))


@pytest.fixture
def thing() -> Thing:
    return Guarded()


@pytest.fixture
def serving(listening, thing: Thing) -> Any:
    return listening({"it": thing}, MAX_MESSAGE_SIZE=LIMIT)


@pytest.fixture(autouse=True)
def bystander(serving, thing: Thing, calling_all_the_time) -> Iterator[Any]:
    with calling_all_the_time(serving.proxy()) as bystander:
        yield bystander
        bystander.assert_undisturbed()
        thing.proceed.set()


@pytest.fixture
def rogue(serving, bystander) -> Iterator[Rogue]:
    uri = serving.daemon.uriFor("it")
    rogue = Rogue((uri.host, uri.port))
    yield rogue
    bystander.assert_undisturbed()
    rogue.close()


@pytest.fixture
def proxy(serving) -> Proxy:
    proxy: Proxy = serving.proxy()
    proxy._pyroBind()
    return proxy


BEGINNINGS = {
    "http": (b"GET / HTTP/1.1\r\n\r\n", "invalid data"),
    "noise": (bytes(range(256)), "invalid data"),
    "an older version": (b"PYRO\x00\x30", "invalid protocol version: 48"),
    "a newer version": (b"PYRO\x01\xf7", "invalid protocol version: 503"),
    "wrong magic number": (header(MSG_CONNECT, magic=1), "invalid magic number"),
    "unknown type": (header(99), "invalid msg type 99"),
    "a call at once": (message(MSG_INVOKE), "invalid msg type 4"),
    "unknown serializer": (message(MSG_CONNECT, serializer_id=77), "77"),
    "too large": (header(MSG_CONNECT, data=LIMIT + 1), "message too large"),
    "much too large": (header(MSG_CONNECT, data=0xFFFFFFFF, annotations=0xFFFFFFFF), "message too large"),
    "too large for a stranger": (header(MSG_CONNECT, data=(1 << 16) + 1), "MAX_HANDSHAKE_SIZE"),
    "inflates too much": (message(MSG_CONNECT, b" " * 1_000_000, compress=True), "MAX_HANDSHAKE_SIZE"),
    "damaged compression": (header(MSG_CONNECT, data=4, flags=2) + b"zlib", "damaged"),
    "damaged annotations": (header(MSG_CONNECT, annotations=4) + b"TEST", "chunk"),
    "garbage for a handshake": (message(MSG_CONNECT, b"(((("), "serpent"),
    "no handshake": (message(MSG_CONNECT, SERPENT.dumps([1, 2])), "dictionary"),
    "no object": (message(MSG_CONNECT, SERPENT.dumps({"handshake": "hello"})), "'object'"),
    "too deep": (message(MSG_CONNECT, b"[" * 10_000 + b"]" * 10_000), "deep"),
}


# ------------------------------------------------------------------------------------ before the handshake


@pytest.mark.parametrize("name", BEGINNINGS)
def test_who_begins_badly_is_told_why_and_hung_up_on(rogue: Rogue, name: str) -> None:
    data, reason = BEGINNINGS[name]
    rogue.send(data)
    answer = rogue.answer()
    assert answer.type == MSG_CONNECTFAIL
    assert reason in text_of(answer)
    rogue.assert_hung_up_on()


@pytest.mark.parametrize("data", [b"", b"P", b"PYRO", header(MSG_CONNECT)[:20], header(MSG_CONNECT, data=100) + b"x"])
@pytest.mark.parametrize("leaves", [False, True])
def test_who_stops_in_the_middle_disturbs_nobody(rogue: Rogue, data: bytes, leaves: bool) -> None:
    rogue.send(data)
    if leaves:
        rogue.close()


def test_many_who_say_nothing_disturb_nobody(serving, bystander) -> None:
    uri = serving.daemon.uriFor("it")
    rogues = [Rogue((uri.host, uri.port)) for _ in range(20)]
    bystander.assert_undisturbed()
    for rogue in rogues:
        rogue.close()


def test_an_unknown_object_is_refused(rogue: Rogue) -> None:
    answer = rogue.greet("nobody")
    assert (answer.type, text_of(answer)) == (MSG_CONNECTFAIL, "unknown object")
    rogue.assert_hung_up_on()


# ------------------------------------------------------------------------------------- after the handshake


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="http"),
        pytest.param(b"PYRO\x00\x30", id="an older version"),
        pytest.param(header(MSG_INVOKE, magic=1), id="wrong magic number"),
        pytest.param(header(99), id="unknown type"),
        pytest.param(message(MSG_CONNECT), id="a second handshake"),
        pytest.param(message(MSG_RESULT), id="an answer"),
        pytest.param(header(MSG_INVOKE, annotations=4) + b"TEST", id="damaged annotations"),
    ],
)
def test_who_goes_on_badly_is_hung_up_on(rogue: Rogue, data: bytes) -> None:
    assert rogue.greet().type == MSG_CONNECTOK
    rogue.send(data)
    rogue.assert_hung_up_on()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(header(MSG_INVOKE, data=LIMIT + 1), "MAX_MESSAGE_SIZE", id="too large"),
        pytest.param(header(MSG_INVOKE, data=0xFFFFFFFF), "MAX_MESSAGE_SIZE", id="much too large"),
        pytest.param(message(MSG_INVOKE, b" " * 1_000_000, compress=True), "MAX_MESSAGE_SIZE", id="inflates too much"),
        pytest.param(header(MSG_INVOKE, data=4, flags=2) + b"zlib", "damaged", id="damaged compression"),
    ],
)
def test_who_calls_with_too_much_or_damaged_data_is_told_and_hung_up_on(rogue: Rogue, data: bytes, reason: str) -> None:
    rogue.greet()
    rogue.send(data)
    assert reason in text_of(rogue.answer())
    rogue.assert_hung_up_on()


def test_an_unknown_serializer_is_told_and_hung_up_on(rogue: Rogue) -> None:
    rogue.greet()
    rogue.send(message(MSG_INVOKE, serializer_id=77))
    assert "77" in text_of(rogue.answer())
    rogue.assert_hung_up_on()


@pytest.mark.parametrize("name", sorted(serializers))
@pytest.mark.parametrize("payload", [b"", b"\xc1((((", b"[" * 10_000, b"x" * 1000], ids=["empty", "(", "[", "x"])
def test_a_payload_that_cannot_be_read_is_an_error_and_the_next_call_is_answered(
    rogue: Rogue, name: str, payload: bytes
) -> None:
    rogue.greet()
    rogue.send(message(MSG_INVOKE, payload, serializers[name].serializer_id))
    assert text_of(rogue.answer())
    assert SERPENT.loads(rogue.call("add", 1, 2).data) == 3


@pytest.mark.parametrize(
    ("object_id", "method", "text"),
    [
        ("nobody", "add", "unknown object"),
        ("it", "nonsense", "nonsense"),
        ("it", "unexposed", "unexposed"),
        ("it", "_private", "_private"),
        ("it", "__init__", "__init__"),
        ("it", "__class__", "__class__"),
        ("it", "add.__call__", "add.__call__"),
    ],
)
def test_what_is_not_there_or_not_exposed_is_an_error_and_the_next_call_is_answered(
    rogue: Rogue, object_id: str, method: str, text: str
) -> None:
    rogue.greet()
    assert text in text_of(rogue.call(method, object_id=object_id))
    assert SERPENT.loads(rogue.call("add", 1, 2).data) == 3


@pytest.mark.parametrize("data", [b"PYRO", header(MSG_INVOKE)[:20], header(MSG_INVOKE, data=100) + b"half of it"])
@pytest.mark.parametrize("leaves", [False, True])
def test_who_stops_in_the_middle_of_a_call_disturbs_nobody(rogue: Rogue, data: bytes, leaves: bool) -> None:
    rogue.greet()
    rogue.send(data)
    if leaves:
        rogue.close()


def test_who_leaves_before_the_answer_disturbs_nobody(rogue: Rogue, thing: Thing) -> None:
    rogue.greet()
    rogue.send(message(MSG_INVOKE, SERPENT.dumpsCall("it", "wait", (), {})))
    assert thing.entered.wait(DEADLINE)
    rogue.close()
    thing.proceed.set()


def test_who_never_reads_the_answers_disturbs_nobody(rogue: Rogue) -> None:
    rogue.greet()
    call = message(MSG_INVOKE, SERPENT.dumpsCall("it", "large", (LIMIT - 1000,), {}))
    rogue.send(call * 200)


def test_who_leaves_in_the_middle_of_a_stream_disturbs_nobody(rogue: Rogue) -> None:
    rogue.greet()
    stream_id = bytes(rogue.call("numbers").annotations["STRM"]).decode()
    assert SERPENT.loads(rogue.call("get_next_stream_item", stream_id, object_id="Pyro.Daemon").data) == 0
    rogue.close()


# ------------------------------------------------------------------------------------- through a good proxy


@pytest.mark.parametrize("value", [range(3), iter(()), object()], ids=["range", "iterator", "object"])
def test_an_argument_that_cannot_be_serialized_is_an_error_here(proxy: Proxy, value: Any) -> None:
    connection = proxy._pyroConnection
    with pytest.raises((TypeError, errors.SerializeError)):
        proxy.echo(value)
    assert proxy.add(1, 2) == 3
    assert proxy._pyroConnection is connection


def test_an_argument_that_nobody_knows_there_is_an_error_from_there(proxy: Proxy) -> None:
    connection = proxy._pyroConnection
    with pytest.raises(errors.SerializeError, match="unsupported serialized class"):
        proxy.echo(Strange())
    assert proxy.add(1, 2) == 3
    assert proxy._pyroConnection is connection


def test_an_answer_that_cannot_be_serialized_is_an_error_from_there(proxy: Proxy) -> None:
    connection = proxy._pyroConnection
    with pytest.raises((TypeError, errors.SerializeError)):
        proxy.unserializable()
    assert proxy.add(1, 2) == 3
    assert proxy._pyroConnection is connection


def test_an_answer_that_is_too_large_is_an_error_from_there(proxy: Proxy) -> None:
    connection = proxy._pyroConnection
    with pytest.raises(errors.ProtocolError, match=f"message too large .*max={LIMIT}"):
        proxy.large(LIMIT + 1)
    assert proxy.add(1, 2) == 3
    assert proxy._pyroConnection is connection


@pytest.mark.parametrize("size", [LIMIT, 20 * LIMIT])
def test_a_call_that_is_too_large_there_is_an_error_however_much_is_on_its_way(proxy: Proxy, size: int) -> None:
    with pytest.raises(errors.MessageTooLargeError, match=f"max={LIMIT}"):
        proxy.echo("x" * size)
    proxy._pyroRelease()
    assert proxy.add(1, 2) == 3


@pytest.mark.parametrize("method", ["stop", "interrupt"])
def test_a_method_that_tries_to_end_the_server_is_an_error(proxy: Proxy, method: str) -> None:
    with pytest.raises(errors.PyroError):
        getattr(proxy, method)()
    assert proxy.add(1, 2) == 3
