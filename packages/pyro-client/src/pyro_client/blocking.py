"""The blocking driver: carries out what flows ask for, on the calling thread."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pyro_client import commands
from pyro_client.proxy_state import ProxyState
from pyro_client.socketutil import SocketConnection, create_bc_socket, create_socket
from pyro_wire.config import Config
from pyro_wire.connection import Connection
from pyro_wire.errors import ConnectionClosedError, ProtocolError
from pyro_wire.message import Buffer, Message

__all__ = ["BlockingDriver", "close_connection", "exchange"]

MAX_DATAGRAM = 1024

_T = TypeVar("_T")


class BlockingDriver:
    """Runs flows for one proxy, or, without one, flows that need no connection of their own.

    Proxies that a flow asks for on the way, those of name servers, are of ``proxy_class`` and go by ``config``.
    """

    __slots__ = ("_config", "_proxy", "_proxy_class")

    def __init__(self, proxy: ProxyState | None, proxy_class: Callable[..., Any], config: Config) -> None:
        self._proxy = proxy
        self._proxy_class = proxy_class
        self._config = config

    def run(self, flow: commands.Flow[_T]) -> _T:
        """Run a flow to its end; return its result or raise its error."""
        step: Callable[[Any], commands.Command] = flow.send
        argument: Any = None
        while True:
            try:
                command = step(argument)
            except StopIteration as end:
                result: _T = end.value
                return result
            try:
                argument = _ACTIONS[type(command)](self, command)
                step = flow.send
            except BaseException as error:  # the flow decides what becomes of it, also of a Ctrl-C
                argument = error
                step = flow.throw

    def _exchange(self, command: commands.Exchange) -> Message:
        connection, wire = self._connected()
        return exchange(connection, wire, command.buffers)

    def _send(self, command: commands.Send) -> None:
        self._connected()[0].send_buffers(command.buffers)

    def _connected(self) -> tuple[SocketConnection, Connection]:
        proxy = self._proxy
        if proxy is None or proxy._pyroConnection is None:
            raise ConnectionClosedError("the proxy is not connected")
        return proxy._pyroConnection, proxy._pyroSession.wire

    def _open(self, command: commands.Open) -> None:
        proxy = self._proxy
        if proxy is None:
            raise ConnectionClosedError("there is no proxy to connect")
        config = proxy._pyroConfig
        address: Any = command.uri.sockname or (command.uri.host, command.uri.port)
        sock = create_socket(
            connect=address,
            timeout=proxy._pyroTimeout,
            ipv6=None,
            nodelay=config.SOCK_NODELAY,
            noinherit=True,
            sslContext=proxy._pyroTlsContext(),
            prefer_ip_version=config.PREFER_IP_VERSION,
        )
        proxy._pyroConnection = SocketConnection(sock, str(command.uri.object))
        proxy._pyroCurrentSession = command.session
        proxy._pyroLocalSocket = sock.getsockname()

    def _close(self, _: commands.Close) -> None:
        close_connection(self._proxy)

    def _sleep(self, command: commands.Sleep) -> None:
        time.sleep(command.seconds)

    def _bind(self, command: commands.Bind) -> Any:
        proxy = self._proxy_class(command.uri, config=self._config)
        try:
            proxy._pyroBind()
        except BaseException:
            proxy._pyroRelease()
            raise
        return proxy

    def _call(self, command: commands.Call) -> Any:
        try:
            return command.proxy._pyroInvoke(command.method, command.args, {})
        except StopIteration as error:  # it would end the flow as if that had succeeded
            raise ProtocolError(f"{command.proxy!r} answered {command.method} with StopIteration") from error

    def _release(self, command: commands.Release) -> None:
        command.proxy._pyroRelease()

    def _shout(self, command: commands.Shout) -> bytes | None:
        with create_bc_socket(timeout=0) as sock:
            for address in command.addresses:
                with contextlib.suppress(OSError):  # no network, say; another address may do
                    sock.sendto(command.data, address)
            return _first_answer(sock, command.timeout)


def exchange(connection: SocketConnection, wire: Connection, buffers: Sequence[Buffer]) -> Message:
    """Send a request and return the message that answers it. Raises a ``CommunicationError``."""
    connection.send_buffers(buffers)
    while True:
        data = connection.recv_some()
        if not data:
            wire.feed_end()
            raise ConnectionClosedError("receiving: the other side closed the connection")
        wire.feed(data)
        message = wire.next_message()
        if message is not None:
            return message


def _first_answer(sock: Any, timeout: float) -> bytes | None:
    readable, _, _ = select.select([sock], [], [], timeout)
    if not readable:
        return None
    data: bytes = sock.recv(MAX_DATAGRAM)
    return data


def close_connection(proxy: ProxyState | None) -> None:
    """Close a proxy's connection, if it has one; the next call makes a new one."""
    if proxy is not None and proxy._pyroConnection is not None:
        connection, proxy._pyroConnection = proxy._pyroConnection, None
        proxy._pyroSession.wire.close()
        connection.close()


_ACTIONS: dict[type, Callable[[BlockingDriver, Any], Any]] = {
    commands.Exchange: BlockingDriver._exchange,
    commands.Send: BlockingDriver._send,
    commands.Open: BlockingDriver._open,
    commands.Close: BlockingDriver._close,
    commands.Sleep: BlockingDriver._sleep,
    commands.Bind: BlockingDriver._bind,
    commands.Call: BlockingDriver._call,
    commands.Release: BlockingDriver._release,
    commands.Shout: BlockingDriver._shout,
}
