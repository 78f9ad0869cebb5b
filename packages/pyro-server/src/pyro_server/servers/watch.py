"""Links that wait: for their sockets, or until their time is over."""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
from collections.abc import Callable
from typing import TypeAlias

from pyro_server.servers.link import Link, Pause

__all__ = ["Ready", "Watch"]

Ready: TypeAlias = tuple[Callable[[Link], None], Link]
"""What a selector keeps with a link's socket: what to do when it is ready."""

SPENT_ALARMS = 64
"""Alarms that are off and kept all the same, before it is looked whether they are too many."""

_EVENTS = {
    Pause.NEXT: selectors.EVENT_READ,
    Pause.SILENCE: selectors.EVENT_READ,
    Pause.UNREAD: selectors.EVENT_WRITE,
    Pause.ONEWAY: 0,
}


class Watch:
    """The links of one loop that wait. For the loop's own thread only.

    ``on_ready`` is kept in the selector with each socket.
    """

    def __init__(
        self, selector: selectors.BaseSelector, clock: Callable[[], float], on_ready: Callable[[Link], None]
    ) -> None:
        self._selector = selector
        self._clock = clock
        self._on_ready = on_ready
        self.links: dict[Link, Pause] = {}
        """The links that wait, and for what."""
        self._alarms: list[_Alarm] = []
        self._alarm_of: dict[Link, _Alarm] = {}
        self._count = itertools.count()

    def set(self, link: Link, pause: Pause) -> None:
        """Let a link wait for the end of a pause, or of another one than before."""
        before = _EVENTS[self.links[link]] if link in self.links else 0
        self.links[link] = pause
        self._set_alarm(link, link.deadline(pause))
        self._register(link, before, _EVENTS[pause])

    def remove(self, link: Link) -> None:
        """Let a link wait no more; nothing happens if it does not."""
        pause = self.links.pop(link, None)
        if pause is not None:
            self._register(link, _EVENTS[pause], 0)
        alarm = self._alarm_of.pop(link, None)
        if alarm is not None:
            alarm.link = None

    def move(self, selector: selectors.BaseSelector) -> None:
        """Go on with another selector."""
        for link, pause in self.links.items():
            self._register(link, _EVENTS[pause], 0)
        self._selector = selector
        for link, pause in self.links.items():
            self._register(link, 0, _EVENTS[pause])

    def patience(self) -> float | None:
        """Return the seconds until a link's time may be over; None: there is no such time."""
        return max(0.0, self._alarms[0].at - self._clock()) if self._alarms else None

    def expired(self) -> list[Link]:
        """Return the links whose time is over. They stay until they are removed."""
        now = self._clock()
        late = []
        while self._alarms and self._alarms[0].at <= now:
            alarm = heapq.heappop(self._alarms)
            link = alarm.link
            if link is None:
                continue
            del self._alarm_of[link]
            if alarm.deadline <= now:
                late.append(link)
            else:
                self._set_alarm(link, alarm.deadline)
        return late

    def _register(self, link: Link, before: int, after: int) -> None:
        if before == after:
            return
        try:
            self._change(link, before, after)
        except (KeyError, ValueError, OSError):  # the program has closed the client's socket itself
            if after:
                self._set_alarm(link, self._clock())

    def _change(self, link: Link, before: int, after: int) -> None:
        sock = link.connection.sock
        if before and after:
            self._selector.modify(sock, after, (self._on_ready, link))
        elif before:
            self._selector.unregister(sock)
        else:
            self._evict(sock)
            self._selector.register(sock, after, (self._on_ready, link))

    def _evict(self, sock: socket.socket) -> None:
        """Make room for a socket whose number was that of another one, which the program has closed itself."""
        key = self._selector.get_map().get(sock)
        if key is not None:
            self._selector.unregister(sock)
            handler, link = key.data
            if handler == self._on_ready:
                self._set_alarm(link, self._clock())  # its selector will never speak of it again

    def _set_alarm(self, link: Link, deadline: float | None) -> None:
        """Note the deadline. An alarm that is set for an earlier time stays: it is cheaper to look then once more."""
        alarm = self._alarm_of.get(link)
        if alarm is not None and deadline is not None and alarm.at <= deadline:
            alarm.deadline = deadline
            return
        if alarm is not None:
            alarm.link = None
            del self._alarm_of[link]
        if deadline is not None:
            self._alarm_of[link] = alarm = _Alarm(deadline, next(self._count), link)
            heapq.heappush(self._alarms, alarm)
            if len(self._alarms) > 2 * len(self._alarm_of) + SPENT_ALARMS:
                self._drop_spent_alarms()

    def _drop_spent_alarms(self) -> None:
        """Forget the alarms that are off, of which a far deadline and clients that come and go would pile up many."""
        self._alarms = [alarm for alarm in self._alarms if alarm.link is not None]
        heapq.heapify(self._alarms)


class _Alarm:
    """When to look after a link."""

    __slots__ = ("at", "deadline", "link", "number")

    def __init__(self, at: float, number: int, link: Link) -> None:
        self.at = at
        self.deadline = at
        self.number = number
        self.link: Link | None = link
        """None when the alarm is off."""

    def __lt__(self, other: _Alarm) -> bool:
        return (self.at, self.number) < (other.at, other.number)
