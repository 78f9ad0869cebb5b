"""Remote iterators: items are fetched from the server one by one, as they are asked for."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyro_client.session import Standing
from pyro_wire.connection import State
from pyro_wire.errors import ConnectionClosedError, PyroError
from pyro_wire.message import FLAGS_ONEWAY
from pyro_wire.names import DAEMON_NAME

if TYPE_CHECKING:
    from pyro_client.proxy import Proxy

__all__ = ["StreamResultIterator"]


class StreamResultIterator(Iterator[Any]):
    """What a call returns whose result is an iterator or a generator on the server.

    ``next()`` raises what the remote iterator raises, and ``ConnectionClosedError`` while the proxy is not connected;
    after a reconnection it goes on where it was, if the server still keeps it. Close it if you leave it early.
    """

    def __init__(self, stream_id: str, proxy: Proxy) -> None:
        self.stream_id = stream_id
        self.proxy: Proxy | None = proxy
        """The proxy that the items come through, None when the stream has ended or is closed."""

    def __iter__(self) -> StreamResultIterator:
        return self

    def __next__(self) -> Any:
        proxy = self.proxy
        if proxy is None:
            raise StopIteration
        if proxy._pyroConnection is None:
            raise ConnectionClosedError("the proxy of this stream is not connected; it goes on after _pyroReconnect()")
        try:
            return proxy._pyroInvoke("get_next_stream_item", [self.stream_id], {}, objectId=DAEMON_NAME)
        except StopIteration:
            self.proxy = None
            raise
        except PyroError as error:
            # A GeneratorExit on the other side arrives as RemoteError: it is an end like any other.
            if getattr(error, "remote_class", "") == "builtins.GeneratorExit":
                self.proxy = None
            if self.proxy is None:  # or another thread came to the end while this one waited for its turn
                raise StopIteration from error
            raise

    def close(self) -> None:
        """Tell the server to forget the stream, if it is not at its end; errors on the way are ignored."""
        proxy, self.proxy = self.proxy, None
        if proxy is None or proxy._pyroConnection is None:
            return
        with contextlib.suppress(PyroError, OSError):
            if not self._close_through(proxy):
                with copy.copy(proxy) as another:
                    self._send_close(another)

    def _close_through(self, proxy: Proxy) -> bool:
        """Close the stream over the proxy's own connection unless that is busy, as it may be in a finalizer."""
        if not proxy._pyroLock.acquire(blocking=False):
            return False
        try:
            session = proxy._pyroSession
            if session.standing is Standing.BUSY or session.wire.state is not State.READY:
                return False
            self._send_close(proxy)
            return True
        finally:
            proxy._pyroLock.release()

    def _send_close(self, proxy: Proxy) -> None:
        proxy._pyroInvoke("close_stream", [self.stream_id], {}, flags=FLAGS_ONEWAY, objectId=DAEMON_NAME)

    def __del__(self) -> None:
        # No second connection here: a finalizer may run anywhere. The daemon drops the stream in the end by itself.
        proxy = getattr(self, "proxy", None)
        if proxy is not None and proxy._pyroConnection is not None:
            with contextlib.suppress(PyroError, OSError):
                self._close_through(proxy)
