"""A server program with one loop for all, of either library: `python -m interop_kit.combined ours|released`.

Combines two daemons, a name server, and the responder that tells where that is. Prints the addresses as one line of
json, and ends when its standard input closes.
"""

from __future__ import annotations

import json
import sys
import threading

from interop_kit.library import load
from interop_kit.service import Whereabouts, make_service

EVERYWHERE = "0.0.0.0"
LOCALHOST = "127.0.0.1"


def main() -> None:
    """Serve until the standard input closes."""
    library = load(sys.argv[1])
    master, other = library.Daemon(), library.Daemon()
    # On all interfaces, because a name server that only this machine can reach has no responder.
    _, nameserver, responder = library.start_ns(host=EVERYWHERE, port=0, bchost=LOCALHOST, bcport=0)
    uris = {
        "service": str(master.register(make_service(library)["service"], "service")),
        "here": str(master.register(Whereabouts(), "here")),
        "there": str(other.register(Whereabouts(), "there")),
        "nameserver": f"PYRO:Pyro.NameServer@{LOCALHOST}:{nameserver.uriFor('Pyro.NameServer').port}",
    }
    for partner in (other, nameserver, responder):
        master.combine(partner)
    loop = threading.Thread(target=master.requestLoop, daemon=True)
    loop.start()
    print(f"COMBINED = {json.dumps({**uris, 'broadcast_port': responder.getPort()})}", flush=True)
    sys.stdin.read()
    for thing in (master, other, nameserver, responder):
        thing.close()


if __name__ == "__main__":
    main()
