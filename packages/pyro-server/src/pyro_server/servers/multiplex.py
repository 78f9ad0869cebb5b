"""The multiplex server: one thread and a selector for all clients. Calls run one after the other.

Nothing here waits for a client: what has arrived is read, what can be sent is sent, and the rest comes when the
selector says so.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyro_server.housekeeping import Chore
from pyro_server.servers.arrivals import Arrivals
from pyro_server.servers.base import LoopCondition
from pyro_server.servers.documented import DocumentedNames
from pyro_server.servers.grace import Grace
from pyro_server.servers.link import Link, Pause
from pyro_server.servers.listener import Listener
from pyro_server.servers.oneway import OnewayCalls
from pyro_server.servers.partners import Partner, Partners
from pyro_server.servers.patience import never_wait
from pyro_server.servers.turn import Turn
from pyro_server.servers.waker import Waker
from pyro_server.servers.watch import Watch
from pyro_server.servers.writability import Writability
from pyro_server.steps import is_from_operator

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["MultiplexServer"]

log = logging.getLogger("Pyro5.multiplexserver")

ACCEPT_AT_ONCE = 32
"""Clients that are accepted before the others have their turn again."""

SHORT_WAIT = 0.5
"""Seconds for which closing waits for a call even when the grace is over: most calls are short."""

_READING = frozenset({Pause.NEXT, Pause.SILENCE})


class MultiplexServer(DocumentedNames):
    """Serves all clients, and those of its partners, on the thread that runs ``loop`` or calls ``events``.

    ``selector`` has all their sockets in it. Each entry's data is what handles it, and with what argument.
    """

    def __init__(self, daemon: Daemon, host: str, port: int, unixsocket: str | None) -> None:
        config = daemon.config
        self._daemon = daemon
        self._listener = Listener(host, port, unixsocket, config, secure=daemon.ssl_context is not None)
        self.sock = self._listener.sock
        self.location = self._listener.location
        self.selector: selectors.BaseSelector = selectors.DefaultSelector()
        self._own_selector = self.selector
        self._waker = Waker()
        self._watch = Watch(self.selector, time.monotonic, self._advance)
        self._partners = Partners(self.selector)
        self._oneway = OnewayCalls(config.THREADPOOL_SIZE, config.MAX_ONEWAY_WAITING, self._nudge)
        self._nudged: deque[Link] = deque()
        """Links whose oneway calls have room again, put there by any thread."""
        # Whether others wait is not known before the next look at the selector, so there is one.
        self._arrivals = Arrivals(daemon, self._listener, self._oneway, never_wait, lambda: True)
        self._writability = Writability(self._waker.wake)
        self._housekeeping = Chore(daemon.keep_house, daemon.housekeeping_period(), time.monotonic)
        self._rests_until = 0.0
        """When to accept clients again; 0: they are accepted."""
        self._stopping = False
        self._grace = Grace()
        self._turn = Turn()
        self._closed = False
        self._listen()
        self._heed_waker()

    def __repr__(self) -> str:
        return f"<SocketServer_Multiplex on {self.location}; {len(self._watch.links)} connections>"

    # ------------------------------------------------------------------------------ loops

    def loop(self, condition: LoopCondition) -> None:
        """Serve until the condition is false or ``stop`` is called."""
        # The condition comes first because it may itself shut the daemon down.
        while condition() and not self._stopping:
            self._handle(self.selector.select(self.patience()))
            self.tend()

    def _handle(self, ready: list[tuple[selectors.SelectorKey, int]]) -> None:
        for key, _ in ready:
            handler, argument = key.data
            handler(argument)
            if self._stopping:  # the rest is answered when the server takes its leave
                return

    def events(self, eventsockets: Sequence[Any]) -> None:
        """Do what there is to do for some of ``sockets``, in a foreign loop."""
        for sock in eventsockets:
            key = None if self._closed else self._key_of(sock)
            if key is not None:
                handler, argument = key.data
                handler(argument)
        self.tend(foreign=True)

    def _key_of(self, sock: Any) -> selectors.SelectorKey | None:
        try:
            return self.selector.get_key(sock)
        except (KeyError, ValueError):  # closed by what came before it
            return None

    @property
    def sockets(self) -> list[socket.socket]:
        """The sockets that a foreign loop has to watch for reading. They change with each client: ask for them anew."""
        if self._closed:
            return []
        links = list(self._watch.links.items())
        own = [link.connection.sock for link, pause in links if pause in _READING]
        if len(own) < len(links):  # what the others wait for is told there
            own.append(self._waker.receiver)
        own = [sock for sock in own if sock.fileno() >= 0]  # the program may have closed one itself
        return [self.sock, *own, *self._partners.sockets]

    def patience(self) -> float:
        """Return the seconds after which there may be something to do that no socket tells of."""
        waits = [
            self._daemon.config.POLLTIMEOUT,
            self._watch.patience(),
            self._housekeeping.patience(),
            self._partners.patience(),
            max(0.0, self._rests_until - time.monotonic()) if self._rests_until else None,
        ]
        return min(wait for wait in waits if wait is not None)

    def tend(self, *, foreign: bool = False) -> None:
        """Do what no socket tells of. A foreign loop does not even hear of those that can be written to."""
        with self._turn:
            if self._closed:
                return
            while self._nudged:
                self._advance(self._nudged.popleft())
            self._end_expired()
            if self._rests_until and time.monotonic() >= self._rests_until:
                self._rests_until = 0.0
                self._listen()
            self._housekeeping.do_if_due()
            if foreign:
                for link in self._unread():
                    self._writability.watch(link.connection.sock)
            self._partners.tend(foreign=foreign)

    # ------------------------------------------------------------------------------ clients

    def _listen(self) -> None:
        self.selector.register(self.sock, selectors.EVENT_READ, (self._accept, None))

    def _accept(self, _: None) -> None:
        with self._turn:
            for _attempt in range(ACCEPT_AT_ONCE):
                link = None if self._closed else self._arrivals.accept()
                if link is None:
                    break
                self._watch.set(link, Pause.NEXT)
            if self._listener.pause and not self._rests_until:
                # Out of descriptors: asking again at once would only burn the CPU.
                self.selector.unregister(self.sock)
                self._rests_until = time.monotonic() + self._listener.pause

    def _advance(self, link: Link) -> None:
        with self._turn:
            if link not in self._watch.links:  # it has ended in the meantime
                return
            pause = self._advance_safely(link)
            if pause is Pause.OVER:
                self._end(link)
            else:
                self._watch.set(link, pause)

    def _advance_safely(self, link: Link) -> Pause:
        try:
            return link.advance()
        except BaseException as error:
            # No memory for a message, say, or a SystemExit in a hook: one client's trouble, and all are in this loop.
            if is_from_operator(error):
                raise
            log.exception("unhandled error with the client at %s", link.session.address)
            return Pause.OVER

    def _end_expired(self) -> None:
        for link in self._watch.expired():
            link.expire()
            self._end(link)

    def _end(self, link: Link) -> None:
        self._watch.remove(link)
        self._writability.forget(link.connection.sock)
        link.end()

    def _unread(self) -> list[Link]:
        return [link for link, pause in self._watch.links.items() if pause is Pause.UNREAD]

    # ------------------------------------------------------------------------------ being woken

    def _heed_waker(self) -> None:
        self.selector.register(self._waker.receiver, selectors.EVENT_READ, (self._woken, None))

    def _woken(self, _: None) -> None:
        self._waker.settle()
        for link in self._unread():
            self._advance(link)

    def _nudge(self, link: Link) -> None:
        self._nudged.append(link)
        self._waker.wake()

    # ------------------------------------------------------------------------------ partners

    def combine_loop(self, partner: Partner) -> None:
        """Serve another server too, from now on. Raises ``ValueError`` if it is served in some loop already."""
        if isinstance(partner, MultiplexServer) and (partner.is_guest or partner.selector is self.selector):
            raise ValueError(f"{partner!r} is served in the loop of another one already, or is the one that serves")
        with self._turn:
            self._partners.add(partner)

    @property
    def is_guest(self) -> bool:
        """Whether another server's loop serves this one."""
        return self.selector is not self._own_selector

    def use_selector(self, selector: selectors.BaseSelector | None, timeout: float = -1) -> bool:
        """Have another server's loop serve this one, with its partners; None: back to the own selector.

        Returns False, and does nothing, if a call is running and does not end in ``timeout`` seconds.
        """
        return self._turn.within(lambda: self._switch(selector or self._own_selector), timeout)

    def _switch(self, selector: selectors.BaseSelector) -> None:
        before, self.selector = self.selector, selector
        if not self._rests_until:
            before.unregister(self.sock)
            self._listen()
        before.unregister(self._waker.receiver)
        self._heed_waker()
        self._watch.move(selector)
        self._partners.move(selector)

    # ------------------------------------------------------------------------------ closing

    def stop(self) -> None:
        """Have ``loop`` return soon; from any thread."""
        self._stopping = True
        self._waker.wake()

    def begin_close(self, grace: float) -> None:
        """Have the loop end after the call that is running; does not wait."""
        self._grace.begin(grace)
        self.stop()

    def close(self) -> None:
        """Answer what has arrived until the grace is over; release everything.

        In the midst of a call on this thread that happens as soon as its reply is sent.
        """
        if not self._turn.between(self._finish, self._grace.left() + SHORT_WAIT):
            self._cut("a call")

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is one of those that serve calls, besides the loop's own."""
        return self._oneway.owns(thread)

    def _cut(self, what: str) -> None:
        log.warning("%s did not end in time (SHUTDOWN_GRACE); the connections are cut", what)
        for link in list(self._watch.links):
            link.connection.close()

    def _finish(self) -> None:
        if self._closed:
            return
        if not self._partners.clear(self._grace.left() + SHORT_WAIT):
            self._cut("a call of a combined daemon")  # the loop, which it holds up, closes what is left
            return
        self._closed = True
        if self.is_guest:
            self.use_selector(None)
        if not self._rests_until:
            self.selector.unregister(self.sock)
        self._listener.close()
        self._take_leave()
        self._writability.close()
        self._oneway.close(self._grace.left())
        self.selector.unregister(self._waker.receiver)
        self._waker.close()
        self.selector.close()

    def _take_leave(self) -> None:
        """Give each client a last answer to what it has sent so far, and time to read it."""
        for link in list(self._watch.links):
            link.closing = True
            self._advance(link)
        while self._unread() and (left := self._grace.left()):
            for key, _ in self.selector.select(min(left, self.patience())):
                handler, argument = key.data
                handler(argument)
            self._end_expired()
        for link in list(self._watch.links):
            self._end(link)
