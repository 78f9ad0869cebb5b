"""A link whose client speaks TLS."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import pytest

from pyro_server import Daemon
from pyro_server.servers.link import Pause
from pyro_wire import Config, serializers
from pyro_wire.message import MSG_CONNECT, MSG_CONNECTFAIL, MSG_INVOKE, MSG_RESULT, Message, encode

SERPENT = serializers["serpent"]
LARGE = 1 << 20
DEFAULTS = Config()


def connect(object_id: str = "service", seq: int = 1) -> bytes:
    payload = SERPENT.dumps({"handshake": "hello", "object": object_id})
    return b"".join(encode(MSG_CONNECT, 0, seq, SERPENT.serializer_id, payload))


def call(method: str, *args: Any, seq: int = 2, flags: int = 0) -> bytes:
    payload = SERPENT.dumpsCall("service", method, args, {})
    return b"".join(encode(MSG_INVOKE, flags, seq, SERPENT.serializer_id, payload))


def values(answers: list[Message]) -> list[Any]:
    assert all(answer.type == MSG_RESULT for answer in answers)
    return [SERPENT.loads(answer.data) for answer in answers]


@pytest.fixture
def tls_peer(daemon: Daemon, new_peer: Callable[..., Any], certificates: Any) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server)
    return new_peer(daemon, context=context)


def wrap(peer: Any, certificates: Any) -> list[Pause]:
    """Have the client shake hands over TLS; return what the link waited for meanwhile."""
    context = ssl.create_default_context(cafile=certificates.authority)
    peer.sock = context.wrap_socket(peer.sock, server_hostname="localhost", do_handshake_on_connect=False)
    pauses = [peer.link.advance()]
    while not has_shaken_hands(peer.sock):
        pauses.append(peer.link.advance())
    return [*pauses, peer.link.advance()]


def has_shaken_hands(client: ssl.SSLSocket) -> bool:
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def test_over_tls_hands_are_shaken_without_waiting_for_the_client(tls_peer: Any, certificates: Any) -> None:
    assert wrap(tls_peer, certificates) == [Pause.SILENCE, Pause.SILENCE, Pause.NEXT]


def test_over_tls_a_call_is_answered(tls_peer: Any, certificates: Any) -> None:
    wrap(tls_peer, certificates)
    tls_peer.connect()
    assert tls_peer.send(call("add", 1, 2)) is Pause.NEXT
    assert values(tls_peer.answers()) == [3]
    assert tls_peer.link.advance() is Pause.SILENCE


def test_over_tls_a_reply_that_is_not_taken_is_sent_bit_by_bit(tls_peer: Any, certificates: Any) -> None:
    wrap(tls_peer, certificates)
    tls_peer.connect()
    assert tls_peer.send(call("large", LARGE)) is Pause.UNREAD
    answers = tls_peer.answers()
    while tls_peer.link.advance() is Pause.UNREAD:
        answers += tls_peer.answers()
    assert values(answers + tls_peer.answers()) == ["x" * LARGE]


def test_over_tls_a_request_of_many_records_is_read_to_its_end(tls_peer: Any, service: Any, certificates: Any) -> None:
    wrap(tls_peer, certificates)
    tls_peer.connect()
    pauses = [tls_peer.send(call("note", "x" * 50_000))]
    while (pause := tls_peer.link.advance()) is Pause.NEXT:
        pauses.append(pause)
    assert len(pauses) > 1
    assert service.notes == ["x" * 50_000]


def test_over_tls_a_client_that_speaks_no_tls_is_over(tls_peer: Any) -> None:
    assert tls_peer.send(connect()) is Pause.OVER


def test_over_tls_a_client_that_says_nothing_must_do_so_in_time(tls_peer: Any, clock: Any) -> None:
    assert tls_peer.link.advance() is Pause.SILENCE
    assert tls_peer.link.deadline(Pause.SILENCE) == clock.now + DEFAULTS.HANDSHAKE_TIMEOUT


def test_over_tls_a_refused_client_hears_why(tls_peer: Any, certificates: Any) -> None:
    tls_peer.link.refuse("no room")
    wrap(tls_peer, certificates)
    tls_peer.send(connect())
    assert [answer.type for answer in tls_peer.answers()] == [MSG_CONNECTFAIL]


def test_over_tls_a_client_that_leaves_in_the_handshake_is_over(tls_peer: Any) -> None:
    tls_peer.sock.close()
    assert tls_peer.link.advance() is Pause.OVER
