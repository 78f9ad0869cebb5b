"""The thread server: a worker thread for each connection, from a pool that grows and shrinks.

A connection that is silent for a moment waits in the parking lot, and its worker for it; when it speaks again the same
worker goes on. Only when another connection needs a worker, and there may be no more of them, is a worker that waits
lent to it. So idle clients never exhaust the pool, and while there are no more clients than workers each client has a
thread of its own, as the manual promises.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from pyro_server.housekeeping import Housekeeper
from pyro_server.servers.arrivals import Arrivals
from pyro_server.servers.base import LoopCondition
from pyro_server.servers.documented import DocumentedNames
from pyro_server.servers.grace import Grace
from pyro_server.servers.link import Link, Pause
from pyro_server.servers.listener import Listener
from pyro_server.servers.oneway import OnewayCalls
from pyro_server.servers.parking import ParkingLot
from pyro_server.servers.patience import be_patient
from pyro_server.servers.pool import NoFreeWorkersError, Pool, PoolError
from pyro_server.servers.waker import Waker

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["ThreadServer"]

log = logging.getLogger("Pyro5.threadpoolserver")

PATIENCE = 0.01
"""Seconds that a worker waits for the next call by itself, which is faster than to be called from the parking lot."""

PRESSURE_PERIOD = 1.0
"""Seconds for which no worker waits like that, after somebody had to wait for one: it might have been one of those."""

SHORT_WAIT = 0.5
"""Seconds after which it is worth a line in the log that calls are being waited for."""

LINE_PERIOD = 0.5
"""Seconds between two looks at who has waited for a worker for too long."""

MAX_REFUSALS = 128
"""Clients that are turned away politely at the same time; the others are just closed."""


class ThreadServer(DocumentedNames):
    """Accepts clients and gives each a worker. The accepting thread only accepts: it never waits for a client."""

    def __init__(self, daemon: Daemon, host: str, port: int, unixsocket: str | None) -> None:
        config = daemon.config
        self._daemon = daemon
        self._stopping = False
        self._grace = Grace()
        self._lock = threading.RLock()
        """Guards the links, together with the beginning of the grace: nobody comes in after that. Reentrant, because a
        signal handler may shut the daemon down while its thread is here."""
        self._links: set[Link] = set()
        self._pressed = False
        """Whether somebody waits for a worker or had to lately. To look costs next to nothing, so it is done often."""
        self._pressed_until = 0.0
        with ExitStack() as undo:
            self.pool: Pool[Link] = Pool(config.THREADPOOL_SIZE_MIN, config.THREADPOOL_SIZE, self._serve)
            undo.callback(self.pool.close)
            self._listener = Listener(host, port, unixsocket, config, secure=daemon.ssl_context is not None)
            undo.callback(self._listener.close)
            self._waker = Waker()
            undo.callback(self._waker.close)
            self._lot = ParkingLot(self, self._grace)
            undo.pop_all()
        self.sock = self._listener.sock
        self.location = self._listener.location
        self._oneway = OnewayCalls(config.THREADPOOL_SIZE, config.MAX_ONEWAY_WAITING, self._lot.nudge)
        self._arrivals = Arrivals(
            daemon,
            self._listener,
            self._oneway,
            prepare=partial(be_patient, seconds=PATIENCE),
            others_wait=lambda: bool(self.pool.waiting),
        )
        self.housekeeper = Housekeeper(daemon.keep_house, daemon.housekeeping_period())
        """At work from the first loop on until the server closes."""

    def __repr__(self) -> str:
        return f"<SocketServer_Threadpool on {self.location}; {self.pool.num_workers()} workers>"

    @property
    def sockets(self) -> list[socket.socket]:
        """The listening socket; the clients' are watched by the server itself."""
        return [self.sock]

    # ------------------------------------------------------------------------------ accepting

    def loop(self, condition: LoopCondition) -> None:
        """Accept clients until the condition is false or ``stop`` is called."""
        self.housekeeper.start()
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            selector.register(self._waker.receiver, selectors.EVENT_READ)
            # The condition comes first because it may itself shut the daemon down.
            while condition() and not self._stopping:
                for key, _ in selector.select(self._daemon.config.POLLTIMEOUT):
                    if key.fileobj is self.sock:
                        self._accept()
                if self._listener.pause and not self._stopping:
                    self._rest(selector)

    def _rest(self, selector: selectors.BaseSelector) -> None:
        """Accept nobody for a while: descriptors have run out, and asking again at once would only burn the CPU."""
        selector.unregister(self.sock)
        selector.select(self._listener.pause)
        if self.sock.fileno() >= 0:
            selector.register(self.sock, selectors.EVENT_READ)

    def events(self, eventsockets: Sequence[Any]) -> None:
        """Accept the clients that wait on the listening socket."""
        self.housekeeper.start()
        if any(sock is self.sock for sock in eventsockets):
            self._accept()

    def _accept(self) -> None:
        link = self._arrivals.accept()
        if link is None:
            return
        with self._lock:
            if self._grace.begun:
                link.end()
                return
            self._links.add(link)
        try:
            self.pool.process(link)
        except NoFreeWorkersError:
            self._lot.park(link, Pause.NEXT)  # until it says something: only then does it need a worker
        except PoolError:
            self.dismiss(link)

    # ------------------------------------------------------------------------------ serving

    def _serve(self, link: Link) -> Callable[[], None] | None:
        """Serve a client as long as it keeps calling and nobody waits; return how it comes to wait then."""
        try:
            advance, goes_on = link.advance, Pause.NEXT
            pause = advance()
            while pause is goes_on and not self._pressed:
                pause = advance()
        except BaseException:
            self.dismiss(link)
            raise
        if pause is Pause.OVER:
            self.dismiss(link)
        elif link.session.accepted:
            return partial(self._lot.park, link, pause)
        else:  # no worker is reserved for a stranger
            self._lot.park(link, pause)
        return None

    def resume(self, link: Link) -> None:
        """Give a link that has something to do to a worker; it waits for one if it has to."""
        config = self._daemon.config
        try:
            if not self.pool.enqueue(link, None if link.session.accepted else config.MAX_CONNECTIONS_WAITING):
                self._pressed = True
                self._pressed_until = time.monotonic() + PRESSURE_PERIOD
        except NoFreeWorkersError:
            self._refuse(link)
        except PoolError:
            self.dismiss(link)

    def dismiss(self, link: Link) -> None:
        """End a link."""
        self.pool.release(link)
        try:
            link.end()
        finally:
            with self._lock:
                self._links.discard(link)

    def inspect_line(self) -> float | None:
        """Refuse the new clients that have waited for a worker for too long; note whether anybody waits.

        They might wait for ever, for calls that themselves try to connect to this server.
        """
        waiting = list(self.pool.waiting)
        now = time.monotonic()
        for link in waiting:
            if not link.session.accepted and link.is_late(now) and self.pool.withdraw(link):
                self._refuse(link)
        self._pressed = bool(waiting) or now < self._pressed_until
        return LINE_PERIOD if self._pressed else None

    def _refuse(self, link: Link) -> None:
        with self._lock:
            refusals = sum(1 for other in self._links if other.is_refused)
        if refusals >= MAX_REFUSALS:
            self.dismiss(link)
            return
        link.refuse("no free workers, increase server threadpool size")
        self._lot.park(link, Pause.NEXT)

    # ------------------------------------------------------------------------------ closing

    def stop(self) -> None:
        """Have ``loop`` return at once; from any thread."""
        self._stopping = True
        self._waker.wake()

    def begin_close(self, grace: float) -> None:
        """Accept nobody any more and have each client leave after its call; does not wait."""
        with self._lock:
            self._grace.begin(grace)
            remaining = list(self._links)
        self.stop()  # not before: the loop's thread goes by the grace as soon as it ends
        for link in remaining:
            link.closing = True
        self.pool.close()
        self._lot.begin_close()

    def close(self) -> None:
        """Wait for the calls in flight until their time is over, but not for the caller's own; release everything."""
        self._listener.close()  # not before: the loop may still be waiting on it
        self.housekeeper.stop(self._grace.left() + SHORT_WAIT)
        if not self.pool.join(min(SHORT_WAIT, self._grace.left())):
            log.warning("waiting up to %.0f s for %d calls in flight", self._grace.left(), len(self.pool.busy))
        in_time = self.pool.join(self._grace.left())
        self._lot.close()
        if not self._lot.join(self._grace.left() + SHORT_WAIT):
            log.warning("the hook clientDisconnect did not end in time (SHUTDOWN_GRACE)")
        if not in_time:  # not before the parking lot is closed: not every selector bears that its sockets are closed
            log.warning("some calls did not end in time (SHUTDOWN_GRACE); their connections are cut")
            self._cut()
        self._oneway.close(self._grace.left())
        self._waker.close()

    def _cut(self) -> None:
        with self._lock:
            remaining = list(self._links)
        for link in remaining:
            link.connection.close()

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is one of those that run code of the program."""
        return any(part.owns(thread) for part in (self.pool, self._oneway, self._lot, self.housekeeper))
