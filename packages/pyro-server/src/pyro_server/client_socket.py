"""The client, as a ``methodcall_error_handler`` is told about it."""

from __future__ import annotations

from typing import Any

from pyro_client.socketutil import SocketConnection

__all__ = ["ClientSocket"]


class ClientSocket(tuple[Any, ...], SocketConnection):
    """The connection of a client that reads like the client's address.

    The manual promises error handlers a ``SocketConnection``; what the released Pyro5 gives them is the address, a
    tuple, which programs print, compare and take apart. This is both, so that programs of either kind work.
    """

    def __new__(cls, connection: SocketConnection, address: Any) -> ClientSocket:
        """Make one; an address that is no tuple, which is what Unix sockets have, becomes the only item of one."""
        return super().__new__(cls, address if isinstance(address, tuple) else (address,))

    def __init__(self, connection: SocketConnection, address: Any) -> None:
        # One state for both faces: what is tracked or closed with this one is so with the connection itself.
        self.__dict__ = connection.__dict__
