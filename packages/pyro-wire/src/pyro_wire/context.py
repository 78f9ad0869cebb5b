"""What is known about the call that the running thread or task is serving or making.

One ``ContextVar`` holds one ``CallState``, so every thread and every asyncio task has its own. A server puts a fresh
state in place for each call; nothing leaks from one call to the next.
"""

from __future__ import annotations

import random
import uuid
from contextvars import ContextVar
from typing import Any

from pyro_wire.annotations import Annotations
from pyro_wire.errors import PyroError

__all__ = ["CallState", "current_context", "set_state", "state"]


class CallState:
    """The facts of one call. Server drivers make one per call; programs use ``current_context``."""

    __slots__ = (
        "_response_annotations",
        "annotations",
        "client",
        "client_sock_addr",
        "correlation",
        "msg_flags",
        "seq",
        "serializer_id",
    )

    def __init__(
        self,
        client: Any = None,
        client_sock_addr: Any = None,
        seq: int = 0,
        msg_flags: int = 0,
        serializer_id: int = 0,
        annotations: Annotations | None = None,
        correlation: bytes | None = None,
    ) -> None:
        self.client = client
        self.client_sock_addr = client_sock_addr
        self.seq = seq
        self.msg_flags = msg_flags
        self.serializer_id = serializer_id
        self.annotations: Annotations = {} if annotations is None else annotations
        self.correlation = correlation
        """The correlation id as 16 bytes, or None."""
        self._response_annotations: Annotations | None = None

    @property
    def response_annotations(self) -> Annotations:
        """Annotations of the reply: to be sent (server) or received (client)."""
        if self._response_annotations is None:
            self._response_annotations = {}
        return self._response_annotations

    @response_annotations.setter
    def response_annotations(self, annotations: Annotations | None) -> None:
        self._response_annotations = annotations

    @property
    def has_response_annotations(self) -> bool:
        """Whether there are any, told without making an empty dictionary for the answer."""
        return bool(self._response_annotations)

    def copy(self) -> CallState:
        """Return a state of its own with the same facts."""
        duplicate = CallState(
            self.client,
            self.client_sock_addr,
            self.seq,
            self.msg_flags,
            self.serializer_id,
            self.annotations,
            self.correlation,
        )
        duplicate._response_annotations = self._response_annotations
        return duplicate


_state: ContextVar[CallState | None] = ContextVar("pyro_call_state", default=None)


def state() -> CallState:
    """Return the state of the running thread or task."""
    current = _state.get()
    if current is None:
        current = CallState()
        _state.set(current)
    return current


def set_state(new: CallState) -> None:
    """Put a state in place for the running thread or task."""
    _state.set(new)


def _field(name: str, doc: str) -> Any:
    """Make a property of ``current_context`` that reads and replaces one field of the state."""

    def read(_: CurrentContext) -> Any:
        return getattr(state(), name)

    def write(_: CurrentContext, value: Any) -> None:
        # A copy, because tasks that were started from this one still hold the present state.
        changed = state().copy()
        setattr(changed, name, value)
        set_state(changed)

    return property(read, write, doc=doc)


class CurrentContext:
    """The context of the running call; use the one instance, ``current_context``."""

    __slots__ = ()

    client = _field("client", "Server: the connection to the client; None elsewhere.")
    client_sock_addr = _field("client_sock_addr", "Server: the client's address; None if there is none.")
    seq = _field("seq", "Server: sequence number of the request, 0..65535.")
    msg_flags = _field("msg_flags", "Server: flags of the request.")
    serializer_id = _field("serializer_id", "Server: serializer of the request.")
    annotations = _field("annotations", "Client: annotations to send with each request. Server: those received.")
    response_annotations = _field(
        "response_annotations", "Server: annotations to send with the reply. Client: those of the last reply."
    )

    @property
    def correlation_id(self) -> uuid.UUID | None:
        """The id that all calls of one chain share; a server makes one if the client gave none."""
        current = state()
        if current.correlation is None:
            if current.client is None:
                return None
            # Made when it is looked at: most methods never do. It is a label and no secret, so `random` will do.
            current.correlation = uuid.UUID(int=random.getrandbits(128), version=4).bytes
        return uuid.UUID(bytes=current.correlation)

    @correlation_id.setter
    def correlation_id(self, value: uuid.UUID | None) -> None:
        changed = state().copy()
        changed.correlation = None if value is None else value.bytes
        set_state(changed)

    def to_global(self) -> dict[str, Any]:
        """Return all values by name, to be handed to ``from_global`` in another thread."""
        return {name: getattr(self, name) for name in _FIELDS}

    def from_global(self, values: dict[str, Any]) -> None:
        """Take over the values that ``to_global`` returned in another thread."""
        for name in _FIELDS:
            setattr(self, name, values[name])

    def track_resource(self, resource: Any) -> None:
        """Have ``resource.close()`` called when the client of the running call disconnects.

        Only a weak reference is kept. Raises ``PyroError`` outside of a remote call.
        """
        self._tracked_resources().add(resource)

    def untrack_resource(self, resource: Any) -> None:
        """Forget a resource that ``track_resource`` was given. Raises ``PyroError`` outside of a remote call."""
        self._tracked_resources().discard(resource)

    def _tracked_resources(self) -> Any:
        client = state().client
        if client is None:
            raise PyroError("cannot track a resource: no client connection, because this is not a remote call")
        return client.tracked_resources


_FIELDS = (
    "client",
    "seq",
    "msg_flags",
    "serializer_id",
    "annotations",
    "response_annotations",
    "correlation_id",
    "client_sock_addr",
)

current_context = CurrentContext()
"""The context of the call that the running thread or task is serving or making."""
