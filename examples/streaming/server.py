"""An oscilloscope whose samples are fetched one by one: a method that returns a generator."""

import itertools
import math
from collections.abc import Iterator

from pyro_server import Daemon, expose


class Oscilloscope:
    """Measures a sine of 50 Hz."""

    @expose
    def samples(self, rate: float) -> Iterator[float]:
        """All samples from now on, ``rate`` in a second; the client says when it has had enough."""
        print("probe on")
        try:
            for number in itertools.count():
                yield round(math.sin(2 * math.pi * 50 * number / rate), 3)
        finally:
            print("probe off")  # at the end, and also when the client closes the stream or goes away

    @expose
    def burst(self, length: int, rate: float) -> Iterator[float]:
        """Exactly ``length`` samples."""
        return itertools.islice(self.samples(rate), length)


def main() -> None:
    """Serve an oscilloscope until Ctrl-C."""
    with Daemon() as daemon:
        uri = daemon.register(Oscilloscope(), "scope")
        print(f"the oscilloscope is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
