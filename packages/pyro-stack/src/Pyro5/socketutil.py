"""Sockets: what programs import from ``Pyro5.socketutil``."""

from pyro_client.socketutil import (
    SocketConnection,
    bind_unused_port,
    create_bc_socket,
    create_socket,
    family_str,
    find_probably_unused_port,
    get_interface,
    get_ip_address,
    receive_data,
    send_data,
    set_keepalive,
    set_nodelay,
    set_noinherit,
    set_reuseaddr,
)

__all__ = [
    "SocketConnection",
    "bind_unused_port",
    "create_bc_socket",
    "create_socket",
    "family_str",
    "find_probably_unused_port",
    "get_interface",
    "get_ip_address",
    "receive_data",
    "send_data",
    "set_keepalive",
    "set_nodelay",
    "set_noinherit",
    "set_reuseaddr",
]
