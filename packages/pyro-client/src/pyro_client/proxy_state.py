"""What a proxy is, apart from how it waits: address, metadata, settings and the session in progress."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import Any, TypeVar

from pyro_client.inheritance import inherited
from pyro_client.ownership import current_owner, number_of
from pyro_client.session import ClientSession
from pyro_client.socketutil import SocketConnection
from pyro_client.tls import client_context
from pyro_uri import URI
from pyro_wire.calls import Metadata
from pyro_wire.config import Config
from pyro_wire.config import config as process_config
from pyro_wire.errors import PyroError
from pyro_wire.serializers import SerializerBase, table_for

__all__ = ["ProxyState", "StateTuple"]

StateTuple = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], Any, str | None]

CONNECTED_SOCKET_HOST = "<<connected-socket>>"
"""What stands for the host in the address of a proxy on a socket that the application has connected."""

DEFAULT_HANDSHAKE = "hello"

_Self = TypeVar("_Self", bound="ProxyState")


class ProxyState:
    """The documented attributes of a proxy, and the flows' view of it."""

    # The annotations tell mypy and editors what __getattr__ of a proxy would otherwise turn into Any.
    _pyroUri: URI
    """The address; a PYRONAME or PYROMETA is looked up at each connect."""
    _pyroConfig: Config
    _pyroSslContext: ssl.SSLContext | None
    """What to use TLS with, whatever the configuration says; None: as that says."""
    _pyroConnection: SocketConnection | None
    """The connection, None when there is none."""
    _pyroMethods: set[str]
    _pyroAttrs: set[str]
    _pyroOneway: set[str]
    """Names of the methods whose answer is not waited for; you may add some."""
    _pyroMaxRetries: int
    """How often a call is repeated after a lost connection or a timeout."""
    _pyroSerializer: str | None
    """Name of the serializer; None: that of the configuration."""
    _pyroHandshake: Any
    """The value that the daemon's validateHandshake gets."""
    _pyroRawWireResponse: bool
    """Calls return the undecoded message."""
    _pyroLocalSocket: Any
    """The own address of the connection."""
    _pyroLock: threading.RLock

    def __init__(self, uri: URI | str, config: Config | None = None, ssl_context: ssl.SSLContext | None = None) -> None:
        self._pyroConfig = config = config if config is not None else process_config
        if not isinstance(uri, URI | str):
            raise TypeError(f"a proxy needs a uri as a str or a URI, not {type(uri).__name__}")
        self._pyroUri = URI(uri, ns_port=config.NS_PORT) if isinstance(uri, str) else uri
        self._pyroInitialise()
        self._pyroSslContext = ssl_context
        if config.SERIALIZER not in self._pyroSerializers.by_name:
            raise ValueError(f"unknown serializer {config.SERIALIZER!r} in the configuration item SERIALIZER")

    def _pyroInitialise(self) -> None:
        """Set everything but the address and the configuration to how a new proxy has it."""
        self._pyroSslContext = None
        self._pyroConnection = None
        self._pyroCurrentSession: ClientSession | None = None
        self._pyroFirstSeq = 0
        self._pyroMethods = set()
        self._pyroAttrs = set()
        self._pyroOneway = set()
        self._pyroMaxRetries = self._pyroConfig.MAX_RETRIES
        self._pyroTimeoutSeconds: float | None = self._pyroConfig.COMMTIMEOUT
        self._pyroSerializer = None
        self._pyroSerializers = table_for(self._pyroConfig)
        self._pyroHandshake = DEFAULT_HANDSHAKE
        self._pyroRawWireResponse = False
        self._pyroLocalSocket = None
        self._pyroLock = threading.RLock()
        self._pyroOwner = current_owner()

    def _pyroClaimOwnership(self) -> None:
        """Have the proxy belong to this thread; its connection stays. It matters with PROXY_OWNERSHIP only."""
        self._pyroOwner = current_owner()

    def _pyroCheckOwner(self) -> None:
        """Raise ``PyroError`` if the proxy belongs to another thread, and such things matter."""
        if self._pyroConfig.PROXY_OWNERSHIP and self._pyroOwner != current_owner():
            raise PyroError(
                f"this proxy for {self._pyroUri} belongs to thread {number_of(self._pyroOwner)}, and this is thread "
                f"{number_of(current_owner())}: call _pyroClaimOwnership() first, or use a copy (PROXY_OWNERSHIP is on)"
            )

    @property
    def _pyroTimeout(self) -> float | None:
        """Seconds to wait for the network until a call fails with ``TimeoutError``; None or 0: for ever.

        It holds for each single wait: for another thread's call to end, to send, and for the reply to come.
        """
        return self._pyroTimeoutSeconds

    @_pyroTimeout.setter
    def _pyroTimeout(self, seconds: float | None) -> None:
        self._pyroTimeoutSeconds = seconds
        if self._pyroConnection is not None:
            self._pyroConnection.timeout = seconds

    @property
    def _pyroSeq(self) -> int:
        """The sequence number of the last request, 0..65535."""
        return self._pyroCurrentSession.seq if self._pyroCurrentSession else self._pyroFirstSeq

    @_pyroSeq.setter
    def _pyroSeq(self, seq: int) -> None:
        if self._pyroCurrentSession:
            self._pyroCurrentSession.seq = seq
        self._pyroFirstSeq = seq

    @property
    def _pyroSession(self) -> ClientSession:
        """The session of the connection; there is one whenever there is a connection."""
        if self._pyroCurrentSession is None:
            raise RuntimeError("this proxy has never been connected")
        return self._pyroCurrentSession

    def _pyroChosenSerializer(self) -> SerializerBase:
        """Return the serializer in use. Raises ``KeyError`` for an unknown name."""
        return self._pyroSerializers.by_name[self._pyroSerializer or self._pyroConfig.SERIALIZER]

    def _pyroTlsContext(self) -> ssl.SSLContext | None:
        """Return what new connections use TLS with, None if they do not. Raises ``OSError`` for unusable files."""
        if self._pyroSslContext is not None:
            return self._pyroSslContext
        return client_context(self._pyroConfig) if self._pyroConfig.SSL else None

    def _pyroCheckTls(self, sock: socket.socket) -> None:
        """Raise ``OSError`` for a socket that would carry in plain text what is to go over TLS."""
        wanted = self._pyroSslContext is not None or self._pyroConfig.SSL
        if wanted and not isinstance(sock, ssl.SSLSocket):
            raise OSError(
                "the connected socket does not speak TLS, which this proxy is to use: "
                "wrap it with an ssl.SSLContext first, or unset the configuration item SSL"
            )

    def _pyroValidateHandshake(self, response: Any) -> None:
        """Override this to look at the daemon's answer to the handshake; raise to refuse the connection."""

    def _pyroTakeMetadata(self, metadata: Metadata) -> None:
        self._pyroMethods = set(metadata.methods)
        self._pyroAttrs = set(metadata.attrs)
        self._pyroOneway = set(metadata.oneway)

    def __getstate__(self) -> StateTuple:
        return (
            str(self._pyroUri),
            tuple(self._pyroOneway),
            tuple(self._pyroMethods),
            tuple(self._pyroAttrs),
            self._pyroHandshake,
            self._pyroSerializer,
        )

    def __setstate__(self, state: StateTuple) -> None:
        uri, oneway, methods, attrs, handshake, serializer = state
        self._pyroConfig, ssl_context = inherited()
        self._pyroUri = URI(uri)
        self._pyroInitialise()
        self._pyroSslContext = ssl_context
        self._pyroOneway = set(oneway)
        self._pyroMethods = set(methods)
        self._pyroAttrs = set(attrs)
        self._pyroHandshake = handshake
        self._pyroSerializer = serializer

    def __copy__(self: _Self) -> _Self:
        duplicate = type(self).__new__(type(self))
        duplicate._pyroConfig = self._pyroConfig
        duplicate._pyroUri = URI(self._pyroUri)
        duplicate._pyroInitialise()
        duplicate._pyroSslContext = self._pyroSslContext
        duplicate._pyroOneway = set(self._pyroOneway)
        duplicate._pyroMethods = set(self._pyroMethods)
        duplicate._pyroAttrs = set(self._pyroAttrs)
        duplicate._pyroHandshake = self._pyroHandshake
        duplicate._pyroSerializer = self._pyroSerializer
        duplicate._pyroMaxRetries = self._pyroMaxRetries
        duplicate._pyroTimeoutSeconds = self._pyroTimeoutSeconds
        duplicate._pyroRawWireResponse = self._pyroRawWireResponse
        return duplicate

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, ProxyState) and other._pyroUri == self._pyroUri)

    def __hash__(self) -> int:
        return hash(self._pyroUri)
