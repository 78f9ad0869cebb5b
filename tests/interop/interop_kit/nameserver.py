"""A name server program for either library: `python -m interop_kit.nameserver pyro_ns|Pyro5.nameserver`.

Prints its address, and ends when its standard input closes.
"""

from __future__ import annotations

import importlib
import sys
import threading


def main() -> None:
    """Serve names until the standard input closes."""
    library = importlib.import_module(sys.argv[1])  # by name, because the other one must not come into this process
    uri, daemon, _ = library.start_ns(host="localhost", port=0, enableBroadcast=False)
    threading.Thread(target=daemon.requestLoop, daemon=True).start()
    print(f"URI = {uri}", flush=True)  # the library may have said something before
    sys.stdin.read()
    daemon.shutdown()


if __name__ == "__main__":
    main()
