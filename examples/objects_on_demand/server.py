"""A robot cell that lends its grippers: objects that are made on demand and travel as proxies."""

import itertools

from pyro_client import Proxy
from pyro_server import Daemon, expose


@expose
class Gripper:
    """One gripper, lent to one client."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._holds: str | None = None

    def grip(self, thing: str) -> str:
        """Take hold of something."""
        self._holds = thing
        return f"gripper {self._number} holds {thing}"

    @property
    def holds(self) -> str | None:
        """What it holds."""
        return self._holds


class RobotCell:
    """Has grippers, and knows which ones are lent."""

    _pyroDaemon: Daemon  # put here when the cell is registered

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._lent: set[str] = set()

    @expose
    def borrow(self) -> Gripper:
        """A new gripper. As it is registered with the daemon, the client gets a proxy for it."""
        gripper = Gripper(next(self._numbers))
        uri = self._pyroDaemon.register(gripper)
        self._lent.add(str(uri))
        return gripper

    @expose
    def give_back(self, gripper: Proxy) -> None:
        """Take a gripper back, which comes as the proxy that the client has. Nobody can call it any more."""
        uri = gripper._pyroUri
        if str(uri) not in self._lent:  # it might be anything
            raise ValueError(f"{uri} was not borrowed here")
        self._lent.remove(str(uri))
        self._pyroDaemon.unregister(uri.object)


def main() -> None:
    """Serve a robot cell until Ctrl-C."""
    with Daemon() as daemon:
        uri = daemon.register(RobotCell(), "cell")
        print(f"the robot cell is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
