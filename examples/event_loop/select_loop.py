"""A program with a loop of its own, which listens to a radio thermometer and lets a daemon answer calls in between."""

import select
import socket
import threading

from pyro_client import Proxy
from pyro_server import Daemon, expose
from pyro_uri import URI
from pyro_wire import Config

LONGEST_WAIT = 1.0
"""Seconds after which the daemon may look after what no socket tells of, such as timeouts."""


class Receiver:
    """Keeps the readings that came by radio, which is UDP here."""

    def __init__(self) -> None:
        self.readings: list[float] = []
        self.done = False

    @expose
    def latest(self) -> float | None:
        """The last reading, None before the first one."""
        return self.readings[-1] if self.readings else None

    @expose
    def switch_off(self) -> None:
        """End the loop."""
        self.done = True


def loop(receiver: Receiver, radio: socket.socket, daemon: Daemon) -> None:
    """Wait for the radio and for callers, all in one place, until somebody switches it off."""
    while not receiver.done:
        # The daemon's sockets change with every client, so they are asked for anew each time.
        ready, _, _ = select.select([radio, *daemon.sockets], [], [], LONGEST_WAIT)
        if radio in ready:
            receiver.readings.append(float(radio.recv(100)))
        daemon.events([sock for sock in ready if sock is not radio])


def call(uri: URI, radio_address: tuple[str, int]) -> None:
    """What a radio and a client do; elsewhere, usually."""
    with Proxy(uri) as receiver, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        print("before the first reading:", receiver.latest())
        for reading in (19.5, 20.0):
            sender.sendto(str(reading).encode(), radio_address)
            while receiver.latest() != reading:
                pass  # it is on the way
            print("latest:", reading)
        receiver.switch_off()


def main() -> None:
    """Run the loop, with somebody to talk to."""
    receiver = Receiver()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radio,
        Daemon(config=Config(SERVERTYPE="multiplex")) as daemon,
    ):
        radio.bind(("127.0.0.1", 0))
        client = threading.Thread(target=call, args=(daemon.register(receiver), radio.getsockname()))
        client.start()
        loop(receiver, radio, daemon)
        client.join()
    print(f"{len(receiver.readings)} readings, and the loop has ended")


if __name__ == "__main__":
    main()
