"""The work that a client's messages ask for: a handshake or a call, each from its message to its reply."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pyro_client.inheritance import inheriting
from pyro_server import dispatch
from pyro_server.client_socket import ClientSocket
from pyro_server.dispatch import Request
from pyro_server.steps import Close, Send, is_from_operator
from pyro_wire.annotations import Annotations
from pyro_wire.calls import (
    BATCH_METHOD,
    GETATTR_METHOD,
    SETATTR_METHOD,
    STREAM_KEY,
    dump_exception,
    load_connect,
    sendable_exception,
    unpack_blob,
)
from pyro_wire.config import Config
from pyro_wire.config import config as process_config
from pyro_wire.context import set_state, state
from pyro_wire.errors import ProtocolError, PyroError, SecurityError
from pyro_wire.message import (
    FLAGS_BATCH,
    FLAGS_EXCEPTION,
    FLAGS_ITEMSTREAMRESULT,
    FLAGS_KEEPSERIALIZED,
    FLAGS_ONEWAY,
    MSG_CONNECTFAIL,
    MSG_CONNECTOK,
    MSG_RESULT,
    Buffer,
    Message,
)
from pyro_wire.serializers import SerializerBase
from pyro_wire.tracebacks import format_traceback

if TYPE_CHECKING:
    from pyro_server.session import ServerSession

__all__ = ["CallJob", "HandshakeJob", "call_step"]

log = logging.getLogger("Pyro5.server")


class HandshakeJob:
    """Asks the daemon whether a client may come in."""

    __slots__ = ("detached", "message", "serializer", "session")

    def __init__(self, session: ServerSession, message: Message, serializer: SerializerBase) -> None:
        self.session = session
        self.message = message
        self.serializer = serializer
        self.detached = False

    def execute(self) -> dict[str, Any]:
        """Run the daemon's hook and return the payload of the CONNECTOK."""
        session = self.session
        set_state(session.call_state(self.message))
        handshake, object_id = load_connect(self.serializer, self.message.data)
        session.connection.objectId = object_id
        response = session.daemon.validateHandshake(session.connection, handshake)
        return {"handshake": response, "meta": session.daemon.metadata_of(object_id).to_wire()}

    def finish(self, result: dict[str, Any]) -> Send:
        """Let the client in."""
        try:
            buffers = self._reply(MSG_CONNECTOK, self.serializer.dumps(result))
        except Exception as error:  # the hook's response is the program's own, and so are its classes
            return self.fail(error)
        self.session.wire.trust()
        self.session.accepted = True
        return Send(buffers)

    def fail(self, error: BaseException) -> Send:
        """Turn the client away, with the reason."""
        log.info("handshake of %s refused: %r", self.session.address, error)
        try:
            return Send(self._reply(MSG_CONNECTFAIL, self.serializer.dumps(str(error))), close=True)
        except Exception:  # a text that cannot be written, or bad annotations
            return self.session.refuse(f"the handshake failed with {type(error).__name__}")

    def _reply(self, msgtype: int, payload: Buffer) -> list[Buffer]:
        context = state()
        annotations = {**context.response_annotations, **self.session.daemon.reply_annotations()}
        serializer_id = self.serializer.serializer_id
        return self.session.wire.send(
            msgtype, 0, self.message.seq, serializer_id, payload, annotations, context.correlation
        )


def call_step(session: ServerSession, message: Message, serializer: SerializerBase) -> CallJob | Send | Close | None:
    """Return the job that carries out a request, or what to do if there is nothing to carry out."""
    job = CallJob(session, message, serializer)
    set_state(job.context)
    try:
        job.request = _read_request(message, serializer, session.daemon.config)
        if message.flags & FLAGS_ONEWAY and not job.runs_inline:
            # Here, and not in the thread that runs the job: the next call of this client shall find the same instance.
            job.target = dispatch.find_target(session.daemon, job.request.object_id, session.connection)
            job.detached = True
    except BaseException as error:  # classes of the program take part in this, and may raise anything
        if is_from_operator(error):
            raise
        return job.fail(error)
    return job


def _read_request(message: Message, serializer: SerializerBase, config: Config) -> Request:
    if message.flags & FLAGS_KEEPSERIALIZED:
        object_id, method, blob = unpack_blob(message, serializer)
        return Request(object_id, method, (blob,), None)
    if config is process_config:  # what a proxy among the arguments has by itself
        return Request(*serializer.loadsCall(message.data))
    with inheriting(config, None):  # not the daemon's ssl_context, which is one for servers
        return Request(*serializer.loadsCall(message.data))


class CallJob:
    """Carries out one request and makes its reply; see ``call_step``."""

    __slots__ = ("context", "detached", "message", "request", "serializer", "session", "target")

    def __init__(self, session: ServerSession, message: Message, serializer: SerializerBase) -> None:
        self.session = session
        self.message = message
        self.serializer = serializer
        self.context = session.call_state(message)
        self.request = Request("", "", (), None)
        self.target: dispatch.Target | None = None
        """The object to be called, if it has been found already."""
        self.detached = False

    @property
    def runs_inline(self) -> bool:
        """Whether the next request of the client waits for this one, even if it is oneway."""
        if not self.session.daemon.config.ONEWAY_THREADED:
            return True
        return bool(self.message.flags & FLAGS_BATCH) or self.request.method in (GETATTR_METHOD, SETATTR_METHOD)

    # ----------------------------------------------------------------------------- execution

    def execute(self) -> Any:
        """Find the object and do what is asked of it."""
        set_state(self.context)
        session, request = self.session, self.request
        target = self.target
        if target is None:
            target = dispatch.find_target(session.daemon, request.object_id, session.connection)
        if self.message.flags & FLAGS_BATCH and request.method == BATCH_METHOD:
            max_calls = session.daemon.config.MAX_BATCH
            return dispatch.call_batch(target, request.args, max_calls, session.is_wanted, self._batch_error)
        if request.method == GETATTR_METHOD:
            return dispatch.get_attribute(target, request.args)
        if request.method == SETATTR_METHOD:
            return dispatch.set_attribute(target, request.args)
        method = target.method(request.method)
        kwargs = request.kwargs or {}
        try:
            return method(*request.args, **kwargs)
        except Exception as error:
            self._report(method, request.args, kwargs, error)
            if request.method in target.members.callbacks:
                raise _CallbackError(error) from error
            raise

    def _batch_error(self, method: Any, args: Any, kwargs: Any, error: Exception) -> Exception:
        self._report(method, args, kwargs, error)
        return sendable_exception(self.serializer, error, self._traceback(error))

    def _report(self, method: Any, args: Any, kwargs: Any, error: Exception) -> None:
        daemon = self.session.daemon
        try:
            client = ClientSocket(self.session.connection, self.session.address)
            daemon.methodcall_error_handler(daemon, client, method, args, kwargs, error)
        except Exception:  # the program's own handler; the caller shall get the first error, not this one
            log.exception("the methodcall_error_handler failed")

    # ----------------------------------------------------------------------------- the reply

    def finish(self, result: Any) -> Send | Close | None:
        """Return the reply for a result."""
        flags = self.message.flags
        if flags & FLAGS_ONEWAY:
            return None
        if dispatch.is_stream(result):
            return self._start_stream(result)
        annotations = self.session.daemon.reply_annotations()
        context = state()  # not self.context: the method may have put annotations into a new one
        if context.has_response_annotations:
            annotations = {**context.response_annotations, **annotations}
        try:
            return Send(self._result(flags & FLAGS_BATCH, self.serializer.dumps(result), annotations))
        except Exception as error:  # classes of the program take part in writing, and may raise anything
            return self.fail(error)

    def _start_stream(self, iterator: Any) -> Send | Close | None:
        daemon = self.session.daemon
        annotations = dict(daemon.reply_annotations())
        if daemon.config.ITER_STREAMING:
            try:
                stream_id = daemon.streams.open(iterator, self.session.connection)
            except PyroError as error:
                return self.fail(error)
            annotations[STREAM_KEY] = stream_id.encode("ascii")
        payload = dump_exception(self.serializer, ProtocolError("result of call is an iterator"), None)
        return Send(self._result(FLAGS_EXCEPTION | FLAGS_ITEMSTREAMRESULT, payload, annotations))

    def fail(self, error: BaseException) -> Send | Close | None:
        """Return the reply for an error."""
        closing = isinstance(error, SecurityError | _CallbackError)
        if isinstance(error, _CallbackError):
            error = error.original
            log.error("error in callback method %s", self.request.method, exc_info=error)
        if self.message.flags & FLAGS_ONEWAY:
            log.debug("error in oneway call of %s: %r", self.request.method, error)
            return Close() if closing else None
        lines = self._traceback(error)
        if not isinstance(error, Exception):
            # Not as itself: a client of released Pyro5 would be ended by it.
            error = PyroError(f"the method tried to end the server with {error!r}")
        return self._send_error(error, lines, closing)

    def _send_error(self, error: Exception, lines: list[str], closing: bool) -> Send | Close:
        try:
            payload = dump_exception(self.serializer, error, lines)
            return Send(self._result(FLAGS_EXCEPTION, payload, self.session.daemon.reply_annotations()), closing)
        except Exception as obstacle:  # over the size limit, text that cannot be written, bad annotations of the daemon
            short = PyroError(f"the error could not be sent ({obstacle}); it was {type(error).__name__}")
        try:
            return Send(self._result(FLAGS_EXCEPTION, dump_exception(self.serializer, short, []), {}), closing)
        except ProtocolError:
            log.exception("cannot tell %s about an error", self.session.address)
            return Close()

    def _result(self, flags: int, payload: Buffer, annotations: Annotations) -> list[Buffer]:
        message = self.message
        return self.session.wire.send(
            MSG_RESULT, flags, message.seq, message.serializer_id, payload, annotations, state().correlation
        )

    def _traceback(self, error: BaseException) -> list[str]:
        detailed = self.session.daemon.config.DETAILED_TRACEBACK
        return format_traceback(type(error), error, error.__traceback__, detailed)


class _CallbackError(Exception):
    """Marks an error in a method that is a callback."""

    def __init__(self, original: Exception) -> None:
        super().__init__(str(original))
        self.original = original
