"""Whose turn it is in a conversation, as a table of transitions; one ``Connection`` is one side of one connection.

A client sends CONNECT and waits for CONNECTOK or CONNECTFAIL. After that it sends INVOKE or PING and waits for RESULT
or PING, unless the request is oneway. The server never speaks first. What the table does not allow is a
``ProtocolError``, whichever side does it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import Enum, IntEnum, auto

from pyro_wire.config import Config
from pyro_wire.errors import ConnectionClosedError, ProtocolError
from pyro_wire.limits import Limits
from pyro_wire.message import (
    FLAGS_ONEWAY,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_CONNECTOK,
    MSG_INVOKE,
    MSG_PING,
    MSG_RESULT,
    Buffer,
    Message,
    encode,
)
from pyro_wire.reader import MessageReader

__all__ = ["Connection", "Role", "State"]


log = logging.getLogger("Pyro5.protocol")


class Role(Enum):
    """Which side of the conversation this is."""

    CLIENT = "client"
    SERVER = "server"


class State(IntEnum):
    """What may happen next on a connection. (An IntEnum because its hash is computed in C, at each message.)"""

    NEW = auto()
    """CONNECT is due."""
    CONNECTING = auto()
    """The answer to CONNECT is due."""
    READY = auto()
    """A request may come."""
    CALLING = auto()
    """The answer to a request is due."""
    CLOSED = auto()
    """It is over."""


# What a message does, whoever sends it: (state before, message type) -> state after.
_REQUESTS: dict[tuple[State, int], State] = {
    (State.NEW, MSG_CONNECT): State.CONNECTING,
    (State.READY, MSG_INVOKE): State.CALLING,
    (State.READY, MSG_PING): State.CALLING,
}
_REPLIES: dict[tuple[State, int], State] = {
    (State.NEW, MSG_CONNECTFAIL): State.CLOSED,  # the answer to bytes that were no CONNECT
    (State.CONNECTING, MSG_CONNECTOK): State.READY,
    (State.CONNECTING, MSG_CONNECTFAIL): State.CLOSED,
    (State.CALLING, MSG_RESULT): State.READY,
    (State.CALLING, MSG_PING): State.READY,
}


def _by_state(table: dict[tuple[State, int], State]) -> dict[State, dict[int, State]]:
    """Return the table as state before -> message type -> state after."""
    return {state: {msgtype: after for (before, msgtype), after in table.items() if before is state} for state in State}


_SENDS = {Role.CLIENT: _by_state(_REQUESTS), Role.SERVER: _by_state(_REPLIES)}
_RECEIVES = {Role.CLIENT: _by_state(_REPLIES), Role.SERVER: _by_state(_REQUESTS)}


class Connection:
    """One side of a connection, without the connection: bytes in, messages out, and the other way round.

    It starts with the small limits for strangers; ``trust()`` lifts them, and does so by itself on the client side.
    ``handshake=False`` is for sockets that the application connected itself: they start with a request at once.
    After an error, or in state ``CLOSED``, the transport has to be closed.
    """

    __slots__ = ("_config", "_reader", "_receives", "_sends", "feed", "role", "state")

    def __init__(self, role: Role, config: Config, *, handshake: bool = True) -> None:
        self.role = role
        self.state = State.NEW if handshake else State.READY
        self._config = config
        self._sends = _SENDS[role]
        self._receives = _RECEIVES[role]
        # A client has chosen whom it calls; a server has not chosen who connects.
        stranger = handshake and role is Role.SERVER
        self._reader = MessageReader(Limits.for_strangers(config) if stranger else Limits.for_peers(config))
        self.feed = self._reader.feed
        """Take bytes that have arrived."""

    def trust(self) -> None:
        """Lift the limits for strangers: the handshake has been accepted."""
        self._reader.limits = Limits.for_peers(self._config)

    def send(
        self,
        msgtype: int,
        flags: int,
        seq: int,
        serializer_id: int,
        payload: Buffer,
        annotations: Mapping[str, Buffer] | None = None,
        correlation_id: bytes | None = None,
    ) -> list[Buffer]:
        """Return the buffers that send a message, and note that it is sent.

        Raises ``ProtocolError`` if it is not this side's turn or the message breaks a rule, ``MessageTooLargeError``
        if it is over ``MAX_MESSAGE_SIZE``; nothing is sent then and the state is as before.
        """
        after = self._sends[self.state].get(msgtype)
        if after is None:
            raise ProtocolError(f"a {self.role.value} may not send message type {msgtype} in state {self.state.name}")
        config = self._config
        buffers = encode(
            msgtype,
            flags,
            seq,
            serializer_id,
            payload,
            annotations,
            correlation_id,
            compress=config.COMPRESSION,
            max_size=config.MAX_MESSAGE_SIZE,
        )
        if config.LOGWIRE:
            self._log("sends", msgtype, flags, seq, payload)
        self.state = State.READY if flags & FLAGS_ONEWAY and msgtype == MSG_INVOKE else after
        return buffers

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun to arrive and is not complete."""
        return self._reader.unfinished

    def feed_end(self) -> None:
        """Note that the other side has closed. Raises ``ConnectionClosedError`` if it owes us bytes or an answer."""
        waiting = self.state in (State.CONNECTING, State.CALLING) and self.role is Role.CLIENT
        unfinished = self._reader.pending
        self.state = State.CLOSED
        if unfinished or waiting:
            error = ConnectionClosedError("receiving: not enough data: the other side closed the connection")
            error.partialData = unfinished
            raise error

    def next_message(self) -> Message | None:
        """Return the next message that has arrived, or None until more bytes have been fed.

        Raises ``ProtocolError`` for anything that may not come now.
        """
        reader = self._reader
        reader.accepted = accepted = self._receives[self.state]
        message = reader.next_message()
        if message is not None:
            if self._config.LOGWIRE:
                self._log("gets", message.type, message.flags, message.seq, message.data)
            after = accepted[message.type]
            # A oneway call waits for no answer; the flag means nothing on any other message.
            self.state = State.READY if message.flags & FLAGS_ONEWAY and message.type == MSG_INVOKE else after
        return message

    def refused_request(self) -> Message | None:
        """Return the request, without its body, that was too large or damaged; None if there is none to be answered.

        It counts as received then: send the reply, and close.
        """
        request = self._reader.refused
        if request is None or self.state is not State.READY or request.type != MSG_INVOKE:
            return None
        if request.flags & FLAGS_ONEWAY:
            return None
        self.state = State.CALLING
        return request

    def close(self) -> None:
        """Note that the conversation is over."""
        self.state = State.CLOSED

    def _log(self, does: str, msgtype: int, flags: int, seq: int, payload: Buffer) -> None:
        log.debug("%s %s type %d, flags %#06x, seq %d: %r", self.role.value, does, msgtype, flags, seq, bytes(payload))
