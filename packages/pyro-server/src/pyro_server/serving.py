"""``serve``: host some objects with one statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyro_server.daemon import Daemon
from pyro_server.publishing import publish_and_serve
from pyro_wire.config import Config

__all__ = ["serve"]


def serve(
    objects: Mapping[Any, str | None],
    host: str | None = None,
    port: int = 0,
    daemon: Daemon | None = None,
    use_ns: bool = True,
    verbose: bool = True,
    *,
    ns: bool | None = None,
    config: Config | None = None,
) -> None:
    """Host objects and classes, and answer calls until the loop is ended; the daemon is closed then.

    ``objects`` maps each one to its name, or to None for no name. With ``use_ns`` (also called ``ns``) the names are
    registered in the name server; without it they are the ids in the daemon. A new daemon is made on ``host`` and
    ``port``, going by ``config``, unless you give yours. ``verbose`` prints the addresses.

    Raises ``NamingError`` if the name server cannot be found, ``DaemonError`` if an id is taken or a name occurs twice.
    """
    serving = daemon if daemon is not None else Daemon(host, port, config=config)
    publish_and_serve(serving, objects, use_ns if ns is None else ns, verbose)
