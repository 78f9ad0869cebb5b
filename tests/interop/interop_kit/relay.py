"""A relay between a client and a server that counts the bytes of both directions."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass

LOCALHOST = "127.0.0.1"


@dataclass(slots=True)
class Traffic:
    """Bytes that went to the server, and bytes that came back."""

    requests: int = 0
    replies: int = 0


class Relay:
    """Passes everything on to the address of `uri`; use `relay.uri` instead of it. A context."""

    def __init__(self, uri: str) -> None:
        self.traffic = Traffic()
        prefix, _, location = uri.partition("@")
        host, _, port = location.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server((LOCALHOST, 0))
        self.uri = f"{prefix}@{LOCALHOST}:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *exception: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                threading.Thread(target=self._pass_on, args=(client, server, "requests"), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(server, client, "replies"), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, direction: str) -> None:
        with source, target, contextlib.suppress(OSError):  # one side has gone
            while data := source.recv(65536):
                setattr(self.traffic, direction, getattr(self.traffic, direction) + len(data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
