"""A server program for either library: `python -m interop_kit.server ours|released SOCKETNAME`.

Runs some daemons, of the server type and with the limits that the environment says: `plain`, with all objects;
`guarded`, which judges the handshake, adds an annotation to every reply and tells who has left; `unix` and `abstract`,
on Unix domain sockets of the given name; `nat`, which publishes another address; `ipv6`, if the machine has that; and
one for each client that comes through the door. Prints the addresses as one line of json, and ends when its standard
input closes.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

from interop_kit.door import open_door
from interop_kit.library import Library, load
from interop_kit.memory import BOARD
from interop_kit.service import annotations_seen, make_service
from interop_kit.tls import with_server_tls

INTRUDER = "intruder"
REFUSAL = "no entry for intruders"
LOCALHOST = "127.0.0.1"
LOCALHOST_6 = "::1"


def has_ipv6() -> bool:
    """Whether this machine can be reached by IPv6."""
    try:
        socket.create_server((LOCALHOST_6, 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def guarded_daemon(library: Library) -> Any:
    """A daemon with hooks."""
    visitors: dict[int, str] = {}

    class GuardedDaemon(library.Daemon):  # type: ignore[misc, name-defined]  # the base comes in as an argument
        def validateHandshake(self, conn: Any, data: Any) -> Any:
            if data == INTRUDER:
                raise ValueError(REFUSAL)
            if isinstance(data, dict) and "token" in data:
                visitors[id(conn)] = data["token"]
                BOARD.write(f"{data['token']}-annotations", annotations_seen(library))
                library.current_context.response_annotations = {"BACK": b"and forth"}
            return {"welcome": data}

        def clientDisconnect(self, conn: Any) -> None:
            if token := visitors.pop(id(conn), None):
                BOARD.write(token, "left")

        def annotations(self) -> dict[str, bytes]:
            return {"DMON": b"from the daemon"}

    return GuardedDaemon()


def special_daemons(library: Library, socket_name: str) -> dict[str, Any]:
    """The daemons with one object, by their names."""
    return {
        "guarded": guarded_daemon(library),
        "unix": library.Daemon(unixsocket=socket_name),
        "abstract": library.Daemon(unixsocket=f"\0{socket_name}"),
        "nat": library.Daemon(nathost=LOCALHOST, natport=0),
        **({"ipv6": library.Daemon(host=LOCALHOST_6)} if has_ipv6() else {}),
    }


def serve_connected(library: Library, arrivals: Iterator[socket.socket]) -> None:
    """Serve each client that comes through the door, on a thread and with a daemon of its own."""
    for sock in arrivals:
        threading.Thread(target=serve_one, args=(library, sock), daemon=True).start()


def serve_one(library: Library, sock: socket.socket) -> None:
    """Serve the client at the other end until it leaves."""
    with with_server_tls(sock) as sock, contextlib.closing(library.Daemon(connected_socket=sock)) as daemon:
        register_all(library, daemon)
        daemon.requestLoop()


def register_all(library: Library, daemon: Any) -> dict[str, str]:
    """Register all objects of the service, and return their addresses."""
    return {identifier: str(daemon.register(thing, identifier)) for identifier, thing in make_service(library).items()}


def main() -> None:
    """Serve until the standard input closes."""
    name, socket_name = sys.argv[1:]
    library = load(name)
    plain, special = library.Daemon(), special_daemons(library, socket_name)
    uris = {"daemon": f"PYRO:Pyro.Daemon@{plain.locationStr}", **register_all(library, plain)}
    for kind, daemon in special.items():
        uris[kind] = str(daemon.register(make_service(library)["service"], "service"))
    arrivals = open_door(f"{socket_name}.door")
    threading.Thread(target=serve_connected, args=(library, arrivals), daemon=True).start()
    for daemon in (plain, *special.values()):
        threading.Thread(target=daemon.requestLoop, daemon=True).start()
    print(json.dumps({**uris, "door": f"{socket_name}.door"}), flush=True)
    sys.stdin.read()
    for daemon in (plain, *special.values()):
        daemon.shutdown()


if __name__ == "__main__":
    main()
