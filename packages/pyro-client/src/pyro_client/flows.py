"""The client's dialogues, each written once: connect, call, read metadata, reconnect.

A flow is a generator. It yields commands, is sent their results or thrown their errors, and returns its own result. It
works on the state of a proxy and touches no socket.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any

from pyro_client.commands import Close, Exchange, Flow, Open, Send, Sleep
from pyro_client.naming import resolve_flow
from pyro_client.proxy_state import CONNECTED_SOCKET_HOST, ProxyState
from pyro_client.session import ClientSession, Standing, result_of
from pyro_uri import URI
from pyro_wire.blob import SerializedBlob
from pyro_wire.calls import BLOB_KEY, Metadata, pack_blob_address
from pyro_wire.context import state
from pyro_wire.errors import (
    CommunicationError,
    ConnectionClosedError,
    ProtocolError,
    PyroError,
    SerializeError,
    TimeoutError,
)
from pyro_wire.message import FLAGS_KEEPSERIALIZED, FLAGS_ONEWAY, Buffer, Message
from pyro_wire.names import DAEMON_NAME
from pyro_wire.serializers import SerializerBase

__all__ = [
    "attach",
    "connect",
    "invoke",
    "load_metadata",
    "make_request",
    "make_sure",
    "reconnect",
    "take_metadata",
    "take_reply",
]

RECONNECT_PAUSE = 2.0
"""Seconds between two attempts to reconnect."""


def connect(proxy: ProxyState, *, replace_uri: bool = False) -> Flow[bool]:
    """Connect the proxy if it is not; return whether that was needed.

    ``replace_uri`` puts the resolved address in the place of a PYRONAME or PYROMETA. A failure leaves the proxy
    unconnected and is a ``CommunicationError``, a ``NamingError``, or what the proxy's own handshake hook raised.
    """
    if proxy._pyroConnection is not None:
        return False
    uri = yield from resolve_flow(proxy._pyroUri, proxy._pyroConfig)
    try:
        yield from _shake_hands(proxy, uri)
    except BaseException:
        yield Close()
        raise
    if replace_uri:
        proxy._pyroUri = uri
    return True


def _shake_hands(proxy: ProxyState, uri: URI) -> Flow[None]:
    if uri.host == CONNECTED_SOCKET_HOST:
        raise ConnectionClosedError("this proxy has released the connected socket that it was given; make a new proxy")
    session = ClientSession(proxy._pyroConfig, proxy._pyroChosenSerializer(), proxy._pyroSeq)
    try:
        yield Open(uri, session)
    except builtins.TimeoutError as error:
        raise TimeoutError(f"connecting to {uri.location}: timeout") from error
    except (OSError, ValueError, OverflowError) as error:  # the latter two for hosts and ports that cannot exist
        raise CommunicationError(f"cannot connect to {uri.location}: {error}") from error
    request = session.connect_request(proxy._pyroHandshake, str(uri.object))
    message = yield Exchange(request)
    response, metadata = session.connect_reply(message, str(uri.location))
    proxy._pyroValidateHandshake(response)
    if metadata is None:
        metadata = yield from _ask_metadata(proxy, str(uri.object))
    take_metadata(proxy, metadata)


def make_sure(proxy: ProxyState) -> Flow[None]:
    """Connect anew if the server has closed the connection after what was said last, as some do after some errors.

    A ping finds that out, not the next call: nobody could tell whether that had run, so it could not be repeated.
    """
    session = proxy._pyroSession
    if session.standing is not Standing.DOUBTFUL:
        return
    try:
        yield Exchange(session.ping())
        session.standing = Standing.GOOD
    except ConnectionClosedError:
        yield Close()
        yield from connect(proxy)
    except BaseException:  # whatever it was, an interruption too: the answer is still to come
        yield Close()
        raise


def attach(proxy: ProxyState, object_id: str) -> Flow[None]:
    """Begin on a socket that the application has connected: no handshake, the metadata is asked for at once."""
    take_metadata(proxy, (yield from _ask_metadata(proxy, object_id)))


def reconnect(proxy: ProxyState, tries: int) -> Flow[None]:
    """Connect anew, trying several times. Raises ``ConnectionClosedError`` when all tries have failed."""
    yield Close()
    for attempt in range(tries):
        try:
            yield from connect(proxy)
            return
        except CommunicationError:
            if attempt < tries - 1:
                yield Sleep(RECONNECT_PAUSE)
    raise ConnectionClosedError(f"could not reconnect to {proxy._pyroUri} in {tries} tries")


def load_metadata(proxy: ProxyState, object_id: str | None) -> Flow[None]:
    """Ask the daemon for the metadata of the proxy's object, or of another one, and take it over."""
    if object_id is None:
        object_id = str((yield from resolve_flow(proxy._pyroUri, proxy._pyroConfig)).object)
    yield from connect(proxy)
    yield from make_sure(proxy)
    take_metadata(proxy, (yield from _ask_metadata(proxy, object_id)))


def _ask_metadata(proxy: ProxyState, object_id: str) -> Flow[Metadata]:
    message = yield from invoke(proxy, "get_metadata", [object_id], {}, 0, DAEMON_NAME)
    if message is None:
        raise ProtocolError("the daemon did not answer the question for metadata")
    try:
        return Metadata.from_wire(result_of(message, proxy._pyroSession.serializer))
    except StopIteration as error:  # it would end the flow as if that had succeeded
        raise ProtocolError("the daemon answered the question for metadata with StopIteration") from error


def take_metadata(proxy: ProxyState, metadata: Metadata) -> None:
    """Take over what the remote object offers. Raises ``PyroError`` if that is nothing at all."""
    proxy._pyroTakeMetadata(metadata)
    if not (metadata.methods or metadata.attrs):
        raise PyroError(
            f"the remote object at {proxy._pyroUri} exposes no methods or attributes; "
            "did its server forget to decorate the class with @expose?"
        )


def invoke(
    proxy: ProxyState,
    method: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None,
    flags: int,
    object_id: str | None = None,
) -> Flow[Message | None]:
    """Send a call and return the RESULT that answers it, None for a oneway call.

    After a ``CommunicationError`` or an interruption the connection is closed: it may be out of step.
    """
    if proxy._pyroConnection is None:
        yield from connect(proxy)
    request = make_request(proxy, method, args, kwargs, flags, object_id)
    try:
        if flags & FLAGS_ONEWAY:
            yield Send(request)
            return None
        message: Message = yield Exchange(request)
        take_reply(proxy._pyroSession, message)
    except BaseException:  # whatever it was, a cancellation too: the reply is still to come
        yield Close()
        raise
    return message


def make_request(
    proxy: ProxyState,
    method: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None,
    flags: int,
    object_id: str | None = None,
) -> list[Buffer]:
    """Return the buffers that send a call, to the proxy's object unless another one is named."""
    session = proxy._pyroSession
    serializer = proxy._pyroChosenSerializer()
    context = state()
    annotations: Mapping[str, Buffer] = context.annotations
    if object_id is None:
        object_id = session.object_id
    for arg in args:
        if isinstance(arg, SerializedBlob):
            payload, address = _blob_payload(serializer, object_id, method, args, kwargs)
            annotations = {**annotations, BLOB_KEY: address}
            flags |= FLAGS_KEEPSERIALIZED
            break
    else:
        payload = serializer.dumpsCall(object_id, method, args, kwargs)
    request = session.request(serializer, payload, flags, annotations, context.correlation)
    if context.has_response_annotations:
        context.response_annotations = {}
    return request


def take_reply(session: ClientSession, message: Message) -> None:
    """Take notice of the reply to a call. Raises ``ProtocolError`` if it is none, and the connection out of step."""
    session.check_reply(message)
    if message.annotations:
        state().response_annotations = message.annotations


def _blob_payload(
    serializer: SerializerBase, object_id: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any] | None
) -> tuple[Buffer, bytes]:
    """Return the payload of a call with a blob, and the blob's address."""
    if len(args) != 1 or kwargs:
        raise SerializeError("a SerializedBlob must be the only argument of a call")
    blob: SerializedBlob = args[0]
    address = pack_blob_address(blob.info, object_id, method)
    if blob.payload is not None:
        return blob.payload.data, address
    return serializer.dumpsCall(object_id, method, blob.deserialized(), kwargs), address
