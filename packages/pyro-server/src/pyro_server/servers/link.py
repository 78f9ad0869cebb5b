"""One client's connection: the driver of its session. It does what can be done now, and says what it waits for then.

Whether "now" means "without waiting at all" or "within a moment" is a property of the socket, see ``patience``: the
same link serves a loop that must never wait and a worker that gladly waits a little for the next call.
"""

from __future__ import annotations

import logging
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from enum import IntEnum, auto

from pyro_client.socket_connection import RECEIVE_SIZE, TLS_RECORD_SIZE, SocketConnection
from pyro_server.servers.oneway import OnewayCalls
from pyro_server.session import ServerSession
from pyro_server.steps import Close, Job, Send, is_from_operator, run
from pyro_wire.context import set_state, state
from pyro_wire.message import Buffer

__all__ = ["Link", "Pause"]

log = logging.getLogger("Pyro5.server")

DRAIN_TIMEOUT = 2.0
"""Seconds for which a client that is turned away may go on sending before its connection is cut."""

REFUSAL_TIMEOUT = 1.0
"""Seconds that a client which is refused unheard has for its CONNECT."""

SEND_AT_ONCE = 1 << 20
"""Bytes that are sent before others have their turn, if they wait for one."""

LAST_WORDS_TIMEOUT = 5.0
"""Seconds for which a client may stop to read while the server waits for it in order to close."""

_WANTS_TO_WRITE = ssl.SSLWantWriteError
_NOT_NOW = (BlockingIOError, TimeoutError, ssl.SSLWantReadError, _WANTS_TO_WRITE)


class Pause(IntEnum):  # and not Enum, whose members take four times as long to be found in a table
    """Why a link stopped, and so what it waits for."""

    NEXT = auto()
    """All that came is done; the client may send more."""
    SILENCE = auto()
    """Nothing came."""
    UNREAD = auto()
    """The client has not taken all that was sent to it."""
    ONEWAY = auto()
    """Too many of the client's oneway calls wait for a thread."""
    OVER = auto()
    """The connection is to be closed: call ``end``."""


class Stage(IntEnum):
    """How far a link has come. What is done next in each stage is a table at the end of the class."""

    TLS = auto()
    OPEN = auto()
    REFUSED = auto()
    """The client will hear why it cannot come in, once it has sent its CONNECT."""
    DRAINING = auto()
    """Nothing more will be sent. What still arrives is read and forgotten: closing with unread bytes would reset the
    connection, and the client might never read the reason."""


# Bound once, for the path of every call: to fetch a member from its enum costs 40 ns on Python 3.11.
_NEXT, _OVER, _DRAINING = Pause.NEXT, Pause.OVER, Stage.DRAINING


class Link:
    """One client's connection, for one thread at a time.

    ``others_wait()`` tells whether others should have their turn during a long reply. ``clock`` is that of the
    deadlines.
    """

    __slots__ = (
        "__weakref__",
        "_clock",
        "_ended",
        "_expired",
        "_held",
        "_interrupted",
        "_last",
        "_oneway",
        "_others_wait",
        "_reason",
        "_sock",
        "_stuck_until",
        "_unsent",
        "_until",
        "closing",
        "connection",
        "held_back",
        "session",
        "stage",
        "waiting_calls",
    )

    def __init__(
        self,
        session: ServerSession,
        connection: SocketConnection,
        oneway: OnewayCalls[Link],
        others_wait: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self.session = session
        self.connection = connection
        self.waiting_calls = 0
        self.held_back = False
        self.closing = False
        """Set when the server closes: the link ends after what it is doing."""
        self.stage = Stage.TLS if isinstance(connection.sock, ssl.SSLSocket) and not session.greeted else Stage.OPEN
        self._sock = connection.sock
        self._oneway = oneway
        self._others_wait = others_wait
        self._clock = clock
        self._until = None if session.accepted else clock() + session.daemon.config.HANDSHAKE_TIMEOUT
        """When the present stage must be over, for those that may not last."""
        self._unsent: deque[Buffer] = deque()
        self._held: Job | None = None
        self._interrupted = False
        """Whether what came before is to be ended first: there are unsent bytes or a held job."""
        self._stuck_until: float | None = None
        """When the client must have taken some more bytes; to be asked to is nothing that it has done."""
        self._last = False
        """Whether the unsent bytes are the last ones."""
        self._reason = ""
        self._expired = False
        self._ended = False

    # ------------------------------------------------------------------------------ for the server

    def advance(self) -> Pause:
        """Do all that can be done now. Not to be called again once it is ``OVER``."""
        if self._expired or (self.closing and not self.session.accepted):
            return _OVER
        try:
            pause = _ACTIONS[self.stage](self)
        except OSError as error:
            log.debug("the client at %s is gone: %s", self.session.address, error)
            self.session.left = True
            return _OVER
        if self._until is not None and pause is _NEXT and self._is_overdue():
            self.expire()
            return _OVER
        return pause

    def refuse(self, reason: str) -> None:
        """Have the client told, in answer to its CONNECT, that it cannot come in. It has not been heard so far."""
        log.warning("refusing the connection of %s: %s", self.session.address, reason)
        self.stage = Stage.REFUSED
        self._reason = reason
        self._until = self._clock() + REFUSAL_TIMEOUT

    def deadline(self, pause: Pause) -> float | None:
        """Return when the client must have ended this pause, by the clock; None: it may last for ever."""
        session, config = self.session, self.session.daemon.config
        if self._has_limit():
            return self._until
        if pause is Pause.ONEWAY:  # it is the server that keeps the client waiting
            return None
        limits = [config.COMMTIMEOUT] if config.COMMTIMEOUT else []
        if pause is Pause.UNREAD or session.wire.unfinished:
            limits.append(config.STALL_TIMEOUT)
        if self.closing:
            limits.append(LAST_WORDS_TIMEOUT)
        until = self._clock() + min(limits) if limits else None
        if pause is not Pause.UNREAD or until is None:
            self._stuck_until = None
            return until
        self._stuck_until = min(until, self._stuck_until or until)
        return self._stuck_until

    def expire(self) -> None:
        """Take notice that the deadline has passed: the link is over."""
        self._expired = True
        log.debug("closing the connection of %s, which kept the server waiting for too long", self.session.address)

    def is_late(self, now: float) -> bool:
        """Tell whether the stage that the link is in should be over, by the clock."""
        return self._until is not None and self._until <= now

    @property
    def has_oneway_room(self) -> bool:
        """Whether a link that waits because of its oneway calls may go on."""
        return self._oneway.has_room(self)

    @property
    def is_refused(self) -> bool:
        """Whether the client is being told, unheard, that it cannot come in."""
        return bool(self._reason)

    @property
    def runs_user_code(self) -> bool:
        """Whether ``advance`` or ``end`` may call code of the program, which may take any time."""
        return self.session.accepted or self.stage not in (Stage.REFUSED, _DRAINING)

    def end(self) -> None:
        """Close the connection and tell the daemon; may be called again."""
        if self._ended:
            return
        self._ended = True
        self.session.left = True
        before = state()
        set_state(self.session.state_at_the_end())  # the hooks see this client, and the thread its own state afterwards
        try:
            if self.session.accepted:
                self.session.daemon.forget_client(self.connection)
            self.connection.close()
        except BaseException as error:  # code of the program; whatever it does, the server goes on
            if is_from_operator(error):
                raise
            log.exception("error while the client at %s was forgotten", self.session.address)
        finally:
            set_state(before)
            self.connection.close()

    def _has_limit(self) -> bool:
        """Tell whether the present stage must be over at some time."""
        if self.stage is Stage.OPEN and self.session.accepted:
            self._until = None
        return self._until is not None

    def _is_overdue(self) -> bool:
        # Not only when the link waits: a client that sends a byte now and then keeps a patient worker from that. But
        # what has come is done first, for it may be the link that had to wait, for a worker.
        return self._has_limit() and self.is_late(self._clock())

    # ------------------------------------------------------------------------------ what is done in each stage

    def _shake_hands(self) -> Pause:
        assert isinstance(self._sock, ssl.SSLSocket)
        try:
            self._sock.do_handshake()
        except _NOT_NOW as error:
            return _wanted(error)
        self.stage = Stage.OPEN
        return _NEXT

    def _serve(self) -> Pause:
        if self._interrupted:
            return self._resume()
        try:
            data = self._sock.recv(RECEIVE_SIZE)
        except _NOT_NOW as error:
            return _OVER if self.closing else _wanted(error)
        if not data:
            self.session.left = True
            return _OVER
        self.session.feed(data)
        return self._take_steps()

    def _say_no(self) -> Pause:
        if self._interrupted:
            return self._resume()
        try:
            data = self._sock.recv(RECEIVE_SIZE)
        except _NOT_NOW as error:
            return _wanted(error)
        if not data:
            return _OVER
        self.session.feed(data)
        step = self.session.refuse_connect(self._reason)
        if step is None:
            return _NEXT
        return self._carry_out(step)

    def _drain(self) -> Pause:
        try:
            return _NEXT if self._sock.recv(RECEIVE_SIZE) else _OVER
        except _NOT_NOW as error:
            return _wanted(error)

    # ------------------------------------------------------------------------------ steps

    def _take_steps(self) -> Pause:
        session = self.session
        while True:
            step = session.next_step()
            if step is None:
                return _OVER if self.closing else _NEXT
            if not (isinstance(step, Send) or isinstance(step, Close)):  # noqa: SIM101 - three times as fast so
                if step.detached:
                    if self._oneway.offer(self, step):
                        continue
                    self._held = step
                    self._interrupted = True
                    return Pause.ONEWAY
                step = run(step)
                if step is None:
                    continue
            pause = self._carry_out(step)
            if pause is not _NEXT or self.stage is _DRAINING:
                return pause

    def _carry_out(self, step: Send | Close) -> Pause:
        if isinstance(step, Close):
            return _OVER
        self._last = step.close
        if not self._send(step.buffers):
            self._interrupted = True
            return Pause.UNREAD
        return self._hang_up() if step.close else _NEXT

    def _resume(self) -> Pause:
        """Go on with what was in the way of reading more."""
        if self._held is not None:
            if not self._oneway.offer(self, self._held):
                return Pause.ONEWAY
            self._held = None
        elif not self._flush():
            return Pause.UNREAD
        elif self._last:
            return self._hang_up()
        self._interrupted = False
        return self._take_steps()

    def _hang_up(self) -> Pause:
        if self.connection.keep_open:
            return _OVER
        self.stage = _DRAINING
        self._until = self._clock() + DRAIN_TIMEOUT
        self.connection.stop_sending()
        return _NEXT

    # ------------------------------------------------------------------------------ sending

    def _send(self, buffers: Sequence[Buffer]) -> bool:
        """Send what can be sent now; False if something is left."""
        if len(buffers) == 1 and len(buffers[0]) <= SEND_AT_ONCE:  # the usual case, a reply without annotations
            try:
                sent = self._sock.send(buffers[0])
            except _NOT_NOW:
                sent = 0
            if sent == len(buffers[0]):
                return True
            self._unsent.append(memoryview(buffers[0])[sent:])
        elif isinstance(self._sock, ssl.SSLSocket) and sum(map(len, buffers)) <= TLS_RECORD_SIZE:
            self._unsent.append(b"".join(buffers))  # else each would go out as a record of its own
        else:
            self._unsent.extend(buffers)
        return self._flush()

    def _flush(self) -> bool:
        unsent = self._unsent
        try:
            while unsent:
                sent = self._send_some()
                self._stuck_until = None
                while unsent and sent >= len(unsent[0]):
                    sent -= len(unsent.popleft())
                if sent:
                    unsent[0] = memoryview(unsent[0])[sent:]
                if unsent and self._others_wait():
                    return False
        except _NOT_NOW:
            return False
        return True

    def _send_some(self) -> int:
        first = memoryview(self._unsent[0])[:SEND_AT_ONCE]
        if len(self._unsent) > 1 and _can_gather(self._sock):
            # Sent apart, the second may wait for a delayed ACK.
            return self._sock.sendmsg([first, memoryview(self._unsent[1])[:SEND_AT_ONCE]])
        return self._sock.send(first)


def _can_gather(sock: object) -> bool:
    return hasattr(sock, "sendmsg") and not isinstance(sock, ssl.SSLSocket)


def _wanted(error: OSError) -> Pause:
    """Return what a read waits for: over TLS it may be that the other side takes something first."""
    return Pause.UNREAD if isinstance(error, _WANTS_TO_WRITE) else Pause.SILENCE


_ACTIONS: dict[Stage, Callable[[Link], Pause]] = {
    Stage.TLS: Link._shake_hands,
    Stage.OPEN: Link._serve,
    Stage.REFUSED: Link._say_no,
    Stage.DRAINING: Link._drain,
}
