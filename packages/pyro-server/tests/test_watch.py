"""Links that wait in a selector: for their sockets, or until their time is over."""

from __future__ import annotations

import selectors
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_server.servers.link import Pause
from pyro_server.servers.watch import SPENT_ALARMS, Watch


@pytest.fixture
def selector() -> Iterator[selectors.BaseSelector]:
    with selectors.DefaultSelector() as selector:
        yield selector


@pytest.fixture
def watch(selector: selectors.BaseSelector, clock: Any) -> Watch:
    return Watch(selector, clock, on_ready)


def on_ready(link: Any) -> None:
    """What the tests look for in the selector; it is not called."""


def ready(selector: selectors.BaseSelector) -> list[Any]:
    """Return the links that the selector would go on with."""
    found = []
    for key, _ in selector.select(0):
        handler, link = key.data
        assert handler is on_ready
        found.append(link)
    return found


# ------------------------------------------------------------------------------------------------ sockets


@pytest.mark.parametrize("pause", [Pause.NEXT, Pause.SILENCE])
def test_a_link_that_waits_for_its_client_is_ready_when_that_sends(watch: Watch, selector, new_link, pause) -> None:
    link = new_link()
    watch.set(link, pause)
    assert ready(selector) == []
    link.peer.send(b"x")
    assert ready(selector) == [link]


def test_a_link_with_unread_replies_is_ready_when_it_can_send(watch: Watch, selector, new_link) -> None:
    link = new_link()
    link.peer.send(b"x")
    watch.set(link, Pause.UNREAD)
    ((_, events),) = selector.select(0)
    assert events == selectors.EVENT_WRITE


def test_a_link_that_waits_for_oneway_calls_is_not_ready_whatever_its_client_does(
    watch: Watch, selector, new_link
) -> None:
    link = new_link()
    link.peer.send(b"x")
    watch.set(link, Pause.ONEWAY)
    assert ready(selector) == []
    assert watch.links == {link: Pause.ONEWAY}


def test_a_link_may_come_to_wait_for_something_else(watch: Watch, selector, new_link) -> None:
    link = new_link()
    link.peer.send(b"x")
    for pause, events in [
        (Pause.NEXT, [selectors.EVENT_READ]),
        (Pause.UNREAD, [selectors.EVENT_WRITE]),
        (Pause.ONEWAY, []),
        (Pause.SILENCE, [selectors.EVENT_READ]),
    ]:
        watch.set(link, pause)
        assert [found for _, found in selector.select(0)] == events


def test_a_link_that_is_removed_waits_no_more(watch: Watch, selector, new_link, clock) -> None:
    link = new_link()
    link.until = clock.now
    link.peer.send(b"x")
    watch.set(link, Pause.NEXT)
    watch.remove(link)
    assert ready(selector) == []
    assert watch.expired() == []
    assert watch.links == {}


def test_to_remove_a_link_that_does_not_wait_is_no_error(watch: Watch, new_link) -> None:
    watch.remove(new_link())


def test_links_move_to_another_selector(watch: Watch, selector, new_link) -> None:
    reading, waiting = new_link(), new_link()
    reading.peer.send(b"x")
    waiting.peer.send(b"x")
    watch.set(reading, Pause.NEXT)
    watch.set(waiting, Pause.ONEWAY)
    with selectors.DefaultSelector() as other:
        watch.move(other)
        assert not selector.get_map()
        assert ready(other) == [reading]
        watch.set(waiting, Pause.NEXT)
        assert len(ready(other)) == 2


# ---------------------------------------------------------- sockets that the program has closed on its own


def test_a_link_whose_socket_was_closed_can_be_removed(watch: Watch, new_link) -> None:
    link = new_link()
    watch.set(link, Pause.NEXT)
    link.connection.close()
    watch.remove(link)
    assert watch.links == {}


@pytest.mark.parametrize("before", [None, Pause.NEXT, Pause.ONEWAY])
def test_a_link_whose_socket_was_closed_is_over_when_it_is_to_wait(watch: Watch, new_link, before) -> None:
    link = new_link()
    if before is not None:
        watch.set(link, before)
    link.connection.close()
    watch.set(link, Pause.UNREAD)
    assert watch.expired() == [link]


def test_another_socket_may_have_its_number(watch: Watch, selector, new_link) -> None:
    lost = new_link()
    watch.set(lost, Pause.NEXT)
    number = lost.connection.fileno()
    lost.connection.close()
    link = new_link()
    assert number in (link.connection.fileno(), link.peer.fileno()), "the system gives the lowest number that is free"
    if link.peer.fileno() == number:
        link.peer, link.connection.sock = link.connection.sock, link.peer
    watch.set(link, Pause.NEXT)
    link.peer.send(b"x")
    assert ready(selector) == [link]
    assert watch.expired() == [lost]
    watch.remove(lost)
    assert ready(selector) == [link]


# ---------------------------------------------------------------------------------------------- deadlines


def test_a_link_is_late_from_its_deadline_on(watch: Watch, new_link, clock) -> None:
    link = new_link()
    link.until = clock.now + 10
    watch.set(link, Pause.NEXT)
    clock.now += 9
    assert watch.expired() == []
    clock.now += 1
    assert watch.expired() == [link]


def test_a_late_link_is_told_once(watch: Watch, new_link, clock) -> None:
    link = new_link()
    link.until = clock.now
    watch.set(link, Pause.NEXT)
    assert watch.expired() == [link]
    assert watch.expired() == []
    assert link in watch.links


def test_a_link_without_a_deadline_is_never_late(watch: Watch, new_link, clock) -> None:
    watch.set(new_link(), Pause.NEXT)
    clock.now += 1e9
    assert watch.expired() == []
    assert watch.patience() is None


def test_a_deadline_may_come_to_be_later(watch: Watch, new_link, clock) -> None:
    link = new_link()
    for until in (10, 20, 30):
        link.until = clock.now + until
        watch.set(link, Pause.NEXT)
    clock.now += 29
    assert watch.expired() == []
    clock.now += 1
    assert watch.expired() == [link]


def test_a_deadline_may_come_to_be_earlier(watch: Watch, new_link, clock) -> None:
    link = new_link()
    for until in (30, 10):
        link.until = clock.now + until
        watch.set(link, Pause.NEXT)
    clock.now += 10
    assert watch.expired() == [link]
    clock.now += 20
    assert watch.expired() == []


def test_a_deadline_may_be_lifted(watch: Watch, new_link, clock) -> None:
    link = new_link()
    link.until = clock.now + 10
    watch.set(link, Pause.NEXT)
    link.until = None
    watch.set(link, Pause.NEXT)
    clock.now += 10
    assert watch.expired() == []


def test_links_are_late_in_the_order_of_their_deadlines(watch: Watch, new_link, clock) -> None:
    links = [new_link() for _ in range(3)]
    for link, until in zip(links, (3, 1, 2), strict=True):
        link.until = clock.now + until
        watch.set(link, Pause.NEXT)
    clock.now += 3
    assert watch.expired() == [links[1], links[2], links[0]]


def test_links_may_have_the_same_deadline(watch: Watch, new_link, clock) -> None:
    links = [new_link() for _ in range(3)]
    for link in links:
        link.until = clock.now + 1
        watch.set(link, Pause.NEXT)
    clock.now += 1
    assert watch.expired() == links


def test_patience_lasts_until_the_first_deadline(watch: Watch, new_link, clock) -> None:
    for until in (5, 3):
        link = new_link()
        link.until = clock.now + until
        watch.set(link, Pause.NEXT)
    clock.now += 1
    assert watch.patience() == 2
    clock.now += 10
    assert watch.patience() == 0


def test_patience_is_never_longer_than_to_a_deadline_that_was_moved(watch: Watch, new_link, clock) -> None:
    link = new_link()
    for until in (5, 50):
        link.until = clock.now + until
        watch.set(link, Pause.NEXT)
    clock.now += 5
    assert watch.expired() == []
    assert watch.patience() == 45


def test_links_that_come_and_go_leave_no_heap_of_alarms(watch: Watch, new_link, clock) -> None:
    staying, link = new_link(), new_link()
    staying.until = link.until = clock.now + 3600
    watch.set(staying, Pause.NEXT)
    for _ in range(10 * SPENT_ALARMS):
        watch.set(link, Pause.NEXT)
        watch.remove(link)
    assert len(watch._alarms) < 2 * SPENT_ALARMS
    clock.now += 3600
    assert watch.expired() == [staying]
