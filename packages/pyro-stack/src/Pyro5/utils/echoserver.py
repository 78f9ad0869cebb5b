"""A server to try calls on: the command ``pyro5-echoserver``, and what programs import from this module."""

from collections.abc import Sequence
from typing import Any

from pyro_ns.commands import echo_server, run
from pyro_ns.echoserver import EchoServer, start_echo_server, start_nameserver
from pyro_ns.echoserver import NameServerThread as NameServer

__all__ = ["EchoServer", "NameServer", "main", "start_nameserver"]


def main(args: Sequence[str] | None = None, returnWithoutLooping: bool = False) -> Any:
    """Run the command ``pyro5-echoserver``, or with ``returnWithoutLooping`` only start the server.

    Then it returns the daemon, which you run and close, the object and its uri.
    """
    return run(echo_server, args, start_echo_server if returnWithoutLooping else None)


if __name__ == "__main__":
    main()
