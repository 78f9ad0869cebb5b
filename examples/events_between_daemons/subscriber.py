"""Waits for events: a display in the control room."""

import argparse
import threading
from typing import Any

from pyro_client import Proxy
from pyro_server import Daemon, expose


class Display:
    """Shows events, until it has shown so many."""

    def __init__(self, number: int) -> None:
        self._missing = number
        self.full = threading.Event()

    @expose
    def receive(self, topic: str, event: Any) -> None:
        """Show an event. The broker calls it for one event after the other."""
        if self._missing > 0:
            print(f"{topic}: {event}")
            self._missing -= 1
        if self._missing == 0:
            self.full.set()


def main() -> None:
    """Subscribe to a topic and show some events of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the broker printed")
    parser.add_argument("topic", help="what to hear of")
    parser.add_argument("--number", type=int, default=3, help="after how many events to leave (default: 3)")
    options = parser.parse_args()
    display = Display(options.number)
    with Daemon() as daemon, Proxy(options.uri) as broker:
        daemon.register(display)
        threading.Thread(target=daemon.requestLoop).start()
        broker.subscribe(options.topic, display)  # the broker gets a proxy for it
        print(f"listening to {options.topic}")
        display.full.wait()
        broker.unsubscribe(options.topic, display)


if __name__ == "__main__":
    main()
