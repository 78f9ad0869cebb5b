"""TLS on connected sockets, which the program has to put there itself, by the same settings as elsewhere."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping
from typing import Any

HOST_NAME = "localhost"
"""Whom a client takes the server at the other end for."""


def with_server_tls(sock: socket.socket) -> socket.socket:
    """The socket with TLS, if the environment says so."""
    items = {name.removeprefix("PYRO_"): value for name, value in os.environ.items()}
    if "SSL" not in items:
        return sock
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=items["SSL_CACERTS"])
    context.load_cert_chain(items["SSL_SERVERCERT"])
    if "SSL_REQUIRECLIENTCERT" in items:
        context.verify_mode = ssl.CERT_REQUIRED
    return context.wrap_socket(sock, server_side=True)


def with_client_tls(sock: socket.socket, items: Mapping[str, Any]) -> socket.socket:
    """The socket with TLS, if the configuration of the client says so."""
    if not items.get("SSL"):
        return sock
    context = ssl.create_default_context(cafile=items["SSL_CACERTS"])
    if "SSL_CLIENTCERT" in items:
        context.load_cert_chain(items["SSL_CLIENTCERT"])
    return context.wrap_socket(sock, server_hostname=HOST_NAME)
