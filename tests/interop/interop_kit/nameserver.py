"""A name server program for either library: `python -m interop_kit.nameserver ours|released`.

Prints its address, and ends when its standard input closes.
"""

from __future__ import annotations

import sys
import threading

from interop_kit.library import load


def main() -> None:
    """Serve names until the standard input closes."""
    uri, daemon, _ = load(sys.argv[1]).start_ns(host="localhost", port=0, enableBroadcast=False)
    threading.Thread(target=daemon.requestLoop, daemon=True).start()
    print(f"URI = {uri}", flush=True)  # the library may have said something before
    sys.stdin.read()
    daemon.shutdown()


if __name__ == "__main__":
    main()
