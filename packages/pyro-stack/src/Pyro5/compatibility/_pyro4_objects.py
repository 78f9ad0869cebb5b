"""The classes and functions of Pyro4 that differ from those of Pyro5, over the latter."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import pyro_client
import pyro_server
from Pyro5.compatibility._pyro4_configuration import config
from pyro_wire import Config

__all__ = ["BatchProxy", "Daemon", "Future", "Proxy", "URI", "asyncproxy", "batch", "locateNS", "resolve"]

_NO_ASYNC = "there are no asynchronous proxies and batches here: call from a thread, such as one of concurrent.futures"
_NO_FUTURE = "there is no Future here: use concurrent.futures of the standard library"
_NO_HMAC = "there are no HMAC keys here: use TLS with certificates for both sides (configuration item SSL)"


class URI(pyro_client.URI):
    """An address; the port of the name server is that of ``Pyro4.config``."""

    def __init__(self, uri: pyro_client.URI | str) -> None:
        super().__init__(uri, ns_port=config.NS_PORT)

    def asString(self) -> str:
        """Return the address as text."""
        return str(self)


class Proxy(pyro_client.Proxy):
    """A local stand-in for a remote object, that goes by ``Pyro4.config``."""

    def __init__(
        self,
        uri: pyro_client.URI | str,
        connected_socket: socket.socket | None = None,
        *,
        config: Config = config,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if isinstance(uri, str) and connected_socket is None:
            uri = URI(uri)
        super().__init__(uri, connected_socket, config=config, ssl_context=ssl_context)

    def _pyroBatch(self) -> BatchProxy:
        """Return a batch of calls on this proxy."""
        return BatchProxy(self)

    def _pyroAsync(self, asynchronous: bool = True) -> NoReturn:
        """Refuse."""
        raise NotImplementedError(_NO_ASYNC)

    @property
    def _pyroHmacKey(self) -> Any:
        raise NotImplementedError(_NO_HMAC)

    @_pyroHmacKey.setter
    def _pyroHmacKey(self, key: Any) -> None:
        raise NotImplementedError(_NO_HMAC)


class Daemon(pyro_server.Daemon):
    """Hosts objects, and goes by ``Pyro4.config``."""

    def __init__(self, *args: Any, config: Config = config, **kwargs: Any) -> None:
        super().__init__(*args, config=config, **kwargs)

    @staticmethod
    def serveSimple(
        objects: Mapping[Any, str | None],
        host: str | None = None,
        port: int = 0,
        daemon: pyro_server.Daemon | None = None,
        ns: bool = True,
        verbose: bool = True,
    ) -> None:
        """Host objects and answer calls until the loop is ended; see ``Pyro5.api.serve``."""
        serving = daemon if daemon is not None else Daemon(host, port)
        pyro_server.Daemon.serveSimple(objects, daemon=serving, ns=ns, verbose=verbose)

    def uriFor(self, objectOrId: Any, nat: bool = True) -> URI:
        """Return the address of a registered object, or the one that an id has or would have."""
        return URI(super().uriFor(objectOrId, nat))

    @property
    def _pyroHmacKey(self) -> Any:
        raise NotImplementedError(_NO_HMAC)

    @_pyroHmacKey.setter
    def _pyroHmacKey(self, key: Any) -> None:
        # Not silently: who sets a key thinks that strangers are kept out.
        raise NotImplementedError(_NO_HMAC)


class BatchProxy(pyro_client.BatchProxy):
    """Collects calls on a proxy and sends them together."""

    def __call__(self, oneway: bool = False, asynchronous: bool = False) -> Iterator[Any] | None:
        """Run the queued calls. Raises ``NotImplementedError`` for asynchronous ones."""
        if asynchronous:
            raise NotImplementedError(_NO_ASYNC)
        return super().__call__(oneway)


def batch(proxy: pyro_client.Proxy) -> BatchProxy:
    """Return a batch of calls on a proxy."""
    return BatchProxy(proxy)


def locateNS(
    host: str | None = None, port: int | None = None, broadcast: bool = True, hmac_key: Any = None
) -> pyro_client.Proxy:
    """Return a connected proxy of a name server. Raises ``NamingError`` if there is none."""
    _refuse_hmac(hmac_key)
    return pyro_client.locate_ns(host, port, broadcast, config=config)


def resolve(uri: pyro_client.URI | str, hmac_key: Any = None) -> URI:
    """Return the address that a uri with a name stands for. Raises ``NamingError`` if it is not known."""
    _refuse_hmac(hmac_key)
    return URI(pyro_client.resolve(uri, config=config))


def _refuse_hmac(key: Any) -> None:
    if key is not None:
        raise NotImplementedError(_NO_HMAC)


def asyncproxy(*args: Any, **kwargs: Any) -> NoReturn:
    """Refuse."""
    raise NotImplementedError(_NO_ASYNC)


class Future:
    """Refuses to be made."""

    def __init__(self, somecallable: Callable[..., Any] | None = None) -> None:
        raise NotImplementedError(_NO_FUTURE)
