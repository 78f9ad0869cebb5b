"""Publishes events: a pressure sensor and a door."""

import argparse

from pyro_client import Proxy


def main() -> None:
    """Publish a few events of two topics, and one that nobody wants to hear of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the broker printed")
    options = parser.parse_args()
    with Proxy(options.uri) as broker:
        for bar in (1.0, 1.4, 1.9):
            told = broker.publish("pressure", {"bar": bar})
            print(f"a pressure of {bar} bar was told to {told}")
        print(f"the open door was told to {broker.publish('door', 'open')}")
        print(f"the weather was told to {broker.publish('weather', 'rain')}")


if __name__ == "__main__":
    main()
