"""The proxy: a local stand-in for a remote object."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

from pyro_client import flows
from pyro_client.blocking import BlockingDriver, close_connection, exchange
from pyro_client.commands import Flow
from pyro_client.inheritance import inheriting
from pyro_client.ownership import number_of
from pyro_client.proxy_state import CONNECTED_SOCKET_HOST, ProxyState, StateTuple
from pyro_client.remote_method import RemoteMethod
from pyro_client.session import ClientSession, Standing, result_of
from pyro_client.socketutil import SocketConnection
from pyro_client.streams import StreamResultIterator
from pyro_uri import URI
from pyro_wire.calls import BATCH_METHOD, GETATTR_METHOD, SETATTR_METHOD, STREAM_KEY, Metadata
from pyro_wire.config import Config
from pyro_wire.config import config as process_config
from pyro_wire.connection import State
from pyro_wire.context import state
from pyro_wire.errors import CommunicationError, ConnectionClosedError, ProtocolError, PyroError, TimeoutError
from pyro_wire.message import (
    FLAGS_BATCH,
    FLAGS_ITEMSTREAMRESULT,
    FLAGS_ONEWAY,
    Buffer,
    Message,
)
from pyro_wire.serializers import SerializerBase
from pyro_wire.types import default_types

__all__ = ["Proxy"]

WIRE_NAME = "Pyro5.client.Proxy"
"""The tag under which proxies travel."""

_Self = TypeVar("_Self", bound="Proxy")
_T = TypeVar("_T")

# Attributes that are the proxy's own although they are not set; asking for one never makes a connection.
_NEVER_REMOTE = frozenset({"__deepcopy__", "__getnewargs__", "__getnewargs_ex__", "__getinitargs__"})


class Proxy(ProxyState):
    """A local stand-in for a remote object: calls on it happen there.

    ``uri`` is a ``str`` or a ``URI``; PYRONAME and PYROMETA are looked up when the proxy connects, which it does at the
    first call. With ``connected_socket`` the uri is the bare object id, and that socket is used without a handshake;
    it stays open when the proxy is released. ``config`` is the configuration to go by, the process-wide one unless
    given.

    Connections use TLS if SSL of the configuration is on, and with ``ssl_context`` in any case, as that context says;
    it is kept by copies of the proxy and does not travel with it. It is for the object only: the name server that a
    PYRONAME or PYROMETA is looked up with is reached as the configuration says. A ``connected_socket`` must then be an
    ``ssl.SSLSocket``; otherwise ``OSError`` is raised.

    Close it with ``_pyroRelease()`` or use it in ``with``; it connects anew when it is used again. One proxy may be
    used by several threads, whose calls take turns; a method that the server calls back in the meantime needs a copy.
    With PROXY_OWNERSHIP of the configuration it belongs to the thread that has made it, as in Pyro5: for others, using
    or releasing it is a ``PyroError`` until they call ``_pyroClaimOwnership()``.

    Calls raise what the remote method raised, ``CommunicationError`` when the connection fails, and
    ``AttributeError`` for what the remote object does not expose.
    """

    def __init__(
        self,
        uri: URI | str,
        connected_socket: socket.socket | None = None,
        *,
        config: Config | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if connected_socket is not None:
            uri = f"PYRO:{uri}@{CONNECTED_SOCKET_HOST}:0"
        super().__init__(uri, config, ssl_context)
        state().response_annotations = {}
        if connected_socket is not None:
            self._pyroAttach(connected_socket)

    def _pyroAttach(self, sock: socket.socket) -> None:
        self._pyroCheckTls(sock)
        object_id = str(self._pyroUri.object)
        session = ClientSession(self._pyroConfig, self._pyroChosenSerializer(), 0, handshake=False)
        session.object_id = object_id
        self._pyroCurrentSession = session
        self._pyroConnection = SocketConnection(sock, object_id, keep_open=True)
        self._pyroLocalSocket = sock.getsockname()
        self._pyroRun(flows.attach(self, object_id))

    # -------------------------------------------------------------------------------- the connection

    def _pyroBind(self) -> bool:
        """Connect, and put the resolved address in the place of a PYRONAME or PYROMETA.

        Returns whether that was needed: False if the proxy was connected already.
        """
        return self._pyroRun(flows.connect(self, replace_uri=True))

    def _pyroRelease(self) -> None:
        """Close the connection; the next use makes a new one. May be called any number of times.

        A call that another thread is in on this proxy fails with ``ConnectionClosedError``.
        """
        self._pyroCheckOwner()
        connection = self._pyroConnection
        if self._pyroLock.acquire(blocking=False):
            try:
                close_connection(self)
            finally:
                self._pyroLock.release()
        elif connection is not None and not connection.keep_open:
            connection.interrupt()  # the thread that is in a call cleans up
        else:
            with self._pyroLock:
                close_connection(self)

    def _pyroReconnect(self, tries: int = 100_000_000) -> None:
        """Close the connection and make a new one, trying every 2 s. Raises ``ConnectionClosedError`` in the end."""
        self._pyroRun(flows.reconnect(self, tries))

    def _pyroGetMetadata(self, objectId: str | None = None, known_metadata: Any = None) -> None:
        """Ask the daemon anew what the object offers, or take it from ``known_metadata``.

        Raises ``PyroError`` if it is nothing at all.
        """
        if known_metadata:
            flows.take_metadata(self, Metadata.from_wire(known_metadata))
        else:
            self._pyroRun(flows.load_metadata(self, objectId))

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._pyroRelease()

    def __del__(self) -> None:
        if "_pyroLock" in self.__dict__:  # not there if the constructor has failed early
            with contextlib.suppress(CommunicationError, OSError):
                close_connection(self)

    # -------------------------------------------------------------------------------- calls

    def _pyroInvoke(
        self,
        methodname: str,
        vargs: Sequence[Any],
        kwargs: Mapping[str, Any] | None,
        flags: int = 0,
        objectId: str | None = None,
    ) -> Any:
        """Call a method of the remote object, or of another object of its daemon, and return its result.

        A subclass may override this to see every call. Raises what the method raises.
        """
        if methodname in self._pyroOneway and objectId is None:
            flags |= FLAGS_ONEWAY
        if self._pyroConfig.PROXY_OWNERSHIP:
            self._pyroCheckOwner()
        # The same as running the flow `invoke`, which costs 2 us more than the rest of a call's Python code here.
        if not self._pyroLock.acquire(timeout=self._pyroTimeoutSeconds or -1):
            raise TimeoutError(f"another thread was in a call on this proxy for {self._pyroTimeoutSeconds} s")
        try:
            session = self._pyroReadySession(flags)
            request = flows.make_request(self, methodname, vargs, kwargs, flags, objectId)
            message = self._pyroExchange(session, request, flags)
            serializer = session.serializer
        finally:
            self._pyroLock.release()
        return self._pyroResult(message, serializer)

    def _pyroReadySession(self, flags: int) -> ClientSession:
        """Return the session of a connection that is ready for a call with these flags."""
        session = self._pyroCurrentSession
        if (
            self._pyroConnection is None
            or session is None
            or session.standing is not Standing.GOOD
            or session.wire.state is not State.READY
        ):
            self._pyroMakeReady(session, flags)
            session = self._pyroSession
        return session

    def _pyroMakeReady(self, session: ClientSession | None, flags: int) -> None:
        """Connect if there is no connection, if it was left in mid-call, or if the server has closed it."""
        if self._pyroConnection is not None and session is not None:
            if session.standing is Standing.BUSY:  # the lock lets only the thread through that is in a call itself
                raise PyroError(
                    f"a call on {self!r} is still running on this thread, so no other one can be made on it: use a copy"
                )
            if session.wire.state is State.READY:
                if not flags & FLAGS_ONEWAY:  # which must not wait
                    self._pyroRun(flows.make_sure(self))
                return
            close_connection(self)
        self._pyroRun(flows.connect(self))

    def _pyroInvokeBatch(self, calls: Sequence[tuple[str, Any, Any]], oneway: bool = False) -> Any:
        """Run several calls, each (method, args, kwargs), in one message; return the list of their results."""
        flags = FLAGS_BATCH | FLAGS_ONEWAY if oneway else FLAGS_BATCH
        return self._pyroInvoke(BATCH_METHOD, list(calls), None, flags)

    def _pyroExchange(self, session: ClientSession, request: Sequence[Buffer], flags: int) -> Message | None:
        connection = self._pyroConnection
        if connection is None:
            raise ConnectionClosedError("the proxy was released while it was about to call")
        before = session.standing
        try:
            session.standing = Standing.BUSY
            if flags & FLAGS_ONEWAY:
                connection.send_buffers(request)
                session.note_sent(request, before)
                return None
            message = exchange(connection, session.wire, request)
            flows.take_reply(session, message)
        except BaseException:  # whatever it was, a signal handler's error too: the reply is still to come
            close_connection(self)
            raise
        return message

    def _pyroResult(self, message: Message | None, serializer: SerializerBase) -> Any:
        if message is None or self._pyroRawWireResponse:
            return message
        if message.flags & FLAGS_ITEMSTREAMRESULT:
            stream_id = bytes(message.annotations.get(STREAM_KEY, b"")).decode("ascii", "replace")
            if not stream_id:
                raise ProtocolError("the result is an iterator, but the server has streaming off (ITER_STREAMING)")
            return StreamResultIterator(stream_id, self)
        if self._pyroConfig is process_config and self._pyroSslContext is None:  # what a proxy has by itself
            return result_of(message, serializer)
        with inheriting(self._pyroConfig, self._pyroSslContext):
            return result_of(message, serializer)

    def _pyroRun(self, flow: Flow[_T]) -> _T:
        self._pyroCheckOwner()
        with self._pyroLock:
            return BlockingDriver(self, Proxy, self._pyroConfig).run(flow)

    def _pyroKnowMembers(self) -> None:
        """Make sure that the metadata is there."""
        if not (self._pyroMethods or self._pyroAttrs):
            self._pyroRun(flows.connect(self))

    # -------------------------------------------------------------------------------- members

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_pyro") or name in _NEVER_REMOTE:
            raise AttributeError(name)
        if name in self._pyroMethods:
            return RemoteMethod(self, name, self._pyroMaxRetries)
        self._pyroKnowMembers()
        if name in self._pyroAttrs:
            return self._pyroInvoke(GETATTR_METHOD, (name,), None)
        if name not in self._pyroMethods:
            raise AttributeError(f"remote object '{self._pyroUri}' has no exposed attribute or method '{name}'")
        return RemoteMethod(self, name, self._pyroMaxRetries)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_pyro"):
            object.__setattr__(self, name, value)
            return
        self._pyroKnowMembers()
        if name not in self._pyroAttrs:
            raise AttributeError(f"remote object '{self._pyroUri}' has no exposed attribute '{name}'")
        self._pyroInvoke(SETATTR_METHOD, (name, value), None)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._pyroMethods, *self._pyroAttrs})

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        self._pyroKnowMembers()
        if "__len__" not in self._pyroMethods:
            raise TypeError(f"remote object '{self._pyroUri}' has no len()")  # as list() wants to hear it
        length: int = self.__getattr__("__len__")()
        return length

    def __getitem__(self, index: Any) -> Any:
        return self.__getattr__("__getitem__")(index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self.__getattr__("__setitem__")(index, value)

    def __delitem__(self, index: Any) -> None:
        self.__getattr__("__delitem__")(index)

    def __iter__(self) -> Iterator[Any]:
        self._pyroKnowMembers()
        if "__iter__" in self._pyroMethods:
            return iter(self._pyroInvoke("__iter__", (), {}))
        return self._pyroIterateByIndex()

    def _pyroIterateByIndex(self) -> Iterator[Any]:
        index = 0
        while True:
            try:
                item = self[index]
            except (IndexError, StopIteration):
                return
            yield item
            index += 1

    # -------------------------------------------------------------------------------- as a value

    def __repr__(self) -> str:
        connection = self._pyroConnection
        status = f"connected {connection.family()}" if connection is not None else "not connected"
        owner = f"; owner {number_of(self._pyroOwner)}" if self._pyroConfig.PROXY_OWNERSHIP else ""
        return f"<{WIRE_NAME} at {id(self):#x}; {status}; for {self._pyroUri}{owner}>"

    def __str__(self) -> str:
        return repr(self)


def _rebuild(fields: dict[str, Any]) -> Proxy:
    state_tuple: StateTuple = tuple(fields["state"])
    proxy = Proxy.__new__(Proxy)
    proxy.__setstate__(state_tuple)
    return proxy


default_types.register_tagged(WIRE_NAME, Proxy, lambda proxy: {"state": proxy.__getstate__()}, _rebuild)
