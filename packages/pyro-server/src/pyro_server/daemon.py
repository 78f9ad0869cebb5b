"""The daemon: hosts objects and answers the calls that are made on them."""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, TypeVar

from pyro_client import Proxy
from pyro_client.socketutil import SocketConnection, family_str
from pyro_client.tls import server_context
from pyro_server.autoproxy import enable_autoproxy
from pyro_server.daemon_object import DaemonObject
from pyro_server.exposure import members_of, reset_members
from pyro_server.instances import SingleLocks, instance_for, remember_behavior
from pyro_server.life import Life
from pyro_server.location import Host, nat_address, nat_location
from pyro_server.publishing import publish_and_serve
from pyro_server.registry import ObjectRegistry
from pyro_server.servers.base import Server
from pyro_server.servers.connected import ConnectedServer
from pyro_server.servers.making import make_server
from pyro_server.servers.multiplex import MultiplexServer
from pyro_server.servers.partners import Partner
from pyro_server.servers.threads import ThreadServer
from pyro_server.steps import is_from_operator
from pyro_server.streams import Stream, StreamTable
from pyro_uri import URI
from pyro_wire.annotations import Annotations
from pyro_wire.calls import Metadata
from pyro_wire.config import Config
from pyro_wire.config import config as process_config
from pyro_wire.errors import DaemonError, ProtocolError, PyroError
from pyro_wire.message import PROTOCOL_VERSION
from pyro_wire.names import DAEMON_NAME
from pyro_wire.serializers import SerializerBase, table_for
from pyro_wire.types import default_types

__all__ = ["Daemon"]

log = logging.getLogger("Pyro5.server")

WIRE_NAME = "Pyro5.server.Daemon"
"""The tag under which a daemon travels, as an empty shell."""

_Self = TypeVar("_Self", bound="Daemon")

MethodErrorHandler = Callable[
    ["Daemon", SocketConnection, Callable[..., Any], Sequence[Any], dict[str, Any], Exception], None
]


def log_method_error(
    daemon: Daemon,
    client_sock: SocketConnection,
    method: Callable[..., Any],
    vargs: Sequence[Any],
    kwargs: dict[str, Any],
    exception: Exception,
) -> None:
    """Log an error in a method at level debug: the handler that a new daemon has."""
    log.debug("%s raised %r for the client at %s", getattr(method, "__name__", method), exception, client_sock)


class Combinable(Protocol):
    """What can be served in a daemon's request loop besides daemons."""

    @property
    def transportServer(self) -> Partner:
        """What hears of the sockets."""


class Daemon:
    """Hosts objects and answers the calls that are made on them.

    It listens at once, on ``host`` (None: HOST of the configuration, which is localhost; "" or 0.0.0.0: everywhere) and
    ``port`` (0: any free one), or on the Unix socket ``unixsocket``; calls are answered while ``requestLoop`` runs.
    ``nathost`` and ``natport`` are published in its addresses instead (``natport`` 0: the same as the real one).
    ``interface`` is the class of the object with id ``Pyro.Daemon``. With ``connected_socket`` it serves that one
    socket. ``config`` is the configuration to go by, the process-wide one unless given. ``ssl_context`` makes it speak
    TLS; without one the configuration item SSL decides, and the other SSL items tell how.

    Close it, or use it in ``with``. Raises ``OSError`` if the address cannot be had, and ``ValueError`` for arguments
    that contradict each other. Override ``validateHandshake``, ``clientDisconnect``, ``annotations`` and
    ``housekeeping`` to take part in what it does.
    """

    def __init__(
        self,
        host: Host = None,
        port: int = 0,
        unixsocket: str | None = None,
        nathost: Host = None,
        natport: int | None = None,
        interface: type[DaemonObject] = DaemonObject,
        connected_socket: socket.socket | None = None,
        *,
        config: Config | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.config = config = config if config is not None else process_config
        nat = nat_address(nathost, natport, not unixsocket and connected_socket is None, config)
        if ssl_context is None and config.SSL and connected_socket is None:
            ssl_context = server_context(config)
        if ssl_context is not None and ssl_context.protocol is ssl.PROTOCOL_TLS_CLIENT:
            raise ValueError("this ssl_context is one for clients; a daemon needs one made for Purpose.CLIENT_AUTH")
        self.ssl_context = ssl_context
        """What makes connections speak TLS; None: they do not."""
        self.methodcall_error_handler: MethodErrorHandler = log_method_error
        """Called as ``handler(daemon, client connection, method, args, kwargs, error)`` for errors in methods."""
        self.registry = ObjectRegistry(self)
        self.streams = StreamTable(
            time.monotonic, config.ITER_STREAM_LIFETIME, config.ITER_STREAM_LINGER, config.MAX_STREAMS
        )
        self._single_locks = SingleLocks()
        self.create_single_instance_lock = self._single_locks.guard
        """Guards the locks under which instances of mode ``single`` are made."""
        self._serializers = table_for(config)
        self._pyroInstances: dict[type, Any] = {}
        """The instances of mode ``single``, by class; programs that override ``_getInstance`` use it too."""
        where = str(config.HOST if host is None else host)
        self.transportServer: Server | None = make_server(self, where, port, unixsocket, connected_socket)
        self._life = Life(self.transportServer, config.SHUTDOWN_GRACE, self.streams.clear)
        self.housekeeper_lock = self._life.hook_lock
        """Held while a client that has left is cleaned up, and during housekeeping."""
        self._location = self.transportServer.location
        self.natLocationStr = nat_location(nat, self._location)
        log.debug("daemon on %s speaks protocol version %d", self._location, PROTOCOL_VERSION)
        try:
            self.register(interface(self), DAEMON_NAME)
        except BaseException:
            self.close()
            raise

    # ------------------------------------------------------------------------------ objects

    @property
    def objectsById(self) -> dict[str, Any]:
        """The objects, classes and weak references in this daemon, by id."""
        return self.registry.by_id

    def register(
        self,
        obj_or_class: Any,
        objectId: str | None = None,
        force: bool = False,
        weak: bool = False,
    ) -> URI:
        """Publish an object, or a class whose instances are made when calls come; return its address.

        ``objectId`` is its id, made up if None. ``force`` replaces what has the id already. With ``weak`` the daemon
        does not keep the object alive, and forgets it when it goes. Until it is unregistered the object has the
        attributes ``_pyroId`` and ``_pyroDaemon``, if it can take any.

        Raises ``DaemonError`` if the object or the id is registered already, and ``PyroError`` for an id that no
        address can hold, such as one with blanks.
        """
        if obj_or_class is None:
            raise AttributeError("None cannot be registered")
        if isinstance(objectId, str):
            self.uriFor(objectId)  # raises for an id that no uri can hold, before anything is registered
        object_id = self.registry.add(obj_or_class, objectId, force=force, weak=weak)
        if isinstance(obj_or_class, type):
            remember_behavior(obj_or_class)
        if objectId != DAEMON_NAME:
            enable_autoproxy(obj_or_class)
        return self.uriFor(object_id)

    def unregister(self, objectOrId: Any) -> None:
        """Withdraw an object, or the object with an id; an unknown id is ignored, and ``Pyro.Daemon`` stays."""
        self.registry.remove(objectOrId)

    def uriFor(self, objectOrId: Any, nat: bool = True) -> URI:
        """Return the address of a registered object, or the one that an id has or would have.

        ``nat=False`` gives the real location where another one is published. Raises ``DaemonError`` for an object that
        is not registered.
        """
        object_id = objectOrId if isinstance(objectOrId, str) else self.registry.id_of(objectOrId)
        location = self.natLocationStr if nat and self.natLocationStr else self.locationStr
        return URI(f"PYRO:{object_id}@{location}")

    def proxyFor(self, objectOrId: Any, nat: bool = True) -> Proxy:
        """Return a proxy, not connected, for a registered object or id. Raises ``DaemonError`` if there is none.

        It goes by the daemon's configuration, but not by its ``ssl_context``, which is one for servers.
        """
        uri = self.uriFor(objectOrId, nat)
        metadata = self.metadata_of(str(uri.object))
        proxy = Proxy(uri, config=self.config)
        proxy._pyroTakeMetadata(metadata)
        return proxy

    def resetMetadataCache(self, objectOrId: Any, nat: bool = True) -> None:
        """Look through the class of a registered object anew, because it has been changed."""
        found = self.registry.get(str(self.uriFor(objectOrId, nat).object))
        reset_members(found if isinstance(found, type) else type(found))

    def metadata_of(self, object_id: str) -> Metadata:
        """Return what an object offers. Raises ``DaemonError`` if there is none with this id."""
        found = self.registry.get(object_id)
        metadata = members_of(found if isinstance(found, type) else type(found)).metadata()
        if not (metadata.methods or metadata.attrs):
            warnings.warn(f"{found!r} exposes nothing: decorate its class or methods with @expose", stacklevel=2)
        return metadata

    def _getInstance(self, clazz: type, conn: SocketConnection) -> Any:
        """Return the instance of a registered class that serves a call of this connection. It may be overridden."""
        return instance_for(clazz, self._pyroInstances, self._single_locks, conn.pyroInstances)

    # ------------------------------------------------------------------------------ serving

    @staticmethod
    def serveSimple(
        objects: Mapping[Any, str | None],
        host: str | None = None,
        port: int = 0,
        daemon: Daemon | None = None,
        ns: bool = True,
        verbose: bool = True,
    ) -> None:
        """Do what ``serve`` does, under its name of before."""
        publish_and_serve(daemon if daemon is not None else Daemon(host, port), objects, ns, verbose)

    def requestLoop(self, loopCondition: Callable[[], bool] = lambda: True) -> None:
        """Answer calls until ``loopCondition()`` is false, looked at now and then, or ``shutdown`` is called.

        A KeyboardInterrupt ends it quietly. After a shutdown it returns when the calls in flight have ended; after one
        that came before it, at once.
        """
        server = self.transportServer
        if server is None or not self._life.begin_loop():
            log.warning("the request loop does not start, because the daemon is closed")
            return
        try:
            server.loop(loopCondition)
        except KeyboardInterrupt:
            log.debug("request loop interrupted")
        finally:
            self._life.end_loop()

    def events(self, eventsockets: Sequence[Any]) -> None:
        """Do what there is to do for those of ``sockets`` on which something has happened, in a foreign loop."""
        self._server().events(eventsockets)

    @property
    def sockets(self) -> list[socket.socket]:
        """The sockets that a foreign event loop has to watch."""
        return self._server().sockets

    @property
    def sock(self) -> socket.socket:
        """The listening socket."""
        return self._server().sock

    @property
    def selector(self) -> selectors.BaseSelector:
        """The selector with all ``sockets`` in it. Raises ``TypeError`` unless the server type is multiplex."""
        return self._multiplexer("has no selector").selector

    def combine(self, daemon: Daemon | Combinable) -> None:
        """Serve another daemon, or a name server's broadcast responder, in this daemon's request loop too.

        From then on ``sockets`` and ``selector`` have those of both; each is still to be closed by itself. Both need
        SERVERTYPE=multiplex: raises ``TypeError`` for other types, and ``PyroError`` for a connected socket.
        """
        partner = daemon.transportServer
        if isinstance(partner, ConnectedServer) or isinstance(self.transportServer, ConnectedServer):
            raise PyroError("a daemon on a connected socket cannot be combined with another one")
        server = self._multiplexer("cannot be combined with another one")
        if partner is None or isinstance(partner, ThreadServer):
            raise TypeError(f"{daemon!r} cannot be combined with another one: it has not SERVERTYPE=multiplex")
        if partner is server:
            raise ValueError("a daemon cannot be combined with itself")
        server.combine_loop(partner)

    def _multiplexer(self, complaint: str) -> MultiplexServer:
        server = self._server()
        if not isinstance(server, MultiplexServer):
            raise TypeError(f"{self!r} {complaint}: it has not SERVERTYPE=multiplex")
        return server

    def shutdown(self) -> None:
        """End the request loop and close the daemon; from any thread, also in a method that is being called.

        Calls in flight have SHUTDOWN_GRACE seconds to end.
        """
        self.close()

    def close(self) -> None:
        """End the request loop, if there is one, and release everything; may be called again.

        Calls in flight have SHUTDOWN_GRACE seconds to end.
        """
        self.transportServer = None
        self._life.close()

    def __enter__(self: _Self) -> _Self:
        self._server()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _server(self) -> Server:
        if self.transportServer is None:
            raise PyroError("this daemon is closed; make a new one")
        return self.transportServer

    # ------------------------------------------------------------------------------ hooks for subclasses

    def validateHandshake(self, conn: SocketConnection, data: Any) -> Any:
        """Look at a client's handshake value; return what its proxy is answered, or raise to refuse the connection."""
        return "hello"

    def clientDisconnect(self, conn: SocketConnection) -> None:
        """Take notice that a client has left; one call at a time."""

    def annotations(self) -> Annotations:
        """Return annotations to be sent with every reply."""
        return {}

    def housekeeping(self) -> None:
        """Do something now and then: on a thread of its own with the thread server, else between two calls."""

    def report_protocol_error(self, error: ProtocolError, address: Any) -> None:
        """Log that a client's bytes are no Pyro message, because of which its connection is closed."""
        log.warning("closing the connection of %s: %s", address, error)

    # ------------------------------------------------------------------------------ for sessions and servers

    def serializer_by_id(self, serializer_id: int) -> SerializerBase | None:
        """Return the serializer with this number, None if there is none."""
        return self._serializers.by_id.get(serializer_id)

    def reply_annotations(self) -> Annotations:
        """Return what ``annotations`` adds to a reply; nothing if it fails."""
        try:
            return self.annotations() or {}
        except BaseException as error:  # the program's own hook; the client shall have its reply
            if is_from_operator(error):
                raise
            log.exception("error in annotations")
            return {}

    def forget_client(self, connection: SocketConnection) -> None:
        """Clean up after a client that has left."""
        with self._life.hook():
            try:
                self.clientDisconnect(connection)
            except BaseException as error:  # the program's own hook: whatever it does, the server goes on
                if is_from_operator(error):
                    raise
                log.exception("error in clientDisconnect")
        self.streams.client_gone(connection)
        connection.close()

    def keep_house(self) -> None:
        """Drop the streams whose time is over and call ``housekeeping``."""
        self.streams.sweep()
        with self._life.hook():
            self.housekeeping()

    def housekeeping_period(self) -> float:
        """Return the seconds between two times of ``keep_house``."""
        return min(self.config.POLLTIMEOUT, max(self.config.COMMTIMEOUT or 0.0, 5.0))

    # ------------------------------------------------------------------------------ as a value

    @property
    def locationStr(self) -> str:
        """Where the daemon listens: ``host:port`` with the host as it was given, ``[ipv6]:port`` or ``./u:name``."""
        return self._location

    @property
    def streaming_responses(self) -> dict[str, Stream]:
        """The open streams by id."""
        return self.streams.streams

    def __repr__(self) -> str:
        if "registry" not in self.__dict__:
            return f"<{WIRE_NAME} at {id(self):#x}; unusable>"
        family = family_str(self.transportServer.sock) if self.transportServer else "closed"
        return f"<{WIRE_NAME} at {id(self):#x}; {self.locationStr} - {family}; {len(self.objectsById)} objects>"

    def __getstate__(self) -> tuple[()]:
        return ()

    def __setstate__(self, state: tuple[()]) -> None:
        if len(state):
            raise DaemonError("a daemon travels without any state")


def _shell(fields: dict[str, Any]) -> Daemon:
    daemon = Daemon.__new__(Daemon)
    daemon.__setstate__(tuple(fields["state"]))
    return daemon


default_types.register_tagged(WIRE_NAME, Daemon, lambda daemon: {"state": daemon.__getstate__()}, _shell)
