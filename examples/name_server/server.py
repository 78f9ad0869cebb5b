"""A robot arm that registers itself with the name server, under a name and with tags."""

import argparse

from pyro_client import locate_ns
from pyro_server import Daemon, expose


@expose
class RobotArm:
    """Says where it is and how much it lifts."""

    def __init__(self, name: str, payload: float) -> None:
        self._name = name
        self._payload = payload

    def describe(self) -> str:
        """A sentence about this arm."""
        return f"{self._name} lifts {self._payload:g} kg"


def main() -> None:
    """Register an arm and serve it until Ctrl-C; take the name back then."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="the name of the arm, such as arm.left")
    parser.add_argument("payload", type=float, help="how many kg it lifts")
    options = parser.parse_args()
    tags = {"robot-arm", "heavy" if options.payload >= 10 else "light"}
    with Daemon() as daemon, locate_ns() as names:
        uri = daemon.register(RobotArm(options.name, options.payload))
        names.register(options.name, uri, safe=True, metadata=tags)
        print(f"{options.name} is registered as {', '.join(sorted(tags))}, until Ctrl-C")
        try:
            daemon.requestLoop()
        finally:
            names.remove(options.name)


if __name__ == "__main__":
    main()
