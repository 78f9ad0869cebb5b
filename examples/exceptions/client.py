"""Meets every kind of error that a remote call can raise, without having the module of the furnace."""

import argparse
from typing import Any

from pyro_client import Proxy, errors
from pyro_wire import register_dict_to_class


class DoorOpenError(Exception):
    """What this program raises for the furnace's exception of that name."""


def door_open_error(class_name: str, data: dict[str, Any]) -> DoorOpenError:
    """Make our exception of the dictionary that the furnace's has travelled as."""
    return DoorOpenError(*data["args"])


def main() -> None:
    """Make one mistake after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the server printed")
    options = parser.parse_args()
    register_dict_to_class("furnace.DoorOpenError", door_open_error)
    with Proxy(options.uri) as furnace:
        furnace._pyroTimeout = 10.0  # seconds; a call that takes longer raises errors.TimeoutError
        print(furnace.heat_to(900))

        try:
            furnace.heat_to(-5)
        except ValueError as error:  # an exception of Python's own is the same class on both sides
            print("ValueError:", error)

        try:
            furnace.heat_to(2000)
        except errors.RemoteError as error:  # a class that is not known here: it has its name and all that it had
            print(f"{type(error).__name__}, which is {error.remote_class} there: {error.args}")
            print("its attribute:", error.celsius)  # type: ignore[attr-defined]  # only the other side knows of it
            print("where it happened:", "".join(error._pyroTraceback).splitlines()[-2].strip())  # type: ignore[attr-defined]

        furnace.open_door()
        try:
            furnace.heat_to(900)
        except DoorOpenError as error:  # registered above, so it comes as our class
            print("our own DoorOpenError:", error)

        try:
            furnace.cool()
        except AttributeError as error:
            print("AttributeError:", error)

    try:
        Proxy("PYRO:furnace@localhost:1").heat_to(900)
    except errors.CommunicationError:
        print("CommunicationError: nobody is there")


if __name__ == "__main__":
    main()
