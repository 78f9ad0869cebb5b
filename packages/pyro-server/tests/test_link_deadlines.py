"""Until when a link waits for its client."""

from __future__ import annotations

from typing import Any

import pytest

from pyro_server.servers.link import DRAIN_TIMEOUT, LAST_WORDS_TIMEOUT, REFUSAL_TIMEOUT, Pause
from pyro_wire import Config, serializers
from pyro_wire.message import MSG_CONNECT, MSG_INVOKE, encode

SERPENT = serializers["serpent"]
LARGE = 1 << 20
DEFAULTS = Config()


def connect(object_id: str = "service", seq: int = 1) -> bytes:
    payload = SERPENT.dumps({"handshake": "hello", "object": object_id})
    return b"".join(encode(MSG_CONNECT, 0, seq, SERPENT.serializer_id, payload))


def call(method: str, *args: Any, seq: int = 2, flags: int = 0) -> bytes:
    payload = SERPENT.dumpsCall("service", method, args, {})
    return b"".join(encode(MSG_INVOKE, flags, seq, SERPENT.serializer_id, payload))


def test_the_handshake_must_be_over_in_time(stranger: Any, clock: Any) -> None:
    end = clock.now + DEFAULTS.HANDSHAKE_TIMEOUT
    clock.now += 1
    assert stranger.link.deadline(Pause.NEXT) == end
    assert not stranger.link.is_late(end - 1)
    assert stranger.link.is_late(end)


def test_an_idle_client_may_stay_for_ever(peer: Any, clock: Any) -> None:
    clock.now += 1e6
    assert peer.link.deadline(Pause.SILENCE) is None
    assert not peer.link.is_late(clock.now)


def test_an_idle_client_may_stay_for_commtimeout(make_daemon, new_peer, clock: Any) -> None:
    peer = new_peer(make_daemon(COMMTIMEOUT=7.0))
    peer.connect()
    assert peer.link.deadline(Pause.SILENCE) == clock.now + 7


def test_a_message_that_has_begun_must_go_on(peer: Any, clock: Any) -> None:
    peer.send(call("add", 1, 2)[:50])
    assert peer.link.deadline(Pause.SILENCE) == clock.now + DEFAULTS.STALL_TIMEOUT


def test_a_reply_must_be_taken(peer: Any, clock: Any) -> None:
    peer.send(call("large", LARGE))
    assert peer.link.deadline(Pause.UNREAD) == clock.now + DEFAULTS.STALL_TIMEOUT


def test_to_be_offered_a_reply_again_gives_a_client_no_more_time(peer: Any, clock: Any) -> None:
    peer.send(call("large", LARGE))
    end = peer.link.deadline(Pause.UNREAD)
    clock.now += 5
    assert peer.link.advance() is Pause.UNREAD
    assert peer.link.deadline(Pause.UNREAD) == end


def test_to_take_some_of_a_reply_gives_a_client_more_time(peer: Any, clock: Any) -> None:
    peer.send(call("large", LARGE))
    peer.link.deadline(Pause.UNREAD)
    clock.now += 5
    peer.answers()
    assert peer.link.advance() is Pause.UNREAD
    assert peer.link.deadline(Pause.UNREAD) == clock.now + DEFAULTS.STALL_TIMEOUT


def test_the_next_reply_has_time_of_its_own(peer: Any, clock: Any) -> None:
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


def test_a_refused_client_has_little_time(stranger: Any, clock: Any) -> None:
    stranger.link.refuse("no room")
    assert stranger.link.deadline(Pause.NEXT) == clock.now + REFUSAL_TIMEOUT


@pytest.mark.parametrize("accepted", [True, False])
def test_so_has_one_that_was_turned_away(stranger: Any, clock: Any, accepted: bool) -> None:
    stranger.send(connect() + call("refuse") if accepted else connect("unknown"))
    assert stranger.link.session.accepted is accepted
    assert stranger.link.deadline(Pause.NEXT) == clock.now + DRAIN_TIMEOUT


def test_a_link_whose_time_is_over_is_over(peer: Any) -> None:
    peer.link.expire()
    assert peer.send(call("add", 1, 2)) is Pause.OVER
    assert peer.answers() == []


def test_to_send_a_byte_now_and_then_is_no_way_to_stay_in_the_handshake(stranger: Any, clock: Any) -> None:
    assert stranger.send(connect()[:1]) is Pause.NEXT
    clock.now += DEFAULTS.HANDSHAKE_TIMEOUT
    assert stranger.send(connect()[1:2]) is Pause.OVER


def test_to_go_on_sending_is_no_way_to_stay_when_turned_away(stranger: Any, clock: Any) -> None:
    assert stranger.send(connect("unknown")) is Pause.NEXT
    clock.now += DRAIN_TIMEOUT
    assert stranger.send(b"more") is Pause.OVER


def test_a_client_that_had_to_wait_for_its_server_is_let_in_late(stranger: Any, clock: Any) -> None:
    clock.now += DEFAULTS.HANDSHAKE_TIMEOUT + 1
    stranger.connect()
    assert stranger.send(call("add", 1, 2)) is Pause.NEXT
    assert len(stranger.answers()) == 1


def test_when_the_server_closes_a_client_has_little_time_for_its_last_reply(peer: Any, clock: Any) -> None:
    peer.send(call("large", LARGE))
    assert peer.link.deadline(Pause.UNREAD) == clock.now + DEFAULTS.STALL_TIMEOUT
    clock.now += 1
    peer.link.closing = True
    assert peer.link.deadline(Pause.UNREAD) == clock.now + LAST_WORDS_TIMEOUT
