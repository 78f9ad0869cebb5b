"""Who shares an object with whom: the three instance modes, with a ticket dispenser for each."""

import threading

from pyro_client import Proxy
from pyro_server import Daemon, behavior, expose


class Dispenser:
    """Gives out numbers, beginning with 1."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()  # clients call at the same time, each on a thread of its own

    @expose
    def ticket(self) -> int:
        """The next number."""
        with self._lock:
            self._last += 1
            return self._last


@behavior(instance_mode="single")
class ForEverybody(Dispenser):
    """One for all clients."""


@behavior(instance_mode="session")  # which is also what a class without this line has
class ForEachClient(Dispenser):
    """One for each connection."""


@behavior(instance_mode="percall")
class ForEachCall(Dispenser):
    """A new one for every call."""


def refilled(cls: type[Dispenser]) -> Dispenser:
    """Make an instance: for those whose constructor wants arguments, or that have to be set up."""
    dispenser = cls()
    dispenser._last = 100
    return dispenser


@behavior(instance_mode="single", instance_creator=refilled)
class Refilled(Dispenser):
    """One for all clients, made by a function of ours."""


def main() -> None:
    """Let two clients take two tickets each from every kind of dispenser."""
    with Daemon() as daemon:
        threading.Thread(target=daemon.requestLoop).start()
        for cls in (ForEverybody, ForEachClient, ForEachCall, Refilled):
            uri = daemon.register(cls)
            with Proxy(uri) as anna, Proxy(uri) as ben:
                tickets = [client.ticket() for client in (anna, anna, ben, ben)]
            print(f"{cls.__name__}: Anna has {tickets[0]} and {tickets[1]}, Ben has {tickets[2]} and {tickets[3]}")


if __name__ == "__main__":
    main()
