"""Other servers that a multiplex server serves in its own loop."""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

__all__ = ["Guest", "Partner", "Partners"]


class Partner(Protocol):
    """Something that wants to hear when its sockets can be read, such as the responder of a name server."""

    @property
    def sockets(self) -> list[socket.socket]:
        """The sockets to be watched: always the same ones, and none once it is closed."""

    def events(self, eventsockets: Sequence[Any]) -> None:
        """Do what there is to do for those of ``sockets`` that can be read."""


@runtime_checkable
class Guest(Partner, Protocol):
    """A server that puts its sockets into the host's selector itself, because they come and go."""

    def use_selector(self, selector: selectors.BaseSelector | None, timeout: float = -1) -> bool:
        """Use this selector; None: the own one again. Returns False if that was not possible in time."""

    def patience(self) -> float:
        """Return the seconds after which ``tend`` is to be called."""

    def tend(self, *, foreign: bool = False) -> None:
        """Do what no socket tells of."""


class Partners:
    """The partners of one server, whose sockets are in that server's selector."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._selector = selector
        self._guests: list[Guest] = []
        self._others: list[Partner] = []
        self._watched: list[socket.socket] = []
        """The sockets of those that are no guests."""

    @property
    def sockets(self) -> list[socket.socket]:
        """The sockets of all partners."""
        return [sock for partner in (*self._guests, *self._others) for sock in partner.sockets]

    def add(self, partner: Partner) -> None:
        """Serve one more."""
        if isinstance(partner, Guest):
            self._guests.append(partner)
            partner.use_selector(self._selector)
        else:
            self._others.append(partner)
            self._watch(partner)

    def move(self, selector: selectors.BaseSelector) -> None:
        """Go on with another selector."""
        self._forget(self._watched)
        self._selector = selector
        self._drop_closed()
        for guest in self._guests:
            guest.use_selector(selector)
        for partner in self._others:
            self._watch(partner)

    def clear(self, timeout: float) -> bool:
        """Serve none any more. Returns False if a call of one of them did not end in ``timeout`` seconds."""
        self._forget(self._watched)
        self._others.clear()
        while self._guests:
            # One that is closed has gone back by itself.
            if self._guests[-1].sockets and not self._guests[-1].use_selector(None, timeout):
                return False
            self._guests.pop()
        return True

    def patience(self) -> float | None:
        """Return the seconds after which one of them may have something to do that no socket tells of."""
        return min((guest.patience() for guest in self._guests), default=None)

    def tend(self, *, foreign: bool) -> None:
        """Do what no socket tells of, and forget those that have been closed."""
        self._forget([sock for sock in self._watched if sock.fileno() < 0])
        self._drop_closed()
        for guest in self._guests:
            guest.tend(foreign=foreign)

    def _drop_closed(self) -> None:
        self._guests = [guest for guest in self._guests if guest.sockets]
        self._others = [partner for partner in self._others if partner.sockets]

    def _watch(self, partner: Partner) -> None:
        for sock in partner.sockets:
            self._selector.register(sock, selectors.EVENT_READ, (_teller(partner), sock))
            self._watched.append(sock)

    def _forget(self, sockets: list[socket.socket]) -> None:
        for sock in list(sockets):
            with contextlib.suppress(KeyError, ValueError):  # it is closed, and another socket has its number by now
                self._selector.unregister(sock)
            self._watched.remove(sock)


def _teller(partner: Partner) -> Callable[[socket.socket], None]:
    return lambda sock: partner.events([sock])
