"""Other sides to talk to: a daemon by script, without a network, and one at the end of a pair of sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import pytest

from pyro_client import Proxy, commands
from pyro_client.proxy_state import ProxyState
from pyro_client.socketutil import SocketConnection
from pyro_wire import Config, Limits, Message, MessageReader, serializers_by_id
from pyro_wire.context import CallState, set_state
from pyro_wire.message import (
    FLAGS_EXCEPTION,
    FLAGS_ONEWAY,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_CONNECTOK,
    MSG_RESULT,
    Buffer,
    encode,
)

METADATA = {"methods": ["add", "note"], "oneway": ["note"], "attrs": ["total"]}


@dataclass(frozen=True)
class Reply:
    """What a daemon answers; what is None is as it ought to be for the request."""

    value: Any = None
    type: int | None = None
    flags: int = 0
    seq: int | None = None
    serializer_id: int | None = None
    annotations: Mapping[str, Buffer] = field(default_factory=dict)

    @classmethod
    def welcome(cls, handshake: Any = "hello", meta: Any = METADATA, **fields: Any) -> Reply:
        """The answer to a CONNECT."""
        return cls({"handshake": handshake, "meta": meta}, **fields)

    @classmethod
    def refusal(cls, reason: Any, **fields: Any) -> Reply:
        """The answer to a CONNECT that is turned down."""
        return cls(reason, MSG_CONNECTFAIL, **fields)

    @classmethod
    def error(cls, error: BaseException) -> Reply:
        """The answer to a call that has failed."""
        return cls(error, flags=FLAGS_EXCEPTION)

    def to(self, request: Message) -> bytes:
        """The bytes of this reply to a request."""
        usual_type = MSG_CONNECTOK if request.type == MSG_CONNECT else MSG_RESULT
        serializer_id = self.serializer_id or request.serializer_id
        payload = serializers_by_id[serializer_id].dumps(self.value)
        seq = request.seq if self.seq is None else self.seq
        return b"".join(encode(self.type or usual_type, self.flags, seq, serializer_id, payload, self.annotations))


Answer: TypeAlias = Reply | Callable[[Message], Reply | None] | None


class Script:
    """Carries out what a flow asks for, without a network: each request is answered with the next entry.

    An exception as an entry is thrown into the flow. ``commands`` are those that the flow gave, ``requests`` the
    messages that it sent.
    """

    def __init__(self, proxy: ProxyState | None, *entries: Any) -> None:
        self.proxy = proxy
        self.entries = list(entries)
        self.commands: list[commands.Command] = []
        self.requests: list[Message] = []
        self._reader = MessageReader(Limits())

    @property
    def asked_for(self) -> list[type]:
        """The kinds of commands that the flow gave."""
        return [type(command) for command in self.commands]

    def run(self, flow: commands.Flow[Any]) -> Any:
        """Run a flow to its end; return its result or raise its error."""
        step, argument = flow.send, None
        while True:
            try:
                command = step(argument)
            except StopIteration as end:
                return end.value
            self.commands.append(command)
            try:
                argument = self._carry_out(command)
                step = flow.send
            except BaseException as error:
                argument = error
                step = flow.throw

    def _carry_out(self, command: commands.Command) -> Any:
        match command:
            case commands.Open():
                self._next_entry_if_error()
                self._take_session(command)
            case commands.Close():
                if self.proxy is not None:
                    self.proxy._pyroConnection = None
            case commands.Send() | commands.Exchange():
                return self._answer(command)
            case commands.Bind() | commands.Call() | commands.Shout():
                return self._next_entry()
        return None

    def _take_session(self, command: commands.Open) -> None:
        assert self.proxy is not None
        self.proxy._pyroCurrentSession = command.session
        self.proxy._pyroConnection = cast(SocketConnection, object())  # a flow only looks whether it is None

    def _answer(self, command: commands.Send | commands.Exchange) -> Message | None:
        self._reader.feed(b"".join(command.buffers))
        request = self._reader.next_message()
        assert request is not None, "the flow sent less than a message"
        self.requests.append(request)
        if isinstance(command, commands.Send):
            return None
        reply = self._next_entry()
        assert self.proxy is not None
        wire = self.proxy._pyroSession.wire
        wire.feed(reply.to(request))
        return wire.next_message()

    def _next_entry(self) -> Any:
        assert self.entries, "the flow asks for more than the script has"
        entry = self.entries.pop(0)
        if isinstance(entry, BaseException):
            raise entry
        return entry

    def _next_entry_if_error(self) -> None:
        if self.entries and isinstance(self.entries[0], BaseException):
            self._next_entry()


class ScriptedDaemon:
    """The other end of a pair of sockets: answers each request that wants an answer with the next reply.

    A reply may be a function of the request; in place of one, None hangs up. ``requests`` are those that came.
    """

    def __init__(self) -> None:
        self.near, self._far = socket.socketpair()
        self.replies: list[Answer] = [Reply(METADATA)]
        self.requests: list[Message] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def proxy(self, *replies: Answer, config: Config | None = None) -> Proxy:
        """Return a proxy that is connected, whose further requests are answered with these replies."""
        proxy = Proxy("obj", connected_socket=self.near, config=config)
        self.requests.clear()
        self.replies.extend(replies)
        return proxy

    def calls(self) -> list[tuple[str, str, Any, Any]]:
        """The calls that came: object, method, arguments, keyword arguments."""
        return [serializers_by_id[request.serializer_id].loadsCall(request.data) for request in self.requests]

    def close(self) -> None:
        """Hang up, and wait until all that was sent has been read."""
        self.near.close()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        with self._far:
            reader = MessageReader(Limits())
            while data := self._far.recv(65536):
                reader.feed(data)
                while (request := reader.next_message()) is not None:
                    self.requests.append(request)
                    if not request.flags & FLAGS_ONEWAY and not self._reply_to(request):
                        return

    def _reply_to(self, request: Message) -> bool:
        reply = self.replies.pop(0) if self.replies else None
        if callable(reply):
            reply = reply(request)
        if reply is None:
            return False
        self._far.sendall(reply.to(request))
        return True


@pytest.fixture(autouse=True)
def fresh_context() -> None:
    """Let no annotations of another test travel with the requests of this one."""
    set_state(CallState())


@pytest.fixture
def reply() -> type[Reply]:
    return Reply


@pytest.fixture
def script() -> type[Script]:
    return Script


@pytest.fixture
def daemon() -> Iterator[ScriptedDaemon]:
    scripted = ScriptedDaemon()
    yield scripted
    scripted.close()
