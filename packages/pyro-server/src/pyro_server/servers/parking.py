"""Where connections wait that cost no thread: one thread watches them all and hands over those that speak."""

from __future__ import annotations

import contextlib
import logging
import selectors
import threading
import time
from collections import deque
from typing import Protocol

from pyro_server.servers.grace import Grace
from pyro_server.servers.link import Link, Pause
from pyro_server.servers.waker import Waker
from pyro_server.servers.watch import Watch

__all__ = ["Host", "ParkingLot"]

log = logging.getLogger("Pyro5.threadpoolserver")


class Host(Protocol):
    """Whom the parking lot works for."""

    def resume(self, link: Link) -> None:
        """Go on with a link, elsewhere: what it was waiting for has happened."""

    def dismiss(self, link: Link) -> None:
        """End a link."""

    def inspect_line(self) -> float | None:
        """Look after those who wait for a worker. Returns the seconds until the next look, None if nobody waits."""


class ParkingLot:
    """Links that wait without a thread of their own."""

    def __init__(self, host: Host, grace: Grace) -> None:
        self._host = host
        self._grace = grace
        self._selector = selectors.DefaultSelector()
        self._waker = Waker()
        self._selector.register(self._waker.receiver, selectors.EVENT_READ, (self._woken, None))
        self._watch = Watch(self._selector, time.monotonic, self._ready)
        self._arrivals: deque[tuple[Link, Pause]] = deque()
        """The links that have come to wait, put there by any thread."""
        self._nudged: deque[Link] = deque()
        """The links whose oneway calls have room again, put there by any thread."""
        self._leaving = False
        self._hurried: set[Link] = set()
        """The links that have got the nearer deadline of closing."""
        self._closed = False
        self._over = False
        """Whether the thread has ended, so that nobody comes for the arrivals any more."""
        self._thread = threading.Thread(target=self._run, name="parking-lot", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # the system has no more threads, or this container may not
            self._release()
            raise

    def park(self, link: Link, pause: Pause) -> None:
        """Have a link wait for the end of a pause; from any thread."""
        self._arrivals.append((link, pause))
        self._waker.wake()
        if self._over:
            self._turn_away()

    def nudge(self, link: Link) -> None:
        """Have a link go on if it waits because of its oneway calls; from any thread."""
        self._nudged.append(link)
        self._waker.wake()

    def begin_close(self) -> None:
        """Have the thread end all links, now and later, that wait for anything but their last bytes to be sent."""
        self._leaving = True
        self._waker.wake()

    def close(self) -> None:
        """Have the thread end, as soon as the last bytes are sent or the grace is over; nobody may park any more.

        Does not wait.
        """
        self._closed = self._leaving = True
        self._waker.wake()

    def join(self, timeout: float) -> bool:
        """Wait for the thread after ``close``, unless it is the calling one; False if the time was too short."""
        if not self.owns(threading.current_thread()):
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is the one that watches."""
        return thread is self._thread

    # ------------------------------------------------------------------------------ on the own thread

    def _run(self) -> None:
        try:
            while not self._may_end():
                for key, _ in self._selector.select(self._patience()):
                    handler, argument = key.data
                    handler(argument)
                self._let_in()
                self._end_expired()
                if self._leaving:
                    self._end_idle()
            self._end_all()
        except Exception:
            log.exception("the thread that watches idle connections failed")
        finally:
            self._over = True
            self._turn_away()
            self._release()

    def _may_end(self) -> bool:
        return self._closed and not self._arrivals and (not self._watch.links or not self._grace.left())

    def _patience(self) -> float | None:
        line_patience = self._host.inspect_line()
        waits = [self._watch.patience(), line_patience, self._grace.left() if self._closed else None]
        return min((wait for wait in waits if wait is not None), default=None)

    def _woken(self, _: object) -> None:
        self._waker.settle()

    def _ready(self, link: Link) -> None:
        """Go on with a link: here if it is only told that it cannot come in, else where calls may take any time."""
        if link.runs_user_code:
            self._watch.remove(link)
            self._host.resume(link)
            return
        pause = link.advance()
        if pause is Pause.OVER:
            self._dismiss(link)
        else:
            self._watch.set(link, pause)

    def _let_in(self) -> None:
        while self._arrivals:
            link, pause = self._arrivals.popleft()
            self._watch.set(link, pause)
            if pause is Pause.ONEWAY:
                self._nudged.append(link)  # there may be room since
        while self._nudged:
            link = self._nudged.popleft()
            if self._watch.links.get(link) is Pause.ONEWAY and link.has_oneway_room:
                self._ready(link)

    def _end_expired(self) -> None:
        for link in self._watch.expired():
            link.expire()
            if link.session.accepted:  # the program hears of it, which may take any time
                self._watch.remove(link)
                self._host.resume(link)
            else:
                self._dismiss(link)

    def _dismiss(self, link: Link) -> None:
        self._watch.remove(link)
        self._dismiss_safely(link)

    def _dismiss_safely(self, link: Link) -> None:
        try:
            self._host.dismiss(link)
        except BaseException:  # the program's own hook may do anything, and the other links still need this thread
            log.exception("error in ending the connection of %s", link.session.address)

    # ------------------------------------------------------------------------------ closing

    def _end_idle(self) -> None:
        for link, pause in list(self._watch.links.items()):
            if pause is not Pause.UNREAD:
                self._dismiss(link)
            elif link not in self._hurried:
                self._hurried.add(link)
                self._watch.set(link, pause)  # its deadline comes nearer now

    def _end_all(self) -> None:
        for link in list(self._watch.links):
            self._dismiss(link)

    def _turn_away(self) -> None:
        """End the links that came too late; on any thread."""
        with contextlib.suppress(IndexError):  # asking first would not do: another thread may be at it too
            while True:
                link, _ = self._arrivals.popleft()
                self._dismiss_safely(link)

    def _release(self) -> None:
        self._selector.close()
        self._waker.close()
