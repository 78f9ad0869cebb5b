"""One client's connection: what it does now, what it waits for, and how it ends. The clients are socket pairs."""

from __future__ import annotations

import contextlib
import gc
import socket
import weakref
from typing import Any

import pytest

from pyro_client.socketutil import SocketConnection
from pyro_server import Daemon
from pyro_server.servers.link import Pause
from pyro_wire import Message, serializers
from pyro_wire.message import (
    FLAGS_EXCEPTION,
    FLAGS_ONEWAY,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_CONNECTOK,
    MSG_INVOKE,
    MSG_RESULT,
    encode,
)

ADDRESS = ("192.0.2.1", 4444)
SERPENT = serializers["serpent"]
LARGE = 1 << 20


def connect(object_id: str = "service", seq: int = 1) -> bytes:
    payload = SERPENT.dumps({"handshake": "hello", "object": object_id})
    return b"".join(encode(MSG_CONNECT, 0, seq, SERPENT.serializer_id, payload))


def call(method: str, *args: Any, seq: int = 2, flags: int = 0) -> bytes:
    payload = SERPENT.dumpsCall("service", method, args, {})
    return b"".join(encode(MSG_INVOKE, flags, seq, SERPENT.serializer_id, payload))


def note(thing: Any) -> bytes:
    return call("note", thing, flags=FLAGS_ONEWAY)


def values(answers: list[Message]) -> list[Any]:
    assert all(answer.type == MSG_RESULT for answer in answers)
    return [SERPENT.loads(answer.data) for answer in answers]


# ------------------------------------------------------------------------------------------------ serving


def test_a_call_is_answered_at_once(peer: Any) -> None:
    assert peer.send(call("add", 1, 2)) is Pause.NEXT
    assert values(peer.answers()) == [3]


def test_when_nothing_has_come_there_is_silence(peer: Any) -> None:
    assert peer.link.advance() is Pause.SILENCE


def test_a_conversation_that_comes_byte_by_byte_is_the_same(stranger: Any) -> None:
    for byte in connect() + call("add", 1, 2):
        assert stranger.send(bytes([byte])) is Pause.NEXT
    greeting, answer = stranger.answers()
    assert greeting.type == MSG_CONNECTOK
    assert values([answer]) == [3]


def test_half_a_message_is_waited_for(peer: Any) -> None:
    data = call("add", 1, 2)
    assert peer.send(data[:50]) is Pause.NEXT
    assert peer.link.advance() is Pause.SILENCE
    assert peer.answers() == []
    assert peer.send(data[50:]) is Pause.NEXT
    assert values(peer.answers()) == [3]


def test_calls_that_come_together_are_answered_one_after_the_other(peer: Any) -> None:
    assert peer.send(call("add", 1, 2) + call("add", 3, 4) + call("add", 5, 6)[:20]) is Pause.NEXT
    assert values(peer.answers()) == [3, 7]


def test_a_reply_that_the_client_does_not_take_is_sent_bit_by_bit(peer: Any) -> None:
    assert peer.send(call("large", LARGE)) is Pause.UNREAD
    assert peer.link.advance() is Pause.UNREAD
    answers = peer.answers()
    while peer.link.advance() is Pause.UNREAD:
        answers += peer.answers()
    assert values(answers + peer.answers()) == ["x" * LARGE]


def test_so_is_one_in_several_buffers(peer: Any, daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "annotations", lambda: {"MORE": b"more"})
    assert peer.send(call("large", LARGE)) is Pause.UNREAD
    answers = peer.answers()
    while peer.link.advance() is Pause.UNREAD:
        answers += peer.answers()
    (answer,) = answers + peer.answers()
    assert bytes(answer.annotations["MORE"]) == b"more"
    assert values([answer]) == ["x" * LARGE]


def test_a_client_that_does_not_take_its_replies_has_nothing_more_done(peer: Any, service: Any) -> None:
    assert peer.send(call("large", LARGE) + call("note", "later")) is Pause.UNREAD
    assert peer.link.advance() is Pause.UNREAD
    assert service.notes == []
    peer.answers()
    while peer.link.advance() is Pause.UNREAD:
        peer.answers()
    assert service.notes == ["later"]


def test_a_client_that_leaves_is_noticed(peer: Any) -> None:
    peer.sock.close()
    assert peer.link.advance() is Pause.OVER
    assert not peer.link.session.is_wanted()


def test_a_client_that_is_lost_is_noticed(peer: Any) -> None:
    peer.send(call("add", 1, 2))
    peer.sock.close()  # with an answer unread, which makes it a reset
    assert peer.link.advance() is Pause.OVER
    assert not peer.link.session.is_wanted()


def test_bytes_that_are_no_message_are_answered_with_the_reason(stranger: Any) -> None:
    assert stranger.send(b"GET / HTTP/1.1\r\n" + bytes(100)) is Pause.NEXT
    (answer,) = stranger.answers()
    assert answer.type == MSG_CONNECTFAIL
    assert stranger.ended


# ------------------------------------------------------------------------------------------- oneway calls


def test_a_oneway_call_is_left_to_others(peer: Any, line: Any, service: Any) -> None:
    assert peer.send(note(1)) is Pause.NEXT
    assert (len(line.jobs), service.notes) == (1, [])


def test_when_there_is_no_room_for_a_oneway_call_the_client_is_held_back(peer: Any, line: Any) -> None:
    line.room = 1
    assert peer.send(note(1) + note(2) + call("add", 1, 2)) is Pause.ONEWAY
    assert peer.link.held_back
    assert not peer.link.has_oneway_room
    assert peer.link.advance() is Pause.ONEWAY
    assert peer.answers() == []


def test_when_there_is_room_again_the_call_that_was_held_back_comes_first(peer: Any, line: Any) -> None:
    line.room = 1
    peer.send(note(1) + note(2) + note(3) + call("add", 1, 2))
    line.room = 3
    assert peer.link.has_oneway_room
    assert peer.link.advance() is Pause.NEXT
    assert [job.request.args for job in line.jobs] == [(1,), (2,), (3,)]
    assert values(peer.answers()) == [3]


def test_a_call_that_was_held_back_runs_once(peer: Any, line: Any) -> None:
    line.room = 1
    peer.send(note(1) + note(2) + call("large", LARGE))
    line.room = 2
    assert peer.link.advance() is Pause.UNREAD
    while peer.link.advance() is Pause.UNREAD:
        peer.answers()
    peer.answers()
    line.room = 10
    assert peer.send(call("large", LARGE)) is Pause.UNREAD
    while peer.link.advance() is Pause.UNREAD:
        peer.answers()
    assert len(line.jobs) == 2


# ------------------------------------------------------------------------------------- refusal and draining


def test_a_refused_client_hears_why_in_answer_to_its_connect(stranger: Any) -> None:
    stranger.link.refuse("no room")
    assert stranger.link.is_refused
    assert stranger.link.advance() is Pause.SILENCE
    assert stranger.answers() == []
    assert stranger.send(connect(seq=7)[:20]) is Pause.NEXT
    assert stranger.send(connect(seq=7)[20:]) is Pause.NEXT
    (answer,) = stranger.answers()
    assert (answer.type, answer.seq) == (MSG_CONNECTFAIL, 7)
    assert "no room" in bytes(answer.data).decode("utf-8", "replace")
    assert stranger.ended


def test_a_refused_client_that_says_something_else_is_refused_all_the_same(stranger: Any) -> None:
    stranger.link.refuse("no room")
    assert stranger.send(bytes(100)) is Pause.NEXT
    assert [answer.type for answer in stranger.answers()] == [MSG_CONNECTFAIL]


def test_a_refused_client_that_leaves_is_over(stranger: Any) -> None:
    stranger.link.refuse("no room")
    stranger.sock.close()
    assert stranger.link.advance() is Pause.OVER


def test_a_refusal_that_cannot_be_sent_at_once_is_sent_later(stranger: Any) -> None:
    sent = fill(stranger.connection.sock)
    stranger.link.refuse("no room")
    assert stranger.send(connect()) is Pause.UNREAD
    received = b""
    while len(received) < sent:
        received += stranger.sock.recv(sent - len(received))
    assert stranger.link.advance() is Pause.NEXT
    assert [answer.type for answer in stranger.answers()] == [MSG_CONNECTFAIL]


def fill(sock: socket.socket) -> int:
    """Send until nothing more fits; return how much that was."""
    sent = 0
    try:
        while True:
            sent += sock.send(bytes(4096))
    except BlockingIOError:
        return sent


def test_a_refused_client_runs_no_code_of_the_program(stranger: Any) -> None:
    assert stranger.link.runs_user_code
    stranger.link.refuse("no room")
    assert not stranger.link.runs_user_code


def test_a_client_that_was_turned_away_may_go_on_sending_in_vain(stranger: Any, service: Any) -> None:
    assert stranger.send(connect("unknown")) is Pause.NEXT
    assert [answer.type for answer in stranger.answers()] == [MSG_CONNECTFAIL]
    assert stranger.ended
    assert stranger.send(connect() + call("note", 1)) is Pause.NEXT
    assert stranger.link.advance() is Pause.SILENCE
    assert service.notes == []
    stranger.sock.close()
    assert stranger.link.advance() is Pause.OVER


def test_a_client_that_was_let_in_is_turned_away_in_the_same_manner(peer: Any) -> None:
    assert peer.send(call("refuse") + call("add", 1, 2)) is Pause.NEXT
    (answer,) = peer.answers()
    assert answer.flags & FLAGS_EXCEPTION
    assert peer.ended
    assert peer.link.advance() is Pause.SILENCE
    assert peer.link.runs_user_code


def test_a_last_reply_that_is_not_taken_is_sent_before_anything_else(peer: Any) -> None:
    fill(peer.connection.sock)
    assert peer.send(call("refuse")) is Pause.UNREAD
    while peer.link.advance() is Pause.UNREAD:
        drain(peer.sock)
    drain(peer.sock)
    assert peer.sock.recv(1) == b""


def drain(sock: socket.socket) -> None:
    """Take everything that has come, without looking at it."""
    try:
        while sock.recv(1 << 16):
            pass
    except BlockingIOError:
        pass


def test_a_socket_that_belongs_to_the_program_is_not_drained(daemon: Daemon, new_peer) -> None:
    peer = new_peer(daemon, handshake=False)
    assert peer.send(call("refuse")) is Pause.OVER
    assert len(peer.answers()) == 1
    assert not peer.ended


# ------------------------------------------------------------------------------------------------ closing


def test_when_the_server_closes_an_idle_link_is_over(peer: Any) -> None:
    peer.link.closing = True
    assert peer.link.advance() is Pause.OVER


def test_when_the_server_closes_a_call_that_has_come_is_still_answered(peer: Any) -> None:
    peer.link.closing = True
    assert peer.send(call("add", 1, 2)) is Pause.OVER
    assert values(peer.answers()) == [3]


def test_when_the_server_closes_a_reply_is_sent_to_its_end(peer: Any) -> None:
    peer.send(call("large", LARGE))
    peer.link.closing = True
    answers = peer.answers()
    while (pause := peer.link.advance()) is Pause.UNREAD:
        answers += peer.answers()
    assert pause is Pause.OVER
    assert values(answers + peer.answers()) == ["x" * LARGE]


def test_when_the_server_closes_a_stranger_is_not_even_heard(stranger: Any) -> None:
    stranger.link.closing = True
    assert stranger.send(connect()) is Pause.OVER
    assert stranger.answers() == []


class Hooked(Daemon):
    """A daemon that notes who leaves."""

    gone: list[SocketConnection]
    error: BaseException | None = None

    def clientDisconnect(self, conn: SocketConnection) -> None:
        self.gone.append(conn)
        if self.error is not None:
            raise self.error


@pytest.fixture
def hooked(make_daemon) -> Hooked:
    Hooked.gone = []
    daemon: Hooked = make_daemon(Hooked)
    return daemon


def test_the_end_of_a_link_is_told_to_the_daemon_once(hooked: Hooked, new_peer) -> None:
    peer = new_peer(hooked)
    peer.connect()
    peer.link.end()
    peer.link.end()
    assert hooked.gone == [peer.connection]
    assert peer.connection.fileno() == -1


def test_the_end_of_a_stranger_is_not_told(hooked: Hooked, new_peer) -> None:
    peer = new_peer(hooked)
    peer.link.end()
    assert hooked.gone == []
    assert peer.connection.fileno() == -1


def test_the_connection_is_closed_whatever_the_hook_does(hooked: Hooked, new_peer) -> None:
    peer = new_peer(hooked)
    peer.connect()
    hooked.error = KeyboardInterrupt()
    with contextlib.suppress(KeyboardInterrupt):  # a Ctrl-C is not the link's to swallow
        peer.link.end()
    hooked.error = None
    assert peer.connection.fileno() == -1


def test_a_link_that_is_over_is_gone_without_the_help_of_the_garbage_collector(
    peer: Any, daemon: Daemon, new_peer, line: Any
) -> None:
    peer.send(call("add", 1, 2) + note(1) + call("refuse"))
    line.jobs.clear()
    peer.link.end()
    gone, other = weakref.ref(peer.link), new_peer(daemon)
    gc.collect()
    gc.disable()
    try:
        peer.link = other.link
        assert gone() is None
    finally:
        gc.enable()
