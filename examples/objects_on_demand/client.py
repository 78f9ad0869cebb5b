"""Borrows two grippers from a robot cell and works with both."""

import argparse

from pyro_client import Proxy, errors


def main() -> None:
    """Borrow, grip, give back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the server printed")
    options = parser.parse_args()
    with Proxy(options.uri) as cell, cell.borrow() as left, cell.borrow() as right:
        print(left.grip("a bolt"))
        print(right.grip("a nut"))
        print("the left one holds", left.holds)
        cell.give_back(left)
        print("the left one is given back")
        try:
            left.grip("another bolt")
        except errors.DaemonError as error:
            print("it cannot grip any more:", error)
        print("the right one holds", right.holds)
        cell.give_back(right)


if __name__ == "__main__":
    main()
