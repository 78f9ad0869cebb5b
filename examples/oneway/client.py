"""Releases the shutter of a camera and does something else meanwhile."""

import argparse

from pyro_client import Proxy


def main() -> None:
    """Take three pictures, and ask for them in the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the server printed")
    options = parser.parse_args()
    with Proxy(options.uri) as camera:
        for title in ("front", "side", "back"):
            print(f"{title}: {camera.shoot(title, seconds=0.3)}")
        camera.shoot("nothing", seconds=0)  # fails, and all is quiet here
        print("the shutter was released four times; now waiting for the pictures")
        print("there are:", ", ".join(camera.pictures(3)))


if __name__ == "__main__":
    main()
