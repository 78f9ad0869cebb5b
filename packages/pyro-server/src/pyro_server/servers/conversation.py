"""One client served by one thread: the blocking driver of a session."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable

from pyro_client.socketutil import SocketConnection
from pyro_server.session import ServerSession
from pyro_server.steps import Close, Job, Send, run
from pyro_wire.errors import CommunicationError, TimeoutError

__all__ = ["Conversation"]

log = logging.getLogger("Pyro5.server")

DRAIN_TIMEOUT = 2.0
"""Seconds for which a client that is turned away may go on sending before its connection is cut."""

Detach = Callable[[Job], None]


class Conversation:
    """Serves one client until it leaves, breaks the rules, or the server closes.

    ``detach(job)`` takes the jobs that nobody waits for.
    """

    __slots__ = ("_closing", "_ended", "connection", "detach", "session")

    def __init__(self, session: ServerSession, connection: SocketConnection, detach: Detach) -> None:
        self.session = session
        self.connection = connection
        self.detach = detach
        self._closing = False
        self._ended = False

    def serve(self) -> None:
        """Serve the client to the end, on this thread. The connection is closed afterwards."""
        try:
            if self._greet():
                while self.serve_some():
                    pass
        except TimeoutError:
            log.debug("closing the connection of %s, which was idle for too long", self.session.address)
        except CommunicationError as error:
            log.debug("the client at %s is gone: %s", self.session.address, error)
        finally:
            self.end()

    def serve_some(self) -> bool:
        """Wait for bytes and do all that they ask for. Returns False when the conversation is over."""
        data = self.connection.recv_some()
        if not data:
            self.session.left = True
            return False
        self.session.feed(data)
        return self._take_steps() and not self._closing

    def end(self) -> None:
        """Close the connection and tell the daemon; may be called again."""
        if self._ended:
            return
        self._ended = True
        self.session.left = True
        if self.session.accepted:
            self.session.daemon.forget_client(self.connection)
        else:
            self.connection.close()

    def finish_soon(self) -> None:
        """Have the conversation end after the call that is running, or at once if there is none.

        To be called from another thread: the serving one wakes up as if the client had left.
        """
        self._closing = True
        self.connection.stop_receiving()

    def _greet(self) -> bool:
        """Serve the handshake, within its deadline."""
        config = self.session.daemon.config
        deadline = time.monotonic() + config.HANDSHAKE_TIMEOUT
        while not self.session.greeted:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError("the client did not complete the handshake in time")
            self.connection.timeout = remaining
            if not self.serve_some():
                return False
        self.connection.timeout = config.COMMTIMEOUT
        return True

    def _take_steps(self) -> bool:
        session = self.session
        while True:
            step = session.next_step()
            if step is None:
                return True
            if not (isinstance(step, Send) or isinstance(step, Close)):  # noqa: SIM101 - three times as fast so
                if step.detached:
                    self.detach(step)
                    continue
                step = run(step)
                if step is None:
                    continue
            if isinstance(step, Close):
                return False
            self.connection.send_buffers(step.buffers)
            if step.close:
                self._drain()
                return False

    def _drain(self) -> None:
        """Read and forget what the client is still sending.

        Closing with unread bytes would reset the connection, and the client might never read the reason.
        """
        if self.connection.keep_open:
            return
        deadline = time.monotonic() + DRAIN_TIMEOUT
        self.connection.stop_sending()
        with contextlib.suppress(CommunicationError):
            while (remaining := deadline - time.monotonic()) > 0:
                self.connection.timeout = remaining
                if not self.connection.recv_some():
                    return
