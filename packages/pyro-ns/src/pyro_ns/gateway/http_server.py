"""A small HTTP server for a gateway that has no other: a thread for each request."""

from __future__ import annotations

import logging
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from pyro_client.socketutil import create_socket
from pyro_ns.gateway.application import Gateway

__all__ = ["listen"]

log = logging.getLogger("Pyro5.httpgateway")


class _Handler(WSGIRequestHandler):
    timeout = 30
    """Seconds that a client may take for its request."""

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        path, _, _ = self.path.partition("?")  # the gateway's key may be in what follows
        log.debug("%s %s for %s: %s", self.command, path, self.address_string(), getattr(code, "value", code))

    def log(self, type: str, message: str, *args: Any) -> None:
        log.debug(message, *args)

    def version_string(self) -> str:
        return "pyro"


def listen(host: str, port: int, gateway: Gateway) -> BaseWSGIServer:
    """Return a server that listens; ``serve_forever`` runs it. Raises ``OSError`` if the address cannot be had."""
    ipv6 = ":" in host  # make_server tells them apart in the same way
    # A socket of our own, because make_server ends the program if it cannot have the address.
    with create_socket(bind=(host, port), reuseaddr=True, noinherit=True, ipv6=ipv6) as sock:
        return make_server(host, port, gateway, threaded=True, request_handler=_Handler, fd=sock.fileno())
