"""A scale that only programs on this machine can read, and only those that may open its file."""

import argparse
import os

from pyro_server import Daemon, expose


class Scale:
    """Weighs."""

    def __init__(self) -> None:
        self._tare = 0.0

    @expose
    def grams(self) -> float:
        """The weight on the scale."""
        return 128.4 - self._tare

    @expose
    def tare(self) -> None:
        """Count the present weight as nothing."""
        self._tare += self.grams()


def main() -> None:
    """Serve a scale on a Unix socket until Ctrl-C; its file is removed then."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", help="the file that the socket shall be; it must not be there yet")
    path = parser.parse_args().path
    previous = os.umask(0o177)  # the file is made for this user alone: who may write to it may call
    with Daemon(unixsocket=path) as daemon:
        os.umask(previous)
        uri = daemon.register(Scale(), "scale")
        print(f"the scale is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
