"""A server program for either library: `python -m interop_kit.server ours|released SOCKETNAME`.

Runs three daemons, of the server type and with the limits that the environment says: `plain`; `guarded`, which
judges the handshake and adds an annotation to every reply; `unix`, on a Unix domain socket of the given name. Prints
the addresses as one line of json, and ends when its standard input closes.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from interop_kit.library import Library, load
from interop_kit.service import make_service

INTRUDER = "intruder"
REFUSAL = "no entry for intruders"


def guarded_daemon(library: Library) -> Any:
    """A daemon with hooks."""

    class GuardedDaemon(library.Daemon):  # type: ignore[misc, name-defined]  # the base comes in as an argument
        def validateHandshake(self, conn: Any, data: Any) -> Any:
            if data == INTRUDER:
                raise ValueError(REFUSAL)
            return {"welcome": data}

        def annotations(self) -> dict[str, bytes]:
            return {"DMON": b"from the daemon"}

    return GuardedDaemon()


def main() -> None:
    """Serve until the standard input closes."""
    name, socket_name = sys.argv[1:]
    library = load(name)
    daemons = {
        "plain": library.Daemon(),
        "guarded": guarded_daemon(library),
        "unix": library.Daemon(unixsocket=socket_name),
    }
    uris = {"daemon": f"PYRO:Pyro.Daemon@{daemons['plain'].locationStr}"}
    for identifier, thing in make_service(library).items():
        uris[identifier] = str(daemons["plain"].register(thing, identifier))
    for kind in ("guarded", "unix"):
        uris[kind] = str(daemons[kind].register(make_service(library)["service"], "service"))
    for daemon in daemons.values():
        threading.Thread(target=daemon.requestLoop, daemon=True).start()
    print(json.dumps(uris), flush=True)
    sys.stdin.read()
    for daemon in daemons.values():
        daemon.shutdown()


if __name__ == "__main__":
    main()
