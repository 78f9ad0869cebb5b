"""The contenders of the latency benchmark: each has a server process, one open connection to it, and one call."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import Pyro5.client
from pyro_client import Proxy
from servers import SIZES, receive


class Contender(Protocol):
    """One way to have two numbers added elsewhere."""

    name: str

    def call(self) -> object:
        """Make one call and wait for its reply."""

    def close(self) -> None:
        """Close the connection."""


class ProxyContender:
    """The proxy of a library: its attribute, its call, its codec, as a program would use them."""

    def __init__(self, name: str, proxy: Any, serializer: str) -> None:
        self.name = name
        proxy._pyroSerializer = serializer
        self._proxy = proxy
        if proxy.add(1, 2) != 3:
            raise ArithmeticError(f"{name} with {serializer} cannot add")

    def call(self) -> object:
        return self._proxy.add(1, 2)

    def close(self) -> None:
        self._proxy._pyroRelease()


class RawContender:
    """A socket that sends and receives as many bytes as the messages of the others have."""

    name = "raw"

    def __init__(self, address: str, request_size: int, reply_size: int) -> None:
        host, _, port = address.rpartition(":")
        self._connection = socket.create_connection((host, int(port)))
        self._connection.sendall(SIZES.pack(request_size, reply_size))
        self._request = bytes(request_size)
        self._reply_size = reply_size
        self.call()

    def call(self) -> object:
        self._connection.sendall(self._request)
        return receive(self._connection, self._reply_size)

    def close(self) -> None:
        self._connection.close()


def ours(uri: str, serializer: str) -> Contender:
    """The proxy of this repository."""
    return ProxyContender("ours", Proxy(uri), serializer)


def released(uri: str, serializer: str) -> Contender:
    """The proxy of the released Pyro5."""
    return ProxyContender("Pyro5", Pyro5.client.Proxy(uri), serializer)


@contextlib.contextmanager
def running_server(kind: str, core: int | None) -> Iterator[str]:
    """A server of `servers.py` in a process of its own, as its address; ends it afterwards."""
    arguments = [] if core is None else ["--core", str(core)]
    script = str(Path(__file__).with_name("servers.py"))
    process = subprocess.Popen(
        [sys.executable, script, kind, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYRO")},  # the defaults
    )
    with process:  # closes the pipes, which ends the server
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address:
            raise ChildProcessError(f"the server {kind!r} ended with status {process.wait()} before it could be called")
        yield address


def message_sizes(uri: str, serializer: str) -> tuple[int, int]:
    """The sizes in bytes of the request and the reply of `add(1, 2)`, as the released Pyro5 sends them."""
    prefix, _, location = uri.partition("@")
    host, _, port = location.rpartition(":")
    sizes = [0, 0]
    with socket.create_server((host, 0)) as listener:
        threading.Thread(target=_relay, args=(listener, (host, int(port)), sizes), daemon=True).start()
        contender = released(f"{prefix}@{host}:{listener.getsockname()[1]}", serializer)
        before = tuple(sizes)
        contender.call()
        after = tuple(sizes)
        contender.close()
    return after[0] - before[0], after[1] - before[1]


def _relay(listener: socket.socket, target: tuple[str, int], sizes: list[int]) -> None:
    client, _ = listener.accept()
    with client, socket.create_connection(target) as server:
        while request := client.recv(65536):  # a call is one message each way, and both are small
            sizes[0] += len(request)
            server.sendall(request)
            reply = server.recv(65536)
            sizes[1] += len(reply)
            client.sendall(reply)
