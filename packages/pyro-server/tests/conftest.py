"""A daemon whose clients are played by hand: bytes are fed to sessions, without a network or a thread."""

from __future__ import annotations

import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from types import SimpleNamespace
from typing import Any

import pytest

from pyro_client.socketutil import SocketConnection
from pyro_server import Daemon, callback, expose, oneway
from pyro_server.servers.link import Link, Pause
from pyro_server.servers.patience import never_wait
from pyro_server.session import ServerSession
from pyro_server.steps import Close, Job, Send, run
from pyro_wire import Config, Limits, Message, MessageReader, SerializedBlob, current_context, serializers
from pyro_wire.context import CallState, set_state
from pyro_wire.errors import SecurityError
from pyro_wire.message import FLAGS_EXCEPTION, MSG_CONNECT, MSG_CONNECTOK, MSG_INVOKE, Buffer, encode

ADDRESS = ("192.0.2.1", 4444)
"""Where the clients of these tests call from."""


@expose
class Service:
    """What these tests call."""

    def __init__(self) -> None:
        self.notes: list[Any] = []
        self._total = 0

    def add(self, first: int, second: int) -> int:
        return first + second

    def echo(self, *args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    def fail(self, *args: Any) -> None:
        error = ValueError(*args)
        error.extra = "more"  # type: ignore[attr-defined]  # exceptions take attributes
        raise error

    def refuse(self) -> None:
        raise SecurityError("too dangerous")

    def stop(self) -> None:
        raise SystemExit(3)

    @callback
    def failing_callback(self) -> None:
        raise ValueError("in a callback")

    @oneway
    def note(self, thing: Any) -> str:
        self.notes.append(thing)
        return "nobody hears this"

    def unserializable(self) -> Any:
        return range(3)

    def unserializable_error(self) -> None:
        raise ValueError(range(3))

    def large(self, size: int) -> str:
        return "x" * size

    def large_error(self, size: int) -> None:
        raise ValueError("x" * size)

    def letters(self) -> Iterator[str]:
        yield from "abc"

    def blob(self, blob: SerializedBlob) -> Any:
        return blob.info, blob.deserialized()

    def annotate(self, annotations: dict[str, Any]) -> None:
        current_context.response_annotations = {key: value.encode() for key, value in annotations.items()}

    def context(self) -> dict[str, Any]:
        context = current_context.to_global()
        client = context.pop("client")
        return {
            **{key: context[key] for key in ("seq", "msg_flags", "serializer_id")},
            "client_sock_addr": list(context["client_sock_addr"]),
            "annotations": {key: bytes(value).decode() for key, value in context["annotations"].items()},
            "correlation_id": str(context["correlation_id"]),
            "object": client.objectId,
        }

    @property
    def total(self) -> int:
        return self._total

    @total.setter
    def total(self, value: int) -> None:
        self._total = value

    @property
    def readonly(self) -> int:
        return 42

    def _private(self) -> None:
        raise AssertionError("it was called")

    plain = "no property"


@expose
class Guarded:
    """Something with a member that nobody may touch."""

    def method(self) -> int:
        return 1


def _touched(*_: Any) -> Any:
    raise AssertionError("an unexposed property was touched")


Guarded.hidden = property(_touched, _touched)  # type: ignore[attr-defined]  # after @expose, so that it is not


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeLink:
    """What a link looks like to those who let it wait. It does and says what the test has set."""

    def __init__(self) -> None:
        self.peer, far = socket.socketpair()
        self.connection = SocketConnection(far)
        self.session = SimpleNamespace(accepted=True, address=ADDRESS)
        self.until: float | None = None
        self.pauses: deque[Pause] = deque()
        self.expired = False
        self.runs_user_code = True
        self.has_oneway_room = False

    def deadline(self, pause: Pause) -> float | None:
        return self.until

    def expire(self) -> None:
        self.expired = True

    def advance(self) -> Pause:
        self.connection.sock.recv(100)
        return self.pauses.popleft()

    def fill(self) -> None:
        """Have the link send until nothing more fits."""
        self.connection.sock.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                self.connection.sock.send(bytes(4096))

    def drain(self) -> None:
        """Have the client take all that was sent."""
        self.peer.setblocking(False)
        with suppress(BlockingIOError):
            while self.peer.recv(1 << 16):
                pass

    def close(self) -> None:
        self.peer.close()
        self.connection.close()


class Line:
    """Where oneway calls wait, as many as there is room for. Nothing runs them."""

    def __init__(self) -> None:
        self.room = 1000
        self.jobs: list[Job] = []

    def offer(self, client: Link, job: Job) -> bool:
        if not self.has_room(client):
            client.held_back = True
            return False
        self.jobs.append(job)
        return True

    def has_room(self, client: Link) -> bool:
        return len(self.jobs) < self.room


class Peer:
    """A client, and the link that serves it; over TLS if there is a context, once the test has wrapped ``sock``."""

    def __init__(
        self,
        daemon: Daemon,
        line: Line,
        clock: Clock,
        *,
        handshake: bool = True,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.sock, far = socket.socketpair()
        self.sock.setblocking(False)
        far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        if context is not None:
            far = context.wrap_socket(far, server_side=True, do_handshake_on_connect=False)
        never_wait(far)
        self.connection = SocketConnection(far, keep_open=not handshake)
        session = ServerSession(daemon, self.connection, ADDRESS, handshake=handshake)
        self.link = Link(session, self.connection, line, lambda: False, clock)  # type: ignore[arg-type]  # a fake line
        self.ended = False
        """Whether nothing more comes from the server."""
        self._reader = MessageReader(Limits())

    def send(self, data: bytes) -> Pause:
        """Send bytes, and have the link do what can be done."""
        self.sock.sendall(data)
        return self.link.advance()

    def answers(self) -> list[Message]:
        """Return the messages that have come."""
        try:
            while data := self.sock.recv(1 << 16):
                self._reader.feed(data)
            self.ended = True
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        return list(iter(self._reader.next_message, None))

    def connect(self) -> None:
        """Shake hands."""
        serpent = serializers["serpent"]
        payload = serpent.dumps({"handshake": "hello", "object": "service"})
        assert self.send(b"".join(encode(MSG_CONNECT, 0, 1, serpent.serializer_id, payload))) is Pause.NEXT
        (answer,) = self.answers()
        assert answer.type == MSG_CONNECTOK

    def close(self) -> None:
        self.sock.close()
        self.link.end()
        self.connection.sock.close()


class Client:
    """A client that says what it is told to, and keeps what it is answered.

    ``closed`` tells whether the session wants the connection closed, ``detached`` are the jobs that nobody waits for;
    they are run at once.
    """

    def __init__(self, daemon: Daemon, serializer: str = "serpent", *, handshake: bool = True) -> None:
        self._sock, far = socket.socketpair()
        self.connection = SocketConnection(far)
        self.session = ServerSession(daemon, self.connection, ADDRESS, handshake=handshake)
        self.serializer = serializers[serializer]
        self.closed = False
        self.detached: list[Job] = []
        self._seq = 0
        self._reader = MessageReader(Limits())

    def feed(self, data: bytes) -> list[Message]:
        """Send bytes, have the session do all that they ask for, and return its answers."""
        self.session.feed(data)
        answers: list[Message] = []
        while not self.closed and (step := self.session.next_step()) is not None:
            if isinstance(step, Send | Close):
                outcome: Send | Close | None = step
            else:
                if step.detached:
                    self.detached.append(step)
                outcome = run(step)
            answers += self._carry_out(outcome)
        return answers

    def send(
        self,
        msgtype: int,
        payload: Buffer,
        *,
        flags: int = 0,
        seq: int | None = None,
        serializer_id: int | None = None,
        annotations: Mapping[str, Buffer] | None = None,
        correlation_id: bytes | None = None,
    ) -> list[Message]:
        """Send a message and return the answers."""
        if seq is None:
            seq = self._seq = self._seq + 1
        serializer_id = self.serializer.serializer_id if serializer_id is None else serializer_id
        return self.feed(b"".join(encode(msgtype, flags, seq, serializer_id, payload, annotations, correlation_id)))

    def connect(self, object_id: str = "service", handshake: Any = "hello", **fields: Any) -> Message:
        """Shake hands and return the answer."""
        payload = self.serializer.dumps({"handshake": handshake, "object": object_id})
        (answer,) = self.send(MSG_CONNECT, payload, **fields)
        return answer

    def request(self, method: str, *args: Any, object_id: str = "service", kwargs: Any = None, **fields: Any) -> Any:
        """Send a call and return the answers."""
        payload = self.serializer.dumpsCall(object_id, method, args, kwargs)
        return self.send(MSG_INVOKE, payload, **fields)

    def call(self, method: str, *args: Any, **fields: Any) -> Any:
        """Make a call, and return its result or raise its error."""
        (answer,) = self.request(method, *args, **fields)
        return self.result(answer)

    def result(self, answer: Message) -> Any:
        """Return the value in an answer, or raise the error in it."""
        value = self.serializer.loads(answer.data)
        if answer.flags & FLAGS_EXCEPTION:
            raise value
        return value

    def close(self) -> None:
        self._sock.close()
        self.connection.close()

    def _carry_out(self, step: Send | Close | None) -> list[Message]:
        if step is None:
            return []
        self.closed = isinstance(step, Close) or step.close
        if isinstance(step, Close):
            return []
        self._reader.feed(b"".join(step.buffers))
        answer = self._reader.next_message()
        assert answer is not None, "the session sent less than a message"
        return [answer]


@pytest.fixture(autouse=True)
def fresh_context() -> None:
    """Let nothing of another test's calls be known in this one."""
    set_state(CallState())


@pytest.fixture
def make_daemon() -> Iterator[Callable[..., Daemon]]:
    """Make daemons that listen nowhere; each hosts a ``Service`` and goes by the configuration items given."""
    with ExitStack() as stack:

        def make(daemon_class: type[Daemon] = Daemon, **items: Any) -> Daemon:
            near, far = socket.socketpair()
            stack.enter_context(near)
            stack.enter_context(far)
            daemon = stack.enter_context(daemon_class(connected_socket=near, config=Config(**items)))
            daemon.register(Service(), "service")
            daemon.register(Guarded(), "guarded")
            return daemon

        yield make


@pytest.fixture
def daemon(make_daemon: Callable[..., Daemon]) -> Daemon:
    return make_daemon()


@pytest.fixture
def service(daemon: Daemon) -> Any:
    return daemon.objectsById["service"]


@pytest.fixture
def new_client() -> Iterator[Callable[..., Client]]:
    """Make clients, which have said nothing yet."""
    with ExitStack() as stack:

        def make(daemon: Daemon, *args: Any, **kwargs: Any) -> Client:
            client = Client(daemon, *args, **kwargs)
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_link() -> Iterator[Callable[[], FakeLink]]:
    """Make links that are none."""
    with ExitStack() as stack:

        def make() -> FakeLink:
            link = FakeLink()
            stack.callback(link.close)
            return link

        yield make


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def new_peer(line: Line, clock: Clock) -> Iterator[Callable[..., Peer]]:
    """Make clients, which have said nothing yet."""
    with ExitStack() as stack:

        def make(daemon: Daemon, **options: Any) -> Peer:
            peer = Peer(daemon, line, clock, **options)
            stack.callback(peer.close)
            return peer

        yield make


@pytest.fixture
def stranger(daemon: Daemon, new_peer: Callable[..., Peer]) -> Peer:
    return new_peer(daemon)


@pytest.fixture
def peer(stranger: Peer) -> Peer:
    """A client that has been let in."""
    stranger.connect()
    return stranger


@pytest.fixture(params=sorted(serializers))
def client(request: pytest.FixtureRequest, daemon: Daemon, new_client: Callable[..., Client]) -> Client:
    """A client past its handshake, with each serializer."""
    client = new_client(daemon, request.param)
    client.connect()
    return client


@pytest.fixture
def serpent_client(daemon: Daemon, new_client: Callable[..., Client]) -> Client:
    """A client past its handshake, where the serializer does not matter."""
    client = new_client(daemon)
    client.connect()
    return client
