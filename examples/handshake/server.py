"""A microscope for one person at a time: who comes in has to say who it is, and gives it back by leaving."""

from typing import Any

from pyro_client import current_context
from pyro_client.socketutil import SocketConnection
from pyro_server import Daemon, expose

KEYS = {"anna": "ruby", "ben": "opal"}
"""What people say to come in. A password in plain text is for lack of TLS no secret; see the example `tls`."""


class Reservation:
    """Holds the microscope for somebody, until it is closed."""

    def __init__(self, microscope: "Microscope", user: str) -> None:
        self._microscope = microscope
        self.user = user

    def close(self) -> None:
        """Give the microscope back. The daemon calls this when the client has left, in whatever way."""
        self._microscope.reservation = None
        print(f"{self.user} has given the microscope back")


class Microscope:
    """Looks at samples."""

    def __init__(self) -> None:
        self.reservation: Reservation | None = None

    @expose
    def reserve(self) -> str:
        """Take the microscope. Raises ``PermissionError`` if somebody else has it."""
        if self.reservation is not None:
            raise PermissionError(f"{self.reservation.user} has the microscope")
        user = current_context.client.user
        self.reservation = Reservation(self, user)
        current_context.track_resource(self.reservation)
        return f"reserved for {user}"


class GuardedDaemon(Daemon):
    """Lets in those who have a key."""

    def validateHandshake(self, conn: SocketConnection, data: Any) -> str:
        """Look at what a client says when it connects; an error turns it away, with the error's text as the reason."""
        user, key = data
        if KEYS.get(user) != key:
            raise PermissionError(f"wrong key for {user}")
        conn.user = user  # type: ignore[attr-defined]  # a connection takes attributes of the program
        print(f"{user} has come in")
        return f"good morning, {user}"

    def clientDisconnect(self, conn: SocketConnection) -> None:
        """Hear that somebody has left."""
        print(f"{getattr(conn, 'user', 'a stranger')} has left")


def main() -> None:
    """Serve a microscope until Ctrl-C."""
    with GuardedDaemon() as daemon:
        uri = daemon.register(Microscope(), "microscope")
        print(f"the microscope is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
