"""Reads a thermometer that is somewhere else."""

import argparse

from pyro_client import Proxy


def main() -> None:
    """Read the thermometer three times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the server printed")
    options = parser.parse_args()
    with Proxy(options.uri) as thermometer:
        for _ in range(3):
            print(f"{thermometer.place}: {thermometer.celsius()} degrees")


if __name__ == "__main__":
    main()
