"""The servers of the benchmarks: `python servers.py ours|pyro5|raw`, one a process.

Prints its address as the first line (a uri, or HOST:PORT of the raw one) and ends when its standard input closes.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import socket
import struct
import sys
import threading

HOST = "127.0.0.1"
SIZES = struct.Struct("!II")
"""What a client of the raw server says first: the sizes of a request and of a reply in bytes."""

LIBRARIES = {"ours": "pyro_server", "pyro5": "Pyro5.server"}


def serve_library(name: str) -> None:
    """Serve an adder with the daemon of the library module `name`: the same program for both libraries."""
    library = importlib.import_module(name)  # not at the top: the other library must not be in this process

    class Adder:
        def add(self, a: int, b: int) -> int:
            return a + b

    with library.Daemon(host=HOST) as daemon:
        print(daemon.register(library.expose(Adder)()), flush=True)
        daemon.requestLoop()


def serve_raw() -> None:
    """Answer requests of a size that the client chooses with replies of a size that it chooses."""
    with socket.create_server((HOST, 0)) as listener:
        print("{}:{}".format(*listener.getsockname()), flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection:
        request_size, reply_size = SIZES.unpack(receive(connection, SIZES.size))
        reply = bytes(reply_size)
        while receive(connection, request_size):
            connection.sendall(reply)


def receive(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes, or less at the end of the stream; one system call in the usual case."""
    data = connection.recv(size)
    while 0 < len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return data if len(data) == size else b""


def pin(core: int | None) -> None:
    """Keep this process on one processor core, where the system can do that."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def main() -> None:
    """Serve until the standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=[*LIBRARIES, "raw"])
    parser.add_argument("--core", type=int, help="the processor core to run on")
    options = parser.parse_args()
    pin(options.core)
    library = LIBRARIES.get(options.kind)
    serve = functools.partial(serve_library, library) if library else serve_raw
    threading.Thread(target=serve, name="server", daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
