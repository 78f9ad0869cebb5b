"""Publishing some objects at once, and serving them: what ``serve`` and ``Daemon.serveSimple`` have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyro_client import locate_ns
from pyro_wire.errors import DaemonError

if TYPE_CHECKING:
    from pyro_server.daemon import Daemon

__all__ = ["publish_and_serve"]


def publish_and_serve(daemon: Daemon, objects: Mapping[Any, str | None], use_ns: bool, verbose: bool) -> None:
    """Register objects under their names, answer calls until the loop is ended, and close the daemon.

    With ``use_ns`` the names are registered in the name server, without it they are the ids in the daemon; None is no
    name. Raises ``NamingError`` if the name server cannot be found, ``DaemonError`` if an id is taken or a name occurs
    twice.
    """
    with daemon:
        if use_ns:
            _publish_names(daemon, objects, verbose)
        else:
            for obj, name in objects.items():
                _tell(verbose, obj, daemon.register(obj, name))
        if verbose:
            print("Pyro daemon running.", flush=True)
        daemon.requestLoop()


def _publish_names(daemon: Daemon, objects: Mapping[Any, str | None], verbose: bool) -> None:
    _check_unique([name for name in objects.values() if name])
    with locate_ns(config=daemon.config) as nameserver:
        for obj, name in objects.items():
            uri = daemon.register(obj)
            _tell(verbose, obj, uri, name)
            if name:
                nameserver.register(name, uri)


def _check_unique(names: list[str]) -> None:
    # The name server would keep the last one of each name, and nobody would find the others.
    for name in names:
        if names.count(name) > 1:
            raise DaemonError(f"several objects are to have the name {name!r}; give each its own")


def _tell(verbose: bool, obj: Any, uri: Any, name: str | None = None) -> None:
    if verbose:
        lines = [f"Object {obj!r}:", f"    uri = {uri}"]
        if name:
            lines.append(f"    name = {name}")
        print("\n".join(lines), flush=True)
