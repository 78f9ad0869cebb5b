"""Serves a furnace."""

from furnace import Furnace

from pyro_server import Daemon


def main() -> None:
    """Serve a furnace until Ctrl-C."""
    with Daemon() as daemon:
        uri = daemon.register(Furnace(), "furnace")
        print(f"the furnace is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
