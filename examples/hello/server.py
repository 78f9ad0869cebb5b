"""A thermometer that other programs can read: a server, and nothing that it does not need."""

import random

from pyro_server import Daemon, expose


@expose  # lets others call the methods and read the properties, but for those that begin with _
class Thermometer:
    """An ordinary class."""

    def __init__(self, place: str) -> None:
        self._place = place

    @property
    def place(self) -> str:
        """Where it hangs."""
        return self._place

    def celsius(self) -> float:
        """The temperature at this moment."""
        return round(random.gauss(21.0, 0.5), 1)


def main() -> None:
    """Serve one thermometer until Ctrl-C."""
    with Daemon() as daemon:
        uri = daemon.register(Thermometer("laboratory 3"), "thermometer")
        print(f"the thermometer is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
