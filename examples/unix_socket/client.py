"""Reads a scale on a Unix socket."""

import argparse

from pyro_client import Proxy


def main() -> None:
    """Weigh before and after the tare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the server printed")
    options = parser.parse_args()
    with Proxy(options.uri) as scale:
        print(f"on the scale: {scale.grams()} g")
        scale.tare()
        print(f"after the tare: {scale.grams()} g")


if __name__ == "__main__":
    main()
