"""One client's conversation with a daemon: bytes in, steps out. No socket, no thread, no clock.

Errors become replies as this table says; only what it calls "closed" ends the connection.

=========================================================  ==========================================
what went wrong                                            what happens
=========================================================  ==========================================
no Pyro message, too large, wrong type: before CONNECT     CONNECTFAIL with the reason, closed
a call that is too large or whose compression is damaged   that error to the caller, closed
anything else that is no Pyro message, later               closed
handshake refused, unknown object in CONNECT               CONNECTFAIL with the reason, closed
payload not readable, object or method not there           the error to the caller
the method raised something                                the error to the caller
SecurityError; an error in a method marked ``callback``    the error to the caller, closed
result not serializable or too large                       that error to the caller
anything in a oneway call                                  logged only
=========================================================  ==========================================
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pyro_client.socketutil import SocketConnection
from pyro_server.jobs import HandshakeJob, call_step
from pyro_server.steps import Close, Send, Step
from pyro_wire.calls import dump_exception
from pyro_wire.connection import Connection, Role, State
from pyro_wire.context import CallState
from pyro_wire.errors import ProtocolError
from pyro_wire.message import (
    FLAGS_EXCEPTION,
    FLAGS_ONEWAY,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_PING,
    MSG_RESULT,
    Message,
)
from pyro_wire.serializers import MarshalSerializer, serializers_by_id

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["ServerSession"]

log = logging.getLogger("Pyro5.server")

_REFUSAL_SERIALIZER = serializers_by_id[MarshalSerializer.serializer_id]
"""What a refusal is written in when the client's own choice is not known."""


class ServerSession:
    """One client's conversation. A driver feeds bytes and carries out the steps, one after the other."""

    __slots__ = ("accepted", "address", "connection", "daemon", "left", "wire")

    def __init__(self, daemon: Daemon, connection: SocketConnection, address: Any, *, handshake: bool = True) -> None:
        self.daemon = daemon
        self.connection = connection
        self.address = address
        self.wire = Connection(Role.SERVER, daemon.config, handshake=handshake)
        self.accepted = not handshake
        """Whether the client has been let in."""
        self.left = False
        """Set by the driver when the client has gone."""

    def is_wanted(self) -> bool:
        """Tell whether the client is still there, as far as is known: nobody works on for one that has left."""
        return not self.left

    @property
    def greeted(self) -> bool:
        """Whether the handshake is over."""
        return self.wire.state not in (State.NEW, State.CONNECTING)

    def feed(self, data: bytes) -> None:
        """Take bytes that have arrived."""
        self.wire.feed(data)

    def next_step(self) -> Step | None:
        """Return what to do next, None until more bytes have been fed.

        After a job the next step must not be asked for until it is finished, unless it is detached.
        """
        while True:
            try:
                message = self.wire.next_message()
            except ProtocolError as error:
                return self._refuse_bytes(error)
            if message is None:
                return None
            step = self._step_for(message)
            if step is not None:
                return step

    def _step_for(self, message: Message) -> Step | None:
        """Return what a message asks for; None for a oneway call that cannot even be read."""
        serializer = self.daemon.serializer_by_id(message.serializer_id)
        if message.type == MSG_PING:
            return self._pong(message)
        if serializer is None:
            return self._refuse_serializer(message)
        if message.type == MSG_CONNECT:
            return HandshakeJob(self, message, serializer)
        return call_step(self, message, serializer)

    def refuse(self, reason: str) -> Send:
        """Return the step that turns a client away before or instead of its handshake."""
        return self._refusal(reason, 0)

    def refuse_connect(self, reason: str) -> Send | Close | None:
        """Return the step that turns a client away in answer to its CONNECT; None until that has been fed."""
        try:
            message = self.wire.next_message()
        except ProtocolError as error:
            return self._refuse_bytes(error)
        return None if message is None else self._refusal(reason, message.seq)

    def _refusal(self, reason: str, seq: int) -> Send:
        payload = _REFUSAL_SERIALIZER.dumps(reason)
        buffers = self.wire.send(MSG_CONNECTFAIL, 0, seq, _REFUSAL_SERIALIZER.serializer_id, payload)
        return Send(buffers, close=True)

    def _refuse_bytes(self, error: ProtocolError) -> Send | Close:
        self.daemon.report_protocol_error(error, self.address)
        if self.wire.state is State.NEW:
            return self.refuse(str(error))
        request = self.wire.refused_request()
        serializer = None if request is None else self.daemon.serializer_by_id(request.serializer_id)
        if request is None or serializer is None:
            return Close()
        payload = dump_exception(serializer, error, [])
        return Send(
            self.wire.send(MSG_RESULT, FLAGS_EXCEPTION, request.seq, request.serializer_id, payload), close=True
        )

    def _refuse_serializer(self, message: Message) -> Send | Close:
        reason = f"message used serializer id {message.serializer_id}, which this daemon does not know"
        log.warning("refusing a message of %s: %s", self.address, reason)
        if message.type == MSG_CONNECT:
            return self.refuse(reason)
        if message.flags & FLAGS_ONEWAY:
            return Close()
        payload = dump_exception(_REFUSAL_SERIALIZER, ProtocolError(reason), [])
        serializer_id = _REFUSAL_SERIALIZER.serializer_id
        return Send(self.wire.send(MSG_RESULT, FLAGS_EXCEPTION, message.seq, serializer_id, payload), close=True)

    def _pong(self, message: Message) -> Send:
        annotations = self.daemon.reply_annotations()
        return Send(
            self.wire.send(
                MSG_PING, 0, message.seq, message.serializer_id, b"pong", annotations, message.correlation_id
            )
        )

    def state_at_the_end(self) -> CallState:
        """Return the context in which the daemon hears that the client has left."""
        return CallState(self.connection, self.address)

    def call_state(self, message: Message) -> CallState:
        """Return the context in which a request is handled."""
        return CallState(
            self.connection,
            self.address,
            message.seq,
            message.flags,
            message.serializer_id,
            message.annotations,
            message.correlation_id,
        )
