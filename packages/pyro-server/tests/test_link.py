"""One client's connection: what it does now, what it waits for, and how it ends. The clients are socket pairs."""

from __future__ import annotations

import contextlib
import gc
import socket
import ssl
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from pyro_client.socketutil import SocketConnection
from pyro_server import Daemon
from pyro_server.servers.link import DRAIN_TIMEOUT, REFUSAL_TIMEOUT, Link, Pause
from pyro_server.servers.patience import never_wait
from pyro_server.session import ServerSession
from pyro_server.steps import Job
from pyro_wire import Config, Limits, Message, MessageReader, serializers
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


class Line:
    """Where oneway calls wait, as many as there is room for. Nothing runs them."""

    def __init__(self) -> None:
        self.room = 1000
        self.jobs: list[Job] = []

    def offer(self, client: Link, job: Job) -> bool:
        if not self.has_room(client):
            client.held_back = True
            return False
        self.jobs.append(job)
        return True

    def has_room(self, client: Link) -> bool:
        return len(self.jobs) < self.room


class Peer:
    """A client, and the link that serves it."""

    def __init__(self, daemon: Daemon, line: Line, clock: Any, *, handshake: bool = True) -> None:
        self.sock, far = socket.socketpair()
        self.sock.setblocking(False)
        far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        never_wait(far)
        self.connection = SocketConnection(far, keep_open=not handshake)
        session = ServerSession(daemon, self.connection, ADDRESS, handshake=handshake)
        self.link = Link(session, self.connection, line, clock)  # type: ignore[arg-type]  # a fake line
        self.ended = False
        """Whether nothing more comes from the server."""
        self._reader = MessageReader(Limits())

    def send(self, data: bytes) -> Pause:
        """Send bytes, and have the link do what can be done."""
        self.sock.sendall(data)
        return self.link.advance()

    def answers(self) -> list[Message]:
        """Return the messages that have come."""
        try:
            while data := self.sock.recv(1 << 16):
                self._reader.feed(data)
            self.ended = True
        except BlockingIOError:
            pass
        return list(iter(self._reader.next_message, None))

    def connect(self) -> None:
        """Shake hands."""
        assert self.send(connect()) is Pause.NEXT
        (answer,) = self.answers()
        assert answer.type == MSG_CONNECTOK

    def close(self) -> None:
        self.sock.close()
        self.link.end()
        self.connection.sock.close()


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


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def new_peer(line: Line, clock: Any) -> Iterator[Callable[..., Peer]]:
    """Make clients, which have said nothing yet."""
    with ExitStack() as stack:

        def make(daemon: Daemon, **options: Any) -> Peer:
            peer = Peer(daemon, line, clock, **options)
            stack.callback(peer.close)
            return peer

        yield make


@pytest.fixture
def stranger(daemon: Daemon, new_peer: Callable[..., Peer]) -> Peer:
    return new_peer(daemon)


@pytest.fixture
def peer(stranger: Peer) -> Peer:
    """A client that has been let in."""
    stranger.connect()
    return stranger


# ------------------------------------------------------------------------------------------------ serving


def test_a_call_is_answered_at_once(peer: Peer) -> None:
    assert peer.send(call("add", 1, 2)) is Pause.NEXT
    assert values(peer.answers()) == [3]


def test_when_nothing_has_come_there_is_silence(peer: Peer) -> None:
    assert peer.link.advance() is Pause.SILENCE


def test_a_conversation_that_comes_byte_by_byte_is_the_same(stranger: Peer) -> None:
    for byte in connect() + call("add", 1, 2):
        assert stranger.send(bytes([byte])) is Pause.NEXT
    greeting, answer = stranger.answers()
    assert greeting.type == MSG_CONNECTOK
    assert values([answer]) == [3]


def test_half_a_message_is_waited_for(peer: Peer) -> None:
    data = call("add", 1, 2)
    assert peer.send(data[:50]) is Pause.NEXT
    assert peer.link.advance() is Pause.SILENCE
    assert peer.answers() == []
    assert peer.send(data[50:]) is Pause.NEXT
    assert values(peer.answers()) == [3]


def test_calls_that_come_together_are_answered_one_after_the_other(peer: Peer) -> None:
    assert peer.send(call("add", 1, 2) + call("add", 3, 4) + call("add", 5, 6)[:20]) is Pause.NEXT
    assert values(peer.answers()) == [3, 7]


def test_a_reply_that_the_client_does_not_take_is_sent_bit_by_bit(peer: Peer) -> None:
    assert peer.send(call("large", LARGE)) is Pause.UNREAD
    assert peer.link.advance() is Pause.UNREAD
    answers = peer.answers()
    while peer.link.advance() is Pause.UNREAD:
        answers += peer.answers()
    assert values(answers + peer.answers()) == ["x" * LARGE]


def test_so_is_one_in_several_buffers(peer: Peer, daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "annotations", lambda: {"MORE": b"more"})
    assert peer.send(call("large", LARGE)) is Pause.UNREAD
    answers = peer.answers()
    while peer.link.advance() is Pause.UNREAD:
        answers += peer.answers()
    (answer,) = answers + peer.answers()
    assert bytes(answer.annotations["MORE"]) == b"more"
    assert values([answer]) == ["x" * LARGE]


def test_a_client_that_does_not_take_its_replies_has_nothing_more_done(peer: Peer, service: Any) -> None:
    assert peer.send(call("large", LARGE) + call("note", "later")) is Pause.UNREAD
    assert peer.link.advance() is Pause.UNREAD
    assert service.notes == []
    peer.answers()
    while peer.link.advance() is Pause.UNREAD:
        peer.answers()
    assert service.notes == ["later"]


def test_a_client_that_leaves_is_noticed(peer: Peer) -> None:
    peer.sock.close()
    assert peer.link.advance() is Pause.OVER
    assert not peer.link.session.is_wanted()


def test_a_client_that_is_lost_is_noticed(peer: Peer) -> None:
    peer.send(call("add", 1, 2))
    peer.sock.close()  # with an answer unread, which makes it a reset
    assert peer.link.advance() is Pause.OVER
    assert not peer.link.session.is_wanted()


def test_bytes_that_are_no_message_are_answered_with_the_reason(stranger: Peer) -> None:
    assert stranger.send(b"GET / HTTP/1.1\r\n" + bytes(100)) is Pause.NEXT
    (answer,) = stranger.answers()
    assert answer.type == MSG_CONNECTFAIL
    assert stranger.ended


# ------------------------------------------------------------------------------------------- oneway calls


def test_a_oneway_call_is_left_to_others(peer: Peer, line: Line, service: Any) -> None:
    assert peer.send(note(1)) is Pause.NEXT
    assert (len(line.jobs), service.notes) == (1, [])


def test_when_there_is_no_room_for_a_oneway_call_the_client_is_held_back(peer: Peer, line: Line) -> None:
    line.room = 1
    assert peer.send(note(1) + note(2) + call("add", 1, 2)) is Pause.ONEWAY
    assert peer.link.held_back
    assert not peer.link.has_oneway_room
    assert peer.link.advance() is Pause.ONEWAY
    assert peer.answers() == []


def test_when_there_is_room_again_the_call_that_was_held_back_comes_first(peer: Peer, line: Line) -> None:
    line.room = 1
    peer.send(note(1) + note(2) + note(3) + call("add", 1, 2))
    line.room = 3
    assert peer.link.has_oneway_room
    assert peer.link.advance() is Pause.NEXT
    assert [job.request.args for job in line.jobs] == [(1,), (2,), (3,)]  # type: ignore[attr-defined]  # they are calls
    assert values(peer.answers()) == [3]


def test_a_call_that_was_held_back_runs_once(peer: Peer, line: Line) -> None:
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


def test_a_refused_client_hears_why_in_answer_to_its_connect(stranger: Peer) -> None:
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


def test_a_refused_client_that_says_something_else_is_refused_all_the_same(stranger: Peer) -> None:
    stranger.link.refuse("no room")
    assert stranger.send(bytes(100)) is Pause.NEXT
    assert [answer.type for answer in stranger.answers()] == [MSG_CONNECTFAIL]


def test_a_refused_client_that_leaves_is_over(stranger: Peer) -> None:
    stranger.link.refuse("no room")
    stranger.sock.close()
    assert stranger.link.advance() is Pause.OVER


def test_a_refusal_that_cannot_be_sent_at_once_is_sent_later(stranger: Peer) -> None:
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


def test_a_refused_client_runs_no_code_of_the_program(stranger: Peer) -> None:
    assert stranger.link.runs_user_code
    stranger.link.refuse("no room")
    assert not stranger.link.runs_user_code


def test_a_client_that_was_turned_away_may_go_on_sending_in_vain(stranger: Peer, service: Any) -> None:
    assert stranger.send(connect("unknown")) is Pause.NEXT
    assert [answer.type for answer in stranger.answers()] == [MSG_CONNECTFAIL]
    assert stranger.ended
    assert stranger.send(connect() + call("note", 1)) is Pause.NEXT
    assert stranger.link.advance() is Pause.SILENCE
    assert service.notes == []
    stranger.sock.close()
    assert stranger.link.advance() is Pause.OVER


def test_a_client_that_was_let_in_is_turned_away_in_the_same_manner(peer: Peer) -> None:
    assert peer.send(call("refuse") + call("add", 1, 2)) is Pause.NEXT
    (answer,) = peer.answers()
    assert answer.flags & FLAGS_EXCEPTION
    assert peer.ended
    assert peer.link.advance() is Pause.SILENCE
    assert peer.link.runs_user_code


def test_a_last_reply_that_is_not_taken_is_sent_before_anything_else(new_peer, make_daemon, line: Line) -> None:
    peer = new_peer(make_daemon(MAX_MESSAGE_SIZE=10 * LARGE))
    peer.connect()
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


def test_when_the_server_closes_an_idle_link_is_over(peer: Peer) -> None:
    peer.link.closing = True
    assert peer.link.advance() is Pause.OVER


def test_when_the_server_closes_a_call_that_has_come_is_still_answered(peer: Peer) -> None:
    peer.link.closing = True
    assert peer.send(call("add", 1, 2)) is Pause.OVER
    assert values(peer.answers()) == [3]


def test_when_the_server_closes_a_reply_is_sent_to_its_end(peer: Peer) -> None:
    peer.send(call("large", LARGE))
    peer.link.closing = True
    answers = peer.answers()
    while (pause := peer.link.advance()) is Pause.UNREAD:
        answers += peer.answers()
    assert pause is Pause.OVER
    assert values(answers + peer.answers()) == ["x" * LARGE]


def test_when_the_server_closes_a_stranger_is_not_even_heard(stranger: Peer) -> None:
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


def test_a_link_that_is_over_is_gone_without_the_help_of_the_garbage_collector(daemon: Daemon, line, clock) -> None:
    peer = Peer(daemon, line, clock)
    peer.connect()
    peer.send(call("add", 1, 2) + note(1) + call("refuse"))
    line.jobs.clear()
    peer.close()
    gone = weakref.ref(peer.link)
    gc.collect()
    gc.disable()
    try:
        del peer
        assert gone() is None
    finally:
        gc.enable()


# ---------------------------------------------------------------------------------------------- deadlines


DEFAULTS = Config()


def test_the_handshake_must_be_over_in_time(stranger: Peer, clock: Any) -> None:
    end = clock.now + DEFAULTS.HANDSHAKE_TIMEOUT
    clock.now += 1
    assert stranger.link.deadline(Pause.NEXT) == end
    assert not stranger.link.is_late(end - 1)
    assert stranger.link.is_late(end)


def test_an_idle_client_may_stay_for_ever(peer: Peer, clock: Any) -> None:
    clock.now += 1e6
    assert peer.link.deadline(Pause.SILENCE) is None
    assert not peer.link.is_late(clock.now)


def test_an_idle_client_may_stay_for_commtimeout(make_daemon, new_peer, clock: Any) -> None:
    peer = new_peer(make_daemon(COMMTIMEOUT=7.0))
    peer.connect()
    assert peer.link.deadline(Pause.SILENCE) == clock.now + 7


def test_a_message_that_has_begun_must_go_on(peer: Peer, clock: Any) -> None:
    peer.send(call("add", 1, 2)[:50])
    assert peer.link.deadline(Pause.SILENCE) == clock.now + DEFAULTS.STALL_TIMEOUT


def test_a_reply_must_be_taken(peer: Peer, clock: Any) -> None:
    peer.send(call("large", LARGE))
    assert peer.link.deadline(Pause.UNREAD) == clock.now + DEFAULTS.STALL_TIMEOUT


def test_to_be_offered_a_reply_again_gives_a_client_no_more_time(peer: Peer, clock: Any) -> None:
    peer.send(call("large", LARGE))
    end = peer.link.deadline(Pause.UNREAD)
    clock.now += 5
    assert peer.link.advance() is Pause.UNREAD
    assert peer.link.deadline(Pause.UNREAD) == end


def test_to_take_some_of_a_reply_gives_a_client_more_time(peer: Peer, clock: Any) -> None:
    peer.send(call("large", LARGE))
    peer.link.deadline(Pause.UNREAD)
    clock.now += 5
    peer.answers()
    assert peer.link.advance() is Pause.UNREAD
    assert peer.link.deadline(Pause.UNREAD) == clock.now + DEFAULTS.STALL_TIMEOUT


def test_the_next_reply_has_time_of_its_own(peer: Peer, clock: Any) -> None:
    peer.send(call("large", LARGE))
    peer.link.deadline(Pause.UNREAD)
    while peer.link.advance() is Pause.UNREAD:
        peer.answers()
    peer.link.deadline(Pause.NEXT)
    clock.now += 5
    peer.answers()
    assert peer.send(call("large", LARGE)) is Pause.UNREAD
    assert peer.link.deadline(Pause.UNREAD) == clock.now + DEFAULTS.STALL_TIMEOUT


def test_the_smaller_limit_counts(make_daemon, new_peer, clock: Any) -> None:
    peer = new_peer(make_daemon(COMMTIMEOUT=7.0, STALL_TIMEOUT=3.0))
    peer.connect()
    assert peer.link.deadline(Pause.UNREAD) == clock.now + 3


def test_a_client_is_not_blamed_for_the_servers_own_lack_of_room(make_daemon, new_peer) -> None:
    peer = new_peer(make_daemon(COMMTIMEOUT=7.0))
    peer.connect()
    assert peer.link.deadline(Pause.ONEWAY) is None


def test_a_refused_client_has_little_time(stranger: Peer, clock: Any) -> None:
    stranger.link.refuse("no room")
    assert stranger.link.deadline(Pause.NEXT) == clock.now + REFUSAL_TIMEOUT


@pytest.mark.parametrize("accepted", [True, False])
def test_so_has_one_that_was_turned_away(stranger: Peer, clock: Any, accepted: bool) -> None:
    stranger.send(connect() + call("refuse") if accepted else connect("unknown"))
    assert stranger.link.session.accepted is accepted
    assert stranger.link.deadline(Pause.NEXT) == clock.now + DRAIN_TIMEOUT


def test_a_link_whose_time_is_over_is_over(peer: Peer) -> None:
    peer.link.expire()
    assert peer.send(call("add", 1, 2)) is Pause.OVER
    assert peer.answers() == []


def test_to_send_a_byte_now_and_then_is_no_way_to_stay_in_the_handshake(stranger: Peer, clock: Any) -> None:
    assert stranger.send(connect()[:1]) is Pause.NEXT
    clock.now += DEFAULTS.HANDSHAKE_TIMEOUT
    assert stranger.send(connect()[1:2]) is Pause.OVER


def test_to_go_on_sending_is_no_way_to_stay_when_turned_away(stranger: Peer, clock: Any) -> None:
    assert stranger.send(connect("unknown")) is Pause.NEXT
    clock.now += DRAIN_TIMEOUT
    assert stranger.send(b"more") is Pause.OVER


def test_a_client_that_had_to_wait_for_its_server_is_let_in_late(stranger: Peer, clock: Any) -> None:
    clock.now += DEFAULTS.HANDSHAKE_TIMEOUT + 1
    stranger.connect()
    assert stranger.send(call("add", 1, 2)) is Pause.NEXT
    assert values(stranger.answers()) == [3]


# ---------------------------------------------------------------------------------------------------- TLS


class TlsPeer(Peer):
    """A client over TLS, and the link that serves it."""

    def __init__(self, daemon: Daemon, line: Line, clock: Any, certificates: Any) -> None:
        super().__init__(daemon, line, clock)
        self.plain = self.sock
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificates.server)
        wrapped = server.wrap_socket(self.connection.sock, server_side=True, do_handshake_on_connect=False)
        self.connection = SocketConnection(wrapped)
        session = ServerSession(daemon, self.connection, ADDRESS)
        self.link = Link(session, self.connection, line, clock)  # type: ignore[arg-type]  # a fake line
        self._certificates = certificates

    def wrap(self) -> list[Pause]:
        """Begin to speak TLS; return what the link waited for meanwhile."""
        context = ssl.create_default_context(cafile=self._certificates.authority)
        client = context.wrap_socket(self.plain, server_hostname="localhost", do_handshake_on_connect=False)
        self.sock = client
        return [self.link.advance(), *self._shake_hands(client)]

    def _shake_hands(self, client: ssl.SSLSocket) -> Iterator[Pause]:
        while True:
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                yield self.link.advance()
            else:
                yield self.link.advance()
                return

    def answers(self) -> list[Message]:
        with contextlib.suppress(ssl.SSLWantReadError):
            return super().answers()
        return list(iter(self._reader.next_message, None))


@pytest.fixture
def tls_peer(daemon: Daemon, line: Line, clock: Any, certificates: Any) -> Iterator[TlsPeer]:
    peer = TlsPeer(daemon, line, clock, certificates)
    yield peer
    peer.close()


def test_over_tls_hands_are_shaken_without_waiting_for_the_client(tls_peer: TlsPeer) -> None:
    assert tls_peer.wrap() == [Pause.SILENCE, Pause.SILENCE, Pause.NEXT]


def test_over_tls_a_call_is_answered(tls_peer: TlsPeer) -> None:
    tls_peer.wrap()
    tls_peer.connect()
    assert tls_peer.send(call("add", 1, 2)) is Pause.NEXT
    assert values(tls_peer.answers()) == [3]
    assert tls_peer.link.advance() is Pause.SILENCE


def test_over_tls_a_reply_that_is_not_taken_is_sent_bit_by_bit(tls_peer: TlsPeer) -> None:
    tls_peer.wrap()
    tls_peer.connect()
    assert tls_peer.send(call("large", LARGE)) is Pause.UNREAD
    answers = tls_peer.answers()
    while tls_peer.link.advance() is Pause.UNREAD:
        answers += tls_peer.answers()
    assert values(answers + tls_peer.answers()) == ["x" * LARGE]


def test_over_tls_a_request_of_many_records_is_read_to_its_end(tls_peer: TlsPeer, service: Any) -> None:
    tls_peer.wrap()
    tls_peer.connect()
    pauses = [tls_peer.send(call("note", "x" * 50_000))]
    while (pause := tls_peer.link.advance()) is Pause.NEXT:
        pauses.append(pause)
    assert len(pauses) > 1
    assert service.notes == ["x" * 50_000]


def test_over_tls_a_client_that_speaks_no_tls_is_over(tls_peer: TlsPeer) -> None:
    assert tls_peer.send(connect()) is Pause.OVER


def test_over_tls_a_client_that_says_nothing_must_do_so_in_time(tls_peer: TlsPeer, clock: Any) -> None:
    assert tls_peer.link.advance() is Pause.SILENCE
    assert tls_peer.link.deadline(Pause.SILENCE) == clock.now + DEFAULTS.HANDSHAKE_TIMEOUT


def test_over_tls_a_refused_client_hears_why(tls_peer: TlsPeer) -> None:
    tls_peer.link.refuse("no room")
    tls_peer.wrap()
    tls_peer.send(connect())
    assert [answer.type for answer in tls_peer.answers()] == [MSG_CONNECTFAIL]


def test_over_tls_a_client_that_leaves_in_the_handshake_is_over(tls_peer: TlsPeer) -> None:
    tls_peer.sock.close()
    assert tls_peer.link.advance() is Pause.OVER
