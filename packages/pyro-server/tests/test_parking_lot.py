"""The parking lot: who is handed over, who is dismissed, and how it ends."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_server.servers.grace import Grace
from pyro_server.servers.link import Pause
from pyro_server.servers.parking import ParkingLot

DEADLINE = 10.0


class Host:
    """Whom the parking lot works for: it notes what it is asked to do."""

    def __init__(self) -> None:
        self.resumed: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.dismissed: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.error: BaseException | None = None
        self.inspected = threading.Semaphore(0)
        self.line_patience: float | None = None

    def resume(self, link: Any) -> None:
        self.resumed.put(link)

    def dismiss(self, link: Any) -> None:
        self.dismissed.put(link)
        if self.error is not None:
            raise self.error

    def inspect_line(self) -> float | None:
        self.inspected.release()
        return self.line_patience


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def grace() -> Grace:
    return Grace()


@pytest.fixture
def lot(host: Host, grace: Grace) -> Iterator[ParkingLot]:
    lot = ParkingLot(host, grace)
    yield lot
    lot.close()
    assert lot.join(DEADLINE)


def resumed(host: Host) -> Any:
    return host.resumed.get(timeout=DEADLINE)


def dismissed(host: Host) -> Any:
    return host.dismissed.get(timeout=DEADLINE)


def test_a_link_is_handed_over_when_its_client_speaks(lot: ParkingLot, host: Host, new_link) -> None:
    silent, link = new_link(), new_link()
    lot.park(silent, Pause.NEXT)
    lot.park(link, Pause.NEXT)
    link.peer.send(b"x")
    assert resumed(host) is link
    assert host.resumed.empty()


def test_it_is_handed_over_once_for_each_time_that_it_is_parked(lot: ParkingLot, host: Host, new_link) -> None:
    link = new_link()
    link.peer.send(b"x")
    for _ in range(3):
        lot.park(link, Pause.NEXT)
        assert resumed(host) is link
    assert host.resumed.empty()


def test_a_client_that_leaves_speaks_too(lot: ParkingLot, host: Host, new_link) -> None:
    link = new_link()
    lot.park(link, Pause.SILENCE)
    link.peer.close()
    assert resumed(host) is link


def test_a_link_with_unread_replies_is_handed_over_when_it_can_send(lot: ParkingLot, host: Host, new_link) -> None:
    link = new_link()
    link.fill()
    lot.park(link, Pause.UNREAD)
    link.drain()
    assert resumed(host) is link


def test_a_link_whose_oneway_calls_have_room_is_handed_over_when_nudged(lot: ParkingLot, host: Host, new_link) -> None:
    link = new_link()
    lot.park(link, Pause.ONEWAY)
    link.has_oneway_room = True
    lot.nudge(link)
    assert resumed(host) is link


def test_a_nudge_that_comes_before_the_link_is_not_lost(lot: ParkingLot, host: Host, new_link) -> None:
    link = new_link()
    link.has_oneway_room = True
    lot.nudge(link)
    lot.park(link, Pause.ONEWAY)
    assert resumed(host) is link


def test_a_nudge_does_not_make_room(lot: ParkingLot, host: Host, new_link) -> None:
    full, link = new_link(), new_link()
    lot.park(full, Pause.ONEWAY)
    lot.nudge(full)
    link.has_oneway_room = True
    lot.park(link, Pause.ONEWAY)
    assert resumed(host) is link
    assert host.resumed.empty()


def test_a_nudge_is_nothing_to_a_link_that_waits_for_its_client(lot: ParkingLot, host: Host, new_link) -> None:
    silent, link = new_link(), new_link()
    silent.has_oneway_room = link.has_oneway_room = True
    lot.park(silent, Pause.NEXT)
    lot.nudge(silent)
    lot.park(link, Pause.ONEWAY)
    assert resumed(host) is link
    assert host.resumed.empty()


def test_a_client_that_is_let_in_and_late_is_handed_over_so_that_the_program_hears(
    lot: ParkingLot, host: Host, new_link
) -> None:
    link = new_link()
    link.until = time.monotonic()
    lot.park(link, Pause.NEXT)
    assert resumed(host) is link
    assert link.expired


def test_a_stranger_that_is_late_is_dismissed(lot: ParkingLot, host: Host, new_link) -> None:
    link = new_link()
    link.session.accepted = False
    link.until = time.monotonic()
    lot.park(link, Pause.NEXT)
    assert dismissed(host) is link


def test_a_refused_client_is_answered_without_a_worker(lot: ParkingLot, host: Host, new_link) -> None:
    link = new_link()
    link.session.accepted = link.runs_user_code = False
    link.pauses.extend([Pause.NEXT, Pause.OVER])
    host.line_patience = 0.001
    lot.park(link, Pause.NEXT)
    link.peer.send(b"x")
    while len(link.pauses) > 1:
        assert host.inspected.acquire(timeout=DEADLINE)
    link.peer.send(b"x")
    assert dismissed(host) is link
    assert host.resumed.empty()


def test_the_line_is_inspected_as_often_as_the_host_likes(lot: ParkingLot, host: Host, new_link) -> None:
    host.line_patience = 0.001
    lot.nudge(new_link())
    for _ in range(10):
        assert host.inspected.acquire(timeout=DEADLINE)


def test_a_link_whose_socket_was_closed_by_the_program_does_not_end_the_thread(
    lot: ParkingLot, host: Host, new_link
) -> None:
    lost, link = new_link(), new_link()
    lost.connection.close()
    lot.park(lost, Pause.NEXT)
    assert resumed(host) is lost
    link.peer.send(b"x")
    lot.park(link, Pause.NEXT)
    assert resumed(host) is link


# ------------------------------------------------------------------------------------------------ closing


def test_when_the_server_closes_idle_links_are_dismissed_now_and_later(lot: ParkingLot, host: Host, new_link) -> None:
    now, later = new_link(), new_link()
    lot.park(now, Pause.NEXT)
    lot.begin_close()
    assert dismissed(host) is now
    lot.park(later, Pause.ONEWAY)
    assert dismissed(host) is later


def test_when_the_server_closes_last_bytes_are_still_sent(lot: ParkingLot, host: Host, grace, new_link) -> None:
    link = new_link()
    link.fill()
    grace.begin(DEADLINE)
    lot.park(link, Pause.UNREAD)
    lot.begin_close()
    lot.close()
    assert not lot.join(0.01)
    link.peer.close()
    assert resumed(host) is link
    assert lot.join(DEADLINE)
    assert host.dismissed.empty()


def test_when_the_grace_is_over_all_links_are_dismissed(lot: ParkingLot, host: Host, grace, new_link) -> None:
    link = new_link()
    link.fill()
    grace.begin(0.05)
    lot.park(link, Pause.UNREAD)
    lot.close()
    assert dismissed(host) is link
    assert lot.join(DEADLINE)


def test_a_link_that_comes_after_the_end_is_dismissed_at_once(lot: ParkingLot, host: Host, new_link) -> None:
    lot.close()
    assert lot.join(DEADLINE)
    link = new_link()
    lot.park(link, Pause.UNREAD)
    assert host.dismissed.get_nowait() is link


@pytest.mark.parametrize("error", [ValueError("wrong"), SystemExit(3)])
def test_whatever_the_programs_hook_does_all_links_are_dismissed(
    lot: ParkingLot, host: Host, new_link, error: BaseException, caplog
) -> None:
    host.error = error
    links = [new_link() for _ in range(3)]
    for link in links:
        lot.park(link, Pause.NEXT)
    with caplog.at_level(logging.ERROR):
        lot.close()
        assert lot.join(DEADLINE)
    assert {dismissed(host) for _ in links} == set(links)
    assert "error in ending the connection" in caplog.text


def test_the_thread_does_not_wait_for_itself(lot: ParkingLot, host: Host, monkeypatch, new_link) -> None:
    outcome: queue.SimpleQueue[tuple[bool, bool]] = queue.SimpleQueue()

    def close(_: Any) -> None:
        lot.close()
        outcome.put((lot.owns(threading.current_thread()), lot.join(DEADLINE)))

    monkeypatch.setattr(host, "resume", close)
    link = new_link()
    link.peer.send(b"x")
    lot.park(link, Pause.NEXT)
    assert outcome.get(timeout=DEADLINE) == (True, True)


def test_a_lot_without_a_thread_leaves_nothing_behind(host: Host, grace: Grace, monkeypatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError, match="can't start"):
            ParkingLot(host, grace)
