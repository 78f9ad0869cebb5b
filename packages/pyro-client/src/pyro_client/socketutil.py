"""Sockets: the table of contents of what programs and the other packages use."""

from __future__ import annotations

from pyro_client.addresses import (
    IPAddress,
    bind_unused_port,
    find_probably_unused_port,
    get_interface,
    get_ip_address,
)
from pyro_client.error_numbers import (
    ERRNO_BADF,
    ERRNO_EADDRINUSE,
    ERRNO_EADDRNOTAVAIL,
    ERRNO_ENOTSOCK,
    ERRNO_RETRIES,
)
from pyro_client.making_sockets import (
    SocketAddress,
    create_bc_socket,
    create_socket,
    interrupt_socket,
    set_keepalive,
    set_nodelay,
    set_noinherit,
    set_reuseaddr,
)
from pyro_client.socket_connection import (
    USE_MSG_WAITALL,
    SocketConnection,
    family_str,
    receive_data,
    send_data,
)
from pyro_client.tls import get_ssl_context

__all__ = [
    "ERRNO_BADF",
    "ERRNO_EADDRINUSE",
    "ERRNO_EADDRNOTAVAIL",
    "ERRNO_ENOTSOCK",
    "ERRNO_RETRIES",
    "IPAddress",
    "SocketAddress",
    "SocketConnection",
    "USE_MSG_WAITALL",
    "bind_unused_port",
    "create_bc_socket",
    "create_socket",
    "family_str",
    "find_probably_unused_port",
    "get_interface",
    "get_ip_address",
    "get_ssl_context",
    "interrupt_socket",
    "receive_data",
    "send_data",
    "set_keepalive",
    "set_nodelay",
    "set_noinherit",
    "set_reuseaddr",
]
