"""The thread server: a worker thread for each connection, from a pool that grows and shrinks."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyro_client.socketutil import SocketConnection, set_keepalive, set_nodelay
from pyro_server.servers.base import LoopCondition
from pyro_server.servers.conversation import Conversation
from pyro_server.servers.listener import Listener
from pyro_server.servers.oneway import OnewayCalls
from pyro_server.servers.pool import NoFreeWorkersError, Pool, PoolError
from pyro_server.servers.waker import Waker
from pyro_server.session import ServerSession
from pyro_server.steps import Send
from pyro_wire.errors import CommunicationError

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["ThreadServer"]

log = logging.getLogger("Pyro5.threadpoolserver")

REFUSAL_TIMEOUT = 1.0
"""Seconds that a client which is turned away has for its CONNECT."""
SHORT_WAIT = 0.5
"""Seconds after which it is worth a line in the log that calls are being waited for."""
MAX_REFUSALS = 32
"""Clients that are turned away politely at the same time; the others are just closed."""


class ThreadServer:
    """Accepts clients and gives each a worker. The accepting thread only accepts: it never waits for a client."""

    def __init__(self, daemon: Daemon, host: str, port: int, unixsocket: str | None) -> None:
        config = daemon.config
        self._daemon = daemon
        self.pool = Pool(config.THREADPOOL_SIZE_MIN, config.THREADPOOL_SIZE)
        try:
            self._listener = Listener(host, port, unixsocket, config)
        except BaseException:
            self.pool.close()
            raise
        self.sock = self._listener.sock
        self.location = self._listener.location
        self._oneway = OnewayCalls(config.THREADPOOL_SIZE, config.MAX_ONEWAY_WAITING)
        self._waker = Waker()
        self._stopping = False
        self._lock = threading.Lock()
        """Guards the two sets of conversations and ``_deadline``."""
        self._conversations: set[Conversation] = set()
        self._refusals: set[Conversation] = set()
        self._deadline: float | None = None
        """When the calls in flight must have ended, by the monotonic clock; None unless the server is closing."""

    def __repr__(self) -> str:
        return f"<SocketServer_Threadpool on {self.location}; {self.pool.num_workers()} workers>"

    @property
    def sockets(self) -> list[socket.socket]:
        """The listening socket; the clients' belong to the workers."""
        return [self.sock]

    def loop(self, condition: LoopCondition) -> None:
        """Accept clients until the condition is false or ``stop`` is called."""
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
        if any(sock is self.sock for sock in eventsockets):
            self._accept()

    def stop(self) -> None:
        """Have ``loop`` return at once; from any thread."""
        self._stopping = True
        self._waker.wake()

    def begin_close(self, grace: float) -> None:
        """Accept nobody any more and have each client leave after its call; does not wait."""
        with self._lock:
            if self._deadline is None:
                self._deadline = time.monotonic() + grace
            remaining = [*self._conversations, *self._refusals]
        self.stop()  # not before: the loop's thread goes by the deadline as soon as it ends
        self.pool.close()
        for conversation in remaining:
            conversation.finish_soon()

    def close(self) -> None:
        """Wait for the calls in flight until their time is over, but not for the caller's own; release everything."""
        self._listener.close()  # not before: the loop may still be waiting on it
        if not self.pool.join(min(SHORT_WAIT, self._time_left())):
            log.warning("waiting up to %.0f s for %d calls in flight", self._time_left(), len(self._conversations))
        if not self.pool.join(self._time_left()):
            log.warning("some calls did not end in time (SHUTDOWN_GRACE); their connections are cut")
            with self._lock:
                remaining = [*self._conversations, *self._refusals]
            for conversation in remaining:
                conversation.connection.close()
        self._oneway.close(self._time_left())
        self._waker.close()

    def owns(self, thread: threading.Thread) -> bool:
        """Tell whether a thread is one of those that serve calls."""
        return self.pool.owns(thread) or self._oneway.owns(thread)

    def _time_left(self) -> float:
        return max(0.0, (self._deadline or 0.0) - time.monotonic())

    def _accept(self) -> None:
        accepted = self._listener.accept()
        if accepted is None:
            return
        sock, address = accepted
        set_keepalive(sock)
        if self._daemon.config.SOCK_NODELAY:
            set_nodelay(sock)
        connection = SocketConnection(sock)
        session = ServerSession(self._daemon, connection, address)
        conversation = Conversation(session, connection, self._oneway.submit)
        try:
            self.pool.process(lambda: self._serve(conversation))
        except NoFreeWorkersError as error:
            self._refuse(conversation, str(error))
        except PoolError:
            connection.close()

    def _serve(self, conversation: Conversation) -> None:
        if not self._admit(conversation, self._conversations):
            return
        try:
            conversation.serve()
        finally:
            self._dismiss(conversation, self._conversations)

    def _admit(self, conversation: Conversation, group: set[Conversation]) -> bool:
        with self._lock:
            if self._deadline is not None:
                conversation.connection.close()
                return False
            group.add(conversation)
            return True

    def _dismiss(self, conversation: Conversation, group: set[Conversation]) -> None:
        with self._lock:
            group.discard(conversation)

    def _refuse(self, conversation: Conversation, reason: str) -> None:
        """Turn a client away with the reason, on a thread of its own: the client may be slow to listen."""
        log.warning("refusing the connection of %s: %s", conversation.session.address, reason)
        if len(self._refusals) >= MAX_REFUSALS or not self._admit(conversation, self._refusals):
            conversation.connection.close()
            return
        try:
            threading.Thread(target=self._say_no, args=(conversation, reason), name="refusal", daemon=True).start()
        except RuntimeError as error:  # no threads to be had: then without the reason
            log.warning("cannot tell %s why: %s", conversation.session.address, error)
            self._dismiss(conversation, self._refusals)
            conversation.connection.close()

    def _say_no(self, conversation: Conversation, reason: str) -> None:
        connection, session = conversation.connection, conversation.session
        try:
            connection.timeout = REFUSAL_TIMEOUT
            # Its CONNECT is read first: closing with unread bytes would reset the connection, and the reason with it.
            step = None
            while step is None and (data := connection.recv_some()):
                session.feed(data)
                step = session.refuse_connect(reason)
            if isinstance(step, Send):
                connection.send_buffers(step.buffers)
        except CommunicationError as error:
            log.debug("could not tell %s the reason: %s", session.address, error)
        finally:
            self._dismiss(conversation, self._refusals)
            connection.close()
