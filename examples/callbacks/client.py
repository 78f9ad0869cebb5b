"""Has a device tested, and hears of every step while the call is still running."""

import argparse
import threading

from pyro_client import Proxy
from pyro_server import Daemon, callback, expose


class Watcher:
    """Prints what the test bench tells it."""

    @expose
    @callback  # an error in here is written to the log of this program too, because nobody reads the bench's
    def step_done(self, step: str, passed: bool) -> None:
        """Called by the test bench after each step."""
        print(f"  {step}: {'passed' if passed else 'FAILED'}")


def main() -> None:
    """Run four steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the server printed")
    options = parser.parse_args()
    # To be called one needs a daemon, and its loop on another thread, because this one waits for the result.
    with Daemon() as daemon, Proxy(options.uri) as bench:
        watcher = Watcher()
        daemon.register(watcher)
        threading.Thread(target=daemon.requestLoop).start()
        # A registered object does not travel itself: the bench gets a proxy for it.
        failures = bench.run(["supply voltage", "idle current", "self test", "noise"], watcher)
        print(f"{failures} of 4 steps failed")


if __name__ == "__main__":
    main()
